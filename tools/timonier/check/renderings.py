"""What there is to check: every case of a chart for every Kubernetes version, or manifests as they are."""

from __future__ import annotations

import functools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.check.context import CaseContext, ChartContext
from timonier.check.objects.lists import expanded
from timonier.check.schema.crds import CRD_KIND, crds_of_files
from timonier.errors import EngineError, SourceError, TimonierError
from timonier.render import arranged, read_document
from timonier.values import read_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from timonier.chart import Case, Chart
    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine, Release, Template
    from timonier.manifest import Manifest
    from timonier.render import Document
    from timonier.source import ChartSource, Source
    from timonier.values import Settings


@dataclass(frozen=True)
class Rendered:
    """One rendering, and the Kubernetes versions it is the rendering for.

    Attributes:
        context: What rules may look at, for the first of the versions.
        versions: `1.34.0`, the oldest first.
        documents: What was rendered, as it is printed; empty for plain manifests.
    """

    context: CaseContext
    versions: tuple[str, ...]
    documents: Sequence[Document] = ()

    def contexts(self) -> Iterator[CaseContext]:
        """Yield what rules may look at, for each version."""
        for version in self.versions:
            yield replace(self.context, kube_version=version)


@dataclass(frozen=True)
class Subject:
    """A source with all that is to be checked of it.

    Attributes:
        label: The source as the user named it.
        renderings: Case by case, and version by version where that makes a difference.
        chart: For rules that look at a chart's files; None for plain manifests.
    """

    label: str
    renderings: Sequence[Rendered]
    chart: ChartContext | None = None


@dataclass(frozen=True)
class Matrix:
    """What a chart is to be rendered with.

    Attributes:
        settings: What is set on top of each case.
        cases: The names of the cases; empty for all of them.
        versions: The Kubernetes versions.
        release: What the chart may ask about its release; its name is the chart's when it is empty.
        crds: CustomResourceDefinitions that are known beside the chart's own.
        progress: Told of every rendering that is done.
        versions_named: Whether the versions were named for this once, and are not those the project is for.
    """

    settings: Settings
    cases: tuple[str, ...]
    versions: tuple[str, ...]
    release: Release
    crds: tuple[Mapping[str, Any], ...] = ()
    progress: Callable[[], None] = field(default=lambda: None)
    versions_named: bool = False


def subject_of_manifests(source: Source, matrix: Matrix) -> Subject:
    """Take the manifests of a file or a release as they are, the same for every Kubernetes version."""
    from timonier.chart import Case

    manifests = expanded(source.manifests({}, matrix.release))
    crds = (*matrix.crds, *_crds_among(manifests))
    context = CaseContext(Case("", ""), manifests, matrix.versions[0], matrix.release, crds=crds)
    return Subject(source.label, [Rendered(context, matrix.versions)])


def subject_of_chart(source: ChartSource, matrix: Matrix) -> Subject:
    """Render a chart in every case, and for every Kubernetes version unless it looks the same for all.

    Raises:
        SourceError: The chart cannot be read.
        ValuesError: There is no such case, or what is set cannot be understood.
        EngineError: The engine cannot do what is asked.
    """
    chart, files = source.chart, source.files()
    # A library chart renders nothing by itself.
    is_library = _metadata(files).get("type") == "library"
    cases = [] if is_library else [chart.case(name) for name in matrix.cases] or list(chart.cases)
    values = {case.name: read_values(matrix.settings, case.values) for case in cases}
    release = matrix.release if matrix.release.name else replace(matrix.release, name=chart.name)
    renderer = _Renderer(chart, source.engine, files)
    groups = _version_groups(files, _metadata(files), values.values(), matrix.versions)
    jobs = [
        _Job(case, values[case.name], versions, replace(release, kube_version=versions[0]))
        for case in cases
        for versions in groups
    ]
    outcomes = _render_all(renderer, jobs, matrix.progress)
    first = {job.case.name: manifests_of(made) for job, made in reversed(outcomes) if isinstance(made, list)}
    renderings = {case.name: first[case.name] for case in cases if case.name in first}
    context = ChartContext(chart, files, source.engine, release, values, renderings)
    every = [manifest for _, made in outcomes if isinstance(made, list) for manifest in manifests_of(made)]
    crds = (*matrix.crds, *crds_of_files(files), *_crds_among(every))
    return Subject(source.label, [_rendered(job, made, context, crds, renderer) for job, made in outcomes], context)


