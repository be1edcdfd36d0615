"""Run the comparisons side by side, print their ratios, and with --write put them into benchmarks/README.md.

Usage: python -m benchmarks.run [--write] [--rounds N] [NAME...]

A name is that of a module beside this one: cold, validate, unit_tests, many_objects, diff, publish.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import Row, machine, put

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = ("cold", "validate", "unit_tests", "many_objects", "diff", "publish")


def measured(names: Sequence[str], rounds: int) -> list[Row]:
    """Run benchmarks; one whose peer cannot be had is left out, with the reason."""
    rows: list[Row] = []
    for name in names:
        print(f"{name}:", file=sys.stderr)
        try:
            rows += importlib.import_module(f"benchmarks.{name}").rows(rounds)
        except ClusterError as problem:
            rows.append(Row(name, 0, "-", None, 1, str(problem)))
    return rows


def table(rows: Sequence[Row]) -> str:
    """Write results as a table in Markdown."""
    lines = [
        "| what | timonier | the peer | compared with | timonier is | goal | met |",
        "|---|---:|---:|---|---|---|---|",
    ]
    for row in rows:
        theirs = row.amount(row.theirs) if row.theirs is not None else "-"
        cells = (row.what, row.amount(row.ours), theirs, row.peer, row.ratio, row.goal_text, row.met)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    on = machine()
    rows = measured(arguments.names or NAMES, arguments.rounds)
    today = dt.datetime.now(tz=dt.UTC).date()
    rounds = f"medians of {arguments.rounds} rounds (cold ones: five times as many)"
    told = f"{on}; {today:%Y-%m-%d}; {rounds}.\n\n{table(rows)}"
    print(told)
    if arguments.write:
        put("measured", told)


if __name__ == "__main__":
    main()
