"""Which values templates read, and which they are taken to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles
from timonier.check.templates.chartvalues import ChartValues

if TYPE_CHECKING:
    from pathlib import Path

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
VALUES = """\
a: {b: {c: 1, d: 2}, e: 3}
f: {g: 4}
h: [{i: 5}]
kind: b
"""


def known(tmp_path: Path, **files: str) -> ChartValues:
    """Return what is known of a chart made of some files; `__` in a name is a slash."""
    texts = {"Chart.yaml": CHART, "values.yaml": VALUES}
    texts |= {name.replace("__", "/"): text for name, text in files.items()}
    return ChartValues(ChartFiles(tmp_path, "shop", {name: text.encode() for name, text in texts.items()}), {})


def read(values: ChartValues) -> set[str]:
    """Return the leaves of VALUES that are read."""
    leaves = [("a", "b", "c"), ("a", "b", "d"), ("a", "e"), ("f", "g"), ("h",), ("kind",)]
    return {".".join(leaf) for leaf in leaves if values.is_read(leaf)}


ALL_OF_A = {"a.b.c", "a.b.d", "a.e"}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Values.a.b.c }}", {"a.b.c"}),
        ("{{ $.Values.a.b.c | quote }}", {"a.b.c"}),
        ("{{ (.Values.a).e }}", {"a.e"}),
        ("{{ toYaml .Values.a.b }}", {"a.b.c", "a.b.d"}),
        ("{{ if .Values.a.b }}x{{ end }}", set()),
        (
            "{{ with .Values.a.b }}{{ .c }}{{ $.Values.f.g }}{{ else }}{{ .Values.a.e }}{{ end }}",
            {"a.b.c", "f.g", "a.e"},
        ),
        ("{{ with .Values.a.b }}{{ toYaml . }}{{ end }}", {"a.b.c", "a.b.d"}),
        ("{{ range .Values.h }}{{ .i }}{{ $.Values.f.g }}{{ end }}", {"h", "f.g"}),
        ("{{ range $key, $value := .Values.a }}{{ $key }}{{ end }}", ALL_OF_A),
        ("{{ $x := .Values.a }}{{ if true }}{{ $y := $x.b }}{{ $y.d }}{{ end }}", {"a.b.d"}),
        ("{{ $x := .Values.f }}{{ if true }}{{ $x = .Values.a.b }}{{ end }}{{ $x.d }}{{ $x.g }}", {"a.b.d", "f.g"}),
        ('{{ index .Values "a" "b" "c" }}', {"a.b.c"}),
        ("{{ (index .Values.h 0).i }}", {"h"}),
        ('{{ get .Values.a "e" }}{{ dig "b" "c" 0 .Values.a }}', {"a.e", "a.b.c"}),
        ('{{ (get .Values.a "b" | default dict).d }}', {"a.b.d"}),
        ('{{ if hasKey .Values.a "e" }}x{{ end }}', {"a.e"}),
        ("{{ (.Values.a.b | default .Values.f).g }}", {"f.g"}),
        ("{{ (merge (dict) .Values.f .Values.a.b).c }}", {"a.b.c"}),
        ("{{ (coalesce .Values.a.b .Values.f).d }}", {"a.b.d"}),
        ("{{ (ternary .Values.a.b .Values.f true).d }}", {"a.b.d"}),
        ('{{ range list "a" "f" }}{{ toYaml (get $.Values .) }}{{ end }}', {*ALL_OF_A, "f.g"}),
        ('{{ range $x := tuple "c" }}{{ index $.Values.a.b $x }}{{ end }}', {"a.b.c"}),
        ('{{ $d := dict "x" .Values.f }}{{ $_ := set $d "y" .Values.a.b }}{{ $d.y.c }}{{ $d.x.g }}', {"a.b.c", "f.g"}),
        ("{{ (first (list .Values.f .Values.a.b)).c }}", {"a.b.c"}),
        ('{{ tpl "{{ .Values.a.e }}" . }}', {"a.e"}),
        ("{{ .Files.Get .Values.a.e }}", {"a.e"}),
        ('{{ block "x" .Values.a.b }}{{ .c }}{{ end }}', {"a.b.c"}),
        ("{{/* .Values.a.e */}}", set()),
        # A context that is handed on is not read as a whole.
        ("{{ toJson $ }}", set()),
        # What is looked up by a name that is not known may be any.
        ("{{ get .Values.a .Values.kind }}", {*ALL_OF_A, "kind"}),
        ("{{ index .Values.a .Release.Name }}", ALL_OF_A),
    ],
)
def test_what_a_template_reads(tmp_path: Path, template: str, expected: set[str]) -> None:
    """However it gets there. A map that is only asked for is not read below."""
    assert read(known(tmp_path, templates__a=template)) == expected


@pytest.mark.parametrize(
    ("call", "body", "expected"),
    [
        ('{{ include "p" . }}', "{{ .Values.a.b.c }}", {"a.b.c"}),
        ('{{ template "p" .Values.a }}', "{{ .e }}{{ $.b.c }}", {"a.e", "a.b.c"}),
        ('{{ include "p" (dict "root" $ "x" .Values.a.b) }}', "{{ .x.c }}{{ .root.Values.f.g }}", {"a.b.c", "f.g"}),
        ('{{ include "p" (dict "x" .Values.a.b) | nindent 4 }}', "{{ with .x }}{{ .d }}{{ end }}", {"a.b.d"}),
        ('{{ include "p" (list . .Values.a.b) }}', "{{ (index . 1).c }}{{ (first .).Values.f.g }}", {"a.b.c", "f.g"}),
        ('{{ include (printf "%s" "p") . }}', "{{ .Values.a.e }}", {"a.e"}),
        ('{{ include (printf "%s" .Release.Name) . }}', "{{ .Values.a.e }}", {"a.e"}),
        ('{{ include (print $.Release.Name "p") . }}', "{{ .Values.a.e }}", {"a.e"}),
        ('{{ include "p" (dict "ctx" $ "t" .Values.a.e) }}', "{{ tpl .t .ctx }}", {"a.e"}),
        ('{{ include "p" . }}', '{{ if .Values.f.g }}{{ include "p" . }}{{ end }}', {"f.g"}),
    ],
)
def test_what_a_definition_reads_of_what_it_is_given(tmp_path: Path, call: str, body: str, expected: set[str]) -> None:
    """By whichever way it is given."""
    chart = known(tmp_path, templates__a=call, templates___p='{{ define "p" }}' + body + "{{ end }}")
    assert read(chart) == expected


def test_a_loop_walks_down_a_path(tmp_path: Path) -> None:
    """As library charts do with `"a.b.c"`; nothing beside the path is read."""
    walking = (
        '{{ $x := .Values }}{{ $y := "" }}{{ range splitList "." "a.b.c" }}{{ $y = index $x . }}{{ $x = $y }}{{ end }}'
        "{{ if $y }}x{{ end }}"
    )
    assert read(known(tmp_path, templates__a=walking)) == {"a.b.c"}


def test_a_loop_does_not_walk_into_what_is_not_there(tmp_path: Path) -> None:
    """Or it would never end, with keys in any order at any depth; the key below what there is may be optional."""
    keys = "a b c d e f g h"
    walking = f'{{{{ $x := .Values }}}}{{{{ range splitList " " "{keys}" }}}}{{{{ $x = index $x . }}}}{{{{ end }}}}'
    chart = known(tmp_path, templates__a=walking)
    paths = {read.path for read in chart.reader.reads}
    assert ("a", "b", "h") in paths
    assert [path for path in paths if not chart.has_default(path[:-1])] == []


def test_values_files_and_helm_itself_read_values(tmp_path: Path) -> None:
    """Templates in values, files that templates may hand to `tpl`, and a dependency's condition."""
    values = VALUES + "text: '{{ .Values.a.e }}'\n"
    chart = known(tmp_path, values__yaml="", **{"values.yaml": values, "nginx.conf": "port {{ .Values.f.g }};"})
    assert read(chart) == {"a.e", "f.g"}
    declared = CHART + "dependencies: [{name: db, condition: 'x.y,a.b.c'}]\n"
    assert read(known(tmp_path, **{"Chart.yaml": declared})) == {"a.b.c"}


def test_everything_read_is_nothing_known(tmp_path: Path) -> None:
    """Then nobody can say what is not read."""
    for template in ("{{ toYaml .Values }}", "{{ include .Values.kind . }}", "{{ index .Values .Release.Name }}"):
        assert not known(tmp_path, templates__a=template).is_clear
    assert known(tmp_path, templates__a="{{ .Values.a.b.c }}").is_clear


def test_a_library_asks_by_names_that_the_chart_hands_it(tmp_path: Path) -> None:
    """The constants of the chart are what it may ask for."""
    chart = known(
        tmp_path,
        templates__a='{{ include "lib.get" (dict "key" "a.b.c" "root" $) }}',
        charts__lib__Chart="",
        **{
            "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
            "charts/lib/templates/_lib.tpl": '{{ define "lib.get" }}{{ index .root.Values (lower .key) }}{{ end }}',
        },
    )
    assert chart.is_clear
    assert read(chart) == {"a.b.c"}
