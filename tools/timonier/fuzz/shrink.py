"""Fewer values that show the same.

Hypothesis makes what it drew simpler. What it did not draw, the case that was changed, stays whole: this takes away
what is not needed of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def pruned(values: Mapping[str, Any], shows: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    """Take away every key without which the values show the same: whole branches first, then what is below.

    Args:
        values: What shows it.
        shows: Whether other values do.
    """
    kept = dict(values)
    for path in _paths(values):
        fewer = _without(kept, path)
        if fewer != kept and shows(fewer):
            kept = fewer
    return kept


def paths_set(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of everything that is set: of what is no map, and of empty maps."""
    for name, value in values.items():
        path = (*above, str(name))
        if isinstance(value, dict) and value:
            yield from paths_set(value, path)
        else:
            yield path


def holds(values: object, fewer: object) -> bool:
    """Whether values set all that fewer values set, to the same."""
    if isinstance(values, dict) and isinstance(fewer, dict) and fewer:
        return all(name in values and holds(values[name], value) for name, value in fewer.items())
    return values == fewer and type(values) is type(fewer)


def _paths(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in values.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from _paths(value, (*above, name))


def _without(values: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return values without a key, and without the maps that it leaves empty."""
    name, *below = path
    made = dict(values)
    if name not in made:
        return made
    if not below:
        del made[name]
        return made
    if isinstance(made[name], dict):
        made[name] = _without(made[name], tuple(below))
        if not made[name]:
            del made[name]
    return made
