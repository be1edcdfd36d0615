"""`timonier render`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

TEMPLATES = {
    "templates/config.yaml": (
        "# why\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}, namespace: {{ .Release.Namespace }}}\n"
        "data: {size: '{{ .Values.size }}', text: {{ .Values.text | toJson }}, up: '{{ .Release.IsUpgrade }}'}\n"
    ),
    "templates/more/service.yaml": "kind: Service\nmetadata: {name: a}\n---\nkind: Service\nmetadata: {name: b}\n",
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
}
VALUES = "size: 1\ntext: ''\n"


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with a case and two templates."""
    return make_chart(TEMPLATES, values=VALUES)


def data_of(out: str) -> dict[str, str]:
    """Return the ConfigMap's data from JSON output."""
    data: dict[str, str] = next(i for i in json.loads(out)["items"] if i["kind"] == "ConfigMap")["data"]
    return data


def test_yaml_is_the_templates_text(run: Run, chart: Path) -> None:
    """In install order, each behind its source."""
    code, out, err = run("render", chart)
    assert (code, err) == (0, "")
    assert out.startswith("---\n# Source: shop/templates/config.yaml\n# why\nkind: ConfigMap\n")
    assert out.count("---\n# Source: shop/templates/more/service.yaml\nkind: Service\n") == 2


def test_the_release_is_what_is_asked_for(run: Run, chart: Path) -> None:
    """The chart's name in `default` when nothing is."""
    assert "{name: shop, namespace: default}" in run("render", chart)[1]
    out = run("render", chart, "--release-name", "other", "-n", "there", "--is-upgrade")[1]
    assert "{name: other, namespace: there}" in out
    assert "up: 'true'" in out


def test_values_come_over_the_case(run: Run, chart: Path, tmp_path: Path) -> None:
    """Defaults, then the case, then files, then settings."""
    (tmp_path / "v.yaml").write_text("size: 3\n")
    (tmp_path / "t").write_text("hello\n")
    assert data_of(run("render", chart, "-o", "json")[1])["size"] == "1"
    assert data_of(run("render", chart, "-o", "json", "--case", "big")[1])["size"] == "9"
    assert data_of(run("render", chart, "-o", "json", "--case", "big", "-f", tmp_path / "v.yaml")[1])["size"] == "3"
    assert data_of(run("render", chart, "-o", "json", "-f", tmp_path / "v.yaml", "--set", "size=4")[1])["size"] == "4"
    assert data_of(run("render", chart, "-o", "json", "--set-string", "size=05")[1])["size"] == "05"
    assert data_of(run("render", chart, "-o", "json", "--set-json", "size=6")[1])["size"] == "6"
    assert data_of(run("render", chart, "-o", "json", "--set-file", f"text={tmp_path / 't'}")[1])["text"] == "hello\n"


def test_every_case_at_once(run: Run, chart: Path) -> None:
    """As a table, as YAML under a heading each, and as JSON."""
    assert "For many." in run("render", chart, "--all-cases", "-o", "summary")[1]
    out = run("render", chart, "--all-cases")[1]
    assert "# shop 0.1.0, case big: For many.\n---\n" in out
    written = json.loads(run("render", chart, "--all-cases", "-o", "json")[1])
    assert [rendering["case"] for rendering in written] == ["defaults", "big"]


def test_only_some_templates(run: Run, chart: Path) -> None:
    """By glob, as seen from the chart; one that matches nothing is a mistake."""
    out = run("render", chart, "-s", "templates/more/*.yaml")[1]
    assert "ConfigMap" not in out
    assert out.count("kind: Service") == 2
    code, out, err = run("render", chart, "-s", "templates/none.yaml", "-s", "templates/config.yaml")
    assert (code, out) == (2, "")
    assert "No template matches templates/none.yaml." in err


def test_files_below_a_directory(run: Run, chart: Path, tmp_path: Path) -> None:
    """One a template, as Helm lays them; a folder a case when there are several."""
    assert run("render", chart, "--output-dir", tmp_path / "out") == (0, f"{tmp_path / 'out'}: 2 files written\n", "")
    assert (tmp_path / "out/shop/templates/more/service.yaml").read_text().count("kind: Service") == 2
    assert run("render", chart, "--all-cases", "--output-dir", tmp_path / "all")[0] == 0
    assert "size: '9'" in (tmp_path / "all/big/shop/templates/config.yaml").read_text()
    (tmp_path / "file").write_text("")
    code, _, err = run("render", chart, "--output-dir", tmp_path / "file")
    assert (code, err.count("\n")) == (2, 1)
    assert "cannot be written: Not a directory." in err


def test_both_engines_write_the_same(run: Run, chart: Path, request: pytest.FixtureRequest) -> None:
    """Whichever is asked for."""
    program = request.getfixturevalue("program")
    assert run("render", chart, "--engine", "embedded") == run("render", chart, "--engine", program.executable)


def test_bad_input_is_one_sentence(run: Run, chart: Path, tmp_path: Path) -> None:
    """What, where, and what to do; exit code 2; nothing on standard output."""
    (tmp_path / "bad.yaml").write_text("size: 1\nlist: [1\nmore: 2\n")
    (tmp_path / "empty").mkdir()
    (chart / "values.schema.json").write_text('{"additionalProperties": false, "properties": {"size": {}, "text": {}}}')
    for arguments, sentence in (
        ([chart, "--set", "sise=2"], "refuses these values: top level: additional properties 'sise' not allowed."),
        ([chart, "-f", tmp_path / "bad.yaml"], "bad.yaml:3: this is not valid YAML"),
        ([chart, "-f", tmp_path / "gone.yaml"], "gone.yaml does not exist."),
        ([chart, "--set", "size"], '--set size: the key "size" has no value.'),
        ([chart, "--case", "small"], "has no case 'small'. It has: defaults, big."),
        ([chart, "--case", "big", "--all-cases"], "--case and --all-cases exclude each other."),
        ([chart, "--engine", "helmfile"], "There is no engine 'helmfile'."),
        ([tmp_path / "empty"], "empty is a directory without a Chart.yaml."),
        ([tmp_path / "gone"], "gone does not exist."),
        ([tmp_path / "bad.yaml"], "bad.yaml:3: this is not valid YAML"),
    ):
        code, out, err = run("render", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert err.startswith("timonier: ")
        assert sentence in err


def test_a_manifest_file_is_written_as_it_is(run: Run, tmp_path: Path) -> None:
    """It takes neither values nor cases."""
    (tmp_path / "a.yaml").write_text("kind: A # text\n")
    assert run("render", tmp_path / "a.yaml") == (0, "---\nkind: A # text\n", "")
    code, _, err = run("render", tmp_path / "a.yaml", "--set", "a=1")
    assert code == 2
    assert "takes neither values nor cases" in err
