"""Manifests: the one thing every source yields and every verb works on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier import yamlio
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from timonier.errors import TimonierError

HOOK_ANNOTATION = "helm.sh/hook"

# Helm separates documents by this, pkg/release/v1/util/manifest.go; it lets `---apiVersion: v1` pass.
_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)
_SOURCE = re.compile(r"\A# Source: (?P<path>.+)\n")

# pkg/release/v1/util/kind_sorter.go, InstallOrder. Kinds that are not here come last, by name.
_INSTALL_ORDER = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass"),
    *("PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleList"),
    *("ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding", "RoleBindingList"),
    *("Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment"),
    *("HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService"),
    *("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
)
_INSTALL_RANK = {kind: rank for rank, kind in enumerate(_INSTALL_ORDER)}

# pkg/release/v1/util/manifest_sorter.go: Helm drops a hook whose annotation names anything else.
_HOOK_EVENTS = frozenset(
    f"{moment}-{action}" for moment in ("pre", "post") for action in ("install", "delete", "upgrade", "rollback")
) | {"test", "test-success"}


class Identity(NamedTuple):
    """What makes two manifests the same object: the API group without its version, kind, namespace and name."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Write it as people do: `Deployment web`, `Ingress shop/web`."""
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind or 'document without kind'} {place}{self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object as it was rendered or written down.

    Attributes:
        identity: Which object it is.
        text: The YAML as its author has it, without separator and `# Source:` comment, ending in one newline.
        document: What the YAML says.
        source: The template it comes from, `CHART/templates/FILE`; empty when unknown.
        hooks: The events it is a Helm hook for; empty for an ordinary object.
        line: The line at which it begins in what it was read from, from 1; no part of what it is.
    """

    identity: Identity
    text: str
    document: Mapping[str, Any]
    source: str = ""
    hooks: tuple[str, ...] = ()
    line: int = field(default=1, compare=False)


def read_manifest(
    text: str, source: str = "", *, origin: str, error: type[TimonierError] = SourceError, first_line: int = 1
) -> Manifest | None:
    """Read one YAML document; None when it holds nothing but comments.

    Args:
        text: The document.
        source: The template it comes from.
        origin: Where it comes from, for messages.
        error: What to raise when it is not a manifest.
        first_line: The line of `origin` at which `text` begins, counted from 1.

    Raises:
        TimonierError: Of the class `error`: not YAML, or not a mapping.
    """
    # Helm ends every template in a newline. A block scalar at the end of a file would lose its last one without.
    text = text.rstrip() + "\n"
    document = yamlio.load(text, origin=origin, error=error, first_line=first_line)
    if document is None:
        return None
    if problem := _problem_of_head(document):
        raise error(f"{origin}:{first_line}: {problem}.")
    return Manifest(identify(document), text, document, source, _hook_events(document), first_line)


def _problem_of_head(document: object) -> str:
    """Say what keeps Helm from reading a manifest's head, if anything: pkg/release/v1/util/manifest.go, SimpleHead."""
    if not isinstance(document, dict):
        return f"a manifest has to be a mapping, this is {_named(document)}"
    metadata = document.get("metadata")
    if not isinstance(metadata, dict | None):
        return f"metadata has to be a mapping, this is {_named(metadata)}"
    annotations = (metadata or {}).get("annotations")
    if not isinstance(annotations, dict | None):
        return f"metadata.annotations has to be a mapping, this is {_named(annotations)}"
    texts = [("apiVersion", document.get("apiVersion")), ("kind", document.get("kind"))]
    texts += [("an annotation", value) for value in (annotations or {}).values()]
    texts += [("metadata.name", (metadata or {}).get("name"))]
    wrong = next(((place, value) for place, value in texts if isinstance(value, dict | list)), None)
    return f"{wrong[0]} has to be text, this is {_named(wrong[1])}" if wrong else ""


def _named(value: object) -> str:
    """Name what YAML was read to."""
    names: dict[type, str] = {bool: "true or false", str: "text", list: "a list", dict: "a mapping"}
    return names.get(type(value), "a number")


def read_manifests(text: str, *, origin: str) -> list[Manifest]:
    """Read a stream of manifests, whoever wrote it, and keep its order.

    Raises:
        SourceError: When a document is not YAML or not a mapping.
    """
    manifests = []
    for source, document, line in split_documents(text):
        if manifest := read_manifest(document, source, origin=origin, first_line=line):
            manifests.append(manifest)
    return manifests


def split_documents(text: str) -> Iterator[tuple[str, str, int]]:
    """Split a stream as Helm does, and take the `# Source:` comment off each document.

    Yields:
        The source (empty when no comment names it), the document, and the line at which it begins, counted from 1.
    """
    for document, line in pieces(text):
        match = _SOURCE.match(document)
        rest = document[match.end() :] if match else document
        if rest.strip():
            yield (match["path"] if match else ""), rest, line + bool(match)


def pieces(text: str) -> Iterator[tuple[str, int]]:
    """Split a stream as Helm does, every comment kept.

    Yields:
        The document, and the line at which it begins, counted from 1.
    """
    line, counted, position = 1, 0, 0
    bounds = [(match.start(), match.end()) for match in _SEPARATOR.finditer(text)]
    for end, following in [*bounds, (len(text), len(text))]:
        piece = text[position:end]
        document = piece.lstrip()
        start = position + len(piece) - len(document)
        line += text.count("\n", counted, start)
        counted, position = start, following
        if document:
            yield document, line


def in_install_order(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Order manifests as `helm template` prints them: by kind, hooks last, hooks for unknown events left out."""
    return sorted(filter(is_known_hook, manifests), key=install_rank)


def is_known_hook(manifest: Manifest) -> bool:
    """Whether Helm keeps a manifest: it drops hooks for events that it does not know."""
    return _HOOK_EVENTS.issuperset(manifest.hooks)


def install_rank(manifest: Manifest) -> tuple[bool, int, str]:
    """Return where a manifest comes in install order, as something to sort by."""
    return bool(manifest.hooks), *kind_rank(manifest.identity.kind)


def kind_rank(kind: str) -> tuple[int, str]:
    """Return where a kind comes in install order: those that Helm does not know come last, by name."""
    rank = _INSTALL_RANK.get(kind)
    return (len(_INSTALL_RANK), kind) if rank is None else (rank, "")


def identify(document: Mapping[str, Any]) -> Identity:
    """Return which object a document describes."""
    version = str(document.get("apiVersion") or "")
    group = version.rpartition("/")[0]
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    # An object with a generated name has no name until the API server gives it one.
    name = metadata.get("name") or (f"{metadata['generateName']}*" if metadata.get("generateName") else "")
    return Identity(group, str(document.get("kind") or ""), str(metadata.get("namespace") or ""), str(name))


def _hook_events(document: Mapping[str, Any]) -> tuple[str, ...]:
    metadata = document.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or HOOK_ANNOTATION not in annotations:
        return ()
    return tuple(event.strip().lower() for event in str(annotations[HOOK_ANNOTATION] or "").split(","))
