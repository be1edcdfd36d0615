"""`timonier diff`: compare two sources."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from timonier.cli import options
from timonier.diff.model import Renames

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.diff.filters import Filter
    from timonier.diff.model import Difference
    from timonier.diff.redact import Redactor
    from timonier.diff.run import Compared
    from timonier.engine import Release
    from timonier.source import Source
    from timonier.stored import Stored

_BEFORE = "Only for OLD"
_AFTER = "Only for NEW"
_RULES = "What counts"


class Format(StrEnum):
    """How `diff` reports."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    PATCH = "patch"


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
    namespace: options.Namespace = None,
    kube_context: options.KubeContext = "",
    kubeconfig: options.Kubeconfig = "",
    server: Annotated[
        bool,
        typer.Option("--server", help="Ask the API server what it would make of NEW.", rich_help_panel=options.CLUSTER),
    ] = False,
    reuse_values: Annotated[
        bool,
        typer.Option(
            "--reuse-values", help="Over the release's values, as in `helm upgrade`.", rich_help_panel=options.CLUSTER
        ),
    ] = False,
    reset_values: Annotated[
        bool,
        typer.Option(
            "--reset-values",
            help="Without the release's values, though none are given.",
            rich_help_panel=options.CLUSTER,
        ),
    ] = False,
    kube_version: options.KubeVersion = None,
    api_versions: options.ApiVersions = None,
    output: Annotated[Format, typer.Option("--output", "-o", help="How to report.")] = Format.TEXT,
    context: Annotated[int, typer.Option("--context", "-U", min=0, help="Unchanged lines around a change.")] = 3,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", "-y", help="Old and new lines beside each other.")
    ] = False,
    no_pager: Annotated[bool, typer.Option("--no-pager", help="Print to a terminal directly.")] = False,
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
    - `timonier diff release:shop charts/shop -f prod.yaml`
    - `timonier diff release:shop@6 release:shop@7`
    - `timonier diff release:shop live:shop`
    - `timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3`
    - `timonier diff eni-todo-0.1.0.tgz charts/eni-todo -f prod.yaml`
    - `timonier diff git:main:charts/eni-todo charts/eni-todo`
    - `timonier diff charts/eni-todo charts/eni-todo --old-kube-version 1.30.0 --new-kube-version 1.36.0`
    - `timonier diff before.yaml after.yaml -o json`
    """
    from timonier.diff.compare import Options
    from timonier.diff.filters import Filter, read_rules
    from timonier.diff.redact import Redactor
    from timonier.diff.run import Question, run
    from timonier.diff.sides import Wish, check_heeded
    from timonier.diff.upgrade import kept_values, stored_of
    from timonier.kube import Access
    from timonier.source import open_source
    from timonier.values import Settings

    given = (tuple(option or ()) for option in (values, set_values, set_string, set_json, set_file))
    both = Wish(Settings(*given), case, kube_version)
    before = Wish(Settings(tuple(old_values or ()), tuple(old_set or ())), old_case, old_kube_version)
    after = Wish(Settings(tuple(new_values or ()), tuple(new_set or ())), new_case, new_kube_version)
    rules = Filter(read_rules(ignore or (), ignore_file or ()), read_rules(only or (), only_file or ()))
    access = Access(kubeconfig, kube_context, namespace or "")
    one, other = (open_source(name, engine, access=access, plain_http=plain_http) for name in (old, new))
    check_heeded(one, other, both, before, after)
    stored = stored_of(one, other)
    kept = kept_values(stored, given=bool(both + before + after), reuse=reuse_values, reset=reset_values)
    both = replace(both, kept=kept)
    release = _release(release_name, namespace, tuple(api_versions or ()), stored, one, other)
    redactor = None if show_secrets else Redactor()
    question = Question(one, other, both + before, both + after, release, access, stored, server)
    compared = run(question, Options(redactor, context, release.namespace, renames, rules))
    if output is Format.PATCH:
        typer.echo(_patch(one, compared, redactor, rules), nl=False)
    else:
        _print(compared.difference, one, other, output, side_by_side=side_by_side, paged=not no_pager)
    if compared.difference.changes:
        raise typer.Exit(1)


def _release(
    name: str | None, namespace: str | None, api_versions: tuple[str, ...], stored: Stored | None, *sources: Source
) -> Release:
    """Return the release both sides are rendered as: the one that is there, else one of the chart's own name."""
    from timonier.engine import Release
    from timonier.source import ChartSource

    if stored:
        return Release(name or stored.name, stored.namespace, is_upgrade=True, api_versions=api_versions)
    namespace = options.namespace_of_chart(namespace)
    charts = [source.chart.name for source in sources if isinstance(source, ChartSource)]
    return Release(name or (charts[0] if charts else "release"), namespace, api_versions=api_versions)


def _patch(old: Source, compared: Compared, redactor: Redactor | None, rules: Filter) -> str:
    """Write a patch, which cannot have a fingerprint in a secret's place."""
    from timonier.diff.patch import patch
    from timonier.errors import SourceError

    written = patch(old, compared.before.drafts, compared.after.drafts, rules)
    if redactor and (redactor.text(written) != written or redactor.is_shown(written)):
        raise SourceError("The patch would show what a Secret holds.", hint="Say --show-secrets, or leave it out.")
    return written


def _print(
    difference: Difference, one: Source, other: Source, output: Format, *, side_by_side: bool, paged: bool
) -> None:
    from timonier.cli import pager
    from timonier.report import diff_text

    if output is not Format.TEXT:
        typer.echo(_writer(output)(difference, one.label, other.label))
        return
    width = diff_text.terminal_width() if side_by_side else 0
    colour = diff_text.wants_colour()
    told = diff_text.difference_text(difference, one.label, other.label, colour=colour, side_by_side=width)
    pager.show(told, paged=paged)


def _writer(output: Format) -> Callable[[Difference, str, str], str]:
    """Return what writes a report for programs; nobody waits for the others to be imported."""
    if output is Format.JSON:
        from timonier.report.diff_json import difference_json as write
    elif output is Format.MARKDOWN:
        from timonier.report.diff_markdown import difference_markdown as write
    else:
        from timonier.report.diff_html import difference_html as write
    return write
