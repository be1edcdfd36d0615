"""API versions that Kubernetes takes away, now or later.

What was deprecated and removed up to Kubernetes 1.32 is in the table, from Kubernetes' own guide
(kubernetes.io/docs/reference/using-api/deprecation-guide). What came after follows from the schemas by Kubernetes'
deprecation policy: an alpha or beta version is deprecated once the same kind is stable, and is removed where the
schemas end.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.schema.kubeschemas import Api, kinds_of, known_versions, minor, schemas_of, version_key, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

_STABLE = re.compile(r"v\d+$")


class Retirement(NamedTuple):
    """How an API version ends.

    Attributes:
        deprecated: The Kubernetes version since which it warns, `1.21`.
        removed: The one that no longer has it; empty when that is not known yet.
        replacement: What to write instead; empty when there is nothing.
    """

    deprecated: str
    removed: str
    replacement: str


_APPS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision")
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ROLES = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_REVIEWS = ("SubjectAccessReview", "LocalSubjectAccessReview", "SelfSubjectAccessReview", "SelfSubjectRulesReview")
_FLOW = ("FlowSchema", "PriorityLevelConfiguration")
_STORAGE = ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")

# API version, kinds, deprecated since, removed in, replacement.
_TABLE: tuple[tuple[str, tuple[str, ...], str, str, str], ...] = (
    ("extensions/v1beta1", _APPS[:4], "1.8", "1.16", "apps/v1"),
    ("extensions/v1beta1", ("NetworkPolicy",), "1.9", "1.16", "networking.k8s.io/v1"),
    ("extensions/v1beta1", ("PodSecurityPolicy",), "1.10", "1.16", ""),
    ("extensions/v1beta1", ("Ingress",), "1.14", "1.22", "networking.k8s.io/v1"),
    ("apps/v1beta1", _APPS, "1.9", "1.16", "apps/v1"),
    ("apps/v1beta2", _APPS, "1.9", "1.16", "apps/v1"),
    ("admissionregistration.k8s.io/v1beta1", _WEBHOOKS, "1.16", "1.22", "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", ("CustomResourceDefinition",), "1.16", "1.22", "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", ("APIService",), "1.19", "1.22", "apiregistration.k8s.io/v1"),
    ("authentication.k8s.io/v1beta1", ("TokenReview",), "1.19", "1.22", "authentication.k8s.io/v1"),
    ("authorization.k8s.io/v1beta1", _REVIEWS, "1.19", "1.22", "authorization.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", ("CertificateSigningRequest",), "1.19", "1.22", "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", ("Lease",), "1.19", "1.22", "coordination.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", ("Ingress", "IngressClass"), "1.19", "1.22", "networking.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1alpha1", _ROLES, "1.17", "1.22", "rbac.authorization.k8s.io/v1"),
    ("rbac.authorization.k8s.io/v1beta1", _ROLES, "1.17", "1.22", "rbac.authorization.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", ("PriorityClass",), "1.14", "1.22", "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", _STORAGE, "1.19", "1.22", "storage.k8s.io/v1"),
    ("batch/v1beta1", ("CronJob",), "1.21", "1.25", "batch/v1"),
    ("discovery.k8s.io/v1beta1", ("EndpointSlice",), "1.21", "1.25", "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", ("Event",), "1.22", "1.25", "events.k8s.io/v1"),
    ("autoscaling/v2beta1", ("HorizontalPodAutoscaler",), "1.23", "1.25", "autoscaling/v2"),
    ("policy/v1beta1", ("PodDisruptionBudget",), "1.21", "1.25", "policy/v1"),
    ("policy/v1beta1", ("PodSecurityPolicy",), "1.21", "1.25", ""),
    ("node.k8s.io/v1beta1", ("RuntimeClass",), "1.22", "1.25", "node.k8s.io/v1"),
    ("autoscaling/v2beta2", ("HorizontalPodAutoscaler",), "1.23", "1.26", "autoscaling/v2"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, "1.23", "1.26", "flowcontrol.apiserver.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", ("CSIStorageCapacity",), "1.24", "1.27", "storage.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, "1.26", "1.29", "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, "1.29", "1.32", "flowcontrol.apiserver.k8s.io/v1"),
    ("v1", ("ComponentStatus",), "1.19", "", ""),
    ("v1", ("Endpoints",), "1.33", "", "discovery.k8s.io/v1 EndpointSlice"),
)
_RETIRED = {
    Api(version, kind): Retirement(deprecated, removed, replacement)
    for version, kinds, deprecated, removed, replacement in _TABLE
    for kind in kinds
}


@object_rule("removed-api", Severity.ERROR, per_version=True)
def removed_api(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """The Kubernetes version no longer has this API version.

    Helm stops with "no matches for kind": a release cannot be installed, and one that is there cannot be upgraded
    even to a chart version that is mended, because Helm reads the old manifests back too (the plugin helm-mapkubeapis
    mends those).

    Write the API version that replaces it. A chart for old and new clusters asks
    `.Capabilities.APIVersions.Has "policy/v1"`.
    """
    api = Api(str(manifest.document.get("apiVersion")), str(manifest.document.get("kind")))
    if ended := removal(api, context.kube_version):
        yield Problem(f"{api} was removed in Kubernetes {ended.removed}.", path="apiVersion", hint=_advice(api, ended))


@object_rule("deprecated-api", Severity.WARNING, per_version=True)
def deprecated_api(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """The API version works, and a later Kubernetes version will not have it.

    The API server answers with a warning at every request. Once the cluster is upgraded, the release can be neither
    installed nor upgraded.

    Write the API version that replaces it; it is there already.
    """
    api = Api(str(manifest.document.get("apiVersion")), str(manifest.document.get("kind")))
    ending = retirement(api)
    if not ending or removal(api, context.kube_version):
        return
    if version_key(context.kube_version) >= version_key(ending.deprecated):
        until = f" and removed in {ending.removed}" if ending.removed else ""
        message = f"{api} is deprecated since Kubernetes {ending.deprecated}{until}."
        yield Problem(message, path="apiVersion", hint=_advice(api, ending))


def removal(api: Api, version: str) -> Retirement | None:
    """Return how an API version ended, when a Kubernetes version no longer has it."""
    ending = retirement(api)
    if ending and ending.removed and version_key(version) >= version_key(ending.removed):
        return ending
    return None


@functools.cache
def retirement(api: Api) -> Retirement | None:
    """Return how an API version ends, None when it does not."""
    return _RETIRED.get(api) or _from_schemas(api)


def _from_schemas(api: Api) -> Retirement | None:
    """Find out from the schemas: deprecated since the kind is stable, removed where the schemas end."""
    # Most objects are of a stable version that is there: one look settles it.
    if _is_stable(api) and schemas_of(known_versions()[-1]).has(api):
        return None
    there = versions_of(api)
    if not there:
        return None
    stable = _stable(api)
    later = [version for version in known_versions() if version_key(version) > version_key(there[-1])]
    removed = minor(later[0]) if later else ""
    if stable and not _is_stable(api):
        begun = max(versions_of(stable)[0], there[0], key=version_key)
        return Retirement(minor(begun), removed, stable.version)
    # Removed while there was nothing stable to take its place: it was never announced longer than a version ahead.
    return Retirement(removed, removed, _newest(api)) if removed else None


def _stable(api: Api) -> Api | None:
    """Return the stable version of the same kind and group, if there is any."""
    same = [other for other in _of_kind(api) if _is_stable(other)]
    return same[-1] if same else None


def _newest(api: Api) -> str:
    same = _of_kind(api)
    return same[-1].version if same else ""


def _of_kind(api: Api) -> list[Api]:
    newest = kinds_of(known_versions()[-1])
    return [other for other in newest if (other.kind, other.group) == (api.kind, api.group)]


def _is_stable(api: Api) -> bool:
    return bool(_STABLE.match(api.version.rpartition("/")[2]))


def _advice(api: Api, ending: Retirement) -> str:
    if not ending.replacement:
        return "Nothing replaces it."
    return f"Write {ending.replacement}." if " " in ending.replacement else f"Write {ending.replacement} {api.kind}."


RULES: tuple[Rule, ...] = (removed_api, deprecated_api)
