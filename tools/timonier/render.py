"""Rendering: a chart and values give manifests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timonier.engine import Release
from timonier.errors import RenderError
from timonier.manifest import Manifest, in_install_order, read_manifest
from timonier.values import Settings, read_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.chart import Case, Chart
    from timonier.engine import Engine


@dataclass(frozen=True, slots=True)
class Rendering:
    """What one case of a chart renders to.

    Attributes:
        label: What was rendered: a chart's name and version, or a file.
        case: Which of its cases.
        manifests: In Helm's order.
        seconds: How long rendering and reading took.
    """

    label: str
    case: Case
    manifests: tuple[Manifest, ...]
    seconds: float = 0.0


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
    for source, text in engine.template(chart.files or chart.path, values, release):
        origin = f"{chart.path}: rendered {source}"
        if manifest := read_manifest(text, source, origin=origin, error=RenderError):
            manifests.append(manifest)
    return in_install_order(manifests)


def render_case(
    chart: Chart, case: Case, engine: Engine, *, settings: Settings | None = None, release: Release | None = None
) -> Rendering:
    """Render one case of a chart, and take the time.

    Args:
        chart: What to render.
        case: One of its cases.
        engine: What renders.
        settings: What is set on top of the case.
        release: What the chart may ask about its release: its own name in namespace `default` when left out.

    Raises:
        TimonierError: As `render` does.
    """
    values = read_values(settings or Settings(), case.values)
    start = time.perf_counter()
    manifests = render(chart, values, release or Release(chart.name), engine)
    return Rendering(f"{chart.name} {chart.version}", case, tuple(manifests), time.perf_counter() - start)
