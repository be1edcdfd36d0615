"""What becomes of objects that come and go, and of hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.diff.effects.reading import annotation, at
from timonier.diff.model import Action, Effect, Outcome

if TYPE_CHECKING:
    from timonier.diff.effects.around import Around
    from timonier.diff.model import Change
    from timonier.manifest import Manifest

_POLICY = "helm.sh/resource-policy"
_DELETE_POLICY = "helm.sh/hook-delete-policy"
_BEFORE = "before-hook-creation"
_WORKLOADS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Pod"))
_TAKING_DATA = {
    "PersistentVolumeClaim": "its volume goes with it, unless its reclaim policy is Retain",
    "Namespace": "everything in the namespace goes with it",
    "CustomResourceDefinition": "all objects of its kind go with it, whoever made them",
}
_UPGRADE = frozenset(("pre-upgrade", "post-upgrade"))
_TEST = frozenset(("test", "test-success"))


def created(new: Manifest, around: Around) -> Effect:
    """What becomes of an object that the release did not have."""
    if new.identity.kind in _WORKLOADS:
        return Effect(Outcome.CREATED)
    readers = around.readers(new.identity.kind, new.identity.name)
    return Effect(Outcome.CREATED, tuple(f"{reader.identity} reads it" for reader in readers))


def removed(old: Manifest) -> Effect:
    """What becomes of an object that the release no longer has."""
    if annotation(old.document, _POLICY).strip().lower() == "keep":
        return Effect(Outcome.KEPT, ("stays in the cluster, and is no longer Helm's: helm.sh/resource-policy is keep",))
    if old.identity.kind in _TAKING_DATA:
        return Effect(Outcome.DATA_LOST, (), (_TAKING_DATA[old.identity.kind],))
    if old.identity.kind == "StatefulSet":
        return _statefulset(old)
    if old.identity.kind == "PersistentVolume":
        return Effect(Outcome.DELETED, ("as soon as no claim is bound to it; what it stands for stays",))
    return Effect(Outcome.DELETED, ("its pods stop",) if old.identity.kind in _WORKLOADS else ())


def _statefulset(old: Manifest) -> Effect:
    spec = old.document.get("spec")
    if not at(spec, "volumeClaimTemplates"):
        return Effect(Outcome.DELETED, ("its pods stop",))
    if at(spec, "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete":
        said = "its pods' volumes go with it: persistentVolumeClaimRetentionPolicy.whenDeleted is Delete"
        return Effect(Outcome.DATA_LOST, ("its pods stop",), (said,))
    return Effect(Outcome.DELETED, ("its pods stop", "its pods' volume claims stay"))


def hooked(change: Change, manifest: Manifest | None) -> Effect:
    """What becomes of a hook: Helm creates it at its events, and never updates or deletes it otherwise."""
    events = ", ".join(change.hooks)
    policies = [one.strip() for one in annotation(manifest.document if manifest else {}, _DELETE_POLICY).split(",")]
    policies = [one for one in policies if one] or [_BEFORE]
    if change.action is Action.REMOVED:
        if set(policies) & {"hook-succeeded", "hook-failed"}:
            return Effect(Outcome.NOTHING, (f"a hook for {events} that ran is deleted already",))
        return Effect(Outcome.LEFT, (f"what its last {events} left stays: Helm deletes no hooks",))
    if _TEST.issuperset(change.hooks):
        return Effect(Outcome.HOOK, ("runs with `helm test`",))
    if not _UPGRADE & set(change.hooks):
        return Effect(Outcome.HOOK, (f"no part of an upgrade: runs at {events}",))
    if change.action is not Action.CHANGED or _BEFORE in policies:
        return _made_anew(change, events, goes="hook-succeeded" in policies)
    return Effect(
        Outcome.HOOK, (f"runs at {events}",), (f"fails where the former one is left: {_DELETE_POLICY} lacks {_BEFORE}",)
    )


def _made_anew(change: Change, events: str, *, goes: bool) -> Effect:
    if goes:  # the former one went when it had succeeded: there is nothing to recreate
        return Effect(Outcome.HOOK, (f"made anew, run at {events}, and deleted when it has succeeded",))
    outcome = Outcome.RECREATED if change.action is Action.CHANGED else Outcome.HOOK
    return Effect(outcome, (f"made anew and run at {events}",))
