"""Packaging: a chart gives an archive, the same bytes from the same files, wherever and whenever it is made.

What is in it is what Helm takes for the chart: without what `.helmignore` names, links followed, dependencies included.
Times, owners, modes and the order of files are always the same. The compression is zlib's, whose output other libraries
of that name (zlib-ng) do not reproduce.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import os
import re
import tarfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from timonier import yamlio
from timonier.chartfiles import read_archive
from timonier.constraints import is_version
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from timonier.chartfiles import ChartFiles

# 1980-01-01: the oldest time no unpacking program warns of.
_LONG_AGO = 315_532_800
# What Helm refuses to load: MaxDecompressedFileSize and MaxDecompressedChartSize of its pkg/chart/loader/archive.
_LARGEST_FILE = 5 * 1024 * 1024
_LARGEST_CHART = 100 * 1024 * 1024
PROVENANCE_SUFFIX = ".prov"
"""What follows an archive's name in that of its signature."""

_METADATA = "Chart.yaml"
_FIRST = (_METADATA, "Chart.lock", "values.yaml", "values.schema.json")
_NAME = re.compile(r"[a-zA-Z0-9._-]+")  # ValidateRelease's in Helm's pkg/chart/v2/metadata.go


@dataclass(frozen=True)
class Archive:
    """A packaged chart.

    Attributes:
        metadata: What its Chart.yaml says.
        content: The gzipped tar archive.
    """

    metadata: Mapping[str, Any]
    content: bytes

    @property
    def name(self) -> str:
        """The chart's name."""
        return str(self.metadata["name"])

    @property
    def version(self) -> str:
        """The chart's version."""
        return str(self.metadata["version"])

    @property
    def file_name(self) -> str:
        """What Helm calls such a file."""
        return f"{self.name}-{self.version}.tgz"

    @functools.cached_property
    def digest(self) -> str:
        """`sha256:` and the content's checksum."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"


def read_archive_file(path: Path) -> Archive:
    """Read an archive that lies on the disk, as it is.

    Raises:
        SourceError: It is no archive of a chart, or not the one its name says.
    """
    content = _content(path)
    chart = read_archive(io.BytesIO(content), path)
    metadata = yamlio.load(chart.text(_METADATA), origin=f"{path}/{_METADATA}", error=SourceError)
    _check_metadata(metadata, chart)
    archive = Archive(metadata, content)
    if path.name != archive.file_name:
        raise SourceError(
            f"{path} holds {archive.name} {archive.version}, and is not called so.",
            hint=f"Package the chart anew, or call it {archive.file_name}.",
        )
    return archive


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem.strerror}.") from None


def package(chart: ChartFiles, *, version: str = "", app_version: str = "") -> Archive:
    """Package a chart.

    Args:
        chart: Its files, dependencies included.
        version: In place of Chart.yaml's; nothing else in that file changes.
        app_version: In place of Chart.yaml's.

    Raises:
        SourceError: Its name or version is none, or a file is larger than Helm takes; SOURCE_DATE_EPOCH is no time.
    """
    text = chart.text(_METADATA)
    for key, value in (("version", version), ("appVersion", app_version)):
        text = _with_value(text, key, value, str(chart.path)) if value else text
    metadata = yamlio.load(text, origin=f"{chart.path}/{_METADATA}", error=SourceError)
    _check_metadata(metadata, chart)
    files = dict(chart.files) | {_METADATA: text.encode()}
    _check_sizes(files, chart)
    return Archive(metadata, _compressed(_tar(str(metadata["name"]), files)))


def _check_metadata(metadata: Any, chart: ChartFiles) -> None:  # noqa: ANN401 - any YAML
    where = f"{chart.path}/{_METADATA}"
    said = metadata if isinstance(metadata, dict) else {}
    name, version = (str(said.get(key) or "") for key in ("name", "version"))
    if not _NAME.fullmatch(name):
        raise SourceError(f"{where}: name: {name or 'nothing'} is no chart's name.", hint="Use a-z, 0-9 and -.")
    if not is_version(version):
        raise SourceError(f"{where}: version: {version or 'nothing'} is no version.", hint="Write it as in 1.2.3.")


def _check_sizes(files: Mapping[str, bytes], chart: ChartFiles) -> None:
    for name, content in files.items():
        if len(content) > _LARGEST_FILE:
            raise SourceError(
                f"{chart.path}/{name} has {len(content):,} bytes, and Helm loads no chart with a file of more than "
                f"{_LARGEST_FILE:,}.",
                hint="Name it in .helmignore.",
            )
    if (total := sum(map(len, files.values()))) > _LARGEST_CHART:
        raise SourceError(
            f"{chart.path} has {total:,} bytes, and Helm loads no chart of more than {_LARGEST_CHART:,}.",
            hint="Name in .helmignore what it does not need.",
        )


def _with_value(text: str, key: str, value: str, path: str) -> str:
    """Return Chart.yaml with a key of its own set, as text; comments and everything else stay.

    Raises:
        SourceError: The text is no mapping.
    """
    try:
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as problem:
        raise SourceError(f"{path}/{_METADATA} is not valid YAML: {problem}.") from None
    if not isinstance(root, yaml.MappingNode):
        raise SourceError(f"{path}/{_METADATA} holds no mapping.")
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for name, node in root.value:
        if name.value == key:
            return text[: node.start_mark.index] + quoted + text[node.end_mark.index :]
    end = "" if text.endswith("\n") else "\n"
    return f"{text}{end}{key}: {quoted}\n"


def _tar(folder: str, files: Mapping[str, bytes]) -> bytes:
    buffer, time = io.BytesIO(), _time()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in _in_order(files):
            member = tarfile.TarInfo(str(PurePosixPath(folder, name)))
            member.size, member.mtime, member.mode = len(files[name]), time, 0o644
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _in_order(files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield what Helm reads first, then the rest by name: who lists an archive sees Chart.yaml at once."""
    yield from (name for name in _FIRST if name in files)
    yield from sorted(name for name in files if name not in _FIRST)


def _compressed(content: bytes) -> bytes:
    buffer = io.BytesIO()
    # The class writes its header itself: no file name, no time, and no name of the operating system.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as compressor:
        compressor.write(content)
    return buffer.getvalue()


def _time() -> int:
    """Return the time of all files, in seconds since 1970; see https://reproducible-builds.org/specs/source-date-epoch/.

    Raises:
        SourceError: SOURCE_DATE_EPOCH is no such number.
    """
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not said:
        return _LONG_AGO
    if not said.isdecimal():
        raise SourceError(f"SOURCE_DATE_EPOCH is {said!r}, no time.", hint="Write it as seconds since 1970.")
    return int(said)
