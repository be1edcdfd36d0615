"""The part of the pytest plugin for unit tests of charts: fixtures, markers, and what a failure shows.

Like the plugin itself, this imports nothing heavy before a test asks for it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from timonier.testing.charts import Charts, Render

_CHARTS = pytest.StashKey["Charts"]()
_CHART_OPTION = "timonier_chart"
_CASES_MARKER = "timonier_cases"


def add_options(parser: pytest.Parser) -> None:
    """Add the options of unit tests."""
    group = parser.getgroup("timonier")
    group.addoption(
        "--helm-engine",
        default="auto",
        metavar="NAME",
        help="What renders charts: auto, embedded, program, or the path of a helm executable (default: auto).",
    )
    parser.addini(_CHART_OPTION, "The chart that the fixture render renders when a test names none.", default="")


def add_markers(config: pytest.Config) -> None:
    """Say what the markers mean, for `--markers` and `--strict-markers`."""
    config.addinivalue_line("markers", f"{_CHART_OPTION}(path): the chart that the fixture render renders")
    config.addinivalue_line("markers", f"{_CASES_MARKER}(path): run the test with each of a chart's cases as `case`")


def _charts(config: pytest.Config) -> Charts:
    """The session's charts: cases are read from them while tests are collected, and rendered while they run."""
    if _CHARTS not in config.stash:
        from timonier.engine.choose import choose_engine
        from timonier.testing.charts import Charts

        config.stash[_CHARTS] = Charts(config.rootpath, lambda: choose_engine(config.getoption("helm_engine")))
    return config.stash[_CHARTS]


def _default_chart(node: pytest.Item) -> str:
    marker = node.get_closest_marker(_CHART_OPTION)
    return str(marker.args[0]) if marker else str(node.config.getini(_CHART_OPTION))


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give a test that is marked `timonier_cases` each case of its chart, the defaults first."""
    if marker := metafunc.definition.get_closest_marker(_CASES_MARKER):
        chart = marker.args[0] if marker.args else _default_chart(metafunc.definition)
        cases = _charts(metafunc.config).load(chart).chart.cases
        metafunc.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture
def render(request: pytest.FixtureRequest) -> Render:
    """Renders a chart: `render("charts/shop", {"replicas": 2})["Deployment"]["spec.replicas"] == 2`."""
    from timonier.testing.charts import Render

    return Render(_charts(request.config), _default_chart(request.node))


@pytest.fixture
def chart_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """A snapshot as YAML: `assert render() == chart_snapshot`."""
    from timonier.testing.snapshots import ManifestSnapshotExtension

    return snapshot.use_extension(ManifestSnapshotExtension)


def add_manifests(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Add what a failing test asked manifests for, and how a snapshot is updated, to its report."""
    arguments = getattr(item, "funcargs", {})
    if call.excinfo and (lookups := getattr(arguments.get("render"), "lookups", None)):
        from timonier.testing.assertions import failure

        report.sections.append(("manifests", failure(lookups, call.excinfo.tb)))
    compared = getattr(arguments.get("chart_snapshot"), "executions", {})
    if any(not one.success for one in compared.values()):
        import shlex

        command = f"pytest {shlex.quote(item.nodeid)} --snapshot-update"
        report.sections.append(("snapshot", f"If it is to be as it is now, run: {command}"))


def explain(operator: str, left: object, right: object) -> list[str] | None:
    """Explain that an object is missing from a rendering, or is there: list what there is."""
    objects = sys.modules.get("timonier.testing.objects")
    if objects and isinstance(right, objects.Rendered) and operator in {"in", "not in"}:
        return [f"{left!r} {operator} {right!r}, which holds:", *right.listing().splitlines()]
    return None
