"""What is really in the cluster of a release: `live:NAME`.

The cluster says more of an object than anybody asked for: defaults, what controllers write, status. Compared is what
the release's manifest sets, and what somebody has set by hand, which the API server knows: `metadata.managedFields`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.diff.meaning import canonical
from timonier.diff.project import by_hand, project
from timonier.draft import Draft, read
from timonier.errors import ClusterError, ValuesError
from timonier.manifest import identify
from timonier.stored import Stored, read_stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.manifest import Identity, Manifest

SCHEME = "live:"
_MANY = 50
_NOT_THERE = (
    "(NotFound)",
    "no matches for kind",
    "doesn't have a resource type",
    "could not find the requested resource",
)


@dataclass(frozen=True, slots=True)
class LiveSource:
    """The objects of a release as they are in the cluster.

    Attributes:
        label: What the user calls it.
        stored: The release they belong to.
        access: The way to the cluster.
    """

    label: str
    stored: Stored
    access: Access

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Return the objects that are there, with what counts of them, written down."""
        there = read(self.drafts(values, release))
        return [one if one.text else replace(one, text=yamlio.dump(one.document)) for one in there]

    def drafts(self, values: Mapping[str, Any], release: Release) -> list[Draft]:
        """Return the same; hooks are as they are stored, because Helm does not keep them up.

        Raises:
            ValuesError: When values are given.
            ClusterError: The cluster cannot be asked.
        """
        from timonier.diff.pairs import expanded
        from timonier.stored import ReleaseSource

        if values:
            raise ValuesError(f"Values have no effect on {self.label}.", hint="Only a chart takes them.")
        wanted = list(expanded(ReleaseSource(self.label, self.stored).manifests({}, release)))
        kept = [manifest for manifest in wanted if not manifest.hooks]
        there = fetch(kept, self.stored.namespace, self.access)
        live = [
            _projected(one, there[key], self.stored.namespace)
            for one, key in _keys(kept, self.stored.namespace)
            if key in there
        ]
        return [Draft.of(manifest) for manifest in (*live, *(one for one in wanted if one.hooks))]


def open_live(name: str, access: Access) -> LiveSource:
    """Read which objects `live:NAME` is about; the cluster is asked for them later.

    Raises:
        SourceError: There is no such release.
        ClusterError: The cluster cannot be asked.
    """
    return LiveSource(name, read_stored(name.removeprefix(SCHEME), access, name), access)


def _projected(wanted: Manifest, there: Mapping[str, Any], namespace: str) -> Manifest:
    document = canonical(wanted.document, namespace)
    found = {**there, "apiVersion": document.get("apiVersion")}
    return replace(wanted, text="", document=project(document, found, by_hand(there)))


_Key = tuple[str, str, str, str]


def _keys(manifests: Iterable[Manifest], namespace: str) -> list[tuple[Manifest, _Key]]:
    return [(one, key_of(one.identity, namespace)) for one in manifests]


def key_of(identity: Identity, namespace: str) -> _Key:
    """Return what an object in the cluster goes by."""
    return identity.group, identity.kind, identity.namespace or namespace, identity.name


def fetch(manifests: Sequence[Manifest], namespace: str, access: Access) -> dict[_Key, dict[str, Any]]:
    """Return the objects that are in the cluster, by group, kind, namespace and name.

    Objects of a kind with many are listed, the others asked for one by one: kubectl asks fifty a second at most.

    Raises:
        ClusterError: The cluster cannot be asked, or does not let the user look.
    """
    counts = Counter((str(one.document.get("apiVersion")), one.identity.kind) for one in manifests)
    listed = {kind for kind, count in counts.items() if count > _MANY}
    single = [one for one in manifests if (str(one.document.get("apiVersion")), one.identity.kind) not in listed]
    found = _listed(sorted(listed), {one.identity.namespace or namespace for one in manifests}, access)
    found += _single(single, namespace, access)
    index = {}
    for one in found:
        identity = identify(one)
        index[key_of(identity, namespace)] = one
        if not identity.namespace:
            index |= {(identity.group, identity.kind, name, identity.name): one for name in _namespaces(manifests)}
    return index


def _namespaces(manifests: Iterable[Manifest]) -> set[str]:
    return {one.identity.namespace for one in manifests if one.identity.namespace}


def _single(manifests: Sequence[Manifest], namespace: str, access: Access) -> list[dict[str, Any]]:
    if not manifests:
        return []
    asked = [
        {
            "apiVersion": one.document.get("apiVersion"),
            "kind": one.identity.kind,
            "metadata": {"name": one.identity.name, "namespace": one.identity.namespace or namespace},
        }
        for one in manifests
    ]
    stdin = json.dumps({"apiVersion": "v1", "kind": "List", "items": asked})
    return _answered(access, "--filename=-", stdin=stdin)


def _listed(kinds: Sequence[tuple[str, str]], namespaces: set[str], access: Access) -> list[dict[str, Any]]:
    """List whole kinds, which kubectl takes as `Kind.version.group`."""
    if not kinds:
        return []
    names = ",".join(_resource(version, kind) for version, kind in kinds)
    return [one for name in sorted(namespaces) for one in _answered(access, names, f"--namespace={name}")]


def _resource(version: str, kind: str) -> str:
    group, _, number = version.rpartition("/")
    return f"{kind}.{number}.{group}"


def _answered(access: Access, *arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    answer = access.ask("get", *arguments, "--ignore-not-found", "--show-managed-fields", stdin=stdin)
    problems = [problem for problem in answer.problems if not any(known in problem for known in _NOT_THERE)]
    if problems:
        raise ClusterError(f"The cluster cannot be asked: {problems[0].rstrip('.')}.")
    return answer.objects
