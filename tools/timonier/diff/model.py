"""What comparing gives: values, which reports print."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.diff.path import Steps, write

if TYPE_CHECKING:
    from timonier.manifest import Identity


class Action(StrEnum):
    """What happened to an object."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    RENAMED = "renamed"


class Renames(StrEnum):
    """Among which objects renamed ones are looked for."""

    NONE = "none"
    KIND = "kind"
    ANY = "any"


class Outcome(StrEnum):
    """What an upgrade makes of a change, the worst first."""

    REFUSED = "refused"
    DATA_LOST = "deleted with data"
    DELETED = "deleted"
    RECREATED = "recreated"
    ROLLED = "rolls pods"
    IN_PLACE = "in place"
    CREATED = "created"
    ADOPTED = "adopted"
    KEPT = "kept"
    LEFT = "left behind"
    HOOK = "hook"
    NOTHING = "nothing"


class Effect(NamedTuple):
    """What a change does.

    Attributes:
        outcome: In a word.
        reasons: Why, and what else follows from it; a phrase each.
        warnings: What somebody should know before: downtime, lost data; a phrase each.
    """

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class FieldChange(NamedTuple):
    """One value that differs; None stands for a value that is not there as well as for null, as in Kubernetes.

    Attributes:
        steps: Where.
        old: The value before, redacted.
        new: The value after, redacted.
        is_order: Whether a list's elements are the same and only their order differs; the values name them.
    """

    steps: Steps
    old: Any
    new: Any
    is_order: bool = False

    @property
    def path(self) -> str:
        """Where, in words: dots between keys, brackets around elements of lists."""
        return write(self.steps)


@dataclass(frozen=True, slots=True)
class Change:
    """One object that differs.

    Attributes:
        identity: Which object; the new one where it was renamed.
        action: Whether it is new, gone, different, or has another name.
        source: The template it comes from, the new one where there are two; empty when unknown.
        lines: The difference in unified form, redacted, without a header.
        fields: The values that differ, redacted; empty unless the object is on both sides.
        effect: What an upgrade makes of it.
        was: Which object it was, where it was renamed.
        hooks: The events it is a Helm hook for.
    """

    identity: Identity
    action: Action
    source: str
    lines: tuple[str, ...]
    fields: tuple[FieldChange, ...] = ()
    effect: Effect | None = None
    was: Identity | None = None
    hooks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What there is to say about two lists of manifests.

    Attributes:
        changes: In install order, then by namespace and name: the order of the documents is no difference.
        unchanged: How many objects are the same on both sides.
        generated: Values that each rendering makes anew, and that were therefore not compared.
        ignored: How many objects differ in nothing but what was to be ignored.
        notes: What could not be taken into account, a sentence each.
    """

    changes: tuple[Change, ...]
    unchanged: int
    generated: tuple[tuple[Identity, str], ...] = ()
    ignored: int = 0
    notes: tuple[str, ...] = ()

    def count(self, action: Action) -> int:
        """Return how many objects that happened to."""
        return sum(change.action is action for change in self.changes)
