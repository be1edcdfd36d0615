"""An altered chart answers as if the whole of it were rendered, though only a part is."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def asked(templates: Templates, engine: Engine, *, notes: bool) -> Asked:
    """Render, as a test does that asks for the notes, or not."""
    question = Question("test", {}, Release("some"), SHOWN if notes else {})
    first = ask(engine, templates.quick(), question)
    reached = reach(templates, engine, question, first, frozenset())
    return Asked(engine, question, Baseline(first, first), reached)


def altered_charts(templates: Templates) -> Iterator[tuple[str, Altered]]:
    """Yield every alteration."""
    for number, place in enumerate(templates.places):
        for alteration in alterations(templates.trees[place.file], place):
            files = templates.altered(alteration, notes=False)
            yield f"{place.file}: {place}: {alteration.what}", Altered(files, number, templates.calls)


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
