"""Compare engines on any charts: do they give the same manifests, byte for byte, in every case of every chart?

What a chart makes up anew at every rendering (passwords, certificates, dates) is not compared.

Usage: python benchmarks/engines.py CHART... [--engine NAME]...

An engine is named as `timonier render --engine` has it; embedded and the helm program when none is named.
"""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.chart import load_chart
from timonier.cluster.programs import find
from timonier.engine import Release
from timonier.engine.choose import choose_engine
from timonier.errors import TimonierError
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.chart import Case, Chart
    from timonier.engine import Engine

RELEASE = Release("some-release", "some-namespace")
GENERATED = "<generated>\n"
SHOWN = 12
SECOND = 1.1
"""Dates are written in seconds: two renderings further apart than one have another date."""


def lines(chart: Chart, case: Case, engine: Engine) -> list[str]:
    """Return what an engine makes of a case, or how it refuses, as lines."""
    try:
        manifests = render(chart, case.values, RELEASE, engine)
    except TimonierError as problem:
        return [f"{type(problem).__name__}: {problem}\n"]
    return [
        line
        for manifest in manifests
        for line in (f"# {manifest.source} {' '.join(manifest.hooks)}\n", *manifest.text.splitlines(keepends=True))
    ]


def settled(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Return a rendering with what differs in the next one taken out, each run of lines as one."""
    kept: list[str] = []
    for what, start, end, _, _ in difflib.SequenceMatcher(a=first, b=second, autojunk=False).get_opcodes():
        kept += first[start:end] if what == "equal" else [GENERATED]
    return kept


def compare(chart: Chart, case: Case, engines: Sequence[Engine]) -> tuple[str, list[str]]:
    """Return what became of a case: `alike`, `refused alike` or `different`, and the lines that tell."""
    renderings = [lines(chart, case, engine) for engine in engines]
    if any(one != renderings[0] for one in renderings):
        time.sleep(SECOND)
        renderings = [settled(one, lines(chart, case, engine)) for one, engine in zip(renderings, engines, strict=True)]
    first = renderings[0]
    for engine, other in zip(engines, renderings, strict=True):
        if other != first:
            return "different", list(difflib.unified_diff(first, other, engines[0].name, engine.name, n=0))
    return ("refused alike", first) if "Error: " in "".join(first[:1]) else ("alike", [])


def main() -> int:
    """Compare, print what differs, and count; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", nargs="+", type=Path, metavar="CHART")
    parser.add_argument("--engine", action="append", dest="engines", metavar="NAME")
    arguments = parser.parse_args()
    engines = [choose_engine(name) for name in arguments.engines or ("embedded", str(find("helm").path))]
    print(f"comparing {' with '.join(engine.name for engine in engines)}")
    counts: Counter[str] = Counter()
    for path in arguments.charts:
        try:
            chart = load_chart(path)
        except TimonierError as problem:
            print(f"{path}: not read: {problem}")
            counts["not read"] += 1
            continue
        for case in chart.cases:
            what, shown = compare(chart, case, engines)
            counts[what] += 1
            if what != "alike":
                print(f"{path}, {case.name}: {what}", *(f"    {line.rstrip()}" for line in shown[:SHOWN]), sep="\n")
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if counts["different"] else 0


if __name__ == "__main__":
    sys.exit(main())
