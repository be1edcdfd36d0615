"""Rendering: a chart and values give manifests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timonier.engine import Release
from timonier.errors import RenderError
from timonier.manifest import Manifest, in_install_order, read_manifest
from timonier.values import merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.chart import Case, Chart
    from timonier.engine import Engine


@dataclass(frozen=True, slots=True)
class Rendering:
    """What one case of a chart renders to.

    Attributes:
        chart: The chart.
        case: Which of its cases.
        manifests: In Helm's order.
        seconds: How long rendering and reading took.
    """

    chart: Chart
    case: Case
    manifests: tuple[Manifest, ...]
    seconds: float


def default_release(chart: Chart) -> Release:
    """Return the release a chart is rendered as when nothing else is said: its own name, namespace `default`."""
    return Release(chart.name)


def render(chart: Chart, values: Mapping[str, Any], release: Release, engine: Engine) -> list[Manifest]:
    """Render a chart.

    Args:
        chart: What to render.
        values: What is set, over the chart's own values.
        release: What the chart may ask about its release.
        engine: What renders.

    Returns:
        The manifests in the order of `helm template`: by kind, hooks last. CRDs and notes are not among them.

    Raises:
        SourceError: The chart cannot be loaded.
        ValuesError: The chart's schema refuses the values.
        RenderError: A template failed, or rendered to something that is not YAML.
    """
    manifests = []
    for source, text in engine.template(chart.path, values, release):
        origin = f"{chart.path}: rendered {source}"
        if manifest := read_manifest(text, source, origin=origin, error=RenderError):
            manifests.append(manifest)
    return in_install_order(manifests)


def render_cases(
    chart: Chart, engine: Engine, *, values: Mapping[str, Any] | None = None, release: Release | None = None
) -> Iterator[Rendering]:
    """Render every case of a chart, each with `values` on top.

    Raises:
        TimonierError: As `render` does, at the first case that fails.
    """
    for case in chart.cases:
        yield render_case(chart, case, engine, values=values, release=release)


def render_case(
    chart: Chart,
    case: Case,
    engine: Engine,
    *,
    values: Mapping[str, Any] | None = None,
    release: Release | None = None,
) -> Rendering:
    """Render one case of a chart, with `values` on top, and take the time.

    Raises:
        TimonierError: As `render` does.
    """
    start = time.perf_counter()
    manifests = render(chart, merge(case.values, values or {}), release or default_release(chart), engine)
    return Rendering(chart, case, tuple(manifests), time.perf_counter() - start)
