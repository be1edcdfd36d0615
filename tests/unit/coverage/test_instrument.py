"""Instrumented templates: they render what the plain ones do, and tell exactly where they came by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import Case, Chart, load_chart
from timonier.chartfiles import read_chart_files
from timonier.coverage.instrument import MARK
from timonier.coverage.reach import reach
from timonier.coverage.renders import Question, ask
from timonier.coverage.templates import SHARED, Templates
from timonier.engine import Release, Template
from timonier.errors import TimonierError
from timonier.manifest import split_documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from timonier.engine.embedded import EmbeddedEngine

CHARTS = [load_chart(path.parent) for path in sorted((Path(__file__).parents[3] / "charts").glob("*/Chart.yaml"))]
CASES = [pytest.param(chart, case, id=f"{chart.name}-{case.name}") for chart in CHARTS for case in chart.cases]


def reached(path: Path, engine: EmbeddedEngine, values: Mapping[str, Any]) -> set[str]:
    """Return the places that a rendering comes by: `a.yaml:1 if .Values.a: true`."""
    templates = Templates(read_chart_files(path))
    question = Question("test", values, Release("some"))
    outcome = ask(engine, templates.plain(), question)
    found = reach(templates, engine, question, outcome, frozenset())
    places = [templates.places[number] for number in found.certain]
    return {f"{place.file.removeprefix('templates/')}:{place.line} {place}" for place in places}


def documents(templates: tuple[Template, ...]) -> list[tuple[str, str]]:
    """Return documents without marks; a template that renders nothing but marks is none."""
    clean = [(template.source, SHARED.sub("", MARK.sub("", template.text))) for template in templates]
    split = [(source, document.strip()) for source, text in clean for _, document, _ in split_documents(text)]
    return [(source, text) for source, text in split if text]


@pytest.mark.parametrize(("chart", "case"), CASES)
def test_an_instrumented_chart_renders_the_same(chart: Chart, case: Case, embedded: EmbeddedEngine) -> None:
    """Once the marks are taken out, and but for the lines that are generated anew each time."""
    templates = Templates(read_chart_files(chart.path))
    question = Question(case.name, case.values, Release(chart.name))
    once, again, marked = (
        ask(embedded, files, question) for files in (templates.plain(), templates.plain(), templates.marked())
    )
    assert isinstance(once, tuple)
    assert isinstance(again, tuple)
    assert isinstance(marked, tuple)
    stable = [text == other for (_, text), (_, other) in zip(documents(once), documents(again), strict=True)]
    assert [
        source
        for (source, text), (_, other), same in zip(documents(once), documents(marked), stable, strict=True)
        if same and text != other
    ] == []


def test_each_arm_is_told_apart(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """Branches, `else if`, loops and `with`, with or without an `else`."""
    chart = make_chart(
        {
            "templates/a.yaml": "{{ if .Values.a }}\na: 1\n{{ else if .Values.b }}\na: 2\n{{ end }}\n"
            "{{ range .Values.list }}\nb: {{ . }}\n{{ end }}\n{{ with .Values.map }}\nc: {{ .x }}\n"
            "{{ else }}\nc: 0\n{{ end }}"
        },
        values="a: false\nb: false\nlist: []\nmap: {}\n",
    )
    assert reached(chart, embedded, {}) == {
        "a.yaml:3 else if .Values.b: not true",
        "a.yaml:6 range .Values.list: without elements",
        "a.yaml:11 with .Values.map: empty",
    }
    assert reached(chart, embedded, {"b": True, "list": [1], "map": {"x": 1}}) == {
        "a.yaml:3 else if .Values.b: true",
        "a.yaml:6 range .Values.list: with elements",
        "a.yaml:7 .",
        "a.yaml:9 with .Values.map: given",
        "a.yaml:10 .x",
    }


@pytest.mark.parametrize("written", ["default 5 .Values.a", ".Values.a | default 5", "(.Values.a | default 5) | quote"])
@pytest.mark.parametrize(
    ("values", "arm"), [({}, "default used"), ({"a": 1}, "value used"), ({"a": 0}, "default used")]
)
def test_a_default_tells_which_value_it_took(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, written: str, values: dict[str, int], arm: str
) -> None:
    """As an argument and as a stage; what is empty counts as not given, as in Helm."""
    chart = make_chart({"templates/a.yaml": f"a: {{{{ {written} }}}}"})
    found = {place.rpartition(": ")[2] for place in reached(chart, embedded, values) if "used" in place}
    assert found == {arm}


def test_what_uses_a_result_never_sees_a_mark(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """An empty result stays empty, a checksum the same, YAML readable: and what was come by is told nevertheless."""
    chart = make_chart(
        {
            "templates/_h.tpl": '{{ define "empty" }}{{ if .Values.no }}x{{ end }}{{ end }}'
            '{{ define "map" }}{{ if true }}a: 1{{ end }}{{ end }}'
            '{{ define "outer" }}{{ include "map" . }}{{ end }}',
            "templates/a.yaml": 'sum: {{ include "outer" . | sha256sum }}\n'
            '{{ if include "empty" . }}wrong: 1{{ end }}\nread: {{ (include "map" . | fromYaml).a }}\n'
            "told: {{ tpl .Values.text . }}",
        },
        values="text: '{{ include \"map\" . }}'\n",
    )
    templates = Templates(read_chart_files(chart))
    question = Question("test", {}, Release("some"))
    plain, marked = (ask(embedded, files, question) for files in (templates.plain(), templates.marked()))
    assert isinstance(plain, tuple)
    assert isinstance(marked, tuple)
    assert documents(marked) == documents(plain)
    found = reached(chart, embedded, {})
    assert "_h.tpl:1 if .Values.no: not true" in found
    assert "_h.tpl:1 if true: true" in found
    assert 'a.yaml:2 if include "empty" .: not true' in found
    assert 'a.yaml:2 if include "empty" .: true' not in found


def test_a_rendering_that_fails_tells_how_far_it_came(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine
) -> None:
    """A place after the failure is not reached, even if one could come by there without it."""
    chart = make_chart(
        {
            "templates/a.yaml": '{{ if .Values.bad }}\n{{ fail "no" }}\n{{ end }}\n'
            'a: {{ required "needed" .Values.b }}\nb: {{ .Values.c }}'
        }
    )
    assert reached(chart, embedded, {"bad": True}) == {"a.yaml:1 if .Values.bad: true", 'a.yaml:2 fail "no"'}
    assert reached(chart, embedded, {}) == {
        "a.yaml:1 if .Values.bad: not true",
        'a.yaml:4 required "needed" .Values.b',
    }


def test_braces_beside_an_action_stay_text(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """`{ {{- x }}` is trimmed to `{` and an action, which must not become `{{{`."""
    chart = make_chart({"templates/a.yaml": "a: { {{- .Values.x }}: 1}"})
    templates = Templates(read_chart_files(chart))
    marked = ask(embedded, templates.marked(), Question("test", {"x": "k"}, Release("some")))
    assert not isinstance(marked, TimonierError)
    assert documents(marked)[0][1] == "a: {k: 1}"
