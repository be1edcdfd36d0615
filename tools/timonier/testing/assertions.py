"""What a failing unit test shows of the manifests it asked: the lines around each place.

Values are plain Python values, so that `==`, `is` and `in` mean what they always do: a `str` that knew its place could
not be, `True` and `None` cannot be subclassed at all. Instead, objects write down what they are asked for and by which
line of which file, and a failure shows what the failing statement asked for.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.testing import paths
from timonier.testing.excerpts import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from timonier.testing.objects import Lookup

_SHOWN = 5


def failure(lookups: Sequence[Lookup], traceback: TracebackType | None) -> str:
    """Show the places that the failing statement asked for; the last one asked for at all when it asked for none."""
    chosen = _of_statement(lookups, traceback) or lookups[-1:]
    return "\n\n".join(dict.fromkeys(excerpt(one.manifest, _steps(one.path)) for one in chosen[:_SHOWN]))


def _of_statement(lookups: Sequence[Lookup], traceback: TracebackType | None) -> list[Lookup]:
    """Return the lookups of the innermost failing statement that has any."""
    for file, line in reversed(list(_frames(traceback))):
        asked = [one for one in lookups if one.file == file]
        if asked and (found := _within(asked, _statement(file, line))):
            return found
    return []


def _frames(traceback: TracebackType | None) -> Iterable[tuple[str, int]]:
    while traceback:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _within(lookups: Iterable[Lookup], lines: range) -> list[Lookup]:
    return [one for one in lookups if one.line in lines]


def _statement(file: str, line: int) -> range:
    """Return the lines of the smallest statement that a line is part of."""
    try:
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return range(line, line + 1)
    spans = [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
    ]
    return min((span for span in spans if line in span), key=len, default=range(line, line + 1))


def _steps(path: str) -> tuple[paths.Step, ...]:
    """Take a path apart; a JMESPath expression that is more than a path means the whole object."""
    try:
        return paths.parse(path)
    except ValueError:
        return ()
