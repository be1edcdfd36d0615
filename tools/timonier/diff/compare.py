"""Comparing: two lists of manifests give changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.diff.lines import normal_lines, unified_hunks
from timonier.manifest import Identity, Manifest, install_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from timonier.diff.generated import Settled
    from timonier.diff.redact import Redactor

_ABSENT = object()


class Action(StrEnum):
    """What happened to an object."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


class FieldChange(NamedTuple):
    """One value that differs; None stands for a value that is not there as well as for null.

    Attributes:
        path: Where: dots between keys, brackets around list indexes.
        old: The value before, redacted.
        new: The value after, redacted.
    """

    path: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs.

    Attributes:
        identity: Which object.
        action: Whether it is new, gone or different.
        source: The template it comes from, the new one where there are two; empty when unknown.
        lines: The difference in unified form, redacted, without a header.
        fields: The values that differ, redacted; empty unless the object is in both.
    """

    identity: Identity
    action: Action
    source: str
    lines: tuple[str, ...]
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What there is to say about two lists of manifests.

    Attributes:
        changes: In install order, then by namespace and name: the order of the documents is no difference.
        unchanged: How many objects are the same in both.
        generated: Values that each rendering makes anew, and that were therefore not compared.
    """

    changes: tuple[Change, ...]
    unchanged: int
    generated: tuple[tuple[Identity, str], ...] = ()

    def count(self, action: Action) -> int:
        """Return how many objects that happened to."""
        return sum(change.action is action for change in self.changes)


def compare(old: Settled, new: Settled, redactor: Redactor | None, *, context: int = 3) -> Difference:
    """Compare by identity.

    Args:
        old: The manifests before.
        new: The manifests after.
        redactor: What hides secrets; None shows them.
        context: How many unchanged lines to show around a change.
    """
    before, after = _index(old.manifests), _index(new.manifests)
    changes = []
    for key in sorted(before.keys() | after.keys(), key=lambda key: _order(key, after.get(key) or before[key])):
        change = _compare_one(before.get(key), after.get(key), redactor, context)
        changes += [change] if change else []
    generated = tuple(dict.fromkeys(old.generated + new.generated))
    return Difference(tuple(changes), len(before.keys() | after.keys()) - len(changes), generated)


_Key = tuple[Identity, int]


def _index(manifests: Iterable[Manifest]) -> dict[_Key, Manifest]:
    """Index by identity, and by occurrence where a source has the same object twice: none must get lost."""
    seen: Counter[Identity] = Counter()
    index = {}
    for manifest in manifests:
        index[manifest.identity, seen[manifest.identity]] = manifest
        seen[manifest.identity] += 1
    return index


def _order(key: _Key, manifest: Manifest) -> tuple[object, ...]:
    return (*install_rank(manifest), *key)


def _compare_one(old: Manifest | None, new: Manifest | None, redactor: Redactor | None, context: int) -> Change | None:
    present = new or old
    if present is None or (old and new and _same(old.document, new.document)):
        return None
    before, after = _shown(old, redactor), _shown(new, redactor)
    lines = tuple(unified_hunks(normal_lines(before), normal_lines(after), context))
    fields = tuple(_fields(before, after, "")) if old and new else ()
    action = Action.CHANGED if old and new else Action.ADDED if new else Action.REMOVED
    return Change(present.identity, action, present.source, lines, fields)


def _shown(manifest: Manifest | None, redactor: Redactor | None) -> Mapping[str, Any] | None:
    return redactor.redact(manifest.document) if manifest and redactor else manifest.document if manifest else None


def _same(one: object, other: object) -> bool:
    """Compare as YAML does: 1 and true are different, though Python takes them for equal."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _fields(old: Any, new: Any, path: str) -> Iterator[FieldChange]:  # noqa: ANN401 - any part of a document
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _fields(old.get(key, _ABSENT), new.get(key, _ABSENT), f"{path}.{key}".lstrip("."))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (items[index] if index < len(items) else _ABSENT for items in (old, new))
            yield from _fields(before, after, f"{path}[{index}]")
    elif not _same(old, new):
        yield FieldChange(path, *(None if value is _ABSENT else value for value in (old, new)))
