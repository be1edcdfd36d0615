"""What every report of a difference says first: how much differs, and what an upgrade makes of it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from timonier.diff.model import Action, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.diff.model import Change, Difference

_MANY = 5
_SHOWN = 3
_QUIET = frozenset((Outcome.IN_PLACE, Outcome.CREATED, Outcome.NOTHING, Outcome.HOOK, Outcome.KEPT, Outcome.LEFT))
_DOWNTIME = "downtime"


class Row(NamedTuple):
    """What an upgrade makes of one object, or of several of which the same is to be said.

    Attributes:
        action: What happened to it.
        objects: Which.
        outcome: What an upgrade makes of it.
        reasons: Why, a phrase each.
        warnings: What to know before, a phrase each.
    """

    action: str
    objects: str
    outcome: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


def summary(difference: Difference, old: str, new: str) -> str:
    """Say in one line what differs: `old → new: 1 added, 2 changed, 9 unchanged`."""
    counts = [f"{count} {action}" for action in Action if (count := difference.count(action))]
    if difference.unchanged:
        counts.append(f"{difference.unchanged} unchanged")
    if difference.ignored:
        counts.append(f"{difference.ignored} ignored")
    if generated := len(difference.generated):
        counts.append(f"{generated} generated value{'s' if generated > 1 else ''} not compared")
    sides = old if old == new else f"{old} → {new}"
    return f"{sides}: {', '.join(counts) or 'no objects on either side'}"


def verdict(difference: Difference) -> str:
    """Say in one line what of an upgrade people would want to know before; empty when there is nothing."""
    found = [change.effect for change in difference.changes if change.effect]
    counts = [(outcome, sum(effect.outcome is outcome for effect in found)) for outcome in Outcome]
    said = [f"{count} {outcome}" for outcome, count in counts if count and outcome not in _QUIET]
    if down := sum(any(warning.startswith(_DOWNTIME) for warning in effect.warnings) for effect in found):
        said.append(f"{down} with downtime")
    return f"An upgrade: {', '.join(said)}" if said else ""


def rows(difference: Difference) -> Iterator[Row]:
    """Yield what an upgrade makes of each object, the worst first; many of a kind and alike are one row."""
    outcomes = list(Outcome)
    ranked = sorted(
        (change for change in difference.changes if change.effect),
        key=lambda change: outcomes.index(change.effect.outcome) if change.effect else 0,
    )
    for _, group in groupby(ranked, key=_alike):
        alike = list(group)
        yield from [_row(alike)] if len(alike) > _MANY else [_row([change]) for change in alike]


def _alike(change: Change) -> tuple[object, ...]:
    return change.action, change.identity.kind, change.effect


def _row(alike: list[Change]) -> Row:
    first = alike[0]
    effect = first.effect
    if effect is None:
        return Row(str(first.action), name(first), "", (), ())
    objects = name(first)
    if len(alike) > 1:
        names = ", ".join(change.identity.name for change in alike[:_SHOWN])
        objects = f"{len(alike):,} of kind {first.identity.kind}: {names} and more"
    return Row(str(first.action), objects, str(effect.outcome), effect.reasons, effect.warnings)


def name(change: Change) -> str:
    """Name the object of a change: `Deployment web`, `Deployment old → web`."""
    return f"{change.was} → {change.identity.name}" if change.was else str(change.identity)
