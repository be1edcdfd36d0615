"""The place of the values table in a chart's README: between two lines that mark its beginning and its end."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGIN = "<!-- values:begin -->"
END = "<!-- values:end -->"
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Readme:
    """A README with a place for the table.

    Attributes:
        path: The file.
        before: Its lines up to the marker of the beginning, which is the last of them.
        between: The lines of the table as it is.
        after: The lines from the marker of the end on, which is the first of them.
        newline: How its lines end.
    """

    path: Path
    before: tuple[str, ...]
    between: tuple[str, ...]
    after: tuple[str, ...]
    newline: str

    def differences(self, table: Sequence[str]) -> list[str]:
        """Return what a table would change, as lines with - and +; nothing when it is there already."""
        lines = list(difflib.unified_diff(self.between, _framed(table), n=0, lineterm=""))[2:]  # without file names
        changed = [line for line in lines if not line.startswith("@@")]
        more = len(changed) - _SHOWN
        return [*changed[:_SHOWN], f"… and {more} lines more"] if more > 0 else changed

    def write(self, table: Sequence[str]) -> None:
        """Put the table between the markers; the rest of the file stays as it is.

        Raises:
            SourceError: When the file cannot be written.
        """
        lines = (*self.before, *_framed(table), *self.after)
        try:
            self.path.write_bytes(self.newline.join(lines).encode())
        except OSError as problem:
            raise SourceError(f"{self.path} cannot be written: {problem.strerror}.") from None


def read_readme(path: Path) -> Readme:
    """Read a README and find the place of the table.

    Raises:
        SourceError: When there is no README, or it does not have each marker once, in their order.
    """
    text = _read(path)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = tuple(text.split(newline))
    places = [number for number, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    if [lines[place].strip() for place in places] != [BEGIN, END]:
        raise SourceError(
            f"{path} needs each of these lines once, for the table between them: {BEGIN} and {END}.",
            hint="Add them, or take out what is too much.",
        )
    begin, end = places
    return Readme(path, lines[: begin + 1], lines[begin + 1 : end], lines[end:], newline)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist.", hint=f"Make one with the lines {BEGIN} and {END}.") from None
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not text in UTF-8.", hint="Convert it.") from None


def _framed(table: Sequence[str]) -> list[str]:
    """Put blank lines around a table, without which Markdown takes it for part of the comment above it."""
    return ["", *table, ""]
