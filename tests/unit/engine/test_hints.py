"""A template's failure names the place in the template, and the key of the values that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import load_chart
from timonier.engine import Release
from timonier.errors import RenderError
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine
    from timonier.engine.program import ProgramEngine

HELPER = '{{ define "x" }}\n{{ .Values.a.b.c | quote }}{{ end }}'
FAILURES = [
    ("{{ .Values.no.such.key }}", {}, "a.yaml:2:13", "no is not set in the values."),
    ("{{ $.Values.a.b.c }}", {"a": {"x": 1}}, "a.yaml:2:7", "a.b is not set in the values."),
    ("{{ .Values.a.b.b }}", {"a": {"x": 1}}, "a.yaml:2:13", ""),
    ('{{ include "x" . }}', {}, "_h.tpl:2:10", "a is not set in the values."),
    ("{{ .Values.a.b }}", {"a": "hunter2"}, "a.yaml:2:13", "a is no mapping in the values."),
    ("{{ range .Values.a }}{{ end }}", {"a": 5.5}, "a.yaml:2:19", "a is neither a list nor a mapping in the values."),
    (
        "{{ with .Values.a }}{{ .b.c.d }}{{ end }}",
        {"a": {"x": 1}},
        "",
        ".b is not set where the template looks for it.",
    ),
    ("{{ range .Values.a }}{{ .b }}{{ end }}", {"a": [1]}, "a.yaml:2:27", ""),
    ("{{ .Values.a | b64enc }}", {"a": 5}, "a.yaml:2:18", ""),
]


@pytest.mark.parametrize(("template", "values", "place", "hint"), FAILURES)
def test_a_failure_names_the_key(
    make_chart: Callable[..., Path],
    embedded: EmbeddedEngine,
    program: ProgramEngine,
    template: str,
    values: dict[str, Any],
    place: str,
    hint: str,
) -> None:
    """The same with both engines, in one sentence and one more, without a value."""
    chart = load_chart(make_chart({"templates/a.yaml": f"kind: A\nb: {template}\n", "templates/_h.tpl": HELPER}))
    said = []
    for engine in (embedded, program):
        with pytest.raises(RenderError) as failed:
            render(chart, values, Release("shop"), engine)
        said.append((failed.value.message, failed.value.hint))
    assert said[0] == said[1]
    assert f"shop/templates/{place}" in said[0][0]
    assert said[0][1] == hint
    assert "hunter2" not in str(said)
    assert "5.5" not in str(said)


def test_what_values_gave_to_tpl_is_not_told(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """It may hold a password; where it failed is told."""
    chart = load_chart(make_chart({"templates/a.yaml": "a: {{ tpl .Values.t . }}\n"}))
    with pytest.raises(RenderError) as failed:
        render(chart, {"t": 'password: "hunter2": {{ .Values.x.y }}'}, Release("shop"), embedded)
    assert "hunter2" not in str(failed.value)
    assert failed.value.hint == "x is not set in the values."
    assert "shop/templates/a.yaml:1:6" in failed.value.message
