"""Asking documents, whatever they are: nobody has checked them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Where each kind has its pod, under which Kubernetes' API puts it.
POD_SPECS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}


def at(value: Any, *steps: str) -> Any:  # noqa: ANN401 - any part of a document
    """Return what is at a path, None when there is nothing."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def maps(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any part of a document
    """Return a list's maps; none of anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def number(value: Any, otherwise: int) -> int:  # noqa: ANN401 - any part of a document
    """Return a number, or another where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def annotation(document: Mapping[str, Any], name: str) -> str:
    """Return an annotation, empty where there is none."""
    return str(at(document, "metadata", "annotations", name) or "")


def containers(pod: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of a document
    """Yield the containers of a pod's spec."""
    for field in ("initContainers", "containers"):
        yield from maps(at(pod, field))


def share(value: Any, whole: int, *, up: bool) -> int:  # noqa: ANN401 - any part of a document
    """Return what a number or a percentage is of a whole (`intstr.GetScaledValueFromIntOrPercent`)."""
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        parts = int(value[:-1]) * whole
        return -(-parts // 100) if up else parts // 100
    return number(value, 0)
