"""`timonier render`: write a source's manifests down."""

from __future__ import annotations

import dataclasses
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

import click

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, OneOf, argument, command, option
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from timonier.chart import Case, Chart
    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.manifest import Manifest
    from timonier.render import Document, Rendering
    from timonier.values import Settings


class Format(StrEnum):
    """What `render` writes."""

    YAML = "yaml"
    JSON = "json"
    SUMMARY = "summary"


class _Asked(Enum):
    """What of a rendering is printed."""

    ALL = "all"
    SOME = "some templates"
    NOTES = "notes"


@command()
@argument("sources", nargs=-1, required=True, type=SOURCE, metavar="SOURCE...", help=options.SOURCE_HELP)
@options.chart_values
@option("--case", metavar="NAME", help="A case of the chart.")
@option("--all-cases", is_flag=True, help="Every case of the chart.")
@options.release_name
@options.namespace
@options.access
@options.is_upgrade
@options.kube_versions
@options.api_versions
@option("--output", "-o", type=OneOf(Format), default=Format.YAML, help="What to write.")
@option("--show-only", "-s", multiple=True, metavar="GLOB", help="Only these templates: templates/secret.yaml.")
@option("--output-dir", type=PATH, metavar="DIR", help="Write a file a template, below DIR.")
@option("--no-hooks", is_flag=True, help="Leave out hooks.")
@option("--skip-tests", is_flag=True, help="Leave out hooks for `helm test`.")
@option("--include-crds", is_flag=True, help="With what lies in crds/.")
@option("--notes", is_flag=True, help="Nothing but what NOTES.txt tells.")
@options.plain_http
@options.engine
def render(
    sources: tuple[str, ...],
    *,
    settings: Settings,
    case: str | None,
    all_cases: bool,
    release_name: str,
    namespace: str,
    kube_context: str,
    kubeconfig: str,
    is_upgrade: bool,
    kube_version: tuple[str, ...],
    api_versions: tuple[str, ...],
    output: Format,
    show_only: tuple[str, ...],
    output_dir: Path | None,
    no_hooks: bool,
    skip_tests: bool,
    include_crds: bool,
    notes: bool,
    plain_http: bool,
    engine: str,
) -> None:
    """Write a source's manifests down, byte for byte as `helm template` prints them.

    Examples:
    - `timonier render charts/eni-todo`
    - `timonier render charts/eni-todo -f prod.yaml --set replicas=3 -o json`
    - `timonier render charts/eni-todo --case replicated -s templates/ingress.yaml`
    - `timonier render git:v1.0.0:charts/eni-todo`
    - `timonier render release:eni-todo@3 -s templates/ingress.yaml`
    - `timonier render oci://registry.example.org/charts/eni-todo:0.1.0`
    - `timonier render charts/* --all-cases --kube-version 1.30.0 --kube-version 1.36.0 -o summary`
    """
    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.report import text

    if case and all_cases:
        raise TimonierError("--case and --all-cases exclude each other.", hint="Leave one out.")
    release = Release(
        release_name,
        options.namespace_of_chart(namespace),
        is_upgrade,
        api_versions=api_versions,
        include_crds=include_crds,
    )
    request = _Request(
        settings=settings,
        case=case,
        all_cases=all_cases,
        release=release,
        kube_versions=kube_version or ("",),
        kept=_Kept(no_hooks, skip_tests),
        notes=notes,
        engine=engine,
        access=Access(kubeconfig, kube_context, namespace),
        plain_http=plain_http,
    )
    renderings = [rendering for source in sources for rendering in _render(source, request)]
    if not output_dir:
        renderings = [rendering.only(text.trimmed(rendering.documents)) for rendering in renderings]
    if show_only:
        renderings = list(_only(renderings, show_only))
    if output_dir:
        from timonier.report.files import write_renderings

        click.echo(f"{output_dir}: {write_renderings(renderings, output_dir)} files written")
    else:
        _print(renderings, output, _Asked.NOTES if notes else _Asked.SOME if show_only else _Asked.ALL)


