"""Write docs/chapter/table.md: each option the chapter teaches, the values that reach it, the cases, and the tests.

Usage: python docs/chapter.py [--check]

The options and the values are docs/chapter/table.yaml; the cases are found in the charts' `ci/`, the tests by their
marker `@pytest.mark.chapter("RESOURCE: OPTION")`. With --check nothing is written: what is out of date or missing is
named, and the exit code is 1.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chart import Chart, load_chart
from timonier.errors import ValuesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "chapter" / "table.yaml"
PAGE = ROOT / "docs" / "chapter" / "table.md"
TESTS = ROOT / "tests"
CHARTS = ("eni-todo", "mariadb")
BEGIN, END = "<!-- table:begin -->\n", "<!-- table:end -->\n"
HEADER = ["| option | value | case | test |", "|---|---|---|---|"]


@dataclass(frozen=True)
class Values:
    """A chart's values, as they come and as its cases set them.

    Attributes:
        name: The chart.
        defaults: What values.yaml holds.
        cases: What each case sets, by its name.
    """

    name: str
    defaults: Mapping[str, Any]
    cases: Mapping[str, Mapping[str, Any]]

    def knows(self, path: str) -> bool:
        """Whether values.yaml has a key at a path, or leaves what is below one to its user (`httpGet: {}`)."""
        found = self.defaults
        for key in path.partition("=")[0].split("."):
            if found == {}:
                return True
            if not isinstance(found, dict) or key not in found:
                return False
            found = found[key]
        return True

    def reaching(self, path: str) -> list[str]:
        """The cases that set a path, the defaults among them when they do."""
        name, asked, value = path.partition("=")
        cases = [case for case, values in self.cases.items() if _reaches(_at(values, name), asked, value)]
        default = _at(self.defaults, name)
        shows = _as_text(default) == value if asked else default not in (None, "", False, [], {})
        return [*(["defaults"] if shows else []), *cases]


@dataclass(frozen=True)
class Option:
    """One option of a resource, and how the charts reach it.

    Attributes:
        resource: As the chapter calls it: `Service ClusterIP`.
        name: As the table calls it: `sessionAffinity timeout`.
        paths: Chart and path, `persistence.size` or `strategy.type=Recreate`.
        always: Chart and why no value is needed.
        outside: Why no chart sets it; empty when one does.
        note: A word more on the values.
    """

    resource: str
    name: str
    paths: tuple[tuple[str, str], ...] = ()
    always: tuple[tuple[str, str], ...] = ()
    outside: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """What the marker of a test calls it."""
        return f"{self.resource}: {self.name}"


def _at(values: Any, path: str) -> Any:  # noqa: ANN401 - any part of values
    """Return what values hold at a path; None for nothing."""
    for key in path.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _as_text(value: Any) -> str:  # noqa: ANN401 - any value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reaches(value: Any, asked: str, expected: str) -> bool:  # noqa: ANN401 - any value
    return value is not None and (not asked or _as_text(value) == expected)


def read_values(name: str, root: Path = ROOT) -> Values:
    """Read a chart's values and its cases'."""
    chart: Chart = load_chart(root / "charts" / name)
    values = chart.path / "values.yaml"
    defaults = yamlio.load(values.read_text(encoding="utf-8"), origin=str(values), error=ValuesError)
    return Values(name, defaults, {case.name: case.values for case in chart.cases if case.origin})


def read_options(path: Path = TABLE) -> list[Option]:
    """Read the options, in the table's order."""
    table = yamlio.load(path.read_text(encoding="utf-8"), origin=str(path), error=ValuesError)
    return [_option(resource, name, told) for resource, options in table.items() for name, told in options.items()]


def _option(resource: str, name: str, told: dict[str, Any]) -> Option:
    paths = tuple((chart, path) for chart, paths in _by_chart(told).items() for path in paths)
    always = tuple(_by_chart(told.get("always", {})).items())
    return Option(resource, name, paths, always, told.get("outside", ""), told.get("note", ""))


