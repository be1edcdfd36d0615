"""Alterations: what is done to each kind of place, and that it renders to something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.coverage.alter import alterations
from timonier.coverage.places import find_places
from timonier.engine import Release
from timonier.gotemplate import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine

BLOCK = "\n{{- toYaml .Values.map | nindent 2 }}"


def places(template: str, defaults: dict[str, object] | None = None) -> list[str]:
    """Describe the places of a template."""
    return [str(place) for place in find_places(parse(template, "a.yaml"), defaults or {})]


@pytest.mark.parametrize(
    ("template", "what", "rendered"),
    [
        ("{{ if .Values.good }}1{{ else }}2{{ end }}", "the condition is never true", "2"),
        ("{{ if $x := .Values.good }}{{ $x }}{{ end }}", "the condition is never true", ""),
        ("{{ if .Values.bad }}1{{ end }}", "the condition is always true", "1"),
        ("{{ if .Values.bad }}1{{ else if .Values.bad }}2{{ end }}", "the condition is always true", "2"),
        ("{{ with .Values.text }}{{ . }}{{ end }}", "what is given counts as empty", ""),
        ("{{ with .Values.bad }}{{ . }}{{ end }}", "what is empty counts as given", "altered"),
        ("{{ with $x := .Values.bad }}{{ $x }}{{ end }}", "what is empty counts as given", "altered"),
        ("{{ with .Values.bad }}{{ . }}{{ else }}none{{ end }}", "the body of the else is left out", ""),
        ("{{ range .Values.list }}{{ . }},{{ end }}", "the body is left out", ""),
        ("{{ range .Values.list }}{{ . }},{{ end }}", "the body is done twice", "1,1,2,2,"),
        ("{{ range $i, $e := .Values.none }}{{ $e }}{{ end }}", "the loop is done for no element", "altered"),
        ("{{ default 5 .Values.number }}", "the value is ignored", "5"),
        ("{{ .Values.number | default 5 | int }}", "the value is ignored", "5"),
        ("{{ default 5 .Values.none }}", "the default is another one", "6"),
        ('{{ .Values.none | default "x" }}', "the default is another one", "x-altered"),
        ("{{ .Values.none | default true }}", "the default is another one", "false"),
        ("{{ .Values.none | default (list 1) }}", "the default is another one", "[altered]"),
        ("{{ .Values.none | default .Values.text }}", "the default is another one", "altered"),
        ("{{ .Values.number }}", "it writes something else", "8"),
        ("{{ .Values.good }}", "it writes something else", "false"),
        ("{{ .Values.text }}", "it writes something else", "word-altered"),
        ("{{ .Values.text | quote }}", "it writes something else", '"word-altered"'),
        ("{{ .Values.text | quote }}", "quote is left out", "word"),
        (BLOCK, "it writes something else", ""),
        ("{{ .Values.list | toJson }}", "it writes something else", '["altered"]'),
        ('{{ tpl "x" . }}', "the call is left out", ""),
        ("{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "the assignment is left out", "1"),
        ('{{ fail "no" }}', "it does not fail", ""),
        ('{{ template "t" }}{{ define "t" }}T{{ end }}', "the call is left out", ""),
    ],
)
def test_an_alteration_does_what_it_says(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, template: str, what: str, rendered: str
) -> None:
    """Seen in what is rendered, which keeps its type: a number becomes another number."""
    tree = parse(template, "templates/a.yaml")
    (altered,) = [
        alteration.text
        for place in find_places(tree, {})
        for alteration in alterations(tree, place)
        if alteration.what == what
    ][-1:]
    chart = make_chart(
        {"templates/a.txt": f"[{altered}]"},
        values="good: true\nbad: false\ntext: word\nlist: [1, 2]\nnone: []\nnumber: 7\nmap:\n  a: 1\n  b: 2\n",
    )
    (document,) = embedded.template(chart, {}, Release("some"))
    assert document.text.strip() == f"[{rendered}]"


def test_nothing_but_the_place_is_altered() -> None:
    """The rest of the file stays as it is, byte by byte."""
    text = "a: 1\n{{- if .Values.a }}\nb: {{ .Values.b }}\n{{- end }}\nc: 2\n"
    tree = parse(text, "a.yaml")
    place = find_places(tree, {})[0]
    (alteration,) = alterations(tree, place)
    assert alteration.text == text.replace(".Values.a", "and (.Values.a) false")


def test_a_loop_over_what_is_written_out_is_never_without_elements() -> None:
    """So there is no such place."""
    assert places('{{ range list "a" "b" }}{{ end }}') == ['range list "a" "b": with elements']
    assert places("{{ range list }}{{ end }}") == ["range list: with elements", "range list: without elements"]


def test_a_with_that_shortens_what_is_read_decides_nothing() -> None:
    """Its map has keys by default, and fields of it are read; what hands the map on could do without it."""
    defaults: dict[str, object] = {"map": {"a": 1}, "empty": {}}
    given, empty = "with .Values.map: given", "with .Values.map: empty"
    assert places("{{ with .Values.map }}{{ if .a }}{{ end }}{{ end }}", defaults)[:2] == [given, "if .a: true"]
    assert places("{{ with .Values.map }}{{ toYaml . }}{{ end }}", defaults) == [given, empty, "toYaml ."]
    assert places("{{ with .Values.empty }}{{ .a }}{{ end }}", defaults)[1] == "with .Values.empty: empty"
    assert empty in places("{{ with .Values.map }}{{ .a }}{{ else }}{{ end }}", defaults)


def test_a_chain_of_else_if_has_an_arm_for_each_and_one_for_none() -> None:
    """Not an arm more for the way from one to the next."""
    found = places("{{ if .a }}{{ else if .b }}{{ else }}{{ end }}")
    assert found == ["if .a: true", "else if .b: true", "else if .b: not true"]
