"""Coverage for people at a terminal: a table of the files, and the places to look at."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from timonier.coverage.result import Standing, totals
from timonier.report.text import console

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.coverage.result import Coverage, Measured, Totals

_STYLES = {Standing.UNREACHED: "red", Standing.UNNOTICED: "yellow", Standing.WITHOUT_EFFECT: "dim"}


def print_coverage(coverage: Coverage) -> None:
    """Print the percentages of each file and of all, and every place that is not noticed, with its line."""
    _print(coverage, console())


def coverage_text(coverage: Coverage) -> str:
    """Write the same without colours, for a file."""
    out = Console(file=io.StringIO(), highlight=False, soft_wrap=True, width=120, no_color=True)
    with out.capture() as captured:
        _print(coverage, out)
    return captured.get()


def _print(coverage: Coverage, out: Console) -> None:
    out.print(Text(heading(coverage)))
    out.print(_table(coverage), soft_wrap=False)
    for name, measured in coverage.by_file().items():
        for each in measured:
            if each.standing is not Standing.NOTICED:
                style = _STYLES[each.standing]
                out.print(Text(f"{name}:{each.place.line}: ").append(explain(each), style=style))
    for sentence in remarks(coverage):
        out.print(Text(sentence))


def heading(coverage: Coverage) -> str:
    """Say what was looked at: `charts/shop: 3 cases and 12 tests`."""
    tests = "" if coverage.tests is None else f" and {_count(coverage.tests, 'test')} that render it"
    return f"{coverage.chart}: {_count(len(coverage.cases), 'case')}{tests}"


def explain(measured: Measured) -> str:
    """Say what a place is, and how it stands: `if .Values.tls: not true: not reached`."""
    match measured.standing:
        case Standing.UNREACHED:
            said = "not reached"
        case Standing.UNNOTICED:
            said = f"not noticed: {_alterations(measured)}"
        case Standing.WITHOUT_EFFECT:
            said = f"could not be altered with effect: {_alterations(measured)}"
        case _:
            said = "noticed"
    return f"{measured.place}: {said}"


def remarks(coverage: Coverage) -> Iterator[str]:
    """Say what the numbers do not: what was not altered at all, and which tests could not be asked."""
    if coverage.unaltered:
        yield f"{_count(len(coverage.unaltered), 'declaration')} of variables not altered (`-o json` lists them)."
    if coverage.deaf:
        listed = ", ".join(coverage.deaf)
        yield f"{_count(len(coverage.deaf), 'test')} could notice nothing, for keeping what was rendered: {listed}."


def _alterations(measured: Measured) -> str:
    """List the alterations that nobody noticed."""
    tried = [tried for tried in measured.tried if not tried.noticed_by]
    effective = [each.what for each in tried if each.has_effect]
    return "; ".join(effective or [each.what for each in tried])


def _table(coverage: Coverage) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("template", no_wrap=True)
    for name in "places", "reached", "noticed":
        table.add_column(name, justify="right", no_wrap=True)
    for name, measured in coverage.by_file().items():
        table.add_row(name, *_cells(totals(measured)))
    table.add_row("total", *_cells(coverage.totals), style="bold")
    return table


def _cells(counts: Totals) -> tuple[str, str, str]:
    return str(counts.places), f"{percent(counts.reached_percent)} %", f"{percent(counts.noticed_percent)} %"


def percent(value: float) -> str:
    """Write a percentage with one digit, rounded down: 100 is said of nothing less."""
    return f"{int(value * 10) / 10:.1f}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
