"""What is found in templates: definitions, and values that are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from timonier.check.templates.things import Path
    from timonier.gotemplate import Body


class Read(NamedTuple):
    """A place at which a value is read.

    Attributes:
        path: The value.
        is_whole: Whether all below it is read too.
        file: Where.
        line: Where, counted from 1.
        is_lenient: Whether the place can do without the value: a condition, `default`.
        guards: The values that a condition around the place asks for.
        known: How many keys of the path were read before: `with .Values.a` has read one when `.b` is.
    """

    path: Path
    is_whole: bool
    file: str
    line: int
    is_lenient: bool
    guards: frozenset[Path]
    known: int = 0


@dataclass(frozen=True)
class Definition:
    """A `define`: where it is, and what it holds."""

    file: str
    line: int
    body: Body
