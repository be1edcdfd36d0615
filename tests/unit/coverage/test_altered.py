"""An altered chart answers as if the whole of it were rendered, though only a part is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.chartfiles import read_chart_files
from timonier.coverage.alter import alterations
from timonier.coverage.altered import Altered, Asked
from timonier.coverage.reach import reach
from timonier.coverage.renders import Baseline, Question, ask
from timonier.coverage.templates import Templates
from timonier.engine import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from timonier.chartfiles import ChartFiles
    from timonier.coverage.renders import Outcome
    from timonier.engine import Engine
    from timonier.engine.embedded import EmbeddedEngine

# What is put beside a chart to have its notes in a manifest.
SHOWN = {"templates/shown.yaml": b'notes: {{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}'}
HELPERS = (
    '{{ define "shop.name" }}{{ .Release.Name }}-{{ .Values.name }}{{ end }}'
    '{{ define "shop.size.small" }}s{{ .Values.name }}{{ end }}'
    '{{ define "shop.size.large" }}l{{ .Values.name }}{{ end }}'
)
PLAIN = 'name: {{ .Values.name }}\nfile: {{ .Files.Get "words.txt" }}\n'
TEMPLATES = {
    "by its own": {"templates/a.yaml": PLAIN, "templates/b.yaml": "b: {{ .Values.name }}\n"},
    "by a partial": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": 'name: {{ include "shop.name" . }}\n',
        "templates/b.yaml": "b: {{ .Values.name }}\n",
    },
    "by a partial whose name is put together": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": 'size: {{ include (printf "shop.size.%s" .Values.size) . }}\n',
    },
    "by a partial whose name is a value": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": "size: {{ include .Values.partial . }}\n",
    },
    "by a value that is a template": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": "text: {{ tpl .Values.text . }}\n",
    },
    "by a definition in another manifest": {
        "templates/a.yaml": 'name: {{ include "shop.name" . }}\n',
        "templates/b.yaml": f"{HELPERS}b: {{{{ .Values.name }}}}\n",
    },
    "by a checksum of another manifest": {
        "templates/a.yaml": 'sum: {{ include (print $.Template.BasePath "/b.yaml") . | sha256sum }}\n',
        "templates/b.yaml": "b: {{ .Values.name }}\n",
    },
    "by what another template does to the values": {
        "templates/a.yaml": '{{ if .Values.name }}{{ $_ := set .Values "one" 1 }}{{ end }}a: 1\n',
        "templates/b.yaml": "b: [{{ .Values.one }}, {{ .Values.two }}]\n",
        "templates/c.yaml": '{{ if .Values.name }}{{ $_ := set .Values "two" 2 }}{{ end }}c: 1\n',
    },
    "by a refusal": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": 'name: {{ include "shop.name" . }}\n',
        "templates/b.yaml": '{{ if ne (include "shop.name" .) "some-x" }}{{ fail "no" }}{{ end }}',
    },
    "by a name in the notes": {
        "templates/_helpers.tpl": HELPERS,
        "templates/a.yaml": "a: {{ .Values.name }}\n",
        "templates/NOTES.txt": 'This is {{ include "shop.name" . }}.\n',
    },
}
VALUES = "name: x\nsize: small\npartial: shop.name\none: 0\ntwo: 0\ntext: '{{ include \"shop.name\" . }}'\n"


def asked(templates: Templates, engine: Engine, values: dict[str, Any] | None = None, *, notes: bool = False) -> Asked:
    """Render, as a test does that asks for the notes, or not."""
    question = Question("test", values or {}, Release("some"), SHOWN if notes else {})
    first = ask(engine, templates.quick(), question)
    reached = reach(templates, engine, question, first, frozenset())
    return Asked(engine, question, Baseline(first, first), reached)


def altered_charts(templates: Templates) -> Iterator[tuple[str, Altered]]:
    """Yield every alteration."""
    for number, place in enumerate(templates.places):
        for alteration in alterations(templates.trees[place.file], place):
            files = templates.altered(alteration, notes=False)
            follows = alteration.follows and templates.flow.is_written_only(place)
            altered = Altered(files, number, templates.calls, follows=follows)
            yield f"{place.file}: {place}: {alteration.what}", altered


@pytest.mark.parametrize("notes", [False, True], ids=["manifests", "notes"])
@pytest.mark.parametrize("files", TEMPLATES.values(), ids=TEMPLATES)
def test_a_part_answers_as_the_whole(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, files: dict[str, str], *, notes: bool
) -> None:
    """Whatever a template includes, and whatever it does to others."""
    shown = {"templates/NOTES.txt": "Nothing.\n", "words.txt": "words", **files}
    templates = Templates(read_chart_files(make_chart(shown, values=VALUES)))
    question = asked(templates, embedded, notes=notes)
    answers = {
        what: (str(altered.answer(question)), str(ask(embedded, altered.files, question.question)))
        for what, altered in altered_charts(templates)
    }
    assert {what: pair[0] for what, pair in answers.items()} == {what: pair[1] for what, pair in answers.items()}


@pytest.mark.parametrize("notes", [False, True], ids=["manifests", "notes"])
def test_only_what_comes_by_an_alteration_is_rendered(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, *, notes: bool
) -> None:
    """The rest is known, which is what makes it fast; with the notes, when a test asks for them."""
    files = {f"templates/{name}.yaml": f"{name}: {{{{ .Values.name }}}}\n" for name in "abcdefgh"}
    partials = {"templates/_one.tpl": HELPERS, "templates/_other.tpl": '{{ define "other" }}{{ end }}'}
    told = {"templates/NOTES.txt": "Nothing.\n"}
    templates = Templates(read_chart_files(make_chart(files | partials | told, values=VALUES)))
    question = asked(templates, embedded, notes=notes)
    rendered: list[list[str]] = []

    def note(engine: Engine, chart: ChartFiles, question: Question) -> Outcome:
        rendered.append(chart.templates)
        return ask(engine, chart, question)

    monkeypatch.setattr("timonier.coverage.altered.ask", note)
    for what, altered in altered_charts(templates):
        if "templates/_" not in what:
            altered.answer(question)
    beside = [*told, *partials] if notes else []  # what is put beside the chart may call any partial
    assert rendered == [[*beside, name] for name in files]


HIDING = (
    '{{ define "shop.kind" }}{{ .Values.kind }}{{ end }}'
    '{{ define "shop.other" }}{{ include "shop.kind" . | trim }}{{ end }}'
    '{{ define "shop.map" }}{{ .Values.kind }}: {{ .Values.kind | quote }}{{ end }}'
)
ONE_OR_HIDDEN = "a: 1{{ else }}a: {{ .Values.hidden }}{{ end }}"
DECIDED = {
    "by a condition": '{{ if eq (include "shop.kind" .) "x" }}' + ONE_OR_HIDDEN,
    "by a condition on what calls it": '{{ with eq (include "shop.other" .) "x" }}' + ONE_OR_HIDDEN,
    "by a variable": '{{ $kind := include "shop.kind" . }}a: {{ eq $kind "x" | ternary 1 .Values.hidden }}',
    "by a parser": 'a: {{ (include "shop.map" . | fromYaml).x | empty | ternary .Values.hidden 1 }}',
    "by a stage": 'a: {{ include "shop.kind" . | eq "x" | ternary 1 .Values.hidden }}',
    "by another manifest": '{{ if contains "\'" (include (print $.Template.BasePath `/b.yaml`) .) }}' + ONE_OR_HIDDEN,
    "by nothing": 'a: {{ include "shop.kind" . | quote }}',
}


@pytest.mark.parametrize("template", DECIDED.values(), ids=DECIDED)
def test_what_says_otherwise_is_told_from_what_looks_alike(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, template: str
) -> None:
    """Both renderings look alike until something is altered; then one of them may still say the same."""
    files = {
        "templates/_helpers.tpl": HIDING,
        "templates/a.yaml": template,
        "templates/b.yaml": "b: {{ .Values.kind | squote }}",
    }
    templates = Templates(read_chart_files(make_chart(files, values="kind: x\nhidden: 1\n")))
    questions = [asked(templates, embedded, {"hidden": hidden}) for hidden in (1, 2)]
    for what, altered in altered_charts(templates):
        told = [altered.says_otherwise(question) for question in questions]
        whole = [one.baseline.says_otherwise(ask(embedded, altered.files, one.question)) for one in questions]
        assert (what, told) == (what, whole)


def test_notes_that_nobody_sees_say_nothing_of_those_that_are_shown(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine
) -> None:
    """A rendering leaves the notes out, unless something is put beside the chart that includes them."""
    files = {"templates/a.yaml": "a: 1\n", "templates/NOTES.txt": "This is {{ .Values.name }}.\n"}
    templates = Templates(read_chart_files(make_chart(files, values="name: x\n")))
    questions = [asked(templates, embedded, notes=notes) for notes in (False, True)]
    told = {what: [altered.says_otherwise(one) for one in questions] for what, altered in altered_charts(templates)}
    assert told == {"templates/NOTES.txt: .Values.name: it writes something else": [False, True]}


def test_what_looks_alike_is_rendered_once(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quotes that nothing needs are left out without anybody noticing, in every rendering: one of them tells."""
    files = {"templates/a.yaml": "a: {{ .Values.name | quote }}\n", "templates/b.yaml": "b: {{ .Values.b }}\n"}
    templates = Templates(read_chart_files(make_chart(files, values="name: x\nb: 0\n")))
    questions = [asked(templates, embedded, {"b": number}) for number in range(5)]
    rendered: list[Question] = []

    def note(engine: Engine, chart: ChartFiles, question: Question) -> Outcome:
        rendered.append(question)
        return ask(engine, chart, question)

    monkeypatch.setattr("timonier.coverage.altered.ask", note)
    altered = next(altered for what, altered in altered_charts(templates) if what.endswith("quote is left out"))
    assert [altered.says_otherwise(question) for question in questions] == [False] * 5
    assert len(rendered) == 1
