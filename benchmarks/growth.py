"""A plot of how time and memory grow with the number of objects, as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

WIDTH, HEIGHT = 400, 260
LEFT, RIGHT, TOP, BOTTOM = 56, 28, 34, 58
COLOURS = ("#0b62c4", "#c4480b")
STYLE = (
    "text{font:12px sans-serif;fill:#444}.title{font-size:13px;font-weight:bold}.axis{stroke:#888}.grid{stroke:#ddd}"
)


class Growth(NamedTuple):
    """What so many objects took: seconds, and MiB at the most."""

    objects: int
    seconds: float
    memory: float


@dataclass(frozen=True)
class Series:
    """One line of the plot."""

    name: str
    points: Sequence[Growth]


class Axis(NamedTuple):
    """A logarithmic axis: whole powers of ten, and the pixels they are put between."""

    low: int
    high: int
    start: float
    end: float

    def place(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield each power of ten with its label."""
        for power in range(self.low, self.high + 1):
            yield self.place(10.0**power), f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def axis(values: Sequence[float], start: float, end: float) -> Axis:
    """Make an axis that reaches over all values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return Axis(low, max(high, low + 1), start, end)


def write_plot(path: Path, series: Sequence[Series]) -> None:
    """Draw time and memory side by side."""
    panels = [
        *panel(series, "seconds", lambda point: point.seconds, 0),
        *panel(series, "MiB at the most", lambda point: point.memory, WIDTH),
    ]
    size = f'width="{2 * WIDTH}" height="{HEIGHT}" viewBox="0 0 {2 * WIDTH} {HEIGHT}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        "<title>Time and memory from 10 to 10,000 objects</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{2 * WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *panels,
        "</svg>",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def panel(series: Sequence[Series], title: str, measured: Callable[[Growth], float], left: float) -> Iterator[str]:
    """Draw one panel: its axes, and a line for each series."""
    points = [point for one in series for point in one.points]
    across = axis([point.objects for point in points], left + LEFT, left + WIDTH - RIGHT)
    up = axis([measured(point) for point in points], HEIGHT - BOTTOM, TOP)
    yield f'<text class="title" x="{left + LEFT}" y="20">{title}</text>'
    yield from _grid(across, up)
    for index, (one, colour) in enumerate(zip(series, COLOURS, strict=False)):
        places = [f"{across.place(point.objects):.1f},{up.place(measured(point)):.1f}" for point in one.points]
        yield f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(places)}"/>'
        for place in places:
            x, _, y = place.partition(",")
            yield f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>'
        at, below = left + LEFT + index * 130, HEIGHT - 10
        yield f'<rect x="{at}" y="{below - 9}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{at + 14}" y="{below}">{escape(one.name)}</text>'


def _grid(across: Axis, up: Axis) -> Iterator[str]:
    for x, label in across.ticks():
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{up.start}" y2="{up.end}"/>'
        yield f'<text x="{x:.1f}" y="{up.start + 16}" text-anchor="middle">{label}</text>'
    for y, label in up.ticks():
        yield f'<line class="grid" x1="{across.start}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{across.start - 6}" y="{y + 4:.1f}" text-anchor="end">{label}</text>'
    yield f'<text x="{across.end}" y="{up.start + 30}" text-anchor="end">objects</text>'
