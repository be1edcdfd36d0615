"""What is there for others to refer to: what a rendering holds, and what it says that somebody will make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.check.objects.podspec import namespace_of, pod_of
from timonier.check.objects.reading import entries, leaves, mapping, string, strings
from timonier.check.objects.referring import RBAC
from timonier.check.objects.scopes import CLUSTER_SCOPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container
    from timonier.check.objects.referring import Reference
    from timonier.manifest import Manifest

# What every namespace or cluster has without anybody installing it.
_EVERYWHERE = {
    "ConfigMap": ("kube-root-ca.crt", "extension-apiserver-authentication"),
    "ServiceAccount": ("default",),
    "ClusterRole": ("cluster-admin", "admin", "edit", "view"),
    "Role": ("extension-apiserver-authentication-reader",),
}
_RESOURCES = {"configmaps": "ConfigMap", "secrets": "Secret", "persistentvolumeclaims": "PersistentVolumeClaim"}


class Provided:
    """What a rendering provides."""

    def __init__(self, context: CaseContext) -> None:
        self._context = context
        self._objects = {
            (manifest.identity.group, manifest.identity.kind, self._place(manifest), manifest.identity.name): manifest
            for manifest in context.manifests
        }
        self._named = set(_named_by_operators(context))
        self._told = "\n".join(_told_to_jobs(context))
        self._claims = _claims(context)
        self._makeable = set(_makeable(context))

    def _place(self, manifest: Manifest) -> str:
        return "" if manifest.identity.kind in CLUSTER_SCOPED else namespace_of(manifest, self._context)

    def find(self, manifest: Manifest, reference: Reference) -> Manifest | None:
        """Return what an object refers to, None when the rendering does not hold it."""
        namespace = reference.namespace or namespace_of(manifest, self._context)
        place = "" if reference.kind in CLUSTER_SCOPED else namespace
        return self._objects.get((reference.group, reference.kind, place, reference.name))

    def has(self, manifest: Manifest, reference: Reference) -> bool:
        """Whether what an object refers to is there, or will be.

        Another namespace than the release's is somebody else's: what is in it cannot be known.
        """
        name = reference.name
        return (
            self.find(manifest, reference) is not None
            or name in _EVERYWHERE.get(reference.kind, ())
            or name.startswith("system:")
            or name in self._named
            or reference.kind in self._makeable
            or reference.namespace not in ("", self._context.release.namespace)
            or any(claim.fullmatch(name) for claim in self._claims)
            or bool(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w.-])", self._told))
        )


def _named_by_operators(context: CaseContext) -> Iterator[str]:
    """Yield the texts of custom resources, which name what an operator makes, or give it their own name."""
    for manifest in context.manifests:
        group = manifest.identity.group
        if "." in group and not group.endswith(".k8s.io"):
            yield from (value for _, value in leaves(manifest.document) if isinstance(value, str))


def _makeable(context: CaseContext) -> Iterator[str]:
    """Yield the kinds that some role of the rendering may create: then a program does, under names it knows."""
    for role in context.manifests:
        for _, rule in entries(role.document, "rules") if role.identity.group == RBAC else ():
            if {"create", "*"}.intersection(strings(rule, "verbs")):
                yield from (kind for resource, kind in _RESOURCES.items() if resource in strings(rule, "resources"))


def _claims(context: CaseContext) -> list[re.Pattern[str]]:
    """Return what the claims are called that StatefulSets make."""
    return [
        re.compile(rf"{re.escape(string(claim, 'metadata', 'name'))}-{re.escape(manifest.identity.name)}-\d+")
        for manifest in context.manifests
        for _, claim in entries(manifest.document, "spec", "volumeClaimTemplates")
    ]


def _told_to_jobs(context: CaseContext) -> Iterator[str]:
    """Yield what Jobs are told by arguments and environment: the names of what they make are among it."""
    for manifest in context.manifests:
        pod = pod_of(manifest)
        if pod and (pod.is_batch or manifest.hooks):
            for container in pod.containers:
                yield from _told(container)


def _told(container: Container) -> Iterator[str]:
    yield from strings(container.spec, "command")
    yield from strings(container.spec, "args")
    for _, variable in entries(container.spec, "env"):
        yield string(variable, "value")


def keys_of(manifest: Manifest) -> set[str]:
    """Return the keys of a ConfigMap or Secret; none when it is filled by somebody else."""
    if string(manifest.document, "type") == "kubernetes.io/service-account-token":
        return set()
    return {str(key) for field in ("data", "binaryData", "stringData") for key in mapping(manifest.document, field)}


def texts_in_values(context: CaseContext) -> set[str]:
    """Return the texts that stand in the values of a case, the chart's own included."""
    if context.chart is None:
        return set()
    values = (context.chart.defaults, context.chart.values.get(context.case.name, {}))
    return {value for node in values for _, value in leaves(node) if isinstance(value, str)}
