"""What is found between values.yaml, schema, cases and templates, and what is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import consistency, partials, schemavalues

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from timonier.check.model import Problem, Rule

    Look = Callable[..., list[Problem]]
    MakeChart = Callable[..., Path]

VALUES = """\
# The image
image:
  tag: "1"
# Set on pods
labels: {}
service:  # How to reach it
  port: 80
"""
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {{ toYaml .Values.labels | nindent 4 }}
data:
  tag: {{ .Values.image.tag | quote }}
  port: {{ .Values.service.port | quote }}
"""
SUBCHART = {
    "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
    "dependencies: [{name: db, alias: store, version: 0.1.0, condition: store.enabled}]\n",
    "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
    "charts/db/values.yaml": "auth: {user: root}\nlabels: {}\n",
    "charts/db/templates/a.yaml": "{{ if .Values.auth.user }}{{ end }}{{ toYaml .Values.labels | quote }}",
}


def schema(properties: Mapping[str, object], **more: object) -> str:
    """Return a schema of an object."""
    return json.dumps({"type": "object", "properties": properties, **more}, indent=1)


@pytest.mark.parametrize("rule", consistency.RULES, ids=lambda rule: rule.name)
def test_a_good_chart_is_left_alone(look: Look, make_chart: MakeChart, rule: Rule) -> None:
    """No rule finds anything in a chart where all agree."""
    described = {
        "image": {"properties": {"tag": {"type": "string"}}},
        "labels": {"additionalProperties": {"type": "string"}},
        "service": {"properties": {"port": {"type": "integer"}}},
    }
    files = {"templates/a.yaml": TEMPLATE, "values.schema.json": schema(described)}
    case = {"ci/labelled-values.yaml": "# Labels.\nlabels: {a: b}\nservice: {port: 81}\nglobal: {x: 1}\n"}
    assert look(rule, make_chart({**files, **case}, values=VALUES)) == []


def found(problems: list[Problem]) -> list[tuple[str, int, str]]:
    """Return the places and the values of problems."""
    return [(problem.file, problem.line, problem.values_path) for problem in problems]


def test_a_key_that_no_template_reads_is_found(look: Look, make_chart: MakeChart) -> None:
    """The whole of it once, when nothing of it is read; `global` is everybody's."""
    values = VALUES + "  nodePort: 1\nold:\n  a: 1\n  b: 2\nglobal: {x: 1}\n"
    chart = make_chart({"templates/a.yaml": TEMPLATE}, values=values)
    assert found(look(consistency.unread, chart)) == [
        ("values.yaml", 8, "service.nodePort"),
        ("values.yaml", 9, "old"),
    ]


def test_nothing_is_unread_where_nobody_knows_what_is_read(look: Look, make_chart: MakeChart) -> None:
    """A definition that a value names, and a library, whose values others read."""
    chart = make_chart({"templates/a.yaml": "{{ include .Values.image.tag . }}"}, values=VALUES)
    assert look(consistency.unread, chart) == []
    library = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\ntype: library\n", "templates/a.yaml": ""}
    assert look(consistency.unread, make_chart(library, values=VALUES)) == []


def test_values_of_a_subchart_are_compared_with_that_chart(look: Look, make_chart: MakeChart) -> None:
    """Under its alias; the key of its condition is Helm's."""
    values = "store:\n  enabled: true\n  auth:\n    usr: me\n  labels: {a: b}\n"
    [problem] = look(consistency.unread, make_chart(SUBCHART, values=values))
    assert (problem.message, problem.line) == ("The subchart store knows no value auth.usr.", 4)
    chart = make_chart(SUBCHART, values=values.replace("usr", "user"))
    assert look(consistency.unread, chart) == []
    (chart / "ci").mkdir()
    (chart / "ci/x-values.yaml").write_text("# A case.\nstore:\n  auth: {passwd: x}\n")
    assert found(look(consistency.case_value_unknown, chart)) == [("ci/x-values.yaml", 3, "store.auth.passwd")]


