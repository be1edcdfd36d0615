"""Sources: everything that yields manifests, under one name.

- `charts/eni-todo`: a chart directory
- `eni-todo-1.2.0.tgz`: a packaged chart
- `git:main:charts/eni-todo`: either of them, or a manifest file, at a revision of the repository
- `oci://registry.example.org/charts/eni-todo:1.2.0`: a published chart
- `manifests.yaml`, `-`: plain manifests, from a file or from standard input
- `release:eni-todo`, `release:eni-todo@3`: what Helm has installed, now or at a revision
- `live:eni-todo`: the objects of a release as they are in the cluster
"""

from __future__ import annotations

import functools
import io
import os
import posixpath
import re
import sys
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from timonier.chart import Chart, is_chart, is_metadata, load_chart, read_chart
from timonier.chartfiles import ChartFiles, is_archive, read_archive, read_chart_files, without_ignored
from timonier.dependencies import with_dependencies
from timonier.draft import Draft, drafts_of
from timonier.engine.choose import AUTOMATIC, choose_engine
from timonier.errors import RenderError, SourceError, ValuesError
from timonier.manifest import Manifest, is_known_hook, read_manifests
from timonier.pull import SCHEME as OCI_SCHEME
from timonier.pull import pull_chart
from timonier.render import render
from timonier.revision import SCHEME, Revision, read_revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.engine import Engine, Release
    from timonier.kube import Access

STANDARD_INPUT = "-"
KINDS = (
    "a chart directory or archive, a manifest file, git:REF:PATH, oci://HOST/PATH/CHART:VERSION, "
    "release:NAME[@REVISION], live:NAME, or - (stdin)"
)
_OF_A_CLUSTER = ("release:", "live:")
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):")


class Source(Protocol):
    """Whatever yields manifests."""

    @property
    def label(self) -> str:
        """What to call it in a report."""

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Return the manifests, in the order of whoever wrote or rendered them."""

    def drafts(self, values: Mapping[str, Any], release: Release) -> list[Draft]:
        """Return the same unread, in any order: who compares need not read what is equal."""


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart and the engine that renders it, anew each time.

    Attributes:
        chart: The chart.
        engine: What renders it.
        name: What the user calls it, where that is no path.
    """

    chart: Chart
    engine: Engine
    name: str = ""

    @property
    def label(self) -> str:
        """What to call it in a report."""
        return self.name or str(self.chart.path)

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Render the chart; see `timonier.render.render`."""
        return render(self.chart, values, release, self.engine)

    def drafts(self, values: Mapping[str, Any], release: Release) -> list[Draft]:
        """Render the chart, and read nothing of it but hooks, some of which Helm drops."""
        rendered = self.engine.template(self.chart.files or self.chart.path, values, release)
        origin = f"{self.chart.path}: rendered"
        drafts = [Draft(text, path, origin=f"{origin} {path}", error=RenderError) for path, text in rendered]
        return [draft for draft in drafts if draft.is_plain or all(map(is_known_hook, draft.manifests))]

    def files(self) -> ChartFiles:
        """Read the chart's files.

        Raises:
            SourceError: They cannot be read.
        """
        return self.chart.files or read_chart_files(self.chart.path)


@dataclass(frozen=True)
class FileSource:
    """Manifests as they are written in a file.

    Attributes:
        label: What to call it in a report: its name.
        text: What the file holds.
    """

    label: str
    text: str

    @functools.cached_property
    def content(self) -> tuple[Manifest, ...]:
        """The manifests, read once.

        Raises:
            SourceError: A document is not YAML or not a mapping.
        """
        return tuple(read_manifests(self.text, origin=self.label))

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:  # noqa: ARG002 - of no use here
        """Return the file's manifests.

        Raises:
            ValuesError: When values are given, which plain manifests cannot heed.
        """
        if values:
            raise ValuesError(f"Values have no effect on {self.label}.", hint="Only a chart takes them.")
        return list(self.content)

    def drafts(self, values: Mapping[str, Any], release: Release) -> list[Draft]:  # noqa: ARG002 - of no use here
        """Return the file's documents, unread."""
        return drafts_of(self.text, origin=self.label)


