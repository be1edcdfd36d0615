"""`timonier coverage`: what of a chart's templates no case reaches, and no test would notice if it were altered."""

from __future__ import annotations

import contextlib
import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, OneOf, argument, command, option
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from timonier.coverage.measure import Progress
    from timonier.coverage.result import Coverage


class Format(StrEnum):
    """What `coverage` writes."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


@command()
@argument("chart", type=SOURCE, metavar="CHART", help="A chart's directory or archive.")
@option("--tests", multiple=True, metavar="PATH", help="Tests that may notice, as pytest takes them; repeatable.")
@option("--subcharts", is_flag=True, help="The templates of subcharts, too.")
@option(
    "--fail-under-reached",
    type=click.FloatRange(0, 100),
    default=0,
    metavar="N",
    help="Exit with 1 when fewer percent are reached.",
)
@option(
    "--fail-under-noticed",
    type=click.FloatRange(0, 100),
    default=0,
    metavar="N",
    help="Exit with 1 when fewer percent are noticed.",
)
@option("--output", "-o", type=OneOf(Format), default=Format.TEXT, help="What to write.")
@option("--output-file", type=PATH, metavar="FILE", help="Where to write it, not on standard output.")
@options.engine
def coverage(
    chart: str,
    *,
    tests: tuple[str, ...],
    subcharts: bool,
    fail_under_reached: float,
    fail_under_noticed: float,
    output: Format,
    output_file: Path | None,
    engine: str,
) -> None:
    """Tell which branches, loops, defaults and outputs of a chart's templates no case reaches and no test notices.

    Each of them is altered in memory, and rendered. Without `--tests` a place counts as noticed when the rendering of
    any case says something else then; with them, when a test fails.

    Examples:
    - `timonier coverage charts/mariadb`
    - `timonier coverage charts/mariadb --tests tests/unit/charts --fail-under-reached 95 --fail-under-noticed 90`
    - `timonier coverage charts/mariadb -o html --output-file coverage.html`
    """
    with _progress() as progress:
        found = _measure(chart, tests, engine, progress, subcharts=subcharts)
    _write(found, output, output_file)
    counts = found.totals
    too_low = [
        f"{what}: {percent:.1f} % is less than the {least:g} % asked for"
        for what, percent, least in (
            ("reached", counts.reached_percent, fail_under_reached),
            ("noticed", counts.noticed_percent, fail_under_noticed),
        )
        if percent < least
    ]
    for sentence in too_low:
        click.echo(sentence, err=True)
    if too_low:
        raise Exit(1)


def _measure(name: str, tests: tuple[str, ...], engine: str, progress: Progress, *, subcharts: bool) -> Coverage:
    # Tens of thousands of renderings: when its garbage is collected this seldom, Go takes a third less time for them.
    os.environ.setdefault("GOGC", "400")
    if tests:
        from timonier.coverage.shares import measure_in_shares

        return measure_in_shares(name, engine, tests, progress, subcharts=subcharts)
    from timonier.coverage.measure import measure_cases
    from timonier.coverage.templates import open_templates

    source, templates = open_templates(name, engine, subcharts=subcharts)
    return measure_cases(source.chart, templates, source.engine, progress)


def _write(found: Coverage, output: Format, file: Path | None) -> None:
    from timonier.report import coverage_html, coverage_json, coverage_text

    if output is Format.TEXT and not file:
        coverage_text.print_coverage(found)
        return
    match output:
        case Format.TEXT:
            written = coverage_text.coverage_text(found)
        case Format.JSON:
            written = coverage_json.coverage_json(found) + "\n"
        case _:
            written = coverage_html.coverage_html(found)
    if not file:
        click.echo(written, nl=False)
        return
    try:
        file.write_text(written, encoding="utf-8")
    except OSError as problem:
        raise SourceError(f"{file} cannot be written: {problem.strerror}.") from None


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """Show a bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rendering cases", total=None)
        yield lambda what, done, all_: bar.update(task, description=what, completed=done, total=all_)