def _by_chart(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of each chart; `both` is told of each."""
    return {chart: told.get(chart, told.get("both")) for chart in CHARTS if chart in told or "both" in told}


def read_tests(folder: Path = TESTS) -> dict[str, list[tuple[Path, str]]]:
    """Find the tests that carry the marker: file and name, by the marker's key."""
    found: dict[str, list[tuple[Path, str]]] = defaultdict(list)
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for key in _marked(node):
                    found[key].append((file, node.name))
    return found


def _marked(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the keys of a test's markers."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.chapter":
            yield from (ast.literal_eval(argument) for argument in decorator.args)


@dataclass(frozen=True)
class Row:
    """An option with all there is to say of it; a cell is empty when there is nothing.

    Attributes:
        option: The option.
        values: The values that reach it, as Markdown.
        cases: The cases in which they do.
        tests: The tests that prove it.
        unknown: Paths that values.yaml does not have: chart and path.
    """

    option: Option
    values: str
    cases: str
    tests: str
    unknown: tuple[tuple[str, str], ...]

    @property
    def empty(self) -> list[str]:
        """The names of the cells that say nothing."""
        cells = {"value": self.values, "case": self.cases, "test": self.tests}
        return [name for name, text in cells.items() if not text]


def rows() -> list[Row]:
    """Return the table's rows."""
    charts = {name: read_values(name) for name in CHARTS}
    tests = read_tests()
    return [_row(option, charts, tests.get(option.key, [])) for option in read_options()]


def _row(option: Option, charts: Mapping[str, Values], tests: list[tuple[Path, str]]) -> Row:
    if option.outside:
        return Row(option, option.outside, "none", _links(tests) or "none", ())
    known = [(chart, path) for chart, path in option.paths if charts[chart].knows(path)]
    unknown = tuple(pair for pair in option.paths if pair not in known)
    cases: dict[str, list[str]] = {chart: ["every one"] for chart, _ in option.always}
    for chart, path in known:
        cases[chart] = [*cases.get(chart, []), *charts[chart].reaching(path)]
    return Row(option, _values(option, known), _cases(cases), _links(tests), unknown)


def _values(option: Option, known: list[tuple[str, str]]) -> str:
    by_chart: dict[str, list[str]] = defaultdict(list)
    for chart, path in known:
        by_chart[chart].append(f"`{path.replace('=', ': ')}`".replace(": `", ': ""`'))
    by_chart |= {chart: [f"always: {why}"] for chart, why in option.always}
    told = _told({chart: ", ".join(paths) for chart, paths in by_chart.items()})
    return f"{told} ({option.note})" if told and option.note else told


def _cases(cases: Mapping[str, list[str]]) -> str:
    return _told({chart: ", ".join(dict.fromkeys(names)) for chart, names in cases.items() if names})


def _told(by_chart: Mapping[str, str]) -> str:
    """Return what is said of each chart; once, when the same is said of both."""
    if len(by_chart) == len(CHARTS) and len(set(by_chart.values())) == 1:
        return f"both: {next(iter(by_chart.values()))}"
    return "; ".join(f"{chart}: {said}" for chart, said in by_chart.items())


def _links(tests: list[tuple[Path, str]]) -> str:
    return ", ".join(f"[{name}](../../{file.relative_to(ROOT).as_posix()})" for file, name in tests)


def table(lines: list[Row]) -> str:
    """Return the table as Markdown, a section for each resource."""
    written: list[str] = []
    resource = ""
    for row in lines:
        if row.option.resource != resource:
            resource = row.option.resource
            written += ["", f"## {resource}", "", *HEADER]
        written.append(f"| {row.option.name} | {row.values} | {row.cases} | {row.tests} |")
    return "\n".join(line.replace("|  |", "| |").replace("|  |", "| |") for line in written) + "\n\n"


def page(text: str, lines: list[Row]) -> str:
    """Return the page with the table between its two markers.

    Raises:
        ValueError: It has no markers.
    """
    before, begins, rest = text.partition(BEGIN)
    _, ends, after = rest.partition(END)
    if not (begins and ends):
        raise ValueError(f"{PAGE} needs the lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{begins}{table(lines)}{ends}{after}"


def gaps(lines: list[Row]) -> list[str]:
    """Return what is missing or wrong, a sentence each."""
    keys = {row.option.key for row in lines}
    return [
        *(f"{row.option.key}: no {' and no '.join(row.empty)}" for row in lines if row.empty),
        *(f"{row.option.key}: {chart} has no value {path}" for row in lines for chart, path in row.unknown),
        *(f"a test is marked {key!r}, which is no key of {TABLE.name}" for key in sorted(set(read_tests()) - keys)),
    ]


def main() -> int:
    """Write the page, or look whether it is up to date; return the exit code."""
    check, lines = "--check" in sys.argv[1:], rows()
    old = PAGE.read_text(encoding="utf-8")
    new = page(old, lines)
    if not check:
        PAGE.write_text(new, encoding="utf-8")
    wrong = gaps(lines) + ([f"{PAGE}: out of date; run `python docs/chapter.py`"] if check and new != old else [])
    for line in wrong:
        print(line, file=sys.stderr)
    return int(check and bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
