"""What objects refer to by name: it has to be there, or somebody has to bring it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule
from timonier.check.objects.podspec import autoscaled, namespace_of, pod_of
from timonier.check.objects.provided import Provided, keys_of, texts_in_values
from timonier.check.objects.reading import at, entries, mapping, string
from timonier.check.objects.referring import SERVICE_NAME, Reference, backends, references, routed, volume_references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Pod
    from timonier.manifest import Manifest


@case_rule("missing-reference", Severity.WARNING)
def missing_reference(context: CaseContext) -> Iterator[Problem]:
    """An object refers to a ConfigMap, Secret, claim, Service, role or the like that nothing provides.

    A pod waits in `ContainerCreating` or `CreateContainerConfigError` for what it refers to, an Ingress or a route
    answers 503, an autoscaler does nothing. Provided is what the same rendering holds, what custom resources in it name
    (a Certificate, an ExternalSecret), what its Jobs are told to make, what one of its roles lets a program create, and
    what every namespace has. What is `optional: true` need not be there. Names that stand in the values as they are
    have a rule of their own, `external-reference`: the user chose them.

    Mostly a name is put together in two ways, or the object is rendered under another condition than what refers to it.
    """
    yield from _unprovided(context, named_in_values=False)


@case_rule("external-reference", Severity.INFO)
def external_reference(context: CaseContext) -> Iterator[Problem]:
    """Something has to be there before the release: the values name it, and the chart does not make it.

    That is how `existingSecret` and the like are meant. Whoever installs the case has to bring it, and it is worth a
    sentence in the README.
    """
    yield from _unprovided(context, named_in_values=True)


def _unprovided(context: CaseContext, *, named_in_values: bool) -> Iterator[Problem]:
    known = Provided(context)
    values = texts_in_values(context)
    for manifest in context.manifests:
        for reference in references(manifest):
            if (reference.name in values) is named_in_values and not known.has(manifest, reference):
                said = "is named by the values, and not part of the release" if named_in_values else "is not there"
                yield Problem(f"{reference.kind} {reference.name} {said}.", reference.path, manifest)


@case_rule("missing-key", Severity.ERROR)
def missing_key(context: CaseContext) -> Iterator[Problem]:
    """A ConfigMap or Secret of the rendering lacks a key that a pod takes from it.

    The container does not start (`CreateContainerConfigError`), or the volume is not mounted. With `subPath` it is
    worse: an empty directory stands where the file should be, and the application starts without it.
    """
    known = Provided(context)
    for manifest in context.manifests:
        for reference in references(manifest):
            provider = known.find(manifest, reference)
            keys = keys_of(provider) if provider else set()
            for key, path in reference.keys:
                if keys and key and key not in keys:
                    yield _lacks(reference, key, path, manifest)
        if pod := pod_of(manifest):
            yield from _missing_subpaths(pod, known)


def _lacks(reference: Reference, key: str, path: str, manifest: Manifest) -> Problem:
    return Problem(f"{reference.kind} {reference.name} has no key {key}.", path, manifest)


def _missing_subpaths(pod: Pod, known: Provided) -> Iterator[Problem]:
    """Yield the mounts of a single file that the ConfigMap or Secret does not have."""
    files: dict[str, tuple[Reference, set[str]]] = {}
    for _, volume in entries(pod.spec, "volumes"):
        for reference in volume_references(volume, ""):
            if provider := known.find(pod.manifest, reference):
                files[string(volume, "name")] = reference, _file_names(volume) or keys_of(provider)
    for container in pod.containers:
        for index, mount in entries(container.spec, "volumeMounts"):
            file = string(mount, "subPath").strip("/")
            mounted = files.get(string(mount, "name"))
            if mounted and mounted[1] and file and not any(f"{name}/".startswith(f"{file}/") for name in mounted[1]):
                yield _lacks(mounted[0], file, f"{container.path}.volumeMounts[{index}].subPath", pod.manifest)


def _file_names(volume: dict[str, object]) -> set[str]:
    """Return the files that a volume makes of some keys, none when it takes all as they are."""
    return {string(item, "path") for field in ("configMap", "secret") for _, item in entries(volume, field, "items")}


@case_rule("backend-port", Severity.ERROR)
def backend_port(context: CaseContext) -> Iterator[Problem]:
    """An Ingress, a route or an EndpointSlice is for a port that its Service does not have.

    The controller answers 503, or drops the whole rule. A port is named by the name or by the number that the Service
    gives it (`port`), not by the container's (`targetPort`). An EndpointSlice's ports are the Service's of the same
    name, whatever their numbers: under another name nothing is sent there.
    """
    known = Provided(context)
    for manifest in context.manifests:
        for path, name, port in _backend_ports(manifest):
            service = known.find(manifest, Reference("", "", "Service", name))
            there = [entry for _, entry in entries(service.document, "spec", "ports")] if service else []
            if there and port is not None and not any(port in (at(e, "name"), at(e, "port")) for e in there):
                yield Problem(f"Service {name} has no port {port}.", path, manifest)
        if manifest.identity[:2] == ("discovery.k8s.io", "EndpointSlice"):
            yield from _of_slice(manifest, known)


def _of_slice(manifest: Manifest, known: Provided) -> Iterator[Problem]:
    """Yield the ports of an EndpointSlice whose names its Service does not have."""
    name = string(manifest.document, "metadata", "labels", SERVICE_NAME)
    service = known.find(manifest, Reference("", "", "Service", name))
    named = {string(port, "name") for _, port in entries(service.document, "spec", "ports")} if service else set()
    for index, port in entries(manifest.document, "ports"):
        if named and string(port, "name") not in named:
            said = f"named {port['name']}" if port.get("name") else "without a name"
            yield Problem(f"Service {name} has no port {said}.", f"ports[{index}].name", manifest)


def _backend_ports(manifest: Manifest) -> Iterator[tuple[str, str, object]]:
    """Yield the path, the Service and the port of what an Ingress or a route sends to."""
    if manifest.identity.kind == "Ingress":
        for path, backend in backends(manifest):
            for key in ("name", "number"):
                yield f"{path}.port.{key}", string(backend, "name"), at(backend, "port", key)
    elif manifest.identity.group == "gateway.networking.k8s.io":
        for path, backend in routed(manifest):
            if not backend.get("namespace"):
                yield f"{path}.port", string(backend, "name"), backend.get("port")


@case_rule("replicas-beside-autoscaler", Severity.WARNING)
def replicas_beside_autoscaler(context: CaseContext) -> Iterator[Problem]:
    """A workload says how many replicas it wants, and an autoscaler says so too.

    Every `helm upgrade` sets the workload back to its own number, in the middle of the load for which the autoscaler
    had added pods. Leave `replicas` out when there is an autoscaler, as the templates of `helm create` do. See
    *Horizontal Pod Autoscaling* in the Kubernetes documentation, on migrating to it.
    """
    scaled = autoscaled(context)
    for manifest in context.manifests:
        place = (namespace_of(manifest, context), manifest.identity.kind, manifest.identity.name)
        if place in scaled and "replicas" in mapping(manifest.document, "spec"):
            scaler = scaled[place].identity.name
            sentence = f"HorizontalPodAutoscaler {scaler} decides on the replicas, and every upgrade sets them back."
            yield Problem(sentence, "spec.replicas", manifest, hint="Leave replicas out where an autoscaler is.")


RULES: tuple[Rule, ...] = (
    missing_reference,
    external_reference,
    missing_key,
    backend_port,
    replicas_beside_autoscaler,
)
