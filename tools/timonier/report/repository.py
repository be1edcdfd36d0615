"""Paths as a code host knows them: seen from the repository's top."""

from __future__ import annotations

import re
from pathlib import Path

_AT_REVISION = re.compile(r"git:[^:]+:(?P<path>.*)", re.DOTALL)


def in_repository(file: str) -> str:
    """Return a path, as the user named it, seen from the top of the repository; as it is where there is none."""
    if match := _AT_REVISION.fullmatch(file):
        return match["path"]
    path = Path.cwd() / file
    top = next((folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / ".git").exists()), Path.cwd())
    # Not resolved: a link stays what it is called in the repository.
    try:
        return Path(_without_dots(path)).relative_to(top).as_posix()
    except ValueError:
        return file


def _without_dots(path: Path) -> str:
    """Return a path without `.` and `..`, links untouched."""
    import os.path

    return os.path.normpath(path)
