"""`timonier diff`: compare two sources."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timonier.cli import options
from timonier.diff.model import Renames

if TYPE_CHECKING:
    from timonier.diff.model import Difference
    from timonier.engine import Release
    from timonier.source import Source

_BEFORE = "Only for OLD"
_AFTER = "Only for NEW"
_RULES = "What counts"


class Format(StrEnum):
    """How `diff` reports."""

    TEXT = "text"
    JSON = "json"


def _option(side: str, name: str, panel: str, metavar: str) -> Any:  # noqa: ANN401 - as typer.Option
    return typer.Option(f"--{side}-{name}", metavar=metavar, help=f"As --{name}, for that side.", rich_help_panel=panel)


def _rule(name: str, text: str) -> Any:  # noqa: ANN401 - as typer.Option
    return typer.Option(f"--{name}", metavar="RULE", help=text, rich_help_panel=_RULES)


def _rules(name: str, text: str) -> Any:  # noqa: ANN401 - as typer.Option
    return typer.Option(f"--{name}-file", metavar="FILE", help=text, rich_help_panel=_RULES)


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
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", "-y", help="Old and new lines beside each other.")
    ] = False,
    ignore: Annotated[
        list[str] | None, _rule("ignore", "Pass over: KIND/NAME:PATH~PATTERN, or @PRESET; repeatable.")
    ] = None,
    ignore_file: Annotated[list[str] | None, _rules("ignore", "Rules of --ignore, one a line.")] = None,
    only: Annotated[list[str] | None, _rule("only", "Heed nothing else: as --ignore.")] = None,
    only_file: Annotated[list[str] | None, _rules("only", "Rules of --only, one a line.")] = None,
    renames: Annotated[
        Renames, typer.Option("--renames", help="Look for renamed objects: of the same kind, of any, or not at all.")
    ] = Renames.KIND,
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
    from timonier.diff.compare import Options, compare
    from timonier.diff.filters import Filter, read_rules
    from timonier.diff.redact import Redactor
    from timonier.diff.sides import Wish, check_heeded, side_of
    from timonier.source import open_source
    from timonier.values import Settings

    given = (tuple(option or ()) for option in (values, set_values, set_string, set_json, set_file))
    both = Wish(Settings(*given), case, kube_version)
    before = Wish(Settings(tuple(old_values or ()), tuple(old_set or ())), old_case, old_kube_version)
    after = Wish(Settings(tuple(new_values or ()), tuple(new_set or ())), new_case, new_kube_version)
    rules = Filter(read_rules(ignore or (), ignore_file or ()), read_rules(only or (), only_file or ()))
    one, other = (open_source(name, engine, plain_http=plain_http) for name in (old, new))
    check_heeded(one, other, both, before, after)
    release = _release(release_name, namespace, tuple(api_versions or ()), one, other)
    difference = compare(
        side_of(one, both + before, release),
        side_of(other, both + after, release),
        Options(None if show_secrets else Redactor(), context, namespace, renames, rules),
    )
    _print(difference, one, other, output, side_by_side=side_by_side)
    if difference.changes:
        raise typer.Exit(1)


def _release(name: str | None, namespace: str, api_versions: tuple[str, ...], *sources: Source) -> Release:
    """Return the release both sides are rendered as: a chart's own name when none is given."""
    from timonier.engine import Release
    from timonier.source import ChartSource

    charts = [source.chart.name for source in sources if isinstance(source, ChartSource)]
    return Release(name or (charts[0] if charts else "release"), namespace, api_versions=api_versions)


def _print(difference: Difference, one: Source, other: Source, output: Format, *, side_by_side: bool) -> None:
    from timonier.report import diff_json, diff_text

    if output is Format.JSON:
        typer.echo(diff_json.difference_json(difference, one.label, other.label))
        return
    width = diff_text.terminal_width() if side_by_side else 0
    colour = diff_text.wants_colour()
    told = diff_text.difference_text(difference, one.label, other.label, colour=colour, side_by_side=width)
    typer.echo(told, nl=False, color=True)
