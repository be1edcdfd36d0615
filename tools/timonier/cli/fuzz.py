"""`timonier fuzz`: find values that a chart neither refuses nor renders."""

from __future__ import annotations

import re
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, OneOf, argument, command, option
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from timonier.fuzz.search import Result
    from timonier.values import Settings

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>s|m|h)?")
_UNITS = {None: 1, "s": 1, "m": 60, "h": 3600}


class Format(StrEnum):
    """What `fuzz` writes."""

    TEXT = "text"
    JSON = "json"


def _seconds(text: str) -> float:
    """Read a duration: `90`, `90s`, `1.5m`, `1h`."""
    match = _DURATION.fullmatch(text.strip())
    if not match:
        raise TimonierError(f"{text!r} is no duration.", hint="Say 90, 90s, 5m or 1h.")
    return float(match["number"]) * _UNITS[match["unit"]]


@command()
@argument("chart", type=PATH, metavar="CHART", help="A chart's directory or archive.")
@option("--examples", type=click.IntRange(1), default=500, metavar="N", help="How many values to try at most.")
@option("--time", default="60s", metavar="TIME", help="For how long at most: 90s, 5m, 1h.")
@option("--timeout", default="5s", metavar="TIME", help="How long one rendering may take before it counts as hung.")
@option("--seed", type=int, metavar="N", help="The same one draws the same values; any when left out.")
@option("--save", type=PATH, metavar="DIR", help="Save what is found in DIR; what is there is tried first.")
@option("--kube-version", default="", metavar="VERSION", help="Check objects against it; the newest when left out.")
@options.chart_values
@option("--output", "-o", type=OneOf(Format), default=Format.TEXT, help="What to write.")
@options.engine
def fuzz(
    chart: Path,
    *,
    examples: int,
    time: str,
    timeout: str,
    seed: int | None,
    save: Path | None,
    kube_version: str,
    settings: Settings,
    output: Format,
    engine: str,
) -> None:
    """Find values that a chart neither refuses nor renders to valid objects.

    Values are drawn from values.schema.json and from the defaults: a case of the chart, with a few keys set to what
    their schema allows, and to what it does not. Each must be refused with the path of a key, or render to objects
    that the API server would take. What does neither (a nil pointer, text that breaks YAML, an invalid object, a
    rendering that never ends) is made small and shown.

    Examples:
    - `timonier fuzz charts/eni-todo`
    - `timonier fuzz charts/eni-todo --examples 5000 --time 10m --seed 1`
    - `timonier fuzz charts/eni-todo --save charts/eni-todo/ci`

    Exit codes: 0 nothing found, 1 a defect, 2 could not do what was asked.
    """
    from timonier.check.model import Severity
    from timonier.fuzz import report
    from timonier.fuzz.keep import keep, kept_values
    from timonier.fuzz.run import Request, any_seed, fuzz_chart
    from timonier.fuzz.search import Budget
    from timonier.report.text import console

    extra = kept_values(save) if save else ()
    request = Request(chart, settings, extra, engine, kube_version, _seconds(timeout))
    budget = Budget(examples, _seconds(time), any_seed() if seed is None else seed)
    with _progress(budget.examples) as tell:
        result = fuzz_chart(request, budget, tell)
    files = keep(save, result.found) if save else []
    if output is Format.JSON:
        click.echo(report.result_json(str(chart), result, files))
    else:
        report.print_result(console(), str(chart), result, files)
    if report.count(result, Severity.ERROR):
        raise Exit(1)


@contextmanager
def _progress(examples: int) -> Iterator[Callable[[Result], None]]:
    """Show on a terminal how far the search has come."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from timonier.fuzz.report import counts

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=examples)
        yield lambda result: bar.update(task, completed=result.examples, description=counts(result))
