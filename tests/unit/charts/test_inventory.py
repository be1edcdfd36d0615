"""What each case consists of, and that every value of values.yaml does something and is set by a case.

What a case consists of stands in `inventory/CHART.yaml`, beside this file.
"""

from __future__ import annotations

import copy
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier import yamlio
from timonier.chart import load_chart
from timonier.chartfiles import ChartFiles, read_chart_files
from timonier.engine import Release
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.chart import Case, Chart
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.testing import Render

ROOT = Path(__file__).parents[3] / "charts"
HERE = Path(__file__).parent / "inventory"
CHARTS = [load_chart(path.parent) for path in sorted(ROOT.glob("*/Chart.yaml"))]
CASES = [pytest.param(chart, case, id=f"{chart.name}-{case.name}") for chart in CHARTS for case in chart.cases]
RELEASE = Release("some", "somewhere")

every_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
every_case = pytest.mark.parametrize(("chart", "case"), CASES)

# A Job cannot be changed: a hash of what it does is part of its name.
HASHED = re.compile("-[0-9a-f]{8}$")
Keys = tuple[str, ...]


def loaded(path: Path) -> dict[str, Any]:
    """Return what a YAML file holds."""
    held: dict[str, Any] = yamlio.load(path.read_text(encoding="utf-8"), origin=str(path), error=SourceError)
    return held


@functools.cache
def inventory(chart: str) -> dict[str, set[tuple[str, str]]]:
    """Return the kinds and names of each case, the groups written out."""
    held = loaded(HERE / f"{chart}.yaml")
    groups = held["groups"]
    return {
        case: {identity(one) for entry in entries for one in groups.get(entry, [entry])}
        for case, entries in held["cases"].items()
    }


def identity(text: str) -> tuple[str, str]:
    """Return what `KIND/NAME` says."""
    kind, _, name = text.partition("/")
    return kind, name


@every_case
def test_each_case_is_accounted_for(chart: Chart, case: Case, render: Render) -> None:
    """Every object that a case consists of, the subchart's too, and none beside."""
    assert case.name in inventory(chart.name), f"tests/unit/charts/inventory/{chart.name}.yaml does not have it"
    found = {(kind, HASHED.sub("-HASH", name)) for kind, name in render(chart.path, case=case).inventory}
    assert found == inventory(chart.name)[case.name]


@every_chart
def test_no_case_is_listed_that_is_gone(chart: Chart) -> None:
    """The list has the chart's cases and no others."""
    assert set(inventory(chart.name)) == {case.name for case in chart.cases}


def leaves(values: Mapping[str, Any], path: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield the path of every value that is no map with keys, and the value."""
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def at(values: Mapping[str, Any], path: Keys) -> Any:  # noqa: ANN401 - any part of values
    """Return what values have at a path; None where they end before it."""
    part: Any = values
    for key in path:
        part = part.get(key) if isinstance(part, dict) else None
    return part


def own_leaves(chart: Chart) -> dict[Keys, Any]:
    """Return the leaves of values.yaml, and what they hold."""
    return dict(leaves(loaded(chart.path / "values.yaml")))


def sets(case: Case, path: Keys) -> bool:
    """Whether a case sets a value: it, or something in it."""
    return at(case.values, path) is not None


@every_chart
def test_every_value_is_set_by_a_case(chart: Chart) -> None:
    """A value that no case sets is one that nobody has seen work."""
    unset = [".".join(path) for path in own_leaves(chart) if not any(sets(case, path) for case in chart.cases)]
    assert unset == [], "set them in a case, ci/*-values.yaml"


def other(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, list):
        return [*value, {"other": "value"}]
    if isinstance(value, dict):
        return {"other": "value"}
    return f"{value or ''}other"


def with_value(values: Mapping[str, Any], path: Keys, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return values with one of them replaced."""
    changed: dict[str, Any] = copy.deepcopy(dict(values))
    part = changed
    for key in path[:-1]:
        part = part.setdefault(key, {})
    part[path[-1]] = value
    return changed


class Templates:
    """A chart's templates without its schema, which would refuse what no user means, and what they make of values."""

    def __init__(self, chart: Chart, engine: EmbeddedEngine) -> None:
        """Render nothing yet."""
        files = read_chart_files(chart.path)
        kept = {name: held for name, held in files.files.items() if not name.endswith("values.schema.json")}
        self._files = ChartFiles(files.path, files.folder, kept)
        self._engine = engine
        self._cases: dict[str, tuple[list[str], frozenset[int]]] = {}

    def case(self, case: Case) -> tuple[list[str], frozenset[int]]:
        """Return what a case renders to, line by line, and which lines are generated anew each time."""
        if case.name not in self._cases:
            first, second = (self.lines(case.values) for _ in range(2))
            generated = frozenset(number for number, line in enumerate(first) if line != second[number])
            self._cases[case.name] = first, generated
        return self._cases[case.name]

    def lines(self, values: Mapping[str, Any]) -> list[str]:
        """Return what values render to, line by line; how the chart fails, if it does."""
        try:
            return "\n".join(one.text for one in self._engine.template(self._files, values, RELEASE)).splitlines()
        except TimonierError as error:
            return [str(error)]

    def differ(self, case: Case, values: Mapping[str, Any]) -> bool:
        """Whether values render to something else than a case, apart from what is generated."""
        before, generated = self.case(case)
        after = self.lines(values)
        changed = {number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]}
        return len(before) != len(after) or not changed <= generated

    def notice(self, chart: Chart, path: Keys, default: Any) -> bool:  # noqa: ANN401 - any value
        """Whether another value at a path is noticed in any case; those that set it are asked first."""
        for case in sorted(chart.cases, key=lambda case: not sets(case, path)):
            given = at(case.values, path)
            if self.differ(case, with_value(case.values, path, other(default if given is None else given))):
                return True
        return False


@every_chart
def test_every_value_is_used(chart: Chart, embedded: EmbeddedEngine) -> None:
    """Another value makes another object in some case, or is refused by a template: otherwise nothing reads it."""
    templates = Templates(chart, embedded)
    own = own_leaves(chart)
    unused = [".".join(path) for path, default in own.items() if not templates.notice(chart, path, default)]
    assert unused == []


def test_a_value_that_nothing_reads_is_found(embedded: EmbeddedEngine) -> None:
    """The control of the test above."""
    [chart] = [chart for chart in CHARTS if chart.name == "eni-todo"]
    templates = Templates(chart, embedded)
    assert not templates.notice(chart, ("uploads", "persistence", "noSuchValue"), "")
