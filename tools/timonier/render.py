"""Rendering: a chart and values give manifests."""

from __future__ import annotations

import dataclasses
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier import yamlio
from timonier.chart import DEFAULTS
from timonier.chartfiles import read_chart_files
from timonier.engine import Release
from timonier.errors import RenderError, SourceError, TimonierError
from timonier.manifest import Manifest, install_rank, is_known_hook, kind_rank, pieces, read_manifest
from timonier.values import Settings, read_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from timonier.chart import Case, Chart
    from timonier.engine import Engine, Template

# `CHART/crds/FILE`, and the same in subcharts: a folder `templates/crds` holds templates as any other.
_CRD = re.compile(r"[^/]+/(?:charts/[^/]+/)*crds/")
_NOTES = "templates/NOTES.txt"
_NOTES_TEMPLATE = "templates/timonier-notes.yaml"


class Document(NamedTuple):
    """One document as Helm prints it.

    Attributes:
        source: The template it comes from, `CHART/templates/FILE`.
        content: Its text with the white space behind it, which Helm prints too.
        manifests: What the text says: nothing when there are only comments, several in a file of `crds/`.
    """

    source: str
    content: str
    manifests: tuple[Manifest, ...]

    @property
    def is_hook(self) -> bool:
        """Whether it is a hook."""
        return any(manifest.hooks for manifest in self.manifests)

    @property
    def is_test(self) -> bool:
        """Whether it is a hook for tests."""
        return any({"test", "test-success"}.intersection(manifest.hooks) for manifest in self.manifests)


@dataclass(frozen=True, slots=True)
class Rendering:
    """What one case of a chart renders to.

    Attributes:
        label: What was rendered: a chart's name and version, or a file.
        case: Which of its cases.
        manifests: In Helm's order.
        seconds: How long rendering and reading took.
        kube_version: The Kubernetes version it was rendered for, as asked for; empty for the engine's own.
        documents: The same as Helm prints it.
        notes: What NOTES.txt tells, where that was asked for.
    """

    label: str
    case: Case
    manifests: tuple[Manifest, ...]
    seconds: float = 0.0
    kube_version: str = ""
    documents: tuple[Document, ...] = ()
    notes: str = ""

    def only(self, documents: Iterable[Document]) -> Rendering:
        """Return the rendering with some of its documents."""
        kept = tuple(documents)
        manifests = tuple(manifest for document in kept for manifest in document.manifests)
        return dataclasses.replace(self, documents=kept, manifests=manifests)


def render(chart: Chart, values: Mapping[str, Any], release: Release, engine: Engine) -> list[Manifest]:
    """Render a chart.

    Args:
        chart: What to render.
        values: What is set, over the chart's own values.
        release: What the chart may ask about its release.
        engine: What renders.

    Returns:
        The manifests in the order of `helm template`: by kind, hooks last; the chart's CRDs first where the release has
        them. Notes are not among them.

    Raises:
        SourceError: The chart cannot be loaded.
        ValuesError: The chart's schema refuses the values.
        RenderError: A template failed, or rendered to something that is not YAML.
    """
    documents = render_documents(chart, values, release, engine)
    return [manifest for document in documents for manifest in document.manifests]


def render_documents(chart: Chart, values: Mapping[str, Any], release: Release, engine: Engine) -> list[Document]:
    """Render a chart into documents as Helm prints them; see `render`."""
    templates = engine.template(chart.files or chart.path, values, release)
    return arranged(read_document(template, chart) for template in templates)


def arranged(documents: Iterable[Document]) -> list[Document]:
    """Return documents in the order Helm prints them, without those it leaves out."""
    return sorted((document for document in documents if _is_printed(document)), key=_rank)


def read_document(template: Template, chart: Chart) -> Document:
    """Read what a template rendered to.

    Raises:
        RenderError: It is not YAML, or no manifest.
    """
    origin = f"{chart.path}: rendered {template.source}"
    read = [
        read_manifest(text, template.source, origin=origin, error=RenderError, first_line=line)
        for text, line in pieces(template.text)
    ]
    return Document(template.source, template.text, tuple(manifest for manifest in read if manifest))


def _is_printed(document: Document) -> bool:
    return all(is_known_hook(manifest) for manifest in document.manifests)


def _rank(document: Document) -> tuple[object, ...]:
    """Return where Helm prints a document: CRDs as they come, then by kind; what has no kind is of the kind ""."""
    if _CRD.match(document.source):
        return (0,)
    return (1, *install_rank(document.manifests[0])) if document.manifests else (1, False, *kind_rank(""))


def render_case(
    chart: Chart,
    case: Case,
    engine: Engine,
    *,
    settings: Settings | None = None,
    release: Release | None = None,
    notes: bool = False,
) -> Rendering:
    """Render one case of a chart, and take the time.

    Args:
        chart: What to render.
        case: One of its cases.
        engine: What renders.
        settings: What is set on top of the case.
        release: What the chart may ask about its release: its own name in namespace `default` when left out.
        notes: Whether to render the notes, too.

    Raises:
        TimonierError: As `render` does; a sentence about the chart names the case and the Kubernetes version.
    """
    release = release or Release(chart.name)
    values = read_values(settings or Settings(), case.values)
    start = time.perf_counter()
    try:
        documents = render_documents(chart, values, release, engine)
        told = render_notes(chart, values, release, engine) if notes else ""
    except TimonierError as problem:
        problem.message = _in_case(problem.message, case, release)
        raise
    manifests = tuple(manifest for document in documents for manifest in document.manifests)
    seconds = time.perf_counter() - start
    label = f"{chart.name} {chart.version}"
    return Rendering(label, case, manifests, seconds, release.kube_version, tuple(documents), told)


def _in_case(message: str, case: Case, release: Release) -> str:
    """Name the case and the version behind a sentence that is about them."""
    told = [f"case {case.name}"] if case.name != DEFAULTS else []
    told += [f"Kubernetes {release.kube_version}"] if release.kube_version else []
    return f"{message.removesuffix('.')} ({', '.join(told)})." if told else message


def render_notes(chart: Chart, values: Mapping[str, Any], release: Release, engine: Engine) -> str:
    """Render what `helm install` tells its user: the chart's own NOTES.txt, without those of subcharts.

    Engines render manifests, so a manifest is put beside the notes that holds them.

    Returns:
        The notes without white space around them; empty when the chart has none.

    Raises:
        TimonierError: As `render` does.
    """
    files = chart.files or read_chart_files(chart.path)
    if _NOTES not in files.files:
        return ""
    told = '{{ dict "notes" (include (print $.Template.BasePath "/NOTES.txt") .) | toJson }}'
    source = f"{chart.name}/{_NOTES_TEMPLATE}"
    for template in engine.template(files.replaced({_NOTES_TEMPLATE: told.encode()}), values, release):
        if template.source == source:
            return str(yamlio.load(template.text, origin=source, error=RenderError)["notes"]).strip()
    raise SourceError(f"{chart.path}/{_NOTES} was not rendered.")
