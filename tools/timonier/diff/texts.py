"""Text of several lines, compared line by line, in a time that grows with its length and not with its square."""

from __future__ import annotations

import bisect
import difflib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Line = tuple[str, str]
"""A sign (a blank, `-` or `+`) and the text behind it."""

_SMALL = 250_000


def compare_lines(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Yield the lines of both: those they share with a blank, the others with `-` and `+`."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    yield from ((" ", line) for line in old[:head])
    yield from _middle(old[head : len(old) - tail], new[head : len(new) - tail])
    yield from ((" ", line) for line in old[len(old) - tail :])


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    return next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _middle(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    if len(old) * len(new) <= _SMALL:
        yield from _small(old, new)
        return
    anchors = _anchors(old, new)
    if not anchors:
        yield from (("-", line) for line in old)
        yield from (("+", line) for line in new)
        return
    start = new_start = 0
    for place, new_place in [*anchors, (len(old), len(new))]:
        yield from _middle(old[start:place], new[new_start:new_place])
        if place < len(old):
            yield " ", old[place]
        start, new_start = place + 1, new_place + 1


def _small(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    for operation, low, high, new_low, new_high in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if operation == "equal":
            yield from ((" ", line) for line in old[low:high])
        else:
            yield from (("-", line) for line in old[low:high])
            yield from (("+", line) for line in new[new_low:new_high])


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of lines that are once in each, in an order both have: Bram Cohen's patience diff."""
    once = {line for line, count in Counter(old).items() if count == 1}
    places = {line: place for place, line in enumerate(old) if line in once}
    counts = Counter(new)
    pairs = [(places[line], place) for place, line in enumerate(new) if line in places and counts[line] == 1]
    return _longest_rising(pairs)


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest subsequence in which the first numbers rise."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (place, _) in enumerate(pairs):
        at = bisect.bisect_left(tops, place)
        before.append(ends[at - 1] if at else -1)
        tops[at : at + 1] = [place]
        ends[at : at + 1] = [index]
    result = []
    index = ends[-1] if ends else -1
    while index >= 0:
        result.append(pairs[index])
        index = before[index]
    return result[::-1]
