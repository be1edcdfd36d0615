"""Coverage as one HTML page: the templates' source, coloured by line. It loads nothing from anywhere."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from timonier.coverage.result import Standing, totals
from timonier.report.coverage_text import explain, heading, percent, remarks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.coverage.result import Coverage, Measured, Totals

# The worst standing of a line's places gives the line its colour.
_ORDER = (Standing.UNREACHED, Standing.UNNOTICED, Standing.WITHOUT_EFFECT, Standing.NOTICED)
_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 110em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; }
td, th { padding: .1em 1em .1em 0; text-align: right; }
td:first-child, th:first-child { text-align: left; }
pre { line-height: 1.45; overflow-x: auto; }
.line { display: block; padding-left: .5em; border-left: .4em solid transparent; }
.number { display: inline-block; width: 3.5em; opacity: .55; user-select: none; }
.noticed { border-color: #2e7d32; background: #2e7d3218; }
.unnoticed { border-color: #f9a825; background: #f9a82533; }
.unreached { border-color: #c62828; background: #c6282833; }
.without-effect { border-color: #78909c; background: #78909c22; }
.why { display: block; padding-left: 4em; font: italic .9em system-ui, sans-serif; white-space: normal; }
"""


def coverage_html(coverage: Coverage) -> str:
    """Write the page."""
    title = html.escape(f"Coverage of {coverage.chart}")
    files = coverage.by_file()
    sections = [_section(name, files.get(name, []), text) for name, text in coverage.sources.items()]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>',
            f"<h1>{title}</h1><p>{html.escape(heading(coverage))}</p>",
            _legend(),
            _table(coverage),
            *(f"<p>{html.escape(sentence)}</p>" for sentence in remarks(coverage)),
            *sections,
            "</body></html>",
            "",
        ]
    )


def _legend() -> str:
    words = {
        Standing.NOTICED: "an alteration is noticed",
        Standing.UNNOTICED: "reached, but an alteration is not noticed",
        Standing.UNREACHED: "not reached",
        Standing.WITHOUT_EFFECT: "reached, but could not be altered with effect",
    }
    return "".join(f'<span class="line {_class(standing)}">{said}</span>' for standing, said in words.items())


def _table(coverage: Coverage) -> str:
    rows = [
        _row(f'<a href="#{html.escape(name)}">{html.escape(name)}</a>', totals(measured))
        for name, measured in coverage.by_file().items()
    ]
    head = "<tr><th>template</th><th>places</th><th>reached</th><th>noticed</th></tr>"
    return f"<table>{head}{''.join(rows)}{_row('total', coverage.totals)}</table>"


def _row(name: str, counts: Totals) -> str:
    cells = f"{percent(counts.reached_percent)} %</td><td>{percent(counts.noticed_percent)} %"
    return f"<tr><td>{name}</td><td>{counts.places}</td><td>{cells}</td></tr>"


def _section(name: str, measured: Sequence[Measured], text: str) -> str:
    lines = "".join(_lines(measured, text))
    return f'<h2 id="{html.escape(name)}">{html.escape(name)}</h2><pre>{lines}</pre>'


def _lines(measured: Sequence[Measured], text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        here = [each for each in measured if each.place.line == number]
        colour = next((_class(worst) for worst in _ORDER if worst in {each.standing for each in here}), "")
        yield f'<span class="line {colour}"><span class="number">{number}</span>{html.escape(line)}'
        for each in here:
            if each.standing is not Standing.NOTICED:
                yield f'<span class="why">{html.escape(explain(each))}</span>'
        yield "</span>"


def _class(standing: Standing) -> str:
    return standing.value.replace(" ", "-")
