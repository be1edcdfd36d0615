"""`timonier diff`: compare two sources."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import SOURCE, OneOf, argument, command, option
from timonier.diff.model import Renames

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.cli.command import Declared
    from timonier.diff.filters import Filter
    from timonier.diff.model import Difference
    from timonier.diff.redact import Redactor
    from timonier.diff.run import Compared
    from timonier.engine import Release
    from timonier.source import Source
    from timonier.stored import Stored
    from timonier.values import Settings

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


def _of_side(
    side: str, name: str, panel: str, metavar: str, *, multiple: bool = False
) -> Callable[[Declared], Declared]:
    return option(
        f"--{side}-{name}", metavar=metavar, multiple=multiple, help=f"As --{name}, for that side.", panel=panel
    )


def _rules(name: str, metavar: str, text: str) -> Callable[[Declared], Declared]:
    return option(f"--{name}", multiple=True, metavar=metavar, help=text, panel=_RULES)


@command()
@argument(
    "old", type=SOURCE, metavar="OLD", help=f"What there was: {options.SOURCE_HELP[0].lower()}{options.SOURCE_HELP[1:]}"
)
@argument("new", type=SOURCE, metavar="NEW", help="What there is to be.")
@options.chart_values
@option("--case", metavar="NAME", help="A case of the charts.")
@_of_side("old", "values", _BEFORE, "FILE", multiple=True)
@_of_side("old", "set", _BEFORE, "KEY=VALUE", multiple=True)
@_of_side("old", "case", _BEFORE, "NAME")
@_of_side("old", "kube-version", _BEFORE, "VERSION")
@_of_side("new", "values", _AFTER, "FILE", multiple=True)
@_of_side("new", "set", _AFTER, "KEY=VALUE", multiple=True)
@_of_side("new", "case", _AFTER, "NAME")
@_of_side("new", "kube-version", _AFTER, "VERSION")
@options.release_name
@options.namespace
@options.access
@option("--server", is_flag=True, help="Ask the API server what it would make of NEW.", panel=options.CLUSTER)
@option("--reuse-values", is_flag=True, help="Over the release's values, as in `helm upgrade`.", panel=options.CLUSTER)
@option(
    "--reset-values", is_flag=True, help="Without the release's values, though none are given.", panel=options.CLUSTER
)
@options.kube_version
@options.api_versions
@option("--output", "-o", type=OneOf(Format), default=Format.TEXT, help="How to report.")
@option("--context", "-U", type=click.IntRange(0), default=3, metavar="N", help="Unchanged lines around a change.")
@option("--side-by-side", "-y", is_flag=True, help="Old and new lines beside each other.")
@option("--no-pager", is_flag=True, help="Print to a terminal directly.")
@_rules("ignore", "RULE", "Pass over: KIND/NAME:PATH~PATTERN, or @PRESET; repeatable.")
@_rules("ignore-file", "FILE", "Rules of --ignore, one a line.")
@_rules("only", "RULE", "Heed nothing else: as --ignore.")
@_rules("only-file", "FILE", "Rules of --only, one a line.")
@option(
    "--renames",
    type=OneOf(Renames),
    default=Renames.KIND,
    help="Look for renamed objects: of the same kind, of any, or not at all.",
)
@option("--show-secrets", is_flag=True, help="Show what Secrets hold.")
@options.plain_http
@options.engine
def diff(
    old: str,
    new: str,
    *,
    settings: Settings,
    case: str | None,
    old_values: tuple[str, ...],
    old_set: tuple[str, ...],
    old_case: str | None,
    old_kube_version: str | None,
    new_values: tuple[str, ...],
    new_set: tuple[str, ...],
    new_case: str | None,
    new_kube_version: str | None,
    release_name: str,
    namespace: str,
    kube_context: str,
    kubeconfig: str,
    server: bool,
    reuse_values: bool,
    reset_values: bool,
    kube_version: str,
    api_versions: tuple[str, ...],
    output: Format,
    context: int,
    side_by_side: bool,
    no_pager: bool,
    ignore: tuple[str, ...],
    ignore_file: tuple[str, ...],
    only: tuple[str, ...],
    only_file: tuple[str, ...],
    renames: Renames,
    show_secrets: bool,
    plain_http: bool,
    engine: str,
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

    both = Wish(settings, case, kube_version)
    before = Wish(Settings(old_values, old_set), old_case, old_kube_version)
    after = Wish(Settings(new_values, new_set), new_case, new_kube_version)
    rules = Filter(read_rules(ignore, ignore_file), read_rules(only, only_file))
    access = Access(kubeconfig, kube_context, namespace)
    one, other = (open_source(name, engine, access=access, plain_http=plain_http) for name in (old, new))
    check_heeded(one, other, both, before, after)
    stored = stored_of(one, other)
    kept = kept_values(stored, given=bool(both + before + after), reuse=reuse_values, reset=reset_values)
    both = replace(both, kept=kept)
    release = _release(release_name, namespace, api_versions, stored, one, other)
    redactor = None if show_secrets else Redactor()
    question = Question(one, other, both + before, both + after, release, access, stored, server)
    compared = run(question, Options(redactor, context, release.namespace, renames, rules))
    if output is Format.PATCH:
        click.echo(_patch(one, compared, redactor, rules), nl=False)
    else:
        _print(compared.difference, one, other, output, side_by_side=side_by_side, paged=not no_pager)
    if compared.difference.changes:
        raise Exit(1)


def _release(
    name: str, namespace: str, api_versions: tuple[str, ...], stored: Stored | None, *sources: Source
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
        click.echo(_writer(output)(difference, one.label, other.label))
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
