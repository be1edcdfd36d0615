"""What the tests of the rules share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import Case, load_chart
from timonier.chartfiles import read_chart_files
from timonier.check.context import CaseContext, ChartContext
from timonier.check.model import Problem, Rule, Scope
from timonier.engine import Release
from timonier.errors import TimonierError
from timonier.manifest import read_manifests
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine
    from timonier.manifest import Manifest


@pytest.fixture
def look(embedded: EmbeddedEngine) -> Callable[..., list[Problem]]:
    """Return what asks a rule about a chart: `look(rule, chart)`, with `kube_version` for rules of a case."""

    def ask(rule: Rule, path: Path, kube_version: str = "1.34.0") -> list[Problem]:
        context = chart_context(path, embedded)
        if rule.scope is Scope.CHART:
            return list(rule.check(context))  # type: ignore[call-arg, arg-type]
        found: list[Problem] = []
        for case in context.chart.cases:
            manifests = context.renderings.get(case.name, ())

            def again(release: Release, values: Mapping[str, Any] = case.values) -> list[Manifest]:
                return render(context.chart, values, release, embedded)

            looked_at = CaseContext(case, manifests, kube_version, context.release, context, again)
            found += problems(rule, looked_at)
        return found

    return ask


@pytest.fixture
def found() -> Callable[..., list[Problem]]:
    """Return what asks a rule of objects or of a case about manifests: `found(rule, yaml)`."""

    def ask(rule: Rule, text: str, kube_version: str = "1.34.0") -> list[Problem]:
        manifests = read_manifests(text, origin="test")
        context = CaseContext(Case("", ""), manifests, kube_version, Release("some", "somewhere"))
        return problems(rule, context)

    return ask


def problems(rule: Rule, context: CaseContext) -> list[Problem]:
    """Ask a rule of a case about a rendering, or a rule of objects about each object of it."""
    if rule.scope is Scope.CASE:
        return list(rule.check(context))  # type: ignore[call-arg, arg-type]
    return [one for each in context.manifests for one in rule.check(each, context)]  # type: ignore[call-arg, arg-type]


def chart_context(path: Path, engine: EmbeddedEngine) -> ChartContext:
    """Read a chart and render its cases, as the runner does."""
    chart = load_chart(path)
    release = Release("some", "somewhere")
    values = {case.name: case.values for case in chart.cases}
    renderings: dict[str, list[Manifest]] = {}
    for case in chart.cases:
        try:
            renderings[case.name] = render(chart, case.values, release, engine)
        except TimonierError:
            continue
    return ChartContext(chart, read_chart_files(path), engine, release, values, renderings)
