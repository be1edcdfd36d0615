"""Releases as Helm keeps them: `release:NAME` and `release:NAME@REVISION`.

Helm 3 and 4 write a release into a Secret (or a ConfigMap, with HELM_DRIVER): JSON, zipped, in base64. It holds the
manifests as they were installed, so that a release whose chart cannot be rendered any more is read all the same.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timonier.draft import Draft, drafts_of, read
from timonier.errors import SourceError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.manifest import Manifest

SCHEME = "release:"
_NAME = re.compile(r"(?P<name>[a-z0-9]([-a-z0-9.]*[a-z0-9])?)(?:@(?P<revision>[1-9]\d*))?")
_DRIVERS = {
    "": "secrets",
    "secret": "secrets",
    "secrets": "secrets",
    "configmap": "configmaps",
    "configmaps": "configmaps",
}
_ZIPPED = b"\x1f\x8b"
# What comes of a release that somebody cut, edited, or took a label from.
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Stored:
    """A release at a revision.

    Attributes:
        name: Its name.
        namespace: Its namespace.
        revision: Which revision, from 1.
        status: `deployed`, `superseded`, `failed` or another of Helm's words.
        manifest: The objects, without hooks, as Helm applied them.
        hooks: Each hook's template and manifest.
        values: What its user set.
        by_client: Whether Helm applies it by patches, as Helm 3 does, and Helm 4 to what Helm 3 has installed; else on
            the server's side.
    """

    name: str
    namespace: str
    revision: int
    status: str
    manifest: str
    hooks: tuple[tuple[str, str], ...]
    values: Mapping[str, Any]
    by_client: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseSource:
    """What Helm has installed.

    Attributes:
        label: What the user calls it.
        stored: The release at the revision.
    """

    label: str
    stored: Stored

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Return the release's manifests, hooks last."""
        return read(self.drafts(values, release))

    def drafts(self, values: Mapping[str, Any], release: Release) -> list[Draft]:  # noqa: ARG002 - of no use here
        """Return the release's documents, unread.

        Raises:
            ValuesError: When values are given, which a release has its own of.
        """
        if values:
            raise ValuesError(f"Values have no effect on {self.label}.", hint="Only a chart takes them.")
        hooks = [Draft(text, path, origin=f"{self.label}: {path}") for path, text in self.stored.hooks]
        return [*drafts_of(self.stored.manifest, origin=self.label), *hooks]


def open_release(name: str, access: Access) -> ReleaseSource:
    """Read `release:NAME[@REVISION]`; without a revision the one that is deployed, else the last.

    Raises:
        SourceError: There is no such release, or what Helm stored cannot be read.
        ClusterError: The cluster cannot be asked.
    """
    return ReleaseSource(name, read_stored(name.removeprefix(SCHEME), access, name))


def read_stored(name: str, access: Access, label: str) -> Stored:
    """Read a release; `name` is that of the release, with `@REVISION` or without."""
    match = _NAME.fullmatch(name)
    if not match:
        raise SourceError(f"{label} does not name a release.", hint="Say NAME or NAME@REVISION.")
    revision = int(match["revision"]) if match["revision"] else 0
    found = _found(match["name"], revision, access)
    if not found:
        at = f" at revision {revision}" if revision else ""
        raise SourceError(
            f"There is no release {match['name']}{at} in the namespace {access.namespace}.",
            hint="See `helm list --all-namespaces` and `helm history`.",
        )
    try:
        return _decode(max(found, key=_revision))
    except _UNREADABLE as problem:
        raise SourceError(f"{label}: what Helm stored of it cannot be read: {problem}.") from None


def _found(name: str, revision: int, access: Access) -> list[dict[str, Any]]:
    """Return what Helm stored of a release: of what is asked for, or of what is deployed, or of all revisions."""
    driver = os.environ.get("HELM_DRIVER", "").lower()
    if driver not in _DRIVERS:
        raise SourceError(
            f"Releases in Helm's storage {driver!r} cannot be read.", hint="HELM_DRIVER is secret or configmap."
        )
    place = [_DRIVERS[driver], f"--namespace={access.namespace}"]
    labels = f"--selector=owner=helm,name={name}"
    if revision:
        return access.get(*place, f"{labels},version={revision}")
    return access.get(*place, f"{labels},status=deployed") or access.get(*place, labels)


def _revision(stored: Mapping[str, Any]) -> int:
    return int(stored["metadata"]["labels"]["version"])


def _decode(stored: Mapping[str, Any]) -> Stored:
    """Take apart what Helm stored: pkg/storage/driver/util.go, decodeRelease."""
    data = stored["data"]["release"].encode()
    if stored["kind"] == "Secret":
        data = base64.b64decode(data)
    data = base64.b64decode(data)
    written = json.loads(gzip.decompress(data) if data.startswith(_ZIPPED) else data)
    hooks = tuple((hook.get("path") or "", hook.get("manifest") or "") for hook in written.get("hooks") or ())
    return Stored(
        written["name"],
        written.get("namespace") or stored["metadata"]["namespace"],
        written["version"],
        written["info"]["status"],
        written.get("manifest") or "",
        hooks,
        written.get("config") or {},
        written.get("apply_method") != "ssa",
    )
