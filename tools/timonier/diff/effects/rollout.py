"""Workloads: whether their pods are replaced, why, and who notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier.diff.effects.reading import at, number, share
from timonier.diff.model import Effect, Outcome
from timonier.diff.path import write

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.diff.effects.around import Around
    from timonier.diff.model import FieldChange
    from timonier.manifest import Manifest

CONTROLLERS = frozenset(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob"))
_ROLLING = frozenset(("Deployment", "StatefulSet", "DaemonSet"))
_TEMPLATE = ("spec", "template")
_JOB_TEMPLATE = ("spec", "jobTemplate")
_JOBS_POD = (*_JOB_TEMPLATE, *_TEMPLATE)
_MOST_REASONS = 4
_LONGEST = 60
_METADATA = ("metadata", "annotations")


def rolled(old: Manifest, new: Manifest, fields: Sequence[FieldChange], around: Around) -> Effect:
    """What becomes of a workload that differs in something it may differ in."""
    inside = [field for field in fields if field.steps[:2] in (_TEMPLATE, _JOB_TEMPLATE)]
    scaling = _scaled(new, fields, around)
    waited = new.identity.kind in _ROLLING and _is_let_go(old, new)
    if not inside and not waited:
        return scaling
    reasons = (*_reasons(inside), *(("pods get what they have waited for",) if waited else ()))
    if new.identity.kind not in _ROLLING:
        when = "the next run has it" if new.identity.kind == "CronJob" else "only new pods have it"
        return Effect(Outcome.IN_PLACE, (when, *reasons))
    if waits := _waiting(new):
        return Effect(Outcome.IN_PLACE, (waits, *reasons, *scaling.reasons), scaling.warnings)
    outcome = Outcome.DATA_LOST if scaling.outcome is Outcome.DATA_LOST else Outcome.ROLLED
    return Effect(outcome, (*reasons, *_how(new), *scaling.reasons), (*_downtime(new, around), *scaling.warnings))


def _reasons(inside: Sequence[FieldChange]) -> Iterator[str]:
    """Say what rolls the pods, images first, at most four."""
    ranked = sorted(inside, key=lambda field: field.steps[-1] != "image")
    for field in ranked[:_MOST_REASONS]:
        inner = _JOBS_POD if field.steps[: len(_JOBS_POD)] == _JOBS_POD else _TEMPLATE
        steps = field.steps[len(inner) :]
        if field.steps[-1] == "image":
            yield f"image {field.old} → {field.new}"
        elif steps[:2] == _METADATA and len(steps) > len(_METADATA):
            yield f"annotation {steps[2]}"
        else:
            yield f"template: {_short(write(steps).removeprefix('spec.'))}"
    if len(ranked) > _MOST_REASONS:
        yield f"{len(ranked) - _MOST_REASONS} more"


def _short(path: str) -> str:
    return path if len(path) <= _LONGEST else f"…{path[1 - _LONGEST :]}"


def _waiting(new: Manifest) -> str:
    """Say why the pods do not roll at once."""
    spec = new.document.get("spec")
    if new.identity.kind == "Deployment" and at(spec, "paused") is True:
        return "pods roll when it is resumed: it is paused"
    if at(spec, "updateStrategy", "type") == "OnDelete":
        return "each pod has it when it is deleted: updateStrategy is OnDelete"
    partition = number(at(spec, "updateStrategy", "rollingUpdate", "partition"), 0)
    if new.identity.kind == "StatefulSet" and partition and partition >= _replicas(new):
        return f"no pod has it: updateStrategy.rollingUpdate.partition is {partition}"
    return "there are no pods to roll" if at(spec, "replicas") == 0 else ""


def _is_let_go(old: Manifest, new: Manifest) -> bool:
    """Whether pods that a former change of the template did not reach may be replaced now."""
    held = at(old.document, "spec", "replicas") != 0 and _waiting(old)
    return bool(held) and not _waiting(new)


def _how(new: Manifest) -> Iterator[str]:
    partition = number(at(new.document, "spec", "updateStrategy", "rollingUpdate", "partition"), 0)
    if partition:
        yield f"only pods from {partition} on: updateStrategy.rollingUpdate.partition"


def _replicas(new: Manifest) -> int:
    return number(at(new.document, "spec", "replicas"), 1)


def _downtime(new: Manifest, around: Around) -> Iterator[str]:
    """Say when nobody is there while the pods roll."""
    autoscaled = around.autoscalers.get((new.identity.kind, new.identity.name))
    replicas = autoscaled[1] if autoscaled else _replicas(new)
    why = _gap(new, replicas)
    if why:
        yield f"downtime: {why}"
        labels = at(new.document, "spec", "template", "metadata", "labels")
        if budget := around.budget(labels):
            yield f"{budget} does not prevent that: it holds for evictions, not for rollouts"


def _gap(new: Manifest, replicas: int) -> str:
    spec = new.document.get("spec")
    if new.identity.kind == "StatefulSet":
        return "its single pod stops before the new one starts" if replicas == 1 else ""
    if new.identity.kind == "DaemonSet":
        surge = at(spec, "updateStrategy", "rollingUpdate", "maxSurge")
        return "" if surge not in (None, 0, "0%") else "on each node the pod stops before the new one starts"
    if at(spec, "strategy", "type") == "Recreate":
        return f"{_pods(replicas)} before new ones start: strategy is Recreate"
    rolling = at(spec, "strategy", "rollingUpdate")
    missing = share(_given(rolling, "maxUnavailable"), replicas, up=False)
    # Of two that come to nothing Kubernetes takes one: ResolveFenceposts of pkg/controller/deployment/util.
    missing = missing or int(not share(_given(rolling, "maxSurge"), replicas, up=True))
    return f"{_pods(replicas)} before new ones are ready: maxUnavailable" if missing >= replicas > 0 else ""


def _given(rolling: Any, field: str) -> Any:  # noqa: ANN401 - any part of a document
    value = at(rolling, field)
    return "25%" if value is None else value


def _pods(replicas: int) -> str:
    return "its single pod stops" if replicas == 1 else f"all {replicas} pods stop"


def _scaled(new: Manifest, fields: Sequence[FieldChange], around: Around) -> Effect:
    """What becomes of a workload with another number of pods."""
    change = next((field for field in fields if field.steps == ("spec", "replicas")), None)
    if change is None:
        return Effect(Outcome.IN_PLACE)
    before, after = number(change.old, 1), number(change.new, 1)
    reasons, warnings = [f"scales from {before} to {after}"], []
    if autoscaled := around.autoscalers.get((new.identity.kind, new.identity.name)):
        reasons.append(f"{autoscaled[0]} sets the number afterwards")
    if after == 0:
        warnings.append("downtime: no pod is left")
    retention = at(new.document, "spec", "persistentVolumeClaimRetentionPolicy", "whenScaled")
    if after < before and retention == "Delete" and at(new.document, "spec", "volumeClaimTemplates"):
        warnings.append(f"the volumes of pods {after} to {before - 1} go: whenScaled is Delete")
        return Effect(Outcome.DATA_LOST, tuple(reasons), tuple(warnings))
    return Effect(Outcome.IN_PLACE, tuple(reasons), tuple(warnings))
