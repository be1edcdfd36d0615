"""An archive in a registry, as `helm push` lays it there."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.constraints import is_exact
from timonier.errors import PublishError
from timonier.publish.access import has_port
from timonier.publish.registry import MANIFEST, Blob, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.package import Archive
    from timonier.publish.registry import Found, Registry

SCHEME = "oci://"
# https://helm.sh/docs/topics/registries/#helm-chart-manifest
_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
_PLACE = re.compile(
    r"oci://(?P<host>[^/\s@:]+(?::\d+)?|\[[0-9a-fA-F:]+\](?::\d+)?)/(?P<path>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)/?"
)
_OF_IMAGE = "org.opencontainers.image."


class Outcome(StrEnum):
    """What became of an archive at a place."""

    PUBLISHED = "published"
    PRESENT = "already there"
    MISSING = "would be published"


class Published(NamedTuple):
    """An archive at a place.

    Attributes:
        place: What others install it by.
        digest: Of the manifest in a registry, of the archive in a repository.
        outcome: Whether it was there before.
    """

    place: str
    digest: str
    outcome: Outcome


def read_place(place: str) -> tuple[str, str]:
    """Return host and path of `oci://HOST/PATH`, below which a chart goes under its own name.

    Raises:
        PublishError: It is no such place.
    """
    match = _PLACE.fullmatch(place)
    if not match or not has_port(match["host"]):
        hint = "Write oci://HOST/PATH in lower case; the chart's name and version are added."
        raise PublishError(f"{place} is no place for charts in a registry.", hint=hint)
    return match["host"], match["path"]


def tag_of(version: str) -> str:
    """Return the tag of a version: a tag has no plus, and Helm writes an underscore for it."""
    return version.replace("+", "_")


def publish(
    archive: Archive,
    provenance: bytes | None,
    registry: Registry,
    *,
    tags: Sequence[str] = (),
    dry_run: bool = False,
) -> Published:
    """Publish an archive under its version, and under more tags.

    Args:
        archive: The packaged chart.
        provenance: Its signature, where there is one.
        registry: The chart's own repository of the registry.
        tags: More tags, such as `1` or `latest`, which may point to another version by now. One that is a whole
            version itself is as little overwritten as the version.
        dry_run: Whether to find out only.

    Raises:
        PublishError: Another archive is published under that version, or it could not be done. Nothing is overwritten,
            and without the last step nothing can be seen of it.
    """
    blobs = tuple(_blobs(archive, provenance))
    manifest = _manifest(archive, blobs)
    digest = digest_of(manifest)
    version = tag_of(archive.version)
    place = f"{SCHEME}{registry.label}:{version}"
    wanted = [version, *(tag for tag in tags if tag != version)]
    missing = [tag for tag in wanted if not _is_there(registry, tag, archive, place=place)]
    if dry_run:
        return Published(place, digest, Outcome.MISSING if version in missing else Outcome.PRESENT)
    if missing:
        registry.upload(blobs)
    for tag in missing:
        registry.put(tag, manifest)
    return Published(place, digest, Outcome.PUBLISHED if version in missing else Outcome.PRESENT)


def _is_there(registry: Registry, tag: str, archive: Archive, *, place: str) -> bool:
    """Whether a tag has the archive; a version that has another one is refused."""
    found = registry.find(tag)
    if not found:
        return False
    if archive.digest in _layers(found):
        return True
    if is_exact(tag):
        raise PublishError(
            f"{place.rpartition(':')[0]}:{tag} is published already, with other content.",
            hint="A published version stays as it is: raise the chart's version.",
        )
    return False


def _layers(found: Found) -> set[str]:
    return {str(one.get("digest")) for one in found.manifest.get("layers") or [] if isinstance(one, dict)}


def _blobs(archive: Archive, provenance: bytes | None) -> Iterator[Blob]:
    """Yield the configuration, then the layers."""
    metadata = json.dumps(dict(archive.metadata), sort_keys=True, ensure_ascii=False, default=str).encode()
    yield Blob(_CONFIG, metadata, digest_of(metadata))
    yield Blob(_CHART, archive.content, archive.digest)
    if provenance is not None:
        yield Blob(_PROVENANCE, provenance, digest_of(provenance))


def _manifest(archive: Archive, blobs: Sequence[Blob]) -> bytes:
    """Return the manifest: the same for the same archive, so without a time of creation."""
    config, *layers = [
        {"mediaType": blob.media_type, "digest": blob.digest, "size": len(blob.content)} for blob in blobs
    ]
    said: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": layers,
        "annotations": _annotations(archive.metadata),
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode()


def _annotations(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return what registries and Artifact Hub show, as `generateOCIAnnotations` of Helm's pkg/registry does.

    The chart's own annotations are among them, such as `artifacthub.io/changes`.
    """
    people = [one for one in metadata.get("maintainers") or [] if isinstance(one, dict) and one.get("name")]
    authors = ", ".join(f"{one['name']} ({one['email']})" if one.get("email") else str(one["name"]) for one in people)
    own = metadata.get("annotations") or {}
    about = {
        "title": metadata["name"],
        "version": metadata["version"],
        "description": metadata.get("description"),
        "url": metadata.get("home"),
        "source": next(iter(metadata.get("sources") or []), None),
        "authors": authors,
    }
    told = {f"{_OF_IMAGE}{key}": str(value) for key, value in about.items() if value}
    return dict(sorted(({str(key): str(value) for key, value in own.items()} | told).items()))
