"""What is wrong with values is told by whichever template is rendered first, and all of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles, read_chart_files
from timonier.engine import Release
from timonier.errors import RenderError

if TYPE_CHECKING:
    from timonier.engine.embedded import EmbeddedEngine

ROOT = Path(__file__).parents[3] / "charts"
TEMPLATES = [
    pytest.param(path.parent.parent if path.parent.name == "templates" else path.parents[2], path, id=str(path))
    for path in sorted(path.relative_to(ROOT) for path in ROOT.glob("*/templates/**/*.yaml"))
]
# Two mistakes that every chart of the project knows, neither of which its schema can see.
WRONG = {
    "podLabels": {"helm.sh/chart": "x"},
    "probes": {"liveness": {"exec": {"command": ["true"]}, "tcpSocket": {"port": 1}}},
}


def alone(chart: Path, template: Path) -> ChartFiles:
    """Return a chart whose only template is this one; partials and subcharts stay."""
    files = read_chart_files(ROOT / chart)
    kept = str(template.relative_to(chart))
    own = {
        name: held
        for name, held in files.files.items()
        if name == kept or not name.startswith("templates/") or name.endswith(".tpl")
    }
    return ChartFiles(files.path, files.folder, own)


@pytest.mark.parametrize(("chart", "template"), TEMPLATES)
def test_every_template_refuses_wrong_values(chart: Path, template: Path, embedded: EmbeddedEngine) -> None:
    """The engine renders templates in an order of its own: what comes first must not stumble over a mistake.

    A template that this names begins with `{{- include "CHART.validate" . }}`, outside of any condition.
    """
    with pytest.raises(RenderError) as refusal:
        embedded.template(alone(chart, template), WRONG, Release("some", "somewhere"))
    for text in (f"chart {chart}, release some: wrong values", "podLabels sets helm.sh/chart", "probes.liveness names"):
        assert text in str(refusal.value)
