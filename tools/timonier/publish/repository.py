"""An archive in a classic repository: a folder with an `index.yaml`, or a branch that is served as one.

The index is that of https://helm.sh/docs/topics/chart_repository/#the-index-file. Entries that are there stay as they
are, byte for byte of meaning: none is taken out, none changed.
"""

from __future__ import annotations

import datetime as dt
import io
import os
from typing import TYPE_CHECKING, Any

import yaml

from timonier import yamlio
from timonier.errors import PublishError, SourceError
from timonier.package import PROVENANCE_SUFFIX
from timonier.publish.oci import Outcome, Published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.package import Archive

INDEX = "index.yaml"


def added(
    archives: Sequence[tuple[Archive, bytes | None]], files: Mapping[str, bytes], where: str, *, url: str = ""
) -> tuple[dict[str, bytes], list[Published]]:
    """Return what files a repository has to get for some archives to be published in it.

    Args:
        archives: Each with its signature, where there is one.
        files: The repository's index and those archives of it that might be in the way, by name.
        where: What to call it in messages.
        url: Where the repository is served; empty for URLs that are relative to the index.

    Returns:
        The files to write, none when all is there; and what becomes of each archive.

    Raises:
        PublishError: A version is published already with other content, or the index cannot be read.
    """
    index = _read_index(files.get(INDEX), where)
    written: dict[str, bytes] = {}
    told = []
    for archive, provenance in archives:
        known = _known(index, archive)
        outcome = _outcome(archive, known, files.get(archive.file_name), where)
        told.append(Published(f"{where}/{archive.file_name}", archive.digest, outcome))
        if outcome is Outcome.PRESENT:
            continue
        written[archive.file_name] = archive.content
        if provenance is not None:
            written[f"{archive.file_name}{PROVENANCE_SUFFIX}"] = provenance
        index["entries"].setdefault(archive.name, []).insert(0, _entry(archive, url))
    if written:
        index["generated"] = _now()
        written[INDEX] = _dump(index)
    return written, told


def _read_index(content: bytes | None, where: str) -> dict[str, Any]:
    if content is None:
        return {"apiVersion": "v1", "entries": {}}
    try:
        index = yamlio.load(content.decode("utf-8"), origin=f"{where}/{INDEX}", error=SourceError)
    except UnicodeDecodeError:
        index = None
    if not isinstance(index, dict) or not isinstance(index.get("entries") or {}, dict):
        raise PublishError(f"{where}/{INDEX} is no index of charts.", hint="It has a key `entries`.")
    return {**index, "entries": dict(index.get("entries") or {})}


def _known(index: Mapping[str, Any], archive: Archive) -> str | None:
    """Return the checksum under which the index has that version; None when it has none."""
    for entry in index["entries"].get(archive.name) or []:
        if str(entry.get("version")) == archive.version:
            return str(entry.get("digest") or "").removeprefix("sha256:")
    return None


def _outcome(archive: Archive, known: str | None, file: bytes | None, where: str) -> Outcome:
    own = archive.digest.removeprefix("sha256:")
    if known == own and file is not None:
        return Outcome.PRESENT
    if known not in (None, own) or (file is not None and file != archive.content):
        raise PublishError(
            f"{where} has {archive.file_name} already, with other content.",
            hint="A published version stays as it is: raise the chart's version.",
        )
    return Outcome.PUBLISHED


def _entry(archive: Archive, url: str) -> dict[str, Any]:
    place = f"{url.rstrip('/')}/{archive.file_name}" if url else archive.file_name
    digest = archive.digest.removeprefix("sha256:")
    return {**archive.metadata, "created": _now(), "digest": digest, "urls": [place]}


def _now() -> str:
    """Return the time as Go writes it; SOURCE_DATE_EPOCH stands for it where it is set."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    zone = dt.UTC
    time = dt.datetime.fromtimestamp(int(said), zone) if said.isdecimal() else dt.datetime.now(zone)
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _dump(index: Mapping[str, Any]) -> bytes:
    buffer = io.StringIO()
    yaml.dump(dict(index), buffer, Dumper=yaml.CSafeDumper, sort_keys=True, allow_unicode=True, width=2**20)
    return buffer.getvalue().encode()
