"""What goes wrong in a chart is one sentence, and the same class of error with either engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import load_chart
from timonier.engine import Release
from timonier.engine.choose import choose_engine
from timonier.errors import EngineError, RenderError, SourceError, TimonierError, ValuesError
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine import Engine
    from timonier.engine.program import ProgramEngine

SCHEMA = '{"type": "object", "additionalProperties": false, "properties": {"replicas": {"type": "integer"}}}'
DEPENDENCY = "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies: [{name: gone, version: 1.0.0, repository: x}]\n"
FAILURES = [
    pytest.param(
        {"templates/a.yaml": '{{ fail "set a password" }}'},
        {},
        RenderError,
        "says, at shop/templates/a.yaml:1:3: set a password",
        id="the chart says so",
    ),
    pytest.param(
        {"templates/a.yaml": "a: {{ .Values.no.such.key }}"},
        {},
        RenderError,
        "cannot be rendered: shop/templates/a.yaml:1:",
        id="a nil pointer",
    ),
    pytest.param({"templates/a.yaml": "{{ if }"}, {}, RenderError, "templates/a.yaml:1", id="a template's syntax"),
    pytest.param(
        {"templates/a.yaml": "a: [1\nb: 2\n"}, {}, RenderError, "shop/templates/a.yaml", id="not YAML once rendered"
    ),
    pytest.param(
        {"values.schema.json": SCHEMA},
        {"replicsa": 2, "replicas": "two"},
        ValuesError,
        "refuses these values: ",
        id="values the schema refuses",
    ),
    pytest.param({"Chart.yaml": DEPENDENCY}, {}, SourceError, "missing in charts/ directory: gone", id="a dependency"),
    pytest.param(
        {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\ntype: library\n"},
        {},
        SourceError,
        "library charts are not installable",
        id="a library chart",
    ),
    pytest.param({"values.yaml": "a: [1\n"}, {}, SourceError, "cannot be loaded", id="the chart's own values"),
]


@pytest.fixture(params=["embedded", "program"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine in turn."""
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(("files", "values", "kind", "sentence"), FAILURES)
def test_a_failure_is_one_sentence(
    make_chart: Callable[..., Path],
    engine: Engine,
    files: dict[str, str],
    values: dict[str, Any],
    kind: type[TimonierError],
    sentence: str,
) -> None:
    """It says what and where, on one line, without Helm's log."""
    chart = load_chart(make_chart(files))
    with pytest.raises(kind) as failed:
        render(chart, values, Release("shop"), engine)
    assert type(failed.value) is kind
    assert sentence in str(failed.value)
    assert "\n" not in str(failed.value)
    assert "--debug" not in str(failed.value)


IMAGE = """kind: ConfigMap
data:
  logo: |-
    {{ .Files.Get "logo.png" }}
"""


def test_what_is_no_text_is_refused(make_chart: Callable[..., Path], engine: Engine) -> None:
    """A picture in a ConfigMap's data, which the library would hand over with other bytes."""
    folder = make_chart({"templates/a.yaml": IMAGE})
    (folder / "logo.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(RenderError) as failed:
        render(load_chart(folder), {}, Release("shop"), engine)
    sentence = str(failed.value)
    assert "rendered shop/templates/a.yaml:" in sentence
    assert "this is not valid YAML: invalid leading UTF-8 octet. What is no text goes through `b64enc`" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("said", "defaults", "values"),
    [
        ("\ufffd", "", {}),
        ("{{ .Values.sign }}", "", {"sign": "\ufffd"}),
        ("{{ .Values.sign }}", 'sign: "\\uFFFD"\n', {}),
    ],
)
def test_the_character_for_what_is_no_text_may_be_said(
    make_chart: Callable[..., Path], engine: Engine, said: str, defaults: str, values: dict[str, str]
) -> None:
    """Where the chart has it itself, or its values."""
    chart = load_chart(make_chart({"templates/a.yaml": f"kind: ConfigMap\ndata: {{a: {said}}}\n"}, values=defaults))
    [manifest] = render(chart, values, Release("shop"), engine)
    assert manifest.document["data"] == {"a": "\ufffd"}


def test_every_schema_finding_is_named(make_chart: Callable[..., Path], engine: Engine) -> None:
    """Not only the first: the reader mends all in one go."""
    chart = load_chart(make_chart({"values.schema.json": SCHEMA}))
    with pytest.raises(ValuesError) as failed:
        render(chart, {"replicsa": 2, "replicas": "two"}, Release("shop"), engine)
    assert "replicas: got string, want integer" in str(failed.value)
    assert "top level: additional properties 'replicsa' not allowed" in str(failed.value)


def test_a_release_name_is_checked(make_chart: Callable[..., Path], engine: Engine) -> None:
    """Helm's rule: 53 characters, as in DNS."""
    chart = load_chart(make_chart())
    for name in ("Shop", "a" * 54):
        with pytest.raises(ValuesError, match="The release name is not usable"):
            render(chart, {}, Release(name), engine)


def test_the_library_stays_silent(
    make_chart: Callable[..., Path], embedded: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    """It writes a log line for each symbolic link in a chart, past Python, to standard error."""
    part = make_chart({"templates/a.yaml": "kind: ConfigMap\n"}, name="part")
    shop = make_chart()
    (shop / "charts").mkdir()
    (shop / "charts" / "part").symlink_to(part)
    assert len(render(load_chart(shop), {}, Release("shop"), embedded)) == 1
    assert capfd.readouterr() == ("", "")


def test_engines_are_chosen_by_name(program: ProgramEngine) -> None:
    """`auto` takes the one that starts no process; a path is a helm executable."""
    assert "embedded" in choose_engine("auto").name
    assert "embedded" in choose_engine("embedded").name
    chosen = choose_engine(program.executable)
    assert chosen.name == program.name
    assert program.executable in chosen.name


def test_no_engine_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match=r"pip install 'timonier\[embedded\]'"):
        choose_engine()
    with pytest.raises(EngineError, match="no program /no/helm"):
        choose_engine("/no/helm")
    with pytest.raises(EngineError, match="no engine 'helmfile'"):
        choose_engine("helmfile")


def test_the_program_takes_over_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever has not installed the extra still renders, with the helm on PATH."""
    (tmp_path / "helm").write_text("#!/bin/sh\necho v9.9.9\n")
    (tmp_path / "helm").chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert choose_engine().name == f"helm 9.9.9 ({tmp_path}/helm)"
