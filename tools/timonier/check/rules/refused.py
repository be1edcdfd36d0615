"""What the API server refuses though the schemas let it pass: they know types and fields, and hardly any values."""

from __future__ import annotations

import base64
import binascii
import difflib
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import entries, join, mapping, string
from timonier.check.objects.referring import RBAC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

_ACCESS = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_PROTOCOLS = ("TCP", "UDP", "SCTP")
_MODES = ("Filesystem", "Block")
_TRAFFIC = ("Cluster", "Local")
_KEPT = ("Retain", "Delete")
_UPDATES = ("RollingUpdate", "OnDelete")
_SECCOMP = ("RuntimeDefault", "Localhost", "Unconfined")
_SCHEMES = ("HTTP", "HTTPS")

# What may stand at a path, from the API reference of Kubernetes 1.36; `[]` is each entry of a list.
_CHOICES: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("", "Service"): {
        "spec.type": ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        "spec.sessionAffinity": ("None", "ClientIP"),
        "spec.externalTrafficPolicy": _TRAFFIC,
        "spec.internalTrafficPolicy": _TRAFFIC,
        "spec.ipFamilyPolicy": ("SingleStack", "PreferDualStack", "RequireDualStack"),
        "spec.ports[].protocol": _PROTOCOLS,
    },
    ("", "PersistentVolumeClaim"): {"spec.accessModes[]": _ACCESS, "spec.volumeMode": _MODES},
    ("", "PersistentVolume"): {
        "spec.accessModes[]": _ACCESS,
        "spec.volumeMode": _MODES,
        "spec.persistentVolumeReclaimPolicy": ("Retain", "Delete", "Recycle"),
    },
    ("apps", "Deployment"): {"spec.strategy.type": ("RollingUpdate", "Recreate")},
    ("apps", "DaemonSet"): {"spec.updateStrategy.type": _UPDATES},
    ("apps", "StatefulSet"): {
        "spec.updateStrategy.type": _UPDATES,
        "spec.podManagementPolicy": ("OrderedReady", "Parallel"),
        "spec.persistentVolumeClaimRetentionPolicy.whenDeleted": _KEPT,
        "spec.persistentVolumeClaimRetentionPolicy.whenScaled": _KEPT,
        "spec.volumeClaimTemplates[].spec.accessModes[]": _ACCESS,
    },
    ("batch", "CronJob"): {"spec.concurrencyPolicy": ("Allow", "Forbid", "Replace")},
    ("discovery.k8s.io", "EndpointSlice"): {"addressType": ("IPv4", "IPv6", "FQDN"), "ports[].protocol": _PROTOCOLS},
    ("networking.k8s.io", "Ingress"): {
        "spec.rules[].http.paths[].pathType": ("Exact", "Prefix", "ImplementationSpecific")
    },
    ("networking.k8s.io", "NetworkPolicy"): {"spec.policyTypes[]": ("Ingress", "Egress")},
    ("storage.k8s.io", "StorageClass"): {
        "reclaimPolicy": _KEPT,
        "volumeBindingMode": ("Immediate", "WaitForFirstConsumer"),
    },
}
_OF_CONTAINERS: dict[str, tuple[str, ...]] = {
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "terminationMessagePolicy": ("File", "FallbackToLogsOnError"),
    "ports[].protocol": _PROTOCOLS,
    "securityContext.seccompProfile.type": _SECCOMP,
    **{f"{probe}Probe.httpGet.scheme": _SCHEMES for probe in ("startup", "liveness", "readiness")},
}
_OF_PODS = {
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "securityContext.seccompProfile.type": _SECCOMP,
    "tolerations[].effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    "topologySpreadConstraints[].whenUnsatisfiable": ("DoNotSchedule", "ScheduleAnyway"),
    **{
        f"{group}[].{path}": said for group in ("containers", "initContainers") for path, said in _OF_CONTAINERS.items()
    },
}


@object_rule("unknown-choice", Severity.ERROR)
def unknown_choice(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A field that takes one of a few words has another one.

    The API server answers `Unsupported value`, in the middle of an installation; capitals count. Schemas say only that
    it is text.
    """
    for path, value, choices in _chosen(manifest):
        if isinstance(value, str) and value and value not in choices:
            same = [choice for choice in choices if choice.lower() == value.lower()]
            near = same or difflib.get_close_matches(value, choices, n=1)
            sentence = f"{path} is {', '.join(choices[:-1])} or {choices[-1]}, and not {value}."
            yield Problem(sentence, path, hint=f"Did you mean {near[0]}?" if near else "")


def _chosen(manifest: Manifest) -> Iterator[tuple[str, object, tuple[str, ...]]]:
    """Yield what stands where one of a few words may, with its path and those words."""
    for pattern, choices in _CHOICES.get(manifest.identity[:2], {}).items():
        yield from ((path, value, choices) for path, value in _reached(manifest.document, pattern))
    if pod := pod_of(manifest):
        for pattern, choices in _OF_PODS.items():
            yield from ((join(pod.spec_path, path), value, choices) for path, value in _reached(pod.spec, pattern))


def _reached(node: object, pattern: str) -> Iterator[tuple[str, object]]:
    """Yield what stands at a path with `[]` for each entry of a list, and its own path."""
    step, _, rest = pattern.partition(".")
    name = step.removesuffix("[]")
    below = node.get(name) if isinstance(node, dict) else None
    found = [(name, below)]
    if name != step:
        found = [(f"{name}[{index}]", entry) for index, entry in enumerate(below if isinstance(below, list) else ())]
    for path, value in found:
        if rest:
            yield from ((f"{path}.{deeper}", leaf) for deeper, leaf in _reached(value, rest))
        else:
            yield path, value


@object_rule("invalid-base64", Severity.ERROR)
def invalid_base64(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A value of a Secret's `data`, or of a ConfigMap's `binaryData`, is not base64.

    The API server answers `illegal base64 data`. Text of four, eight or twelve letters passes for base64 by accident,
    and the application then gets something else.

    Pipe the value through `b64enc`, or put it as it is into `stringData`, from which the API server makes `data`.
    """
    field = {("", "Secret"): "data", ("", "ConfigMap"): "binaryData"}.get(manifest.identity[:2], "")
    for key, value in mapping(manifest.document, field).items() if field else ():
        if isinstance(value, str) and not _is_base64(value):
            hint = "Pipe it through b64enc" + (", or use stringData." if field == "data" else ".")
            yield Problem(f"The value of {key} is not base64.", f"{field}.{key}", hint=hint)


def _is_base64(text: str) -> bool:
    """Whether Go's decoder takes it, which passes over line breaks (encoding/base64)."""
    try:
        base64.b64decode("".join(text.splitlines()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


@object_rule("subject-without-namespace", Severity.ERROR)
def subject_without_namespace(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A ClusterRoleBinding names a service account without its namespace.

    The API server refuses it: `subjects[0].namespace: Required value`. In a RoleBinding it is the binding's own.
    """
    if manifest.identity[:2] == (RBAC, "ClusterRoleBinding"):
        for index, subject in entries(manifest.document, "subjects"):
            if string(subject, "kind") == "ServiceAccount" and not string(subject, "namespace"):
                sentence = f"ServiceAccount {string(subject, 'name')} has no namespace here."
                yield Problem(sentence, f"subjects[{index}].namespace", hint="Say {{ .Release.Namespace }}.")


RULES: tuple[Rule, ...] = (unknown_choice, invalid_base64, subject_without_namespace)
