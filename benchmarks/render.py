"""Rendering, engine beside engine: what one rendering of a chart's defaults takes, in milliseconds.

Usage: python benchmarks/render.py CHART... [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.chart import load_chart
from timonier.cluster.programs import find
from timonier.engine.choose import choose_engine
from timonier.render import render_case

if TYPE_CHECKING:
    from timonier.chart import Chart
    from timonier.engine import Engine


def median_milliseconds(chart: Chart, engine: Engine, rounds: int) -> float:
    """Return the median time of a rendering, the first one left out: it loads what is loaded once."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        render_case(chart, chart.cases[0], engine)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:]) * 1000


def main() -> None:
    """Measure every chart with every engine, one beside the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("charts", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    engines = [choose_engine("embedded"), choose_engine(str(find("helm").path))]
    for path in arguments.charts:
        chart = load_chart(path)
        for engine in engines:
            print(f"{chart.name}: {median_milliseconds(chart, engine, arguments.rounds):.1f} ms with {engine.name}")


if __name__ == "__main__":
    main()
