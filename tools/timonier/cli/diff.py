"""`timonier diff`: compare two sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timonier.cli import options
from timonier.errors import ValuesError

if TYPE_CHECKING:
    from timonier.diff.generated import Settled
    from timonier.engine import Release
    from timonier.source import ChartSource, FileSource
    from timonier.values import Settings

    Opened = ChartSource | FileSource

_BEFORE = "Only for OLD"
_AFTER = "Only for NEW"


class Format(StrEnum):
    """How `diff` reports."""

    TEXT = "text"
    JSON = "json"


def _option(side: str, name: str, panel: str, metavar: str) -> Any:  # noqa: ANN401 - as typer.Option
    return typer.Option(f"--{side}-{name}", metavar=metavar, help=f"As --{name}, for that side.", rich_help_panel=panel)


def diff(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD", help=f"What there was: {options.SOURCE_HELP[0].lower()}{options.SOURCE_HELP[1:]}"
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="What there is to be.")],
    *,
    values: options.ValuesFiles = None,
    set_values: options.SetValues = None,
    set_string: options.SetStrings = None,
    set_json: options.SetJson = None,
    set_file: options.SetFiles = None,
    case: Annotated[str | None, typer.Option("--case", metavar="NAME", help="A case of the charts.")] = None,
    old_values: Annotated[list[str] | None, _option("old", "values", _BEFORE, "FILE")] = None,
    old_set: Annotated[list[str] | None, _option("old", "set", _BEFORE, "KEY=VALUE")] = None,
    old_case: Annotated[str | None, _option("old", "case", _BEFORE, "NAME")] = None,
    old_kube_version: Annotated[str | None, _option("old", "kube-version", _BEFORE, "VERSION")] = None,
    new_values: Annotated[list[str] | None, _option("new", "values", _AFTER, "FILE")] = None,
    new_set: Annotated[list[str] | None, _option("new", "set", _AFTER, "KEY=VALUE")] = None,
    new_case: Annotated[str | None, _option("new", "case", _AFTER, "NAME")] = None,
    new_kube_version: Annotated[str | None, _option("new", "kube-version", _AFTER, "VERSION")] = None,
    release_name: options.ReleaseName = None,
    namespace: options.Namespace = "default",
    kube_version: options.KubeVersion = None,
    api_versions: options.ApiVersions = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="How to report.")] = Format.TEXT,
    context: Annotated[int, typer.Option("--context", "-U", min=0, help="Unchanged lines around a change.")] = 3,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="Show what Secrets hold.")] = False,
    plain_http: options.PlainHttp = False,
    engine: options.EngineName = "auto",
) -> None:
    """Compare two sources, object by object. Exits 0 when they are the same, 1 when not, 2 when it cannot tell.

    Objects are matched by group, kind, namespace and name. What they say is compared, not how it is written: order,
    quoting and comments make no difference. Charts are rendered twice, so that generated passwords are not taken for
    changes, and a Secret's values are shown as fingerprints.

    Examples:
    - `timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3`
    - `timonier diff eni-todo-0.1.0.tgz charts/eni-todo -f prod.yaml`
    - `timonier diff git:main:charts/eni-todo charts/eni-todo`
    - `timonier diff charts/eni-todo charts/eni-todo --old-kube-version 1.30.0 --new-kube-version 1.36.0`
    - `timonier diff before.yaml after.yaml -o json`
    """
    from timonier.diff.compare import compare
    from timonier.diff.redact import Redactor
    from timonier.report import json, text
    from timonier.source import open_source
    from timonier.values import Settings

    given = (tuple(option or ()) for option in (values, set_values, set_string, set_json, set_file))
    both = _Wish(Settings(*given), case, kube_version)
    before = _Wish(Settings(tuple(old_values or ()), tuple(old_set or ())), old_case, old_kube_version)
    after = _Wish(Settings(tuple(new_values or ()), tuple(new_set or ())), new_case, new_kube_version)
    one, other = (open_source(name, engine, plain_http=plain_http) for name in (old, new))
    _check_heeded(one, other, both, before, after)
    release = _release(release_name, namespace, tuple(api_versions or ()), one, other)
    difference = compare(
        _settled(one, both + before, release),
        _settled(other, both + after, release),
        None if show_secrets else Redactor(),
        context=context,
    )
    if output is Format.JSON:
        typer.echo(json.difference_json(difference, one.label, other.label))
    else:
        text.print_difference(difference, one.label, other.label)
    if difference.changes:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked of a chart: values, a case, and a Kubernetes version."""

    settings: Settings
    case: str | None
    kube_version: str | None

    def __bool__(self) -> bool:
        return bool(self.settings or self.case or self.kube_version)

    def __add__(self, other: _Wish) -> _Wish:
        """Return this wish with what the other says over it."""
        return _Wish(self.settings + other.settings, other.case or self.case, other.kube_version or self.kube_version)


def _check_heeded(one: Opened, other: Opened, both: _Wish, before: _Wish, after: _Wish) -> None:
    """Refuse values and cases that no chart is there to heed."""
    from timonier.source import FileSource

    files = isinstance(one, FileSource), isinstance(other, FileSource)
    for source, plain, wish in ((one, files[0], before or (both if all(files) else None)), (other, files[1], after)):
        if plain and wish:
            raise ValuesError(f"{source.label} takes neither values, cases nor versions.", hint="Only a chart does.")


def _release(name: str | None, namespace: str, api_versions: tuple[str, ...], *sources: Opened) -> Release:
    """Return the release both sides are rendered as: a chart's own name when none is given."""
    from timonier.engine import Release
    from timonier.source import ChartSource

    charts = [source.chart.name for source in sources if isinstance(source, ChartSource)]
    return Release(name or (charts[0] if charts else "release"), namespace, api_versions=api_versions)


def _settled(source: Opened, wish: _Wish, release: Release) -> Settled:
    """Take a source's manifests twice, so as to know what is generated."""
    from timonier.chart import DEFAULTS
    from timonier.diff.generated import settle
    from timonier.source import ChartSource
    from timonier.values import read_values

    values = {}
    release = replace(release, kube_version=wish.kube_version or "")
    if isinstance(source, ChartSource):
        values = read_values(wish.settings, source.chart.case(wish.case or DEFAULTS).values)
    return settle(source.manifests(values, release), source.manifests(values, release))
