"""What is around an object: who scales it, who guards it, and who reads it."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.diff.effects.reading import POD_SPECS, at, containers, maps, number
from timonier.draft import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.draft import Draft
    from timonier.manifest import Identity, Manifest

_KINDS = (*POD_SPECS, "HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget")
# Whatever may be one: YAML has many ways to write a kind, and reading a document too much costs little.
_WATCHED = re.compile(rf"\b(?:{'|'.join(_KINDS)})\b")
_AUTOSCALERS = frozenset(("HorizontalPodAutoscaler", "ScaledObject"))


class Reader(NamedTuple):
    """Who reads a ConfigMap or a Secret.

    Attributes:
        identity: The workload.
        by_env: Whether as variables, which a running pod never gets anew.
        by_file: Whether as files; those mounted by `subPath` do not change either, and count as variables.
    """

    identity: Identity
    by_env: bool
    by_file: bool


class Around:
    """The objects of one side that have to do with others; read when somebody asks."""

    def __init__(self, drafts: Sequence[Draft]) -> None:
        self._drafts = drafts

    @functools.cached_property
    def _watched(self) -> list[Manifest]:
        return read(draft for draft in self._drafts if not draft.text or _WATCHED.search(draft.text))

    @functools.cached_property
    def autoscalers(self) -> dict[tuple[str, str], tuple[Identity, int]]:
        """Who sets the number of a workload's pods, by its kind and name, and how many there are at least."""
        found = {}
        for manifest in self._watched:
            if manifest.identity.kind in _AUTOSCALERS:
                spec = manifest.document.get("spec")
                target = at(spec, "scaleTargetRef")
                least = number(at(spec, "minReplicas"), number(at(spec, "minReplicaCount"), 1))
                workload = str(at(target, "kind") or "Deployment"), str(at(target, "name") or "")
                found[workload] = manifest.identity, least
        return found

    def budget(self, labels: Any) -> Identity | None:  # noqa: ANN401 - any part of a document
        """Return the disruption budget that guards pods with such labels."""
        for manifest in self._watched:
            if manifest.identity.kind == "PodDisruptionBudget":
                wanted = at(manifest.document, "spec", "selector", "matchLabels")
                if isinstance(wanted, dict) and isinstance(labels, dict) and wanted.items() <= labels.items():
                    return manifest.identity
        return None

    def readers(self, kind: str, name: str) -> list[Reader]:
        """Return the workloads whose pods read a ConfigMap or a Secret."""
        return self._readers.get((kind, name), [])

    @functools.cached_property
    def _readers(self) -> dict[tuple[str, str], list[Reader]]:
        found: dict[tuple[str, str], list[Reader]] = {}
        for manifest in self._watched:
            path = POD_SPECS.get(manifest.identity.kind)
            if not path or manifest.hooks:
                continue
            pod = at(manifest.document, *path)
            by_env, by_file = set(_by_env(pod)), set(_by_file(pod))
            for shared in by_env | by_file:
                reader = Reader(manifest.identity, shared in by_env, shared in by_file)
                found.setdefault(shared, []).append(reader)
        return found


def _by_env(pod: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a document
    """Yield what a pod reads once, when a container starts."""
    fixed = set()
    for container in containers(pod):
        for one in maps(container.get("envFrom")):
            yield from _named(one, ("configMapRef", "secretRef"), "name")
        for one in maps(container.get("env")):
            yield from _named(at(one, "valueFrom"), ("configMapKeyRef", "secretKeyRef"), "name")
        mounts = maps(container.get("volumeMounts"))
        fixed |= {str(mount.get("name")) for mount in mounts if mount.get("subPath") or mount.get("subPathExpr")}
    yield from _volumes(volume for volume in maps(at(pod, "volumes")) if str(volume.get("name")) in fixed)


def _by_file(pod: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a document
    yield from _volumes(maps(at(pod, "volumes")))


def _volumes(volumes: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for volume in volumes:
        for one in (volume, *maps(at(volume, "projected", "sources"))):
            yield from _named(one, ("configMap",), "name")
            yield from _named(one, ("secret",), "secretName" if one is volume else "name")


def _named(value: Any, fields: tuple[str, ...], key: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as above
    for field in fields:
        if isinstance(name := at(value, field, key), str):
            yield ("ConfigMap" if field.startswith("configMap") else "Secret"), name
