"""What the charts' upgrade notes promise: with the same values, a new chart leaves every pod running."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render
    from timonier.testing.objects import Rendered

ROOT = Path(__file__).parents[3]
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet"}
# What the API server fills in where it is left out (SetDefaults_Probe): said or not, it is the same pod.
PROBE_DEFAULTS = {"initialDelaySeconds": 0, "successThreshold": 1}
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def templates(rendered: Rendered) -> dict[tuple[str, str], Any]:
    """The pods of each workload, with what the API server would fill in."""
    return {(one.kind, one.name): _filled(one["spec.template"]) for one in rendered if one.kind in WORKLOADS}


def _filled(template: dict[str, Any]) -> dict[str, Any]:
    spec = dict(template["spec"])
    spec["containers"] = [
        {name: PROBE_DEFAULTS | field if name in PROBES else field for name, field in container.items()}
        for container in spec["containers"]
    ]
    return {**template, "spec": spec}


@pytest.mark.parametrize("chart", ["mariadb", "eni-todo"])
@pytest.mark.parametrize("values", [{}, {"podLabels": {"team": "a"}}], ids=["defaults", "labelled"])
def test_an_upgrade_replaces_no_pod(chart: str, values: dict[str, Any], render: Render) -> None:
    """The pods that the published chart asked for are those that this one asks for."""
    before = templates(render(ROOT / "tests" / "e2e" / "published" / f"{chart}-0.1.0.tgz", values=values))
    assert templates(render(ROOT / "charts" / chart, values=values)) == before
