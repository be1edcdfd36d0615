"""Defects planted in small charts: each is found, and shown by the smallest values; a sound chart is left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from timonier.fuzz.judge import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Hunt

    MakeChart = Callable[..., Path]

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\ndata:\n  x: {data}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\nspec:\n  containers: [{{name: a, image: a}}]\n  {affinity}\n"
SLOW = "{{ if .Values.debug }}{{ range until 10000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}"
BIG = "{{ if .Values.debug }}{{ repeat 3000000000 .Chart.Name | len }}{{ end }}"


def configmap(data: str) -> dict[str, str]:
    """Return a template of one ConfigMap with one key."""
    return {"templates/a.yaml": CONFIG.format(data=data)}


def schema(**properties: Any) -> dict[str, str]:  # noqa: ANN401 - JSON Schema
    """Return a values.schema.json of a few keys, all of them required."""
    written = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"values.schema.json": json.dumps(written)}


def test_a_section_that_is_commented_out(hunt: Hunt, make_chart: MakeChart) -> None:
    """Null deletes the default, and the template looks into nothing."""
    chart = make_chart(configmap("{{ .Values.image.tag | quote }}"), values="image:\n  tag: a\nother: 1\n")
    [found] = hunt(chart)
    assert (found.defect.kind, found.defect.place) == (Kind.NIL, "shop/templates/a.yaml:6")
    assert found.defect.message == "at <.Values.image.tag>: nil pointer evaluating interface {}.tag."
    assert found.values == {"image": None}


def test_text_that_is_not_quoted(hunt: Hunt, make_chart: MakeChart) -> None:
    """As a number it is no text, and with YAML's own signs it is no YAML: two defects of one key."""
    found = hunt(make_chart(configmap("{{ .Values.text }}"), values="text: a\nother: 1\n"), examples=2000)
    assert (Kind.INVALID, {"text": "1"}) in [(one.defect.kind, one.values) for one in found]
    [broken] = [one for one in found if one.defect.kind is Kind.NOT_YAML]
    assert set(broken.values) == {"text"}
    assert len(broken.values["text"]) < 4


def test_a_name_that_is_too_long(hunt: Hunt, make_chart: MakeChart) -> None:
    """The schema says of which letters, and not of how many."""
    template = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: "{{ .Values.name }}"\n'
    chart = make_chart(
        {"templates/a.yaml": template, **schema(name={"type": "string", "pattern": "^[a-z]+$"})}, values="name: a\n"
    )
    [found] = hunt(chart)
    assert (found.defect.kind, found.defect.rule) == (Kind.INVALID, "invalid-name")
    assert found.values == {"name": "x" * 64}


def test_a_number_that_is_printed_as_a_float(hunt: Hunt, make_chart: MakeChart) -> None:
    """By way of JSON a million becomes 1e+06 when text is made of it."""
    template = CONFIG.format(data='"{{ .Values.size }}"').replace("name: shop", "name: {{ .Values.size | toString }}-x")
    chart = make_chart(
        {"templates/a.yaml": template, **schema(size={"type": "integer", "minimum": 1})}, values="size: 1"
    )
    assert [found.values["size"] >= 10**6 for found in hunt(chart)] == [True]


def test_a_rendering_that_never_ends(hunt: Hunt, make_chart: MakeChart) -> None:
    """It is ended after the time it is given, and the search goes on."""
    chart = make_chart(configmap(SLOW + "{{ .Values.image.tag | quote }}"), values="debug: false\nimage: {tag: a}\n")
    found = hunt(chart, timeout=2.0)
    assert {(one.defect.kind, json.dumps(one.values)) for one in found} == {
        (Kind.HANG, '{"debug": true}'),
        (Kind.NIL, '{"image": null}'),
    }


def test_a_rendering_that_takes_all_memory(hunt: Hunt, make_chart: MakeChart) -> None:
    """The process ends, and not the machine."""
    found = hunt(make_chart(configmap(BIG + "x"), values="debug: false\nother: 1\n"))
    assert [(one.defect.kind, one.values) for one in found] == [(Kind.CRASH, {"debug": True})]


def test_a_refusal_that_names_no_key(hunt: Hunt, make_chart: MakeChart) -> None:
    """A warning: the user is stopped, and does not know by what."""
    chart = make_chart(configmap('{{ if .Values.debug }}{{ fail "not possible" }}{{ end }}x'), values="debug: false\n")
    [found] = hunt(chart)
    assert (found.defect.kind, found.defect.severity) == (Kind.NO_PATH, "warning")
    assert found.defect.place == "shop/templates/a.yaml:6"
    assert found.values == {"debug": True}