@pytest.mark.parametrize(
    ("template", "missing"),
    [
        ("{{ .Values.image.digest }}", "image.digest"),
        ("{{ $.Values.extra }}", "extra"),
        ("{{ with .Values.image }}{{ .digest }}{{ end }}", "image.digest"),
        ('{{ include "p" .Values.image }}{{ define "p" }}{{ .digest }}{{ end }}', "image.digest"),
        ("{{ if .Values.image.digest }}{{ end }}{{ .Values.image.digest }}", "image.digest"),
        ("{{ .Values.image.digest | default .Values.image.tag }}", ""),
        ("{{ if .Values.image.digest }}{{ .Values.image.digest }}{{ end }}", ""),
        ("{{ with .Values.extra }}{{ .x }}{{ end }}", ""),
        ("{{ range .Values.extra }}{{ .x }}{{ end }}", ""),
        ('{{ if hasKey .Values.image "digest" }}{{ .Values.image.digest }}{{ end }}', ""),
        ('{{ required "say it" .Values.extra }}', ""),
        ('{{ dig "a" "b" "" .Values }}', ""),
        ("{{ .Values.labels.a }}", ""),
        ("{{ .Values.image.commented }}", ""),
        ("{{ .Values.image.described }}", ""),
        ("{{ .Values.global.x }}", ""),
        ('{{ $_ := set .Values "made" 1 }}{{ .Values.made }}', ""),
        ("{{ $x := .Values.extra | default dict }}{{ $x.a }}", ""),
        ("{{ $x := .Values.extra }}{{ $x.a }}", ""),
        ("{{ (merge (dict) .Values.labels .Values.image).digest }}", ""),
    ],
)
def test_a_value_that_is_read_and_has_no_default_is_found(
    look: Look, make_chart: MakeChart, template: str, missing: str
) -> None:
    """Unless the template can do without, or the key is known in another way."""
    values = VALUES.replace('  tag: "1"\n', '  tag: "1"\n  # commented: 1\n') + "global: {y: 1}\n"
    files = {
        "templates/a.yaml": f"{{{{/* The line above */}}}}\n{template}",
        "values.schema.json": schema({"image": {"properties": {"described": {}}}}),
    }
    problems = look(consistency.without_default, make_chart(files, values=values))
    assert found(problems) == ([("templates/a.yaml", 2, missing)] if missing else [])


def test_a_case_that_sets_what_the_chart_does_not_know_is_found(look: Look, make_chart: MakeChart) -> None:
    """With the line of the case's file, and the name that was meant."""
    case = "# A case.\nimage:\n  tga: 2\nservice: {port: 1, name: x}\nlabels: {a: b}\nextra: 1\n"
    template = TEMPLATE + "  extra: {{ .Values.extra | quote }}\n"
    chart = make_chart({"templates/a.yaml": template, "ci/x-values.yaml": case}, values=VALUES)
    problems = look(consistency.case_value_unknown, chart)
    assert found(problems) == [("ci/x-values.yaml", 3, "image.tga"), ("ci/x-values.yaml", 4, "service.name")]
    assert problems[0].hint == "Did you mean tag?"


def test_a_key_without_a_comment_is_found(look: Look, make_chart: MakeChart) -> None:
    """Any comment will do, above or behind, for keys that follow each other as well, and for what lies in a map."""
    values = "# These two\na: 1\nb: 2\n\nc: 3\n# A map\nd:\n  e: 4\nf: 5 # behind\n\ng:\n  h: 6\n  i: {}\n"
    problems = look(consistency.uncommented, make_chart(values=values))
    assert found(problems) == [("values.yaml", 5, "c"), ("values.yaml", 11, "g")]


def test_where_comments_are_helm_docs_the_missing_ones_are_found(look: Look, make_chart: MakeChart) -> None:
    """A comment of another kind is then none."""
    values = "# -- One\na: 1\n# -- Two\nb: 2\n# Three\nc: 3\n"
    [problem] = look(consistency.uncommented, make_chart(values=values))
    assert (problem.line, problem.message) == (6, "values.yaml: c has no comment `# -- …` above it.")
    mostly_others = "# -- One\na: 1\n# Two\nb: 2\n# Three\nc: 3\n"
    assert look(consistency.uncommented, make_chart(values=mostly_others)) == []


def test_a_key_the_schema_does_not_describe_is_found(look: Look, make_chart: MakeChart) -> None:
    """A map that it mostly leaves open is left open on purpose."""
    described: dict[str, object] = {"image": {"properties": {"tag": {}}}, "labels": {}}
    chart = make_chart({"values.schema.json": schema(described)}, values=VALUES + "  name: x\n")
    assert found(look(schemavalues.incomplete, chart)) == [("values.yaml", 6, "service")]
    (chart / "values.schema.json").write_text(schema({"image": {"properties": {"tag": {}}}}))
    assert look(schemavalues.incomplete, chart) == []
    (chart / "values.schema.json").write_text(schema(described, additionalProperties={"type": "object"}))
    assert look(schemavalues.incomplete, chart) == []


def test_a_key_only_the_schema_knows_is_found(look: Look, make_chart: MakeChart) -> None:
    """One that a template reads is known, and `enabled` at the top is for a chart around this one."""
    described: dict[str, object] = {
        "image": {"properties": {"tag": {}, "digest": {}}},
        "labels": {"properties": {"app": {}}},
        "read": {},
        "enabled": {},
    }
    files = {"templates/a.yaml": TEMPLATE + "{{ .Values.read }}", "values.schema.json": schema(described)}
    problems = look(schemavalues.stale, make_chart(files, values=VALUES))
    assert found(problems) == [("values.schema.json", 7, "image.digest")]


