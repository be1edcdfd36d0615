"""What containers ask for of a node, and what they may take."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import autoscaled, namespace_of, pod_of
from timonier.check.objects.reading import at, entries, mapping, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Pod
    from timonier.manifest import Manifest

# apimachinery, pkg/api/resource/quantity.go
_QUANTITY = re.compile(r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,3}|)")
_DECIMAL = {suffix: Decimal(10) ** power for suffix, power in zip("num kMGTPE", range(-9, 19, 3), strict=False)}
_BINARY = {f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)}
_SUFFIXES = {**_DECIMAL, **_BINARY, "": Decimal(1)}
_LEAST_MEMORY = Decimal(1024**2)


def quantity(value: object) -> Decimal | None:
    """Read a quantity of Kubernetes (`250m`, `1Gi`, 2), None when it is none."""
    match = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if match is None:
        return None
    number, suffix = Decimal(match["number"]), match["suffix"]
    return number * _SUFFIXES[suffix] if suffix in _SUFFIXES else number * Decimal(10) ** int(suffix[1:])


@object_rule("missing-requests", Severity.WARNING)
def missing_requests(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container does not say how much CPU or memory it needs.

    The scheduler takes it for nothing, fills the node, and it is the first to be evicted when memory runs short. See
    *Resource Management for Pods and Containers* in the Kubernetes documentation. A limit counts as a request of the
    same size, and requests of the whole pod count. Hooks are left out.
    """
    if (pod := pod_of(manifest)) and not manifest.hooks:
        yield from _missing(pod, ("cpu", "memory"), ("requests", "limits"), "requests no")


@object_rule("missing-memory-limit", Severity.WARNING)
def missing_memory_limit(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container may take all the memory of its node.

    A leak in it then kills its neighbours. A limit of CPU is another matter: it slows down where CPU would be free, so
    that nothing is said of it. Hooks are left out.
    """
    if (pod := pod_of(manifest)) and not manifest.hooks:
        yield from _missing(pod, ("memory",), ("limits",), "has no limit of")


def _missing(pod: Pod, resources: tuple[str, ...], fields: tuple[str, ...], lacks: str) -> Iterator[Problem]:
    """Yield the containers for which, and for whose pod, some resource is said in none of the fields."""
    for container in pod.running:
        said = {
            str(key)
            for node in (pod.spec, container.spec)
            for field in fields
            for key in mapping(node, "resources", field)
        }
        if missing := [resource for resource in resources if resource not in said]:
            sentence = f"Container {container.name} {lacks} {' and no '.join(missing)}."
            yield Problem(sentence, f"{container.path}.resources")


@object_rule("invalid-quantity", Severity.ERROR)
def invalid_quantity(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A resource is no quantity, or more is requested than the limit allows.

    The API server refuses both. A quantity is a number with one of the suffixes m, k, M, G, T, P, E, Ki, Mi, Gi, Ti,
    Pi, Ei and no space: `500m`, `1.5Gi`, not `512MB`.
    """
    for path, resources in _all_resources(manifest):
        for field in ("requests", "limits"):
            for name, value in mapping(resources, field).items():
                if value is not None and quantity(value) is None:
                    yield Problem(f'"{value}" is no quantity.', f"{path}.{field}.{name}")
        for name, value in mapping(resources, "requests").items():
            request, limit = quantity(value), quantity(at(resources, "limits", name))
            if request is not None and limit is not None and request > limit:
                limited = at(resources, "limits", name)
                yield Problem(f"{value} of {name} is requested, and the limit is {limited}.", f"{path}.requests.{name}")


def _all_resources(manifest: Manifest) -> Iterator[tuple[str, object]]:
    if pod := pod_of(manifest):
        for container in pod.containers:
            yield f"{container.path}.resources", container.spec.get("resources")
        for index, claim in entries(manifest.document, "spec", "volumeClaimTemplates"):
            yield f"spec.volumeClaimTemplates[{index}].spec.resources", at(claim, "spec", "resources")
    elif manifest.identity[:2] == ("", "PersistentVolumeClaim"):
        yield "spec.resources", at(manifest.document, "spec", "resources")


@object_rule("tiny-memory", Severity.ERROR)
def tiny_memory(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container gets less than a mebibyte of memory, in which nothing starts.

    `512m` of memory is half a byte: `m` is a thousandth. Meant is mostly `512Mi`.
    """
    for path, resources in _all_resources(manifest):
        for field in ("requests", "limits"):
            value = at(resources, field, "memory")
            size = quantity(value)
            if size is not None and 0 < size < _LEAST_MEMORY:
                yield Problem(f"{value} of memory is less than a mebibyte.", f"{path}.{field}.memory")


@case_rule("autoscaler-without-requests", Severity.WARNING)
def autoscaler_without_requests(context: CaseContext) -> Iterator[Problem]:
    """An autoscaler goes by the share of what is requested, and a container requests nothing.

    It never scales: `missing request for cpu`. Each container of the pod needs the request, sidecars included. See
    *Horizontal Pod Autoscaling* in the Kubernetes documentation.
    """
    scaled = autoscaled(context)
    for manifest in context.manifests:
        place = (namespace_of(manifest, context), manifest.identity.kind, manifest.identity.name)
        pod = pod_of(manifest)
        if pod and place in scaled:
            for resource in _utilized(scaled[place]):
                yield from (
                    Problem(f"HorizontalPodAutoscaler {place[2]}: {problem.message}", problem.path, manifest)
                    for problem in _missing(pod, (resource,), ("requests", "limits"), "requests no")
                )


def _utilized(scaler: Manifest) -> Iterator[str]:
    """Yield the resources of whose requests an autoscaler wants a share used."""
    for _, metric in entries(scaler.document, "spec", "metrics"):
        if string(metric, "resource", "target", "type") == "Utilization":
            yield string(metric, "resource", "name")


RULES: tuple[Rule, ...] = (
    missing_requests,
    missing_memory_limit,
    invalid_quantity,
    tiny_memory,
    autoscaler_without_requests,
)
