"""Values files of what was found: to look at, and to try first the next time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier import yamlio
from timonier.errors import SourceError
from timonier.values import Settings, read_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from timonier.fuzz.search import Found

_SUFFIX = "-values.yaml"
_NUMBERED = re.compile(rf"fuzz-(?P<number>\d+){_SUFFIX}")


def kept_values(folder: Path) -> list[Mapping[str, Any]]:
    """Return what the values files of a folder hold, by name; nothing when it is not there yet.

    Raises:
        ValuesError: A file cannot be read or holds no values.
    """
    return [_read(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))]


def keep(folder: Path, found: Iterable[Found]) -> list[Path]:
    """Write a values file a defect, `fuzz-NNN-values.yaml`, numbered on; return them in the order of the defects.

    Values that a file of the folder holds already are not written again.

    Raises:
        ValuesError: A file of the folder cannot be read or holds no values.
        SourceError: The folder cannot be written.
    """
    there = {path: _read(path) for path in sorted(folder.glob(f"*{_SUFFIX}"))}
    number = max((int(match["number"]) for path in there if (match := _NUMBERED.fullmatch(path.name))), default=0)
    written = []
    for one in found:
        path = next((path for path, values in there.items() if values == one.values), None)
        if path is None:
            number += 1
            path = folder / f"fuzz-{number:03}{_SUFFIX}"
            _write(path, f"# Found by timonier fuzz: {one.defect.kind}, {_where(one)}.\n{yamlio.dump(one.values)}")
            there[path] = one.values
        written.append(path)
    return written


def _where(found: Found) -> str:
    keys = ", ".join(sorted(found.keys)) or "nothing set"
    return f"{found.defect.place} ({keys})" if found.defect.place else keys


def _read(path: Path) -> Mapping[str, Any]:
    return read_values(Settings(files=(str(path),)))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise SourceError(f"{path} cannot be written: {problem.strerror}.") from None