def test_a_default_the_schema_refuses_is_found(look: Look, make_chart: MakeChart) -> None:
    """Not what the user has to give, and not null, which Helm takes for absent."""
    described = {
        "image": {"properties": {"tag": {"type": "integer"}}, "required": ["digest"]},
        "labels": {"type": "object"},
        "none": {"type": "string"},
    }
    chart = make_chart({"values.schema.json": schema(described)}, values=VALUES + "none:\n")
    [problem] = look(schemavalues.refused, chart)
    assert found([problem]) == [("values.yaml", 3, "image.tag")]
    assert 'The schema refuses the default of image.tag: "1" is not of type "integer".' in problem.message


def test_a_schema_that_lies_elsewhere_is_not_fetched(look: Look, make_chart: MakeChart) -> None:
    """A check asks neither the network nor files beside the chart for anything."""
    chart = make_chart({"other.json": '{"properties": {"labels": {"type": "string"}}}'}, values=VALUES)
    (chart / "values.schema.json").write_text(json.dumps({"$ref": (chart / "other.json").as_uri()}))
    assert look(schemavalues.refused, chart) == []


def test_a_template_that_never_renders_is_found(look: Look, make_chart: MakeChart) -> None:
    """A case that switches it on is enough; definitions and notes are no templates of objects."""
    files = {
        "templates/a.yaml": "{{ if .Values.service.enabled }}\n" + TEMPLATE + "{{ end }}",
        "templates/helpers.yaml": '{{/* Helpers */}}\n{{ define "x" }}{{ end }}\n',
        "templates/NOTES.txt": "{{ .Release.Name }}",
    }
    files["ci/off-values.yaml"] = "# Off.\nservice: {enabled: false}\n"
    chart = make_chart(files, values=VALUES)
    assert found(look(partials.never_rendered, chart)) == [("templates/a.yaml", 1, "")]
    (chart / "ci/on-values.yaml").write_text("# On.\nservice: {enabled: true}\n")
    assert look(partials.never_rendered, chart) == []


def test_a_chart_without_cases_is_told_once_what_its_defaults_leave_out(look: Look, make_chart: MakeChart) -> None:
    """Most charts have much that is off at first, and one remedy is enough."""
    off = "{{ if .Values.enabled }}\n" + TEMPLATE + "{{ end }}"
    chart = make_chart({f"templates/{name}.yaml": off for name in "abc"}, values=VALUES)
    [problem] = look(partials.never_rendered, chart)
    assert problem.message.startswith("There are no cases, and with the defaults 3 templates render, such as")
    assert (problem.file, "ci/NAME-values.yaml" in problem.hint) == ("templates/a.yaml", True)


def test_a_definition_nobody_includes_is_found(look: Look, make_chart: MakeChart) -> None:
    """Included by a name that is put together, or by a subchart, it is included."""
    files = {
        "templates/_p.tpl": '{{ define "p.one" }}{{ end }}\n{{ define "p.two" }}{{ end }}\n{{ define "q" }}{{ end }}\n',
        "templates/a.yaml": '{{ range list "one" }}{{ include (printf "p.%s" .) $ }}{{ end }}',
    }
    chart = make_chart(files)
    assert found(look(partials.unused, chart)) == [("templates/_p.tpl", 2, ""), ("templates/_p.tpl", 3, "")]
    (chart / "templates/a.yaml").write_text('{{ include "p.one" . }}{{ include (printf "p.%s" .Release.Name) . }}')
    assert found(look(partials.unused, chart)) == [("templates/_p.tpl", 3, "")]
    for unclear in ("{{ include .Release.Name . }}", "{{ include .Values.name . }}"):
        (chart / "templates/a.yaml").write_text(unclear)
        assert look(partials.unused, chart) == []


def test_an_inclusion_of_what_nobody_defines_is_found(look: Look, make_chart: MakeChart) -> None:
    """A subchart's definitions and files of the chart can be included; without the subchart nobody knows."""
    files = {
        "templates/a.yaml": 'x: 1\n{{ if .Values.x }}{{ include "nobody" . }}{{ template "db.name" . }}{{ end }}',
        "templates/b.yaml": 'y: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}',
        "charts/db/templates/_p.tpl": '{{ define "db.name" }}{{ end }}',
    }
    chart = make_chart({**SUBCHART, **files})
    problems = look(partials.undefined, chart)
    assert found(problems) == [("templates/a.yaml", 2, "")]
    assert "nobody" in problems[0].message
    (chart / "charts/db/Chart.yaml").unlink()
    assert look(partials.undefined, chart) == []