@pytest.mark.parametrize(
    "said", ["debug is not possible", "image.tag is empty", "set .Values.image.tag", "image.tags[0]"]
)
def test_a_refusal_that_names_its_key_is_none(hunt: Hunt, make_chart: MakeChart, said: str) -> None:
    """Whether it is a key, or something below one."""
    template = configmap(f'{{{{ if .Values.debug }}}}{{{{ fail "{said}" }}}}{{{{ end }}}}x')
    assert hunt(make_chart(template, values="debug: false\nimage: {tag: a}\n"), examples=50) == []


def test_a_schema_that_refuses_without_a_key(hunt: Hunt, make_chart: MakeChart) -> None:
    """`not` at the top says only that something is wrong."""
    written = {"type": "object", "not": {"properties": {"debug": {"const": True}}, "required": ["debug"]}}
    files = configmap("x") | {"values.schema.json": json.dumps(written)}
    [found] = hunt(make_chart(files, values="debug: false\n"))
    assert (found.defect.kind, found.values) == (Kind.NO_PATH, {"debug": True})


def test_a_refusal_of_a_keys_name_does_not_say_where_it_is(hunt: Hunt, make_chart: MakeChart) -> None:
    """`propertyNames` is answered with the name alone; with `patternProperties` the path is there."""
    texts = {"type": "string"}
    names = {"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}, "additionalProperties": texts}
    chart = make_chart(configmap("x") | schema(labels=names), values="labels: {}\n")
    [found] = hunt(chart, examples=1000)
    assert found.defect.kind is Kind.NO_PATH
    assert list(found.values) == ["labels"]
    patterns = {"type": "object", "patternProperties": {"^[a-z]+$": texts}, "additionalProperties": False}
    assert hunt(make_chart(configmap("x") | schema(labels=patterns), values="labels: {}\n")) == []


def test_a_subchart_by_its_alias(hunt: Hunt, make_chart: MakeChart) -> None:
    """Its values are drawn too, by its own schema and under the name the parent gives it."""
    sub = "charts/db/"
    chart = make_chart(
        {
            "Chart.yaml": "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
            "dependencies: [{name: db, version: 0.1.0, alias: store}]\n",
            f"{sub}Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
            f"{sub}values.yaml": "mode: a\n",
            f"{sub}values.schema.json": json.dumps({"properties": {"mode": {"enum": ["a", "b"]}}}),
            f"{sub}templates/a.yaml": CONFIG.format(data='{{ ternary 1 "x" (eq .Values.mode "b") }}'),
        }
    )
    assert {"store": {"mode": "b"}} in [found.values for found in hunt(chart)]


def test_an_open_place_is_filled_with_what_kubernetes_takes_there(hunt: Hunt, make_chart: MakeChart) -> None:
    """So that a wrong indentation shows, and junk is not blamed on the chart."""
    files = {"values.schema.json": json.dumps({"properties": {"affinity": {"type": "object"}}})}
    wrong = POD.format(affinity="affinity: {{ toYaml .Values.affinity }}")
    right = POD.format(affinity="affinity: {{ toYaml .Values.affinity | nindent 4 }}")
    [found] = hunt(make_chart({**files, "templates/a.yaml": wrong}, values="affinity: {}\n"))
    assert (found.defect.kind, found.values) == (Kind.NOT_YAML, {"affinity": {"x": "x"}})
    assert hunt(make_chart({**files, "templates/a.yaml": right}, values="affinity: {}\n")) == []


def test_the_same_object_twice(hunt: Hunt, make_chart: MakeChart) -> None:
    """Two names from two values may be one."""
    config = CONFIG.format(data="x")
    files = {f"templates/{key}.yaml": config.replace("shop", f'"x-{{{{ .Values.{key} }}}}"') for key in ("one", "two")}
    names = {key: {"type": "string", "pattern": "^[a-c]$"} for key in ("one", "two")}
    found = hunt(make_chart(files | schema(**names), values="one: a\ntwo: b\n"))
    assert {one.defect.rule for one in found} == {"duplicate-object"}
    assert {"one": "b"} in [one.values for one in found]


def test_a_sound_chart(hunt: Hunt, make_chart: MakeChart) -> None:
    """Every key is quoted, bounded, and there."""
    template = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name | quote }}\n"
        "  annotations:\n    x: {{ .Values.note | quote }}\nspec:\n"
        "  {{- with .Values.selector }}\n  selector: {{ toYaml . | nindent 4 }}\n  {{- end }}\n"
        "  ports:\n    - port: {{ .Values.port }}\n"
    )
    label = {"type": "string", "pattern": "^[a-z]{1,9}$"}
    files = schema(
        name={"type": "string", "pattern": "^[a-z]+$", "maxLength": 63},
        note={"type": "string"},
        selector={"type": "object", "patternProperties": {label["pattern"]: label}, "additionalProperties": False},
        port={"type": "integer", "minimum": 1, "maximum": 65535},
    )
    chart = make_chart({"templates/a.yaml": template, **files}, values="name: a\nnote: b\nselector: {}\nport: 80\n")
    assert hunt(chart, examples=500) == []