@dataclasses.dataclass(frozen=True, slots=True)
class _Kept:
    """Which documents are left out."""

    no_hooks: bool
    skip_tests: bool

    def __call__(self, document: Document) -> bool:
        return not (document.is_hook and (self.no_hooks or (self.skip_tests and document.is_test)))


@dataclasses.dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for, the same for every source."""

    settings: Settings
    case: str | None
    all_cases: bool
    release: Release
    kube_versions: Sequence[str]
    kept: _Kept
    notes: bool
    engine: str
    access: Access
    plain_http: bool

    def cases(self, chart: Chart) -> Sequence[Case]:
        """The cases to render."""
        from timonier.chart import DEFAULTS

        return chart.cases if self.all_cases else [chart.case(self.case or DEFAULTS)]

    def releases(self, chart: Chart) -> Sequence[Release]:
        """The release in each Kubernetes version."""
        named = dataclasses.replace(self.release, name=self.release.name or chart.name)
        return [dataclasses.replace(named, kube_version=version) for version in self.kube_versions]


def _render(name: str, request: _Request) -> Iterator[Rendering]:
    from timonier.chart import Case
    from timonier.render import Rendering, render_case
    from timonier.source import ChartSource, open_source

    source = open_source(name, request.engine, access=request.access, plain_http=request.plain_http)
    if not isinstance(source, ChartSource):
        if request.settings or request.case or request.notes:
            raise SourceError(f"{name} takes neither values nor cases, and has no notes.", hint="Only a chart does.")
        documents = _documents(source.manifests({}, request.release))
        yield Rendering(source.label, Case("", ""), ()).only(filter(request.kept, documents))
        return
    for case in request.cases(source.chart):
        for release in request.releases(source.chart):
            made = render_case(
                source.chart,
                case,
                source.engine,
                settings=request.settings,
                release=release,
                notes=request.notes,
            )
            yield made.only(filter(request.kept, made.documents))


def _documents(manifests: Sequence[Manifest]) -> Iterator[Document]:
    from timonier.render import Document

    for manifest in manifests:
        yield Document(manifest.source, manifest.text.removesuffix("\n"), (manifest,))


def _only(renderings: Sequence[Rendering], globs: Sequence[str]) -> Iterator[Rendering]:
    """Keep the documents whose template, seen from the chart's directory, matches: glob by glob, as Helm does."""
    unmatched = set(globs)
    for rendering in renderings:
        kept: list[Document] = []
        for glob in globs:
            matching = [document for document in rendering.documents if _matches(glob, document)]
            kept += matching
            unmatched -= {glob} if matching else set()
        yield rendering.only(kept)
    if unmatched:
        raise SourceError(f"No template matches {min(unmatched)}.", hint="Name one as in templates/secret.yaml.")


def _matches(glob: str, document: Document) -> bool:
    from timonier.chartfiles import matches_path

    return matches_path(glob, document.source.partition("/")[2])


def _print(renderings: Sequence[Rendering], output: Format, asked: _Asked) -> None:
    from timonier.report import json, text

    match output, renderings:
        case Format.SUMMARY, _:
            text.print_renderings(renderings)
        case Format.JSON, [rendering] if asked is not _Asked.NOTES:
            click.echo(json.objects_json([manifest.document for manifest in rendering.manifests]))
        case Format.JSON, _:
            click.echo(json.renderings_json(renderings))
        case _, [rendering]:
            click.echo(_yaml(rendering, asked), nl=False)
        case _:
            for rendering in renderings:
                click.echo(f"# {text.heading(rendering)}")
                click.echo(_yaml(rendering, asked), nl=False)


def _yaml(rendering: Rendering, asked: _Asked) -> str:
    """Write what was rendered, or what its notes tell; a manifest file as it is."""
    from timonier.report import text

    if asked is _Asked.NOTES:
        return f"{rendering.notes}\n" if rendering.notes else ""
    if not rendering.case.name:
        return text.manifests_yaml(rendering.manifests)
    return text.shown_yaml(rendering.documents) if asked is _Asked.SOME else text.documents_yaml(rendering.documents)
