"""A difference for people at a terminal: a summary, what an upgrade makes of it, then the lines.

Written without what draws tables elsewhere, which takes longer to load than most comparisons take.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from timonier.report.diff_summary import name, rows, summary, verdict
from timonier.report.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.diff.model import Change, Difference
    from timonier.report.diff_summary import Row

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _CYAN = "1", "2", "31", "32", "33", "36"
_LINES = {"+": _GREEN, "-": _RED, "@": _CYAN}
_ACTIONS = {"added": "1;32", "changed": "1;33", "removed": "1;31", "renamed": "1;36"}
_OUTCOMES = {
    "refused": "1;31",
    "deleted with data": "1;31",
    "deleted": _RED,
    "recreated": _YELLOW,
    "rolls pods": _YELLOW,
}
_NARROWEST = 40
_WIDEST_OBJECT = 60


def difference_text(difference: Difference, old: str, new: str, *, colour: bool = False, side_by_side: int = 0) -> str:
    """Write a difference down.

    Args:
        difference: What to write.
        old: What to call the one side.
        new: What to call the other.
        colour: Whether to colour it.
        side_by_side: How wide both sides together may be; 0 for one below the other.
    """
    paint = _paint if colour else _plain
    return "".join(f"{line}\n" for line in _lines(difference, (old, new), paint, side_by_side))


def wants_colour() -> bool:
    """Whether standard output is a terminal that is to be coloured: https://no-color.org, and `FORCE_COLOR`."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def terminal_width() -> int:
    """Return how many columns there are."""
    return shutil.get_terminal_size((160, 24)).columns


def _plain(text: str, _: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style else text


def _lines(difference: Difference, sides: tuple[str, str], paint: _Painter, width: int) -> Iterator[str]:
    yield paint(visible(summary(difference, *sides)), _BOLD)
    if told := verdict(difference):
        yield paint(visible(told), _BOLD)
    for note in difference.notes:
        yield paint(visible(f"Note: {note}"), _YELLOW)
    if table := list(rows(difference)):
        yield ""
        yield from _table(table, paint)
    for change in difference.changes:
        yield from _change(change, paint, width)
    if difference.generated:
        yield ""
        yield paint("Generated anew at every rendering, and so not compared:", _DIM)
        yield from (paint(visible(f"  {identity}: {path}"), _DIM) for identity, path in difference.generated)


def _table(table: Sequence[Row], paint: _Painter) -> Iterator[str]:
    """Yield a table: what an upgrade does, to which object, why; warnings on lines of their own."""
    wide = max(len(row.outcome) for row in table)
    objects = min(max(len(visible(row.objects)) for row in table), _WIDEST_OBJECT)
    for row in table:
        why = visible("; ".join(row.reasons))
        outcome = paint(row.outcome.ljust(wide), _OUTCOMES.get(row.outcome, ""))
        yield f"  {outcome}  {visible(row.objects).ljust(objects)}  {why}".rstrip()
        yield from (paint(visible(f"  {'':{wide}}  ! {warning}"), _YELLOW) for warning in row.warnings)


def _change(change: Change, paint: _Painter, width: int) -> Iterator[str]:
    where = f"  ({change.source})" if change.source else ""
    yield ""
    yield f"{paint(str(change.action), _ACTIONS[change.action])}{visible(f' {name(change)}{where}')}"
    if width:
        yield from _beside(change.lines, max(width, 2 * _NARROWEST), paint)
        return
    for line in change.lines:
        yield paint(visible(line), _LINES.get(line[:1], ""))


def _beside(lines: Iterable[str], width: int, paint: _Painter) -> Iterator[str]:
    """Yield old and new lines beside each other; a line that is too long goes on below."""
    half = (width - 3) // 2
    gone: list[str] = []
    come: list[str] = []
    for line in [*lines, "@"]:
        if line[:1] == "-":
            gone.append(line)
            continue
        if line[:1] == "+":
            come.append(line)
            continue
        yield from _rows_beside(gone, come, half, paint)
        gone, come = [], []
        if line != "@":
            yield from [paint(visible(line), _CYAN)] if line[:1] == "@" else _rows_beside([line], [line], half, paint)


def _rows_beside(gone: list[str], come: list[str], half: int, paint: _Painter) -> Iterator[str]:
    for index in range(max(len(gone), len(come))):
        left, right = (lines[index] if index < len(lines) else "" for lines in (gone, come))
        parts = _cut(visible(left), half), _cut(visible(right), half)
        for row in range(max(map(len, parts))):
            one, other = (part[row] if row < len(part) else "" for part in parts)
            styles = _LINES.get(left[:1], ""), _LINES.get(right[:1], "")
            yield f"{paint(one.ljust(half), styles[0])} │ {paint(other, styles[1])}".rstrip()


def _cut(line: str, wide: int) -> list[str]:
    return [line[begin : begin + wide] for begin in range(0, len(line), wide)] or [""]


if TYPE_CHECKING:
    from collections.abc import Callable

    _Painter = Callable[[str, str], str]
