"""`timonier check`: what is wrong with charts and manifests, known before any cluster sees them."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, OneOf, argument, command, option
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from timonier.check.catalogue import Selection
    from timonier.check.renderings import Matrix
    from timonier.check.run import Result
    from timonier.kube import Access
    from timonier.settings import CheckSettings
    from timonier.values import Settings as Values

_RULES = "Rules"
_SCHEMAS = "Schemas"
_FOUND = 1


class Format(StrEnum):
    """What `check` writes."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


@command()
@argument("sources", nargs=-1, type=SOURCE, metavar="[SOURCE...]", help=options.SOURCE_HELP)
@options.chart_values
@option("--case", multiple=True, metavar="NAME", help="Only this case; repeatable. Else all of them.")
@option(
    "--kube-version",
    multiple=True,
    metavar="VERSION",
    help="1.34, or a range: 1.30-1.36; repeatable. Else what the settings say, or the newest known.",
    panel=_SCHEMAS,
)
@option("--crds", multiple=True, type=PATH, metavar="PATH", help="A file or folder with CRDs.", panel=_SCHEMAS)
@option("--crds-from-cluster", is_flag=True, help="Ask kubectl for CRDs.", panel=_SCHEMAS)
@option(
    "--ignore-missing-schemas",
    is_flag=True,
    help="Say nothing of custom resources without a definition.",
    panel=_SCHEMAS,
)
@option("--rule", multiple=True, metavar="NAME=LEVEL", help="error, warning, info or off; repeatable.", panel=_RULES)
@option("--only", multiple=True, metavar="NAME", help="Ask only this rule; repeatable.", panel=_RULES)
@option("--explain", metavar="NAME", help="Explain a rule.", panel=_RULES)
@option("--list-rules", is_flag=True, help="List all rules.", panel=_RULES)
@option("--strict", is_flag=True, help="Warnings count as errors.")
@option("--output", "-o", type=OneOf(Format), default=Format.TEXT, help="What to write.")
@options.release_name
@options.namespace
@options.access
@options.engine
def check(
    sources: tuple[str, ...],
    *,
    settings: Values,
    case: tuple[str, ...],
    kube_version: tuple[str, ...],
    crds: tuple[Path, ...],
    crds_from_cluster: bool,
    ignore_missing_schemas: bool,
    rule: tuple[str, ...],
    only: tuple[str, ...],
    explain: str | None,
    list_rules: bool,
    strict: bool,
    output: Format,
    release_name: str,
    namespace: str,
    kube_context: str,
    kubeconfig: str,
    engine: str,
) -> None:
    """Say what is wrong with charts and manifests: every case, every Kubernetes version, every rule.

    Rules are switched by `check: rules:` in `.timonier.yaml` or `[tool.timonier.check.rules]` in `pyproject.toml`.

    Examples:
    - `timonier check charts/eni-todo`
    - `timonier check charts/* --kube-version 1.30-1.36 -o junit`
    - `timonier check charts/eni-todo -f prod.yaml --case replicated --rule missing-requests=off`
    - `timonier check manifests.yaml --crds crds/`
    - `timonier check live:eni-todo --crds-from-cluster`
    - `timonier check --explain schema`

    Exit codes: 0 nothing that counts was found, 1 errors were (with --strict also warnings), 2 could not be checked.
    """
    from timonier.kube import Access

    if list_rules or explain:
        _tell(explain, output)
        return
    if not sources:
        raise TimonierError("There is no source to check.", hint="Name a chart, a manifest file, or -.")
    request = Request(
        settings,
        case,
        kube_version,
        crds,
        crds_from_cluster,
        (*rule, *(["missing-definition=off"] if ignore_missing_schemas else [])),
        only,
        release_name,
        options.namespace_of_chart(namespace),
        engine,
        Access(kubeconfig, kube_context, namespace),
    )
    result = find(sources, request)
    _print(result, output, strict=strict)
    from timonier.check.model import Severity

    if result.count(Severity.ERROR) or (strict and result.count(Severity.WARNING)):
        raise Exit(_FOUND)


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for, the same for every source.

    Attributes:
        values: What is set on top of each case; None for nothing.
        cases: Names of cases; empty for all.
        kube_versions: Versions and ranges of Kubernetes; empty for what the settings say.
        crds: Files and folders with CRDs.
        crds_from_cluster: Whether to ask kubectl for CRDs.
        rules: `NAME=LEVEL`, over the settings.
        only: The only rules to ask; empty for all.
        release_name: The release's name; empty for the chart's.
        namespace: Where it would be installed.
        engine: What renders; see `timonier.engine.choose.choose_engine`.
        access: The way to the cluster; that of `helm` and `kubectl` when left out.
    """

    values: Values | None = None
    cases: tuple[str, ...] = ()
    kube_versions: tuple[str, ...] = ()
    crds: tuple[Path, ...] = ()
    crds_from_cluster: bool = False
    rules: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    release_name: str = ""
    namespace: str = "default"
    engine: str = "auto"
    access: Access | None = None


def find(sources: Sequence[str], request: Request) -> Result:
    """Check sources as the command line and the project's settings say.

    Raises:
        TimonierError: A source cannot be read, or something that was asked for is not there.
    """
    from timonier import settings
    from timonier.check import run
    from timonier.check.catalogue import rule_of, select
    from timonier.source import open_source

    said = settings.load().check
    selection: Selection = select(said.rules, request.rules, request.only, origin=said.origin)
    for ignore in said.ignore:
        rule_of(ignore.rule, origin=f"{said.origin}: check: ignore")
    with _progress() as progress:
        matrix = _matrix(request, said, progress)
        opened = [open_source(name, request.engine, access=request.access) for name in sources]
        return run.check(opened, matrix, selection, said.ignore)


def _matrix(request: Request, said: CheckSettings, progress: Callable[[], None]) -> Matrix:
    from timonier.check.renderings import Matrix
    from timonier.check.schema.crds import crds_of_cluster, crds_of_paths
    from timonier.check.schema.kubeschemas import read_versions
    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.values import Settings as Values

    values = request.values or Values()
    known = crds_of_paths((*said.crds, *request.crds))
    if request.crds_from_cluster:
        known += crds_of_cluster(request.access or Access())
    versions = read_versions(request.kube_versions or said.kube_versions)
    release = Release(request.release_name, request.namespace)
    named = bool(request.kube_versions)
    return Matrix(values, request.cases, versions, release, tuple(known), progress, versions_named=named)


def _tell(name: str | None, output: Format) -> None:
    """Print one rule, or all of them."""
    from timonier.check.catalogue import all_rules, rule_of
    from timonier.report import findings_text, json

    rules = [rule_of(name, origin="--explain")] if name else list(all_rules().values())
    if output is Format.JSON:
        click.echo(json.rules_json(rules))
    elif output is not Format.TEXT:
        raise TimonierError(f"Rules are not written as {output}.", hint="Say -o text or -o json.")
    elif name:
        findings_text.print_rule(rules[0])
    else:
        findings_text.print_rules(rules)


def _print(result: Result, output: Format, *, strict: bool) -> None:
    from timonier.check.model import Severity
    from timonier.report import findings_text, github, json, junit, sarif

    match output:
        case Format.JSON:
            click.echo(json.findings_json(result))
        case Format.JUNIT:
            failing = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
            click.echo(junit.findings_junit(result, failing=failing))
        case Format.SARIF:
            click.echo(sarif.findings_sarif(result))
        case Format.GITHUB:
            if result.findings:
                click.echo(github.findings_github(result))
        case Format.TEXT:
            findings_text.print_findings(result)


@dataclass
class _Counter:
    """Counts renderings."""

    done: int = 0

    def __call__(self) -> None:
        self.done += 1


@contextmanager
def _progress() -> Iterator[Callable[[], None]]:
    """Show on standard error how many renderings are done, on a terminal, from the first second on."""
    counter = _Counter()
    if not sys.stderr.isatty():
        yield counter
        return
    import threading

    from rich.console import Console

    finished = threading.Event()

    def show() -> None:
        if finished.wait(1):
            return
        with Console(stderr=True).status("") as status:
            while not finished.wait(0.1):
                status.update(f"checking, {counter.done} renderings so far")

    shown = threading.Thread(target=show, daemon=True)
    shown.start()
    try:
        yield counter
    finally:
        finished.set()
        shown.join()
