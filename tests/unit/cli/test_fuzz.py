"""`timonier fuzz`: what is printed, what is saved, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\ndata:\n  x: {data}\n"
SCHEMA = '{"properties": {"text": {"type": "string", "pattern": "^[0-9a-z]+$"}, "size": {"type": "integer"}}}'


@pytest.fixture
def make(make_chart: Callable[..., Path]) -> Callable[[str], Path]:
    """Return what makes a chart of one ConfigMap, by the template of the one thing in it."""

    def chart(data: str) -> Path:
        files = {"templates/a.yaml": CONFIG.format(data=data), "values.schema.json": SCHEMA}
        return make_chart(files, values="text: a\nsize: 1\n")

    return chart


@pytest.fixture
def sound(make: Callable[[str], Path]) -> Path:
    """A chart in which there is nothing to find."""
    return make("{{ .Values.text | quote }}")


@pytest.fixture
def unquoted(make: Callable[[str], Path]) -> Path:
    """A chart that takes `1` for a number."""
    return make("{{ .Values.text }}")


def test_nothing_found_is_exit_code_0(run: Run, sound: Path) -> None:
    """One line, with what it takes to do it again."""
    code, out, err = run("fuzz", sound, "--examples", "50", "--seed", "1")
    assert (code, err) == (0, "")
    assert out.startswith(f"{sound}: 50 values tried: ")
    assert ", no defect (" in out
    assert out.endswith(" s, --seed 1)\n")


def test_a_defect_is_shown_with_its_values(run: Run, unquoted: Path) -> None:
    """What, where, why, and the values as they stand in a file."""
    code, out, err = run("fuzz", unquoted, "--examples", "150", "--seed", "1")
    assert (code, err) == (1, "")
    assert out.startswith(
        "error invalid object: shop/templates/a.yaml\n"
        "  ConfigMap shop: data.x must be text, not a whole number (1).\n"
        "  with these values:\n"
        "    text: '1'\n"
        "\n"
        f"{unquoted}: 150 values tried: "
    )
    assert " 1 defect (" in out


def test_json_has_the_same(run: Run, unquoted: Path) -> None:
    """For programs."""
    code, out, err = run("fuzz", unquoted, "--examples", "150", "--seed", "1", "-o", "json")
    assert (code, err) == (1, "")
    written = json.loads(out)
    assert (written["chart"], written["seed"], written["examples"]) == (str(unquoted), 1, 150)
    assert written["rendered"] > 10 < written["refused"]
    [defect] = written["defects"]
    assert defect == {
        "severity": "error",
        "kind": "invalid object",
        "place": "shop/templates/a.yaml",
        "rule": "schema",
        "message": "ConfigMap shop: data.x must be text, not a whole number (1).",
        "keys": ["text"],
        "values": {"text": "1"},
        "file": None,
    }


def test_a_warning_alone_is_exit_code_0(run: Run, make: Callable[[str], Path]) -> None:
    """A refusal that names no key is shown, and fails nothing."""
    chart = make('{{ if eq (int .Values.size) 80 }}{{ fail "not this" }}{{ end }}x')
    code, out, _ = run("fuzz", chart, "--examples", "150", "--seed", "1")
    assert code == 0
    assert out.startswith("warning refusal without a path: shop/templates/a.yaml:6\n")
    assert "    size: 80\n" in out
    assert " 1 warning (" in out


def test_what_is_found_is_saved_once_and_is_a_case(run: Run, unquoted: Path) -> None:
    """Numbered on after what is there; the next run tries it first, and finds it there."""
    ci = unquoted / "ci"
    ci.mkdir()
    (ci / "fuzz-007-values.yaml").write_text("text: b\n")
    arguments = ("fuzz", unquoted, "--examples", "150", "--seed", "1", "--save", ci)
    code, out, _ = run(*arguments)
    saved = ci / "fuzz-008-values.yaml"
    assert code == 1
    assert f"  with these values, saved as {saved}:\n" in out
    comment = "# Found by timonier fuzz: invalid object, shop/templates/a.yaml (text)."
    assert saved.read_text() in {f"{comment}\ntext: '{digit}'\n" for digit in "01"}
    assert run(*arguments[:2], "--examples", "3", "--save", ci)[0] == 1
    assert sorted(path.name for path in ci.iterdir()) == ["fuzz-007-values.yaml", "fuzz-008-values.yaml"]
    code, out, _ = run("render", unquoted, "--case", "fuzz-008")
    assert (code, out.splitlines()[-1]) in {(0, "  x: 0"), (0, "  x: 1")}


def test_nothing_is_written_unless_asked(unquoted: Path) -> None:
    """Neither beside the chart nor where the user is: hypothesis would leave a folder there."""
    before = sorted(unquoted.rglob("*"))
    here = unquoted.parent / "here"
    here.mkdir()
    command = [sys.executable, "-m", "timonier", "fuzz", str(unquoted), "--examples", "20"]
    ended = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert ended.stderr == ""
    assert ended.stdout.endswith(")\n")
    assert list(here.iterdir()) == []
    assert sorted(unquoted.rglob("*")) == before


def test_settings_hold_for_all_values(run: Run, make: Callable[[str], Path]) -> None:
    """What a chart cannot do without is set once."""
    chart = make("{{ required .Values.missing .Values.host | quote }}")
    assert run("fuzz", chart, "--examples", "30", "--seed", "1")[0] == 1
    assert run("fuzz", chart, "--examples", "30", "--seed", "1", "--set", "missing=host,host=a")[0] == 0


def test_the_time_ends_it(run: Run, sound: Path) -> None:
    """And that is said."""
    code, out, _ = run("fuzz", sound, "--examples", "1000000", "--time", "1s", "--seed", "3")
    assert code == 0
    assert out.endswith(" s, --seed 3, ended by --time)\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--time", "soon"], "'soon' is no duration. Say 90, 90s, 5m or 1h."),
        (["--kube-version", "1.2"], "There are no schemas of Kubernetes 1.2."),
        (["--engine", "helm2"], "There is no engine 'helm2'."),
        (["--examples", "0"], "Invalid value for '--examples'"),
        (["--set", "=1"], "--set"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(run: Run, sound: Path, arguments: list[str], sentence: str) -> None:
    """Exit code 2, nothing on standard output."""
    code, out, err = run("fuzz", sound, *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert sentence in err


def test_what_is_no_chart_is_one_sentence(run: Run, tmp_path: Path) -> None:
    """A folder without Chart.yaml."""
    code, out, err = run("fuzz", tmp_path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "without a Chart.yaml" in err


def test_a_kept_file_that_holds_no_values_is_refused(run: Run, sound: Path, tmp_path: Path) -> None:
    """In the words of every other values file, before anything is tried."""
    kept = tmp_path / "kept" / "fuzz-001-values.yaml"
    kept.parent.mkdir()
    kept.write_text("- a\n")
    code, out, err = run("fuzz", sound, "--save", kept.parent)
    assert (code, out) == (2, "")
    assert f"{kept} holds no mapping." in err
