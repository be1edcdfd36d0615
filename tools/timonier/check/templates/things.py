"""What an expression in a template may stand for, as far as it can be known without values: `things`.

A thing may come from the values (`paths`), be one of several constants (`texts`), or be made of other things, as a
`dict` or a `list` in a template is (`fields`, `items`). What nothing is known of may be `ANYTHING`; `NOTHING` is what a
name stands for that nobody set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Path: TypeAlias = tuple[str, ...]
"""Keys of the values, from the top."""

ANY = "*"
"""Stands in a path for an element of a list, or for a key that is not known."""

HOLE = "\0"
"""Stands in a text for a part that is not known."""

_MOST_TEXTS = 64


@dataclass(frozen=True, slots=True)
class Thing:
    """What something may be.

    Attributes:
        paths: The values it may be.
        texts: The texts it may be, where it is made of constants.
        fields: What it holds under known names, by name.
        items: What it holds otherwise: elements of a list, fields of unknown name.
    """

    paths: frozenset[Path] = frozenset()
    texts: frozenset[str] = frozenset()
    fields: tuple[tuple[str, Thing], ...] = ()
    items: Thing | None = None

    @property
    def is_constant(self) -> bool:
        """Whether it can be nothing but some texts that are known."""
        return bool(self.texts) and not self.paths and not any(HOLE in each for each in self.texts)


NOTHING = Thing()
ANYTHING = Thing(texts=frozenset({HOLE}))


def value(*path: str) -> Thing:
    """Return the thing that is a value."""
    return Thing(paths=frozenset({path}))


def text(*texts: str) -> Thing:
    """Return the thing that is one of some texts; anything when they are too many to follow."""
    return Thing(texts=frozenset(texts)) if len(texts) <= _MOST_TEXTS else ANYTHING


def made_of(fields: Mapping[str, Thing]) -> Thing:
    """Return the thing that holds others under their names."""
    return Thing(fields=tuple(sorted(fields.items())))


def list_of(*things: Thing) -> Thing:
    """Return the thing that is a list of others."""
    return Thing(items=either(*things))


def either(*things: Thing) -> Thing:
    """Return the thing that may be any of some."""
    known = [thing for thing in things if thing != NOTHING]
    if len(known) < 2:  # noqa: PLR2004 - one, or none
        return known[0] if known else NOTHING
    fields: dict[str, Thing] = {}
    for name, there in (pair for thing in known for pair in thing.fields):
        fields[name] = either(fields[name], there) if name in fields else there
    items = [thing.items for thing in known if thing.items is not None]
    return Thing(
        frozenset().union(*(thing.paths for thing in known)),
        frozenset().union(*(thing.texts for thing in known)),
        tuple(sorted(fields.items())),
        either(*items) if items else None,
    )


def below(thing: Thing, name: str) -> Thing:
    """Return what a thing holds under a name."""
    found = [there for key, there in thing.fields if key == name]
    found += [thing.items] if thing.items is not None else []
    if thing.paths:
        found.append(Thing(paths=frozenset((*path, name) for path in thing.paths)))
    found += [ANYTHING] if HOLE in thing.texts else []
    return either(*found)


def elements(thing: Thing) -> Thing:
    """Return what any element, or any field, of a thing may be."""
    found = [there for _, there in thing.fields]
    found += [thing.items] if thing.items is not None else []
    if thing.paths:
        found.append(Thing(paths=frozenset((*path, ANY) for path in thing.paths)))
    found += [ANYTHING] if HOLE in thing.texts else []
    return either(*found)


def parts(thing: Thing) -> Iterator[Thing]:
    """Yield what a thing holds, at any depth, itself left out."""
    for there in [*(field for _, field in thing.fields), *([thing.items] if thing.items is not None else [])]:
        yield there
        yield from parts(there)


def with_field(thing: Thing, name: Thing, held: Thing) -> Thing:
    """Return a thing that holds one more, under a name that may not be known."""
    if not name.is_constant:
        return either(thing, Thing(items=held))
    return either(thing, *(made_of({each: held}) for each in name.texts))


def joined(pieces: Iterable[Thing]) -> Thing:
    """Return the text that several make one after the other, with a hole for what is not known."""
    texts = {""}
    for piece in pieces:
        texts = {before + after for before in texts for after in _written(piece)}
        if len(texts) > _MOST_TEXTS:
            return ANYTHING
    return text(*texts)


def _written(thing: Thing) -> frozenset[str]:
    """Return what a thing may be as text."""
    return thing.texts if thing.is_constant else thing.texts | {HOLE}