def _metadata(files: ChartFiles) -> Mapping[str, Any]:
    metadata = yamlio.load(files.text("Chart.yaml"), origin=f"{files.path}/Chart.yaml", error=SourceError)
    return metadata if isinstance(metadata, dict) else {}


@dataclass(frozen=True)
class _Job:
    """One thing to render: a case, and the Kubernetes versions for which the result is the same."""

    case: Case
    values: Mapping[str, Any]
    versions: tuple[str, ...]
    release: Release


def _rendered(
    job: _Job,
    made: list[Document] | TimonierError,
    chart: ChartContext,
    crds: tuple[Mapping[str, Any], ...],
    renderer: _Renderer,
) -> Rendered:
    failure = made if isinstance(made, TimonierError) else None
    documents = () if isinstance(made, TimonierError) else tuple(made)

    @functools.lru_cache(maxsize=2)
    def again(release: Release) -> Sequence[Manifest]:
        return manifests_of(renderer.documents(job.values, release, kept=False))

    manifests = manifests_of(documents)
    context = CaseContext(job.case, manifests, job.versions[0], job.release, chart, again, crds, failure)
    return Rendered(context, job.versions, documents)


def _version_groups(
    files: ChartFiles, metadata: Mapping[str, Any], values: Iterable[Mapping[str, Any]], versions: tuple[str, ...]
) -> list[tuple[str, ...]]:
    """Return the versions that one rendering is for: all that the chart takes, unless it asks for the version."""
    from timonier.engine.capabilities import Use, fits, read_kube_version, use_in_chart, use_in_values

    if use_in_chart(files) is not Use.NONE or any(use_in_values(one) is not Use.NONE for one in values):
        return [(version,) for version in versions]
    wanted = str(metadata.get("kubeVersion") or "")
    taken = tuple(version for version in versions if fits(read_kube_version(version), wanted))
    refused = tuple(version for version in versions if version not in taken)
    return [group for group in (taken, refused) if group]


def _render_all(
    renderer: _Renderer, jobs: Sequence[_Job], progress: Callable[[], None]
) -> list[tuple[_Job, list[Document] | TimonierError]]:
    """Render in as many threads as there are processors: the embedded engine lets go of Python's lock."""

    def run(job: _Job) -> list[Document] | TimonierError:
        try:
            return renderer.documents(job.values, job.release)
        except EngineError:
            raise
        except TimonierError as failure:
            return failure
        finally:
            progress()

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(zip(jobs, pool.map(run, jobs), strict=True))


class _Renderer:
    """Renders a chart, and reads what comes out: a document that comes out of several cases only once."""

    def __init__(self, chart: Chart, engine: Engine, files: ChartFiles) -> None:
        self._chart = chart
        self._engine = engine
        self._files = files
        self._read: dict[Template, Document] = {}

    def documents(self, values: Mapping[str, Any], release: Release, *, kept: bool = True) -> list[Document]:
        """Render one case.

        Args:
            values: What is set.
            release: What the chart may ask about its release.
            kept: Whether to remember what is read, because other cases will have it too.

        Raises:
            TimonierError: As `timonier.render.render` does.
        """
        templates = self._engine.template(self._files, values, release)
        documents = [self._read.get(template) or read_document(template, self._chart) for template in templates]
        if kept:
            self._read.update(zip(templates, documents, strict=True))
        return arranged(documents)


def manifests_of(documents: Iterable[Document]) -> list[Manifest]:
    """Return the manifests of documents, lists taken apart."""
    return expanded([manifest for document in documents for manifest in document.manifests])


def _crds_among(manifests: Sequence[Manifest]) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions among manifests, each once however many cases have it."""
    found = {id(m.document): m.document for m in manifests if m.identity.kind == CRD_KIND}
    return list(found.values())
