"""A document with some of its changes: those that count, and not those that are passed over."""

from __future__ import annotations

import difflib
import itertools
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier import yamlio
from timonier.diff.meaning import canonical
from timonier.diff.tree import ABSENT, Changed, List, Map, Overlay
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from timonier.diff.path import Steps
    from timonier.diff.tree import Node

    OrderCounts = Callable[[Steps], bool]

# Characters to read for one document at most, before it is printed anew: some seconds.
_MOST_READ = 20_000_000
_NEVER = 1 << 60


class _Part(NamedTuple):
    """Lines of the new text, and what they take the place of."""

    old: str
    new: str


def merged(node: Node) -> Any:  # noqa: ANN401 - any part of a document
    """Return the new side of two documents laid over each other, and the old one where a difference was passed over."""
    if isinstance(node, Map):
        items = {key: merged(below) for key, below in node.items.items()}
        return {key: value for key, value in items.items() if value is not ABSENT}
    if isinstance(node, List):
        return [value for value in map(merged, node.arranged) if value is not ABSENT]
    return node.new if isinstance(node, Changed) else node.value


def written(before: str, after: str, wanted: dict[str, Any], order_counts: OrderCounts) -> str:
    """Write a document of which some changes are wanted only.

    As the new text has it, with those lines of the old one that undo what is not wanted; printed anew where lines
    cannot do that.

    Args:
        before: The old text.
        after: The new one.
        wanted: What is to be said, in the form of `canonical`.
        order_counts: Where another order of a list's elements makes a difference.
    """
    parts = list(_parts(_lines(before), _lines(after)))
    chosen = [part.new for part in parts]
    left = _distance("".join(chosen), wanted, order_counts)
    changed = [place for place, part in enumerate(parts) if part.old != part.new]
    for place in changed if len(changed) * len(after) < _MOST_READ else ():
        if not left:
            break
        chosen[place] = parts[place].old
        found = _distance("".join(chosen), wanted, order_counts)
        chosen[place] = parts[place].old if found < left else parts[place].new
        left = min(left, found)
    return yamlio.dump(wanted) if left else "".join(chosen)


def _distance(text: str, wanted: dict[str, Any], order_counts: OrderCounts) -> int:
    """Return how far a text is from what is wanted: differing values, and of texts the differing lines."""
    try:
        document = yamlio.load(text, origin="patch", error=SourceError)
    except SourceError:
        return _NEVER
    if not isinstance(document, dict):
        return _NEVER
    overlay = Overlay(order_counts=order_counts)
    overlay.lay(canonical(document, ""), wanted)
    return sum(_weight(field.old, field.new) for field in overlay.fields)


def _weight(one: object, other: object) -> int:
    if not isinstance(one, str) or not isinstance(other, str):
        return 1
    lines, others = (Counter(text.split("\n")) for text in (one, other))
    return max(1, (lines - others).total() + (others - lines).total())


def _lines(text: str) -> list[str]:
    """Split at line feeds alone, as git does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _parts(old: Sequence[str], new: Sequence[str]) -> Iterator[_Part]:
    """Pair lines by what they set, so that each setting may be taken or left."""
    names, others = ([line.partition(":")[0] for line in lines] for lines in (old, new))
    matcher = difflib.SequenceMatcher(None, names, others, autojunk=False)
    for operation, low, high, new_low, new_high in matcher.get_opcodes():
        if operation == "equal":
            yield from map(_Part, old[low:high], new[new_low:new_high])
            continue
        yield from (_Part(text, "") for text in _blocks(old[low:high]))
        yield from (_Part("", text) for text in _blocks(new[new_low:new_high]))


def _blocks(lines: Sequence[str]) -> list[str]:
    """Take lines apart before each that is indented the least."""
    depths = [len(line) - len(line.lstrip(" ")) for line in lines]
    starts = [place for place, depth in enumerate(depths) if depth == min(depths)]
    bounds = sorted({0, *starts, len(lines)})
    return ["".join(lines[low:high]) for low, high in itertools.pairwise(bounds)]
