"""`timonier render`: write a source's manifests down."""

from __future__ import annotations

import dataclasses
from enum import StrEnum
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timonier.cli import options
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.render import Rendering
    from timonier.values import Settings


class Format(StrEnum):
    """What `render` writes."""

    YAML = "yaml"
    JSON = "json"
    SUMMARY = "summary"


def render(
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE", help="A chart, a manifest file, git:REF:PATH, or -.")
    ],
    *,
    values: options.ValuesFiles = None,
    set_values: options.SetValues = None,
    set_string: options.SetStrings = None,
    set_json: options.SetJson = None,
    set_file: options.SetFiles = None,
    case: Annotated[str | None, typer.Option("--case", metavar="NAME", help="A case of the chart.")] = None,
    all_cases: Annotated[bool, typer.Option("--all-cases", help="Every case of the chart.")] = False,
    release_name: options.ReleaseName = None,
    namespace: options.Namespace = "default",
    is_upgrade: options.IsUpgrade = False,
    output: Annotated[Format, typer.Option("--output", "-o", help="What to write.")] = Format.YAML,
    show_only: Annotated[
        list[str] | None,
        typer.Option("--show-only", "-s", metavar="GLOB", help="Only these templates: templates/secret.yaml."),
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", metavar="DIR", help="Write a file a template, below DIR.")
    ] = None,
    engine: options.EngineName = "auto",
) -> None:
    """Write a source's manifests down, in the order Helm installs them.

    Examples:
    - `timonier render charts/eni-todo`
    - `timonier render charts/eni-todo -f prod.yaml --set replicas=3 -o json`
    - `timonier render charts/eni-todo --case replicated -s templates/ingress.yaml`
    - `timonier render git:v1.0.0:charts/eni-todo`
    - `timonier render charts/* --all-cases -o summary`
    """
    from timonier.values import Settings

    if case and all_cases:
        raise TimonierError("--case and --all-cases exclude each other.", hint="Leave one out.")
    request = _Request(
        Settings(*(tuple(given or ()) for given in (values, set_values, set_string, set_json, set_file))),
        case,
        all_cases,
        release_name,
        namespace,
        is_upgrade,
        engine,
    )
    renderings = [rendering for source in sources for rendering in _render(source, request)]
    if show_only:
        renderings = list(_only(renderings, show_only))
    if output_dir:
        typer.echo(_write_files(renderings, output_dir))
    else:
        _print(renderings, output)


@dataclasses.dataclass(frozen=True, slots=True)
class _Request:
    """What is asked for, the same for every source."""

    settings: Settings
    case: str | None
    all_cases: bool
    release_name: str | None
    namespace: str
    is_upgrade: bool
    engine: str


def _render(name: str, request: _Request) -> Iterator[Rendering]:
    from timonier.chart import DEFAULTS, Case
    from timonier.engine import Release
    from timonier.render import Rendering, render_case
    from timonier.source import ChartSource, open_source

    source = open_source(name, request.engine)
    if not isinstance(source, ChartSource):
        if request.settings or request.case:
            raise SourceError(f"{name} takes neither values nor cases.", hint="Only a chart does.")
        yield Rendering(source.label, Case("", ""), source.content)
        return
    chart = source.chart
    release = Release(request.release_name or chart.name, request.namespace, request.is_upgrade)
    for case in chart.cases if request.all_cases else [chart.case(request.case or DEFAULTS)]:
        yield render_case(chart, case, source.engine, settings=request.settings, release=release)


def _only(renderings: Sequence[Rendering], globs: Sequence[str]) -> Iterator[Rendering]:
    """Keep the manifests whose template, seen from the chart's directory, matches one of the globs."""
    unmatched = set(globs)
    for rendering in renderings:
        kept = []
        for manifest in rendering.manifests:
            path = manifest.source.partition("/")[2]
            if matching := {glob for glob in globs if fnmatch(path, glob)}:
                kept.append(manifest)
                unmatched -= matching
        yield dataclasses.replace(rendering, manifests=tuple(kept))
    if unmatched:
        raise SourceError(f"No template matches {min(unmatched)}.", hint="Name one as in templates/secret.yaml.")


def _print(renderings: Sequence[Rendering], output: Format) -> None:
    from timonier.report import json, text

    match output, renderings:
        case Format.SUMMARY, _:
            text.print_renderings(renderings)
        case Format.JSON, [rendering]:
            typer.echo(json.objects_json([manifest.document for manifest in rendering.manifests]))
        case Format.JSON, _:
            typer.echo(json.renderings_json(renderings))
        case _, [rendering]:
            typer.echo(text.manifests_yaml(rendering.manifests), nl=False)
        case _:
            for rendering in renderings:
                typer.echo(f"# {rendering.label}, case {rendering.case.name}: {rendering.case.purpose}")
                typer.echo(text.manifests_yaml(rendering.manifests), nl=False)


def _write_files(renderings: Sequence[Rendering], directory: Path) -> str:
    """Write a file a template; several cases go to a folder each."""
    from timonier.report import text

    files: dict[Path, list[str]] = {}
    for rendering in renderings:
        folder = directory / rendering.case.name if len(renderings) > 1 else directory
        for manifest in rendering.manifests:
            path = folder / (manifest.source or f"{manifest.identity.kind}-{manifest.identity.name}.yaml".lower())
            files.setdefault(path, []).append(text.manifests_yaml([manifest]))
    for path, written in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(written), encoding="utf-8")
        except OSError as problem:
            raise SourceError(f"{path} cannot be written: {problem.strerror}.") from None
    return f"{directory}: {len(files)} files written"
