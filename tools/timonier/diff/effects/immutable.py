"""What the API server refuses to change in an object that is there.

From the update validations of Kubernetes 1.36, `pkg/apis/*/validation/validation.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.diff.effects.reading import at
from timonier.diff.meaning import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from timonier.diff.model import FieldChange
    from timonier.diff.path import Steps
    from timonier.manifest import Manifest

# What may not change, by group and kind: the beginnings of paths.
_FIXED: dict[tuple[str, str], tuple[tuple[str, ...], ...]] = {
    ("apps", "Deployment"): (("spec", "selector"),),
    ("apps", "DaemonSet"): (("spec", "selector"),),
    ("apps", "ReplicaSet"): (("spec", "selector"),),
    ("batch", "Job"): tuple(
        ("spec", field)
        for field in (
            *("selector", "template", "completions", "completionMode", "podFailurePolicy", "successPolicy"),
            *("backoffLimitPerIndex", "managedBy"),
        )
    ),
    ("", "Secret"): (("type",),),
    ("rbac.authorization.k8s.io", "RoleBinding"): (("roleRef",),),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): (("roleRef",),),
    ("storage.k8s.io", "StorageClass"): tuple(
        (field,) for field in ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
    ),
    ("networking.k8s.io", "IngressClass"): (("spec", "controller"),),
    ("node.k8s.io", "RuntimeClass"): (("handler",),),
    ("scheduling.k8s.io", "PriorityClass"): (("value",), ("preemptionPolicy",)),
    ("discovery.k8s.io", "EndpointSlice"): (("addressType",),),
    ("", "ResourceQuota"): (("spec", "scopes"), ("spec", "scopeSelector")),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        ("spec", "group"),
        ("spec", "scope"),
        ("spec", "names", "kind"),
        ("spec", "names", "plural"),
    ),
    ("apps", "ControllerRevision"): (("data",),),
}
# What alone may change below `spec`.
_FREE: dict[tuple[str, str], frozenset[str]] = {
    ("apps", "StatefulSet"): frozenset(
        (
            *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit"),
            *("persistentVolumeClaimRetentionPolicy", "minReadySeconds"),
        )
    ),
    ("", "PersistentVolumeClaim"): frozenset(("resources", "volumeAttributesClassName")),
    ("", "PersistentVolume"): frozenset(
        (
            *("capacity", "accessModes", "persistentVolumeReclaimPolicy", "mountOptions", "claimRef"),
            *("storageClassName", "volumeAttributesClassName"),
        )
    ),
    ("", "Pod"): frozenset(("containers", "initContainers", "activeDeadlineSeconds", "tolerations")),
}
_WHEN_IMMUTABLE = frozenset(("data", "binaryData", "stringData", "immutable"))


def refusals(
    old: Manifest, new: Manifest, fields: Sequence[FieldChange], *, by_client: bool = False
) -> tuple[str, ...]:
    """Return why the API server refuses a change, a phrase for each field; nothing when it does not.

    Args:
        old: The object before.
        new: The object after.
        fields: What differs.
        by_client: Whether Helm sends a patch, in place of a server-side apply.
    """
    return tuple(dict.fromkeys(_refusals(old, new, fields, by_client=by_client)))


def _refusals(old: Manifest, new: Manifest, fields: Sequence[FieldChange], *, by_client: bool) -> Iterator[str]:
    place = new.identity.group, new.identity.kind
    if not by_client and place == ("apps", "Deployment") and _leaves_rolling_update(old, new):
        yield "spec.strategy cannot become Recreate in a server-side apply: the defaults of rollingUpdate stay"
    for change in fields:
        if _is_fixed(place, change.steps):
            yield f"{_shown(change)} cannot be changed"
        elif place in _OWN and (reason := _OWN[place](change, old, new)):
            yield reason


def _shown(change: FieldChange) -> str:
    """Write where a change is, no deeper than who reads needs to see what is refused."""
    return change._replace(steps=change.steps[:2]).path


def _is_fixed(place: tuple[str, str], steps: Steps) -> bool:
    if place in _FREE and steps[0] == "spec" and len(steps) > 1 and steps[1] not in _FREE[place]:
        return True
    return any(path[: len(steps)] == steps[: len(path)] for path in _FIXED.get(place, ()))


def _service(change: FieldChange, old: Manifest, new: Manifest) -> str:
    """A cluster IP stays: one that is no longer named, too (`patchAllocatedValues`)."""
    if change.steps[:2] not in (("spec", "clusterIP"), ("spec", "clusterIPs")) or change.new in (None, ""):
        return ""
    if "ExternalName" in (at(old.document, "spec", "type"), at(new.document, "spec", "type")):
        return ""
    return f"{change.path} cannot be changed once there is one"


def _claim(change: FieldChange, _old: Manifest, _new: Manifest) -> str:
    """A claim may ask for more, and for nothing else; limits may change (`ValidatePersistentVolumeClaimUpdate`)."""
    if change.steps[:3] != ("spec", "resources", "requests"):
        return ""
    before, after = (quantity(str(value)) for value in (change.old, change.new))
    return "a volume cannot shrink" if before is not None and after is not None and after < before else ""


def _held(change: FieldChange, old: Manifest, _new: Manifest) -> str:
    """A ConfigMap or a Secret that says so of itself."""
    if old.document.get("immutable") is True and change.steps[0] in _WHEN_IMMUTABLE:
        return f"{change.steps[0]} cannot be changed: it is immutable"
    return ""


def _leaves_rolling_update(old: Manifest, new: Manifest) -> bool:
    """Whether a server-side apply leaves the defaults of `rollingUpdate` beside Recreate, which has none.

    It takes away what Helm has set, so the whole of `rollingUpdate` where the manifest had some of it. A patch says
    `$retainKeys`, and takes it away in any case.
    """
    before, after = (at(one.document, "spec", "strategy") for one in (old, new))
    turns = at(before, "type") != "Recreate" and at(after, "type") == "Recreate"
    return turns and at(before, "rollingUpdate") is None


def _pod(change: FieldChange, _old: Manifest, _new: Manifest) -> str:
    containers = change.steps[:2] in (("spec", "containers"), ("spec", "initContainers"))
    return (
        "of a pod's containers only the image can be changed" if containers and change.steps[3:] != ("image",) else ""
    )


_OWN: dict[tuple[str, str], Callable[[FieldChange, Manifest, Manifest], str]] = {
    ("", "Service"): _service,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "ConfigMap"): _held,
    ("", "Secret"): _held,
    ("", "Pod"): _pod,
}
