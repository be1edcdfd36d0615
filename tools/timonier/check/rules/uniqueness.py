"""Lists whose entries need names of their own, and what refers to those names inside a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import entries, string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container, Pod
    from timonier.manifest import Manifest


@object_rule("mount-without-volume", Severity.ERROR)
def mount_without_volume(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container mounts a volume that its pod does not have.

    The API server refuses the object: `volumeMounts[0].name: Not found`. Mostly mount and volume are rendered under two
    conditions that are not quite the same.
    """
    if pod := pod_of(manifest):
        volumes = {string(volume, "name") for _, volume in entries(pod.spec, "volumes")} | _claims(manifest)
        for path, name in _mounted(pod):
            if name and name not in volumes:
                yield Problem(f"The pod has no volume {name}.", path)


@object_rule("unused-volume", Severity.INFO)
def unused_volume(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A volume that no container mounts.

    The pod still waits for it: for a ConfigMap that has to be there, for a disk to be attached.
    """
    if pod := pod_of(manifest):
        mounted = {name for _, name in _mounted(pod)}
        for index, volume in entries(pod.spec, "volumes"):
            if (name := string(volume, "name")) and name not in mounted:
                yield Problem(f"No container mounts the volume {name}.", f"{pod.spec_path}.volumes[{index}]")
        for index, claim in entries(manifest.document, "spec", "volumeClaimTemplates"):
            if (name := string(claim, "metadata", "name")) and name not in mounted:
                yield Problem(f"No container mounts the claim {name}.", f"spec.volumeClaimTemplates[{index}]")


def _claims(manifest: Manifest) -> set[str]:
    return {
        string(claim, "metadata", "name") for _, claim in entries(manifest.document, "spec", "volumeClaimTemplates")
    }


def _mounted(pod: Pod) -> Iterator[tuple[str, str]]:
    """Yield where containers name volumes, and the names."""
    for container in pod.containers:
        for field in ("volumeMounts", "volumeDevices"):
            for index, mount in entries(container.spec, field):
                yield f"{container.path}.{field}[{index}].name", string(mount, "name")


@object_rule("duplicate-entry", Severity.ERROR)
def duplicate_entry(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Two entries of a list have the same name, where the API server wants each to have its own.

    Containers and volumes of a pod, ports of a container or a Service, the paths at which a container mounts: the API
    server answers `Duplicate value`. Mostly the user's additions (`extraVolumes`) are put behind the chart's own.
    """
    if manifest.identity[:2] == ("", "Service"):
        ports = list(entries(manifest.document, "spec", "ports"))
        yield from _twice("spec.ports", ((i, "name", string(port, "name")) for i, port in ports))
        yield from _twice("spec.ports", ((i, "port", _number(port, "port")) for i, port in ports))
    if pod := pod_of(manifest):
        names = ((c.path, c.name) for c in pod.containers)
        yield from _repeated((f"{path}.name", name, f"The name {name} of a container") for path, name in names)
        volumes = entries(pod.spec, "volumes")
        yield from _twice(f"{pod.spec_path}.volumes", ((i, "name", string(volume, "name")) for i, volume in volumes))
        for container in pod.containers:
            yield from _twice_in_container(container)


def _twice_in_container(container: Container) -> Iterator[Problem]:
    for field, key in (("ports", "name"), ("volumeMounts", "mountPath")):
        listed = ((index, key, string(entry, key)) for index, entry in entries(container.spec, field))
        yield from _twice(f"{container.path}.{field}", listed)


@object_rule("duplicate-variable", Severity.WARNING)
def duplicate_variable(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An environment variable, or a container's port, is there twice.

    The API server takes it with a warning, and the last one wins. Applied on the server's side, as Helm 4 does by
    itself, it is refused: `duplicate entries for key`. Mostly the user's `extraEnv` repeats what the chart sets.
    """
    if pod := pod_of(manifest):
        for container in pod.containers:
            variables = ((i, "name", string(variable, "name")) for i, variable in entries(container.spec, "env"))
            yield from _twice(f"{container.path}.env", variables)
            ports = entries(container.spec, "ports")
            yield from _twice(
                f"{container.path}.ports", ((i, "containerPort", _number(port, "containerPort")) for i, port in ports)
            )


def _number(port: dict[str, object], key: str) -> str:
    """Return a port with its protocol, because the same number may be there for each."""
    number = port.get(key)
    return f"{number}/{port.get('protocol') or 'TCP'}" if isinstance(number, int) else ""


def _twice(path: str, listed: Iterable[tuple[int, str, str]]) -> Iterator[Problem]:
    """Yield the entries, as index, key and value, whose value was there before; an empty value does not count."""
    yield from _repeated((f"{path}[{index}].{key}", value, f"The {key} {value}") for index, key, value in listed)


def _repeated(listed: Iterable[tuple[str, str, str]]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, value, what in listed:
        if value and seen.setdefault(value, path) != path:
            yield Problem(f"{what} is there twice: it is at {seen[value]} already.", path)


@object_rule("unnamed-port", Severity.ERROR)
def unnamed_port(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A Service of several ports leaves one without a name.

    The API server refuses it: a name tells Ingresses and monitors which port is meant. See *Multi-port Services* in the
    Kubernetes documentation.
    """
    ports = list(entries(manifest.document, "spec", "ports")) if manifest.identity[:2] == ("", "Service") else []
    for index, port in ports if len(ports) > 1 else ():
        if not port.get("name"):
            yield Problem("A port needs a name where there are several.", f"spec.ports[{index}]")


RULES: tuple[Rule, ...] = (
    mount_without_volume,
    unused_volume,
    duplicate_entry,
    duplicate_variable,
    unnamed_port,
)
