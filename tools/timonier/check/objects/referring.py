"""Where objects name other objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.check.objects.podspec import Container, Pod, pod_of
from timonier.check.objects.reading import at, entries, mapping, string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.manifest import Manifest

RBAC = "rbac.authorization.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
# Annotations on an Ingress at which cert-manager or its kin make the Secrets that the Ingress names.
_CERTIFICATE_ANNOTATIONS = ("cert-manager.io/", "certmanager.k8s.io/", "kubernetes.io/tls-acme")


class Reference(NamedTuple):
    """An object that another one names.

    Attributes:
        path: Where it is named, dotted.
        group: The API group of what is named.
        kind: Its kind.
        name: Its name.
        keys: The keys it has to have, each behind the path where that is said.
        namespace: Its namespace; empty for that of the object that names it.
    """

    path: str
    group: str
    kind: str
    name: str
    keys: tuple[tuple[str, str], ...] = ()
    namespace: str = ""


def references(manifest: Manifest) -> Iterator[Reference]:
    """Yield what an object names and cannot do without."""
    for reference in _all_references(manifest):
        if reference.name:
            yield reference


def _all_references(manifest: Manifest) -> Iterator[Reference]:
    if pod := pod_of(manifest):
        yield from _of_pod(pod)
    group, kind = manifest.identity[:2]
    if group == "gateway.networking.k8s.io":
        yield from _of_route(manifest)
    elif of_kind := _BY_KIND.get((group, kind)):
        yield from of_kind(manifest)


def _of_stateful_set(manifest: Manifest) -> Iterator[Reference]:
    yield Reference("spec.serviceName", "", "Service", string(manifest.document, "spec", "serviceName"))


def _of_autoscaler(manifest: Manifest) -> Iterator[Reference]:
    target = mapping(manifest.document, "spec", "scaleTargetRef")
    group = string(target, "apiVersion").rpartition("/")[0]
    yield Reference("spec.scaleTargetRef.name", group, string(target, "kind"), string(target, "name"))


def _of_account(manifest: Manifest) -> Iterator[Reference]:
    yield from _pull_secrets(manifest.document, "imagePullSecrets")


def _of_claim(manifest: Manifest) -> Iterator[Reference]:
    yield Reference("spec.volumeName", "", "PersistentVolume", string(manifest.document, "spec", "volumeName"))


def _of_volume(manifest: Manifest) -> Iterator[Reference]:
    claim = mapping(manifest.document, "spec", "claimRef")
    name, namespace = string(claim, "name"), string(claim, "namespace")
    yield Reference("spec.claimRef.name", "", "PersistentVolumeClaim", name, namespace=namespace)


def _of_slice(manifest: Manifest) -> Iterator[Reference]:
    name = string(manifest.document, "metadata", "labels", SERVICE_NAME)
    yield Reference(f"metadata.labels.{SERVICE_NAME}", "", "Service", name)


def _of_route(manifest: Manifest) -> Iterator[Reference]:
    for path, backend in routed(manifest):
        namespace = string(backend, "namespace")
        yield Reference(f"{path}.name", "", "Service", string(backend, "name"), namespace=namespace)


def _of_pod(pod: Pod) -> Iterator[Reference]:
    yield Reference(f"{pod.spec_path}.serviceAccountName", "", "ServiceAccount", string(pod.spec, "serviceAccountName"))
    yield from _pull_secrets(pod.spec, f"{pod.spec_path}.imagePullSecrets")
    for container in pod.containers:
        yield from _of_environment(container)
    for index, volume in entries(pod.spec, "volumes"):
        path = f"{pod.spec_path}.volumes[{index}]"
        yield from volume_references(volume, path)
        for number, source in entries(volume, "projected", "sources"):
            yield from volume_references(source, f"{path}.projected.sources[{number}]")


def _pull_secrets(node: object, path: str) -> Iterator[Reference]:
    for index, secret in entries(node, "imagePullSecrets"):
        yield Reference(f"{path}[{index}].name", "", "Secret", string(secret, "name"))


def _of_environment(container: Container) -> Iterator[Reference]:
    for index, variable in entries(container.spec, "env"):
        for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
            source = mapping(variable, "valueFrom", field)
            path = f"{container.path}.env[{index}].valueFrom.{field}"
            if source.get("optional") is not True:
                keys = ((string(source, "key"), f"{path}.key"),)
                yield Reference(f"{path}.name", "", kind, string(source, "name"), keys)
    for index, source in entries(container.spec, "envFrom"):
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if at(source, field, "optional") is not True:
                path = f"{container.path}.envFrom[{index}].{field}.name"
                yield Reference(path, "", kind, string(source, field, "name"))


def volume_references(volume: dict[str, Any], path: str) -> Iterator[Reference]:
    """Yield what a volume, or a source of a projected one, takes its files from; its name may be empty."""
    for field, kind, named in (
        ("configMap", "ConfigMap", "name"),
        ("secret", "Secret", "secretName" if "secretName" in mapping(volume, "secret") else "name"),
        ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
    ):
        source = mapping(volume, field)
        if source.get("optional") is not True:
            here = f"{path}.{field}"
            keys = ((string(item, "key"), f"{here}.items[{index}].key") for index, item in entries(source, "items"))
            yield Reference(f"{here}.{named}", "", kind, string(source, named), tuple(keys))


def _of_ingress(manifest: Manifest) -> Iterator[Reference]:
    annotations = mapping(manifest.document, "metadata", "annotations")
    if not any(str(key).startswith(_CERTIFICATE_ANNOTATIONS) for key in annotations):
        for index, tls in entries(manifest.document, "spec", "tls"):
            yield Reference(f"spec.tls[{index}].secretName", "", "Secret", string(tls, "secretName"))
    for path, backend in backends(manifest):
        yield Reference(f"{path}.name", "", "Service", string(backend, "name"))


def backends(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the `service` of every backend of an Ingress, with its path."""
    yield "spec.defaultBackend.service", mapping(manifest.document, "spec", "defaultBackend", "service")
    for index, rule in entries(manifest.document, "spec", "rules"):
        for number, path in entries(rule, "http", "paths"):
            yield f"spec.rules[{index}].http.paths[{number}].backend.service", mapping(path, "backend", "service")