def open_source(
    name: str, engine: str = AUTOMATIC, *, access: Access | None = None, plain_http: bool = False
) -> Source:
    """Find out what a source is, and read what there is to read of it; fetch what a chart depends on and lacks.

    Args:
        name: A chart's directory or archive, a manifest file, `git:REF:PATH` for either at a revision,
            `oci://HOST/PATH/CHART:VERSION`, `release:NAME`, `release:NAME@REVISION`, `live:NAME`, or `-` for standard
            input.
        engine: What renders a chart; see `timonier.engine.choose.choose_engine`.
        access: The way to the cluster; that of `helm` and `kubectl` when left out.
        plain_http: Whether registries are asked over HTTP. Those on this machine that speak no TLS are.

    Raises:
        SourceError: When it is nothing that yields manifests.
        ValuesError: When a case of the chart cannot be read.
        EngineError: When it is a chart and there is no such engine, or nothing to fetch it with.
        ClusterError: When the cluster cannot be asked.
    """
    if name.startswith(_OF_A_CLUSTER):
        return _open_of_cluster(name, access)
    found = _open(name, plain_http=plain_http)
    if isinstance(found, FileSource):
        return found
    renders = choose_engine(engine)
    chart = with_dependencies(found, _chart_beside, plain_http=plain_http)
    return ChartSource(chart, renders, name if name.startswith(OCI_SCHEME) else "")


def _open_of_cluster(name: str, access: Access | None) -> Source:
    """Open what a cluster has; what that takes is imported by nobody else."""
    from timonier import live, stored
    from timonier.kube import Access

    access = access or Access()
    return live.open_live(name, access) if name.startswith(live.SCHEME) else stored.open_release(name, access)


def open_chart(name: str, *, plain_http: bool = False) -> Chart:
    """Read a chart and what it depends on, for those who bring an engine of their own.

    Raises:
        SourceError: When it is no chart, or a dependency cannot be had.
        ValuesError: When a case of the chart cannot be read.
        EngineError: When there is nothing to fetch it with.
    """
    found = _open(name, plain_http=plain_http)
    if isinstance(found, FileSource):
        raise SourceError(f"{name} is no chart.", hint="Name a chart's directory or archive.")
    return with_dependencies(found, _chart_beside, plain_http=plain_http)


def _open(name: str, *, plain_http: bool) -> Chart | FileSource:
    if name == STANDARD_INPUT:
        return FileSource("standard input", sys.stdin.read())
    if name.startswith(SCHEME):
        return _open_revision(read_revision(name))
    if name.startswith(OCI_SCHEME):
        files = pull_chart(name, plain_http=plain_http)
        return _chart_of_files(files, files.files)
    path = Path(name)
    if path.is_dir() or is_chart(path):
        return load_chart(path)
    return FileSource(name, _read(path))


def _chart_beside(chart: Chart, path: str) -> Chart:
    """Open the chart at a path that is seen from another's folder.

    Raises:
        SourceError: There is none, or the other is packaged and lies in no folder.
    """
    label = str(chart.path)
    if label.startswith(SCHEME):
        ref, _, own = label.removeprefix(SCHEME).partition(":")
        revision = read_revision(f"{SCHEME}{ref}:{posixpath.normpath(posixpath.join(own, path))}")
        return _chart_of_revision(Path(revision.label), revision.files)
    if chart.path.is_dir():
        return load_chart(Path(os.path.normpath(chart.path / path)))
    raise SourceError(f"{label} is packaged, without {path} that it depends on.", hint="Package it anew with Helm.")


def _open_revision(revision: Revision) -> Chart | FileSource:
    """Open what a revision holds, under the revision's name."""
    label = Path(revision.label)
    single = revision.files.get("")
    if single is None:
        return _chart_of_revision(label, revision.files)
    if is_archive(label):
        files = read_archive(io.BytesIO(single), label)
        return _chart_of_files(files, files.files)
    return FileSource(revision.label, _decode(single, label))


def _chart_of_revision(label: Path, files: Mapping[str, bytes]) -> Chart:
    if "Chart.yaml" not in files:
        raise SourceError(f"{label} is a directory without a Chart.yaml.", hint="Name a chart's own directory.")
    # Helm calls a chart by its Chart.yaml; the folder's name is for messages only.
    return _chart_of_files(ChartFiles(label, label.name or "chart", without_ignored(files)), files)


def _chart_of_files(rendered: ChartFiles, files: Mapping[str, bytes]) -> Chart:
    """Read a chart that is in memory, its cases too, which no archive needs to hold."""
    about = {
        name: _decode(content, rendered.path / name)
        for name, content in files.items()
        if is_metadata(PurePosixPath(name))
    }
    return read_chart(rendered.path, about, rendered)


def _decode(content: bytes, name: Path) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise SourceError(f"{name} is not text.", hint="A chart archive's name ends in .tgz.") from None


def _read(path: Path) -> str:
    try:
        return _decode(path.read_bytes(), path)
    except FileNotFoundError:
        if match := _SCHEME.match(str(path)):
            raise SourceError(
                f"{path}: sources of the kind {match['scheme']}: are not known.",
                hint=f"A source is {KINDS}.",
            ) from None
        raise SourceError(f"{path} does not exist.", hint="Name a chart, a manifest file, or -.") from None
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem.strerror}.") from None
