"""Two documents laid over each other: what they share, and where they differ."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timonier.diff.listkeys import keyed
from timonier.diff.meaning import is_default, same_scalar
from timonier.diff.model import FieldChange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from timonier.diff.path import Element, Steps

    Ignored = Callable[[Steps, Any, Any], bool]

ABSENT = object()
_LARGE = 1000


class Kept:
    """A value that both sides have."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - any part of a document
        self.value = value


class Changed:
    """A value that differs; `ABSENT` where a side has none."""

    __slots__ = ("new", "old")

    def __init__(self, old: Any, new: Any) -> None:  # noqa: ANN401 - any part of a document
        self.old = old
        self.new = new


class Map:
    """A map that both sides have."""

    __slots__ = ("items",)

    def __init__(self, items: dict[str, Node]) -> None:
        self.items = items


class List:
    """A list that both sides have, and its elements' order where that differs."""

    __slots__ = ("arranged", "items", "order")

    def __init__(
        self,
        items: list[Node],
        order: tuple[list[str], list[str]] | None = None,
        arranged: list[Node] | None = None,
    ) -> None:
        self.items = items
        self.order = order
        self.arranged = items if arranged is None else arranged  # in the new side's order where that counts


Node = Kept | Changed | Map | List


@dataclass
class Overlay:
    """Lays a document over another.

    Attributes:
        ignored: Whether a difference is to be passed over.
        order_counts: Whether the order of a keyed list at a place makes a difference.
        fields: What differs, after `lay`.
        passed: How many differences were passed over.
    """

    ignored: Ignored | None = None
    order_counts: Callable[[Steps], bool] = lambda _: False
    fields: list[FieldChange] = field(default_factory=list)
    passed: int = 0

    def lay(self, old: Any, new: Any, steps: Steps = ()) -> Node:  # noqa: ANN401 - any part of a document
        """Return what two values share and where they differ; the differences go to `fields`, too."""
        if isinstance(old, dict) and isinstance(new, dict):
            return self._maps(old, new, steps)
        if isinstance(old, list) and isinstance(new, list):
            return self._lists(old, new, steps)
        if same_scalar(old, new, steps):
            return Kept(old)
        return self._changed(old, new, steps)

    def _changed(self, old: Any, new: Any, steps: Steps) -> Kept | Changed:  # noqa: ANN401 - any part of a document
        if (old is ABSENT and is_default(new, steps)) or (new is ABSENT and is_default(old, steps)):
            return Kept(new if old is ABSENT else old)
        before, after = (None if value is ABSENT else value for value in (old, new))
        if self.ignored and self.ignored(steps, before, after):
            self.passed += 1
            return Kept(old)
        self.fields.append(FieldChange(steps, before, after))
        return Changed(old, new)

    def _maps(self, old: dict[str, Any], new: dict[str, Any], steps: Steps) -> Node:
        items: dict[str, Node] = {}
        for key, value in old.items():
            # What is null is not there, to the API server.
            other = new.get(key)
            if type(value) is str and value == other:  # nearly all there is
                items[key] = Kept(value)
            elif other is not None:
                items[key] = self.lay(ABSENT if value is None else value, other, (*steps, key))
            else:
                items[key] = Kept(value) if value is None else self._changed(value, new.get(key, ABSENT), (*steps, key))
        for key, value in new.items():
            if key not in old and value is not None:
                node = self._changed(ABSENT, value, (*steps, key))
                if isinstance(node, Changed) or node.value is not ABSENT:  # else it is passed over: not in the old one
                    items[key] = node
        return Map(items)

    def _lists(self, old: list[Any], new: list[Any], steps: Steps) -> Node:
        if found := keyed(steps, old, new):
            return self._keyed(*found, steps)
        return List(self._plain(old, new, steps))

    def _keyed(self, old: dict[Element, Any], new: dict[Element, Any], steps: Steps) -> Node:
        order: tuple[list[str], list[str]] | None = None
        before = [key for key in old if key in new]
        after = [key for key in new if key in old]
        if before != after and self.order_counts(steps):
            order = [_name(key) for key in before], [_name(key) for key in after]
            if self.ignored and self.ignored(steps, *order):
                self.passed += 1
                order = None
            else:
                self.fields.append(FieldChange(steps, *order, is_order=True))
        nodes = {key: self.lay(old.get(key, ABSENT), new.get(key, ABSENT), (*steps, key)) for key in _merged(old, new)}
        items = {key: node for key, node in nodes.items() if not (isinstance(node, Kept) and node.value is ABSENT)}
        arranged = [items[key] for key in _merged(new, old) if key in items] if order else None
        return List(list(items.values()), order, arranged)

    def _plain(self, old: list[Any], new: list[Any], steps: Steps) -> list[Node]:
        """Pair the elements of a list without keys: what is equal stays, what is in the same gap is compared."""
        frozen = [_frozen(value) for value in old], [_frozen(value) for value in new]
        items: list[Node] = []
        for operation, low, high, new_low, new_high in _operations(*frozen):
            if operation == "equal":
                items += map(Kept, old[low:high])
                continue
            for index in range(max(high - low, new_high - new_low)):
                before = old[low + index] if low + index < high else ABSENT
                after = new[new_low + index] if new_low + index < new_high else ABSENT
                place = low + index if after is ABSENT else new_low + index
                items.append(self.lay(before, after, (*steps, place)))
        return [item for item in items if not (isinstance(item, Kept) and item.value is ABSENT)]


def _operations(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=max(len(old), len(new)) > _LARGE)
    return matcher.get_opcodes()


def _frozen(value: Any) -> str:  # noqa: ANN401 - any part of a document
    return f"text {value}" if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _merged(old: dict[Element, Any], new: dict[Element, Any]) -> Iterator[Element]:
    """Yield all keys in the old order, what is new behind whatever stands before it."""
    behind: dict[Element | None, list[Element]] = {}
    before: Element | None = None
    for key in new:
        if key in old:
            before = key
        else:
            behind.setdefault(before, []).append(key)
    for place in (None, *old):
        if place is not None:
            yield place
        yield from behind.get(place, ())


def _name(key: Element) -> str:
    return "/".join(value for _, value in key.fields)