def routed(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every Service that a route of the Gateway API sends to, with its path."""
    for index, rule in entries(manifest.document, "spec", "rules"):
        for number, backend in entries(rule, "backendRefs"):
            if backend.get("kind", "Service") == "Service" and not backend.get("group"):
                yield f"spec.rules[{index}].backendRefs[{number}]", backend


def _of_binding(manifest: Manifest) -> Iterator[Reference]:
    role = mapping(manifest.document, "roleRef")
    yield Reference("roleRef.name", RBAC, string(role, "kind"), string(role, "name"))
    for index, subject in entries(manifest.document, "subjects"):
        if string(subject, "kind") == "ServiceAccount":
            namespace = string(subject, "namespace")
            yield Reference(
                f"subjects[{index}].name", "", "ServiceAccount", string(subject, "name"), namespace=namespace
            )


_BY_KIND: dict[tuple[str, str], Callable[[Manifest], Iterator[Reference]]] = {
    ("", "PersistentVolume"): _of_volume,
    ("", "PersistentVolumeClaim"): _of_claim,
    ("", "ServiceAccount"): _of_account,
    ("apps", "StatefulSet"): _of_stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): _of_autoscaler,
    ("discovery.k8s.io", "EndpointSlice"): _of_slice,
    ("networking.k8s.io", "Ingress"): _of_ingress,
    (RBAC, "ClusterRoleBinding"): _of_binding,
    (RBAC, "RoleBinding"): _of_binding,
}
