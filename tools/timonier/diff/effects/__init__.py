"""What an upgrade makes of each change: pods roll, or it happens in place, or the API server refuses it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from timonier.diff.effects.around import Around
from timonier.diff.effects.defaults import telling
from timonier.diff.effects.immutable import refusals
from timonier.diff.effects.lifecycle import created, hooked, removed
from timonier.diff.effects.reading import at
from timonier.diff.effects.rollout import CONTROLLERS, rolled
from timonier.diff.effects.shared import READ_BY_PODS, read_by
from timonier.diff.model import Action, Change, Effect, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.diff.effects.shared import Outcomes
    from timonier.diff.model import FieldChange
    from timonier.diff.pairs import Pair
    from timonier.draft import Draft
    from timonier.manifest import Manifest

    Found = tuple[Pair, Change]

__all__ = ["Around", "with_effects"]

_SIZE = ("spec", "resources", "requests")


def with_effects(found: Sequence[Found], drafts: Sequence[Draft], *, by_client: bool = False) -> tuple[Change, ...]:
    """Return changes with what an upgrade makes of them.

    Args:
        found: Objects and how they differ.
        drafts: What there is to be, for who reads, scales and guards an object.
        by_client: Whether Helm sends patches, in place of server-side applies.
    """
    around = Around(drafts)
    effects = {id(change): _effect(pair, change, around, by_client=by_client) for pair, change in found}
    outcomes = {(change.identity.kind, change.identity.name): effects[id(change)].outcome for _, change in found}
    return tuple(
        dataclasses.replace(change, effect=_with_readers(effects[id(change)], change, around, outcomes))
        for _, change in found
    )


def _effect(pair: Pair, change: Change, around: Around, *, by_client: bool) -> Effect:
    old, new = pair
    if change.hooks:
        return hooked(change, new or old)
    if old is None or new is None:
        return created(new, around) if new else removed(old) if old else Effect(Outcome.NOTHING)
    if change.action is Action.RENAMED:
        return _renamed(old, new)
    fields = telling(old, new, change.fields)
    if not fields:
        return Effect(Outcome.NOTHING, ("it says no more than what the API server sets by default",))
    if problems := refusals(old, new, fields, by_client=by_client):
        return Effect(Outcome.REFUSED, problems, _way_out(new))
    return _updated(old, new, fields, around)


def _updated(old: Manifest, new: Manifest, fields: Sequence[FieldChange], around: Around) -> Effect:
    if new.identity.kind in CONTROLLERS:
        return rolled(old, new, fields, around)
    if new.identity.kind == "PersistentVolumeClaim" and any(field.steps[:3] == _SIZE for field in fields):
        return Effect(Outcome.IN_PLACE, (), ("refused where the claim's StorageClass lacks allowVolumeExpansion",))
    return Effect(Outcome.IN_PLACE)


def _renamed(old: Manifest, new: Manifest) -> Effect:
    """An upgrade creates what is new, then deletes what is gone: Helm knows of no renaming."""
    lost = removed(old)
    outcome = lost.outcome if lost.outcome in (Outcome.DATA_LOST, Outcome.KEPT) else Outcome.RECREATED
    reasons = (f"{new.identity} is created, then {old.identity} is deleted",)
    if outcome is not Outcome.RECREATED:
        return Effect(outcome, (*reasons, *lost.reasons), lost.warnings)
    if at(new.document, "spec", "volumeClaimTemplates"):
        return Effect(outcome, reasons, (f"{new.identity} begins with empty volumes: the former ones stay unused",))
    return Effect(outcome, reasons)


def _way_out(new: Manifest) -> tuple[str, ...]:
    """Say how a refused change is made nevertheless, where that takes no data along."""
    if new.identity.kind == "StatefulSet":
        name = new.identity.name
        return (
            f"the upgrade fails; `kubectl delete statefulset {name} --cascade=orphan` before it leaves pods and data",
        )
    if new.identity.kind == "Job":
        return ("the upgrade fails unless the former Job is deleted; a hook, or a name with a version, is made anew",)
    return ("the upgrade fails",)


def _with_readers(effect: Effect, change: Change, around: Around, outcomes: Outcomes) -> Effect:
    """Say of a changed ConfigMap or Secret whose pods go on with what they have read."""
    if change.action is not Action.CHANGED or effect.outcome is not Outcome.IN_PLACE:
        return effect
    if change.identity.kind not in READ_BY_PODS:
        return effect
    reasons, warnings = read_by(change, around, outcomes)
    return effect._replace(reasons=effect.reasons + reasons, warnings=effect.warnings + warnings)
