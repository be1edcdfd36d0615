"""What a command costs that does next to nothing: what is paid each time, before the first object."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import peers
from benchmarks.measure import TIMONIER, Row, run, scratch, starter_chart, take_turns

NOTHING = "`python -c pass`"
TEMPLATE = "`helm template`"


def rows(rounds: int) -> list[Row]:
    """Measure, five times as often as asked for: these are short."""
    with scratch() as folder:
        chart = starter_chart(Path(folder))
        times = take_turns(
            {
                "version": lambda: run([*TIMONIER, "--version"]),
                NOTHING: lambda: run([sys.executable, "-c", "pass"]),
                "render": lambda: run([*TIMONIER, "render", chart]),
                TEMPLATE: lambda: run([peers.helm(), "template", "starter", chart]),
            },
            rounds * 5,
        )
    return [
        Row("`timonier --version`, cold", times["version"], NOTHING, times[NOTHING], 5),
        Row("`timonier render` of helm create's chart, cold", times["render"], TEMPLATE, times[TEMPLATE], 8),
    ]
