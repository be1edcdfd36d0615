"""What says nothing new to the API server: a manifest that names what it sets by itself anyway, or no longer does.

From the defaults of Kubernetes 1.36, `pkg/apis/*/v1/defaults.go`, and from `omitempty` in its types: what is empty
there is not there. Not in these tables is what somebody else may have set meanwhile: a workload's number of pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier.diff.effects.reading import POD_SPECS, at, containers
from timonier.diff.path import Element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.diff.model import FieldChange
    from timonier.diff.path import Step, Steps
    from timonier.manifest import Manifest

_HTTP = {"scheme": "HTTP", "path": "/"}
_ASKED = ("startupProbe", "livenessProbe", "readinessProbe", "lifecycle.postStart", "lifecycle.preStop")
# By path, with an asterisk for the elements of a list. `initContainers` are as `containers`.
POD: dict[str, Any] = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "securityContext": {},
    "nodeSelector": {},
    **dict.fromkeys(("hostNetwork", "hostPID", "hostIPC"), False),
    "containers.*.terminationMessagePath": "/dev/termination-log",
    "containers.*.terminationMessagePolicy": "File",
    "containers.*.resources": {},
    "containers.*.ports.*.protocol": "TCP",
    "containers.*.env.*.value": "",
    "containers.*.env.*.valueFrom.fieldRef.apiVersion": "v1",
    "containers.*.volumeMounts.*.readOnly": False,
    **dict.fromkeys((f"containers.*.{field}" for field in ("stdin", "stdinOnce", "tty")), False),
    **{f"containers.*.{asked}.httpGet.{field}": value for asked in _ASKED for field, value in _HTTP.items()},
    **dict.fromkeys((f"volumes.*.{kind}.defaultMode" for kind in ("configMap", "secret", "downwardAPI")), 0o644),
    "volumes.*.projected.defaultMode": 0o644,
    "volumes.*.projected.sources.*.serviceAccountToken.expirationSeconds": 3600,
    "volumes.*.projected.sources.*.downwardAPI.items.*.fieldRef.apiVersion": "v1",
    "volumes.*.downwardAPI.items.*.fieldRef.apiVersion": "v1",
    "volumes.*.emptyDir": {},
    "volumes.*.hostPath.type": "",
}
_WORKLOAD = {"revisionHistoryLimit": 10, "minReadySeconds": 0}
_ROLLING = {"updateStrategy.type": "RollingUpdate"}
# Of objects, below `spec`.
SPECS: dict[tuple[str, str], dict[str, Any]] = {
    ("apps", "Deployment"): _WORKLOAD
    | {
        "progressDeadlineSeconds": 600,
        "paused": False,
        "strategy.type": "RollingUpdate",
        "strategy.rollingUpdate.maxSurge": "25%",
        "strategy.rollingUpdate.maxUnavailable": "25%",
    },
    ("apps", "StatefulSet"): _WORKLOAD
    | _ROLLING
    | {
        "updateStrategy.rollingUpdate.partition": 0,
        "podManagementPolicy": "OrderedReady",
        "persistentVolumeClaimRetentionPolicy.whenDeleted": "Retain",
        "persistentVolumeClaimRetentionPolicy.whenScaled": "Retain",
        "volumeClaimTemplates.*.spec.volumeMode": "Filesystem",
    },
    ("apps", "DaemonSet"): _WORKLOAD
    | _ROLLING
    | {"updateStrategy.rollingUpdate.maxUnavailable": 1, "updateStrategy.rollingUpdate.maxSurge": 0},
    ("batch", "Job"): {"backoffLimit": 6, "parallelism": 1, "completionMode": "NonIndexed", "suspend": False},
    ("batch", "CronJob"): {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    ("", "Service"): {
        "type": "ClusterIP",
        "sessionAffinity": "None",
        "internalTrafficPolicy": "Cluster",
        "publishNotReadyAddresses": False,
        "ports.*.protocol": "TCP",
    },
    ("", "PersistentVolumeClaim"): {"volumeMode": "Filesystem"},
    ("", "PersistentVolume"): {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"},
    ("networking.k8s.io", "NetworkPolicy"): {
        "ingress.*.ports.*.protocol": "TCP",
        "egress.*.ports.*.protocol": "TCP",
    },
    ("autoscaling", "HorizontalPodAutoscaler"): {"minReplicas": 1},
}
# Of objects, at their top.
TOP: dict[tuple[str, str], dict[str, Any]] = {
    ("", "Secret"): {"type": "Opaque"},
    ("storage.k8s.io", "StorageClass"): {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    ("rbac.authorization.k8s.io", "RoleBinding"): {"roleRef.apiGroup": "rbac.authorization.k8s.io"},
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): {"roleRef.apiGroup": "rbac.authorization.k8s.io"},
}
_EMPTY_METADATA = ("metadata.labels", "metadata.annotations", "spec.template.metadata.annotations")
_GROUPS = frozenset(("", "apps", "batch"))


def telling(old: Manifest, new: Manifest, fields: Sequence[FieldChange]) -> list[FieldChange]:
    """Return the differences that are one to the API server.

    Args:
        old: The object before.
        new: The object after.
        fields: What differs.
    """
    return [field for field in fields if field.is_order or not _is_idle(old, new, field)]


def _is_idle(old: Manifest, new: Manifest, field: FieldChange) -> bool:
    if (field.old is None) == (field.new is None):
        return False
    value, without = (field.new, old) if field.old is None else (field.old, new)
    return all(_is_default(below, steps, without) for steps, below in _leaves(value, field.steps))


def _leaves(value: Any, steps: Steps) -> Iterator[tuple[Steps, Any]]:  # noqa: ANN401 - any part of a document
    if isinstance(value, dict | list) and value:
        items: Sequence[tuple[Step, Any]] = list(value.items() if isinstance(value, dict) else enumerate(value))
        for step, below in items:
            yield from _leaves(below, (*steps, step))
    else:
        yield steps, value


def _is_default(value: Any, steps: Steps, without: Manifest) -> bool:  # noqa: ANN401 - any part of a document
    """Whether a value is what the API server sets in an object that lacks it."""
    place = without.identity.group, without.identity.kind
    pod = POD_SPECS.get(place[1], ()) if place[0] in _GROUPS else ()
    path = _path(steps)
    if path in _EMPTY_METADATA:
        return _same(value, {})
    if pod and steps[: len(pod)] == pod:
        return _is_default_of_pod(value, steps[len(pod) :], at(without.document, *pod))
    if place == ("", "Service") and path == "spec.ports.*.targetPort":
        return isinstance(steps[2], Element) and ("port", str(value)) in steps[2].fields
    table, key = (SPECS, path.removeprefix("spec.")) if path.startswith("spec.") else (TOP, path)
    return key in table.get(place, {}) and _same(value, table[place][key])


def _is_default_of_pod(value: Any, steps: Steps, pod: Any) -> bool:  # noqa: ANN401 - any part of a document
    path = _path(steps)
    if value == []:
        return True
    if path.endswith("ontainers.*.imagePullPolicy"):
        images = [one.get("image") for one in containers(pod) if Element((("name", str(one.get("name"))),)) == steps[1]]
        return len(images) == 1 and value == _pull_policy(str(images[0]))
    key = path.replace("initContainers.", "containers.", 1)
    return key in POD and _same(value, POD[key])


def _pull_policy(image: str) -> str:
    """Return what is set where a container says nothing of it (`SetDefaults_Container`)."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or not (tag or digest) else "IfNotPresent"


def _same(value: Any, default: Any) -> bool:  # noqa: ANN401 - any part of a document
    # To Python, 0 is false.
    return type(value) is type(default) and bool(value == default)


def _path(steps: Steps) -> str:
    return ".".join(step if isinstance(step, str) else "*" for step in steps)
