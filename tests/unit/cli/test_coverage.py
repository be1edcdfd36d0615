"""`timonier coverage`, as its users run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.conftest import Ended

TEMPLATE = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  size: {{ .Values.size | default 5 | quote }}
  {{- range .Values.hosts }}
  {{ . }}: yes
  {{- end }}
{{- else }}
{{- fail "shop is switched off" }}
{{- end }}
"""
NOTES = "{{ .Release.Name }} is on its way.\n"
FILES = {
    "templates/config.yaml": TEMPLATE,
    "templates/NOTES.txt": NOTES,
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
}
VALUES = "enabled: true\nsize: \nhosts: []\n"

TESTS = """\
import functools
from pathlib import Path
import pytest
from timonier.chart import load_chart
from timonier.engine import Release
from timonier.engine.embedded import EmbeddedEngine
from timonier.errors import RenderError
from timonier.render import render as render_chart

CHART = "shop"

@functools.cache
def rendered(size):
    return render_chart(load_chart(Path(CHART)), {"size": size}, Release("some"), EmbeddedEngine())

@pytest.fixture(scope="session")
def defaults():
    return rendered(None)[0].document

def test_name(defaults):
    assert defaults["metadata"]["name"] == "some"

def test_default(defaults):
    assert defaults["data"] == {"size": "5"}

def test_size():
    assert rendered(9)[0].document["data"]["size"] == "9"

def test_hosts(render, tmp_path):
    (tmp_path / "seen").touch(exist_ok=False)
    assert render(CHART, {"hosts": ["a"]})["ConfigMap"]["data.a"]

def test_switched_off(render):
    with render.raises("shop is switched off"):
        render(CHART, {"enabled": False})
"""


@pytest.fixture
def shop(make_chart: Callable[..., Path]) -> Path:
    """A chart with two cases."""
    return make_chart(FILES, values=VALUES)


def in_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run timonier in a process of its own: one that runs pytest cannot run in pytest."""
    command = [sys.executable, "-m", "timonier", "coverage", *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def standings(written: str) -> dict[str, str]:
    """Return how the places stand, by line and what they are."""
    report: dict[str, Any] = json.loads(written)
    return {
        f"{file['file'].removeprefix('templates/')}:{place['line']} {place['kind']} {place['arm']}": place["standing"]
        for file in report["files"]
        for place in file["places"]
    }


def test_cases_reach_some_places_and_show_when_they_are_altered(run: Callable[..., Ended], shop: Path) -> None:
    """A loop that no case fills and a branch that only fails are not reached; a default and its value are."""
    code, out, err = run("coverage", shop, "-o", "json")
    assert (code, err) == (0, "")
    assert standings(out) == {
        "NOTES.txt:1 action output": "noticed",
        "config.yaml:1 branch taken": "noticed",
        "config.yaml:5 action output": "noticed",
        "config.yaml:7 action output": "noticed",
        "config.yaml:7 default value used": "noticed",
        "config.yaml:7 default default used": "noticed",
        "config.yaml:8 loop taken": "unreached",
        "config.yaml:8 loop otherwise": "noticed",
        "config.yaml:9 action output": "unreached",
        "config.yaml:11 branch otherwise": "unreached",
        "config.yaml:12 action output": "unreached",
    }
    totals = json.loads(out)["totals"]
    assert totals == {
        "places": 11,
        "reached": 7,
        "reached_percent": 63.64,
        "alterable": 11,
        "noticed": 7,
        "noticed_percent": 63.64,
    }


def test_text_names_the_line_and_what_is_not_reached(run: Callable[..., Ended], shop: Path) -> None:
    """As editors and terminals understand it."""
    _, out, _ = run("coverage", shop)
    assert f"{shop}: 2 cases\n" in out
    assert re.search(r"templates/config.yaml +10 +60.0 % +60.0 %", out)
    assert re.search(r"total +11 +63.6 % +63.6 %", out)
    assert "templates/config.yaml:8: range .Values.hosts: with elements: not reached\n" in out
    assert "NOTES.txt:1" not in out


def test_a_threshold_fails_and_says_by_how_much(run: Callable[..., Ended], shop: Path) -> None:
    """Exit code 1, for CI; the report is there nevertheless."""
    code, out, err = run("coverage", shop, "--fail-under-reached", "64", "--fail-under-noticed", "63")
    assert code == 1
    assert err == "reached: 63.6 % is less than the 64 % asked for\n"
    assert "not reached" in out
    assert run("coverage", shop, "--fail-under-reached", "63.5").code == 0


def test_a_threshold_is_met_by_just_as_much(run: Callable[..., Ended], make_chart: Callable[..., Path]) -> None:
    """100 percent is not less than 100."""
    chart = make_chart({"templates/a.yaml": "a: {{ .Values.a }}"}, values="a: 1\n")
    assert run("coverage", chart, "--fail-under-reached", "100", "--fail-under-noticed", "100").code == 0


def test_html_shows_the_source_and_loads_nothing(run: Callable[..., Ended], shop: Path, tmp_path: Path) -> None:
    """Each line in the colour of its worst place."""
    page = tmp_path / "coverage.html"
    code, out, _ = run("coverage", shop, "-o", "html", "--output-file", page)
    assert (code, out) == (0, "")
    text = page.read_text()
    assert '<span class="line unreached"><span class="number">9</span>  {{ . }}: yes' in text
    assert '<span class="line unreached"><span class="number">8</span>' in text
    assert '<span class="line noticed"><span class="number">5</span>' in text
    assert '<span class="line "><span class="number">2</span>apiVersion: v1' in text
    assert not re.search(r"https?://|<script|<link|src=", text)


def test_a_file_holds_text_without_colours(run: Callable[..., Ended], shop: Path, tmp_path: Path) -> None:
    """The same as on standard output."""
    page = tmp_path / "coverage.txt"
    run("coverage", shop, "--output-file", page)
    assert page.read_text() == run("coverage", shop).out


def test_what_has_no_effect_is_told_apart(run: Callable[..., Ended], make_chart: Callable[..., Path]) -> None:
    """Leaving out a `trunc` that nothing is long enough for is nobody's to notice."""
    chart = make_chart({"templates/a.yaml": "{{ if .Values.a }}{{/* nothing */}}{{ end }}\nb: {{ $x := 1 }}{{ $x }}"})
    _, out, _ = run("coverage", chart)
    altered = "if .Values.a: not true: could not be altered with effect: the condition is always true"
    assert f"templates/a.yaml:1: {altered}" in out
    assert "1 declaration of variables not altered" in out


def test_subcharts_are_measured_when_asked(run: Callable[..., Ended], make_chart: Callable[..., Path]) -> None:
    """Their templates belong to somebody else, mostly."""
    chart = make_chart(
        {
            "templates/a.yaml": "a: {{ .Values.a }}",
            "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
            "charts/db/templates/b.yaml": "b: {{ .Values.b }}",
        }
    )
    _, alone, _ = run("coverage", chart, "-o", "json")
    _, together, _ = run("coverage", chart, "-o", "json", "--subcharts")
    assert list(standings(alone)) == ["a.yaml:1 action output"]
    assert list(standings(together)) == ["charts/db/templates/b.yaml:1 action output", "a.yaml:1 action output"]


def test_a_case_that_does_not_render_ends_it(run: Callable[..., Ended], shop: Path) -> None:
    """Nothing can be said about a chart that is broken."""
    (shop / "ci/off-values.yaml").write_text("# Off.\nenabled: false\n")
    code, out, err = run("coverage", shop)
    assert (code, out) == (2, "")
    assert "shop is switched off" in err


def test_a_template_that_does_not_parse_is_told_with_its_line(run: Callable[..., Ended], shop: Path) -> None:
    """In one sentence."""
    (shop / "templates/z.yaml").write_text("a: 1\n{{ if }}\n")
    code, _, err = run("coverage", shop)
    assert code == 2
    assert "templates/z.yaml:2: missing value for if" in err


def test_tests_reach_and_notice(shop: Path) -> None:
    """Refusals count, and so does what a test keeps in a cache, a file or a fixture; notes nobody looks at do not."""
    (shop.parent / "test_shop.py").write_text(TESTS)
    ended = in_process(shop.parent, "shop", "--tests", "test_shop.py", "-o", "json")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = standings(ended.stdout)
    assert {place for place, standing in found.items() if standing != "noticed"} == {"NOTES.txt:1 action output"}
    report = json.loads(ended.stdout)
    assert (report["tests"], report["deaf_tests"]) == (5, [])
    noticed_by = {
        (place["line"], place["arm"]): place["alterations"][0]["noticed_by"] for place in report["files"][1]["places"]
    }
    assert noticed_by[5, "output"] == "test_shop.py::test_name"
    assert noticed_by[7, "value used"] == "test_shop.py::test_size"
    assert noticed_by[12, "output"] == "test_shop.py::test_switched_off"


def test_two_processes_find_what_one_does(shop: Path) -> None:
    """Each alters every other place; a chart has to be larger than this one for that."""
    (shop.parent / "test_shop.py").write_text(TESTS)
    program = (
        "from timonier.cli import main\nfrom timonier.coverage import shares\n"
        "shares._PLACES_WORTH_A_PROCESS = 1\nmain('coverage shop --tests test_shop.py -o json'.split())"
    )
    command = [sys.executable, "-c", program]
    together = subprocess.run(command, cwd=shop.parent, check=True, capture_output=True, text=True)
    alone = in_process(shop.parent, "shop", "--tests", "test_shop.py", "-o", "json")
    assert standings(together.stdout) == standings(alone.stdout)
    assert "noticed" in standings(alone.stdout).values()


def test_a_test_that_asserts_nothing_notices_nothing(shop: Path) -> None:
    """Reached is not noticed; but for the branch that makes the chart refuse, which nobody can overlook."""
    (shop.parent / "test_shop.py").write_text(
        "def test_it_renders(render):\n    render('shop')\n    render('shop', {'size': 1, 'hosts': ['a']})\n"
    )
    ended = in_process(shop.parent, "shop", "--tests", "test_shop.py")
    assert re.search(r"templates/config.yaml +10 +80.0 % +10.0 %", ended.stdout)
    said = "range .Values.hosts: with elements: not noticed: the body is left out"
    assert f"templates/config.yaml:8: {said}\n" in ended.stdout


def test_a_test_that_keeps_what_it_rendered_is_named(shop: Path) -> None:
    """It passes whatever is altered, for a reason that its author should know."""
    (shop.parent / "test_shop.py").write_text(
        "KEPT = {}\n\ndef test_size(render):\n"
        "    KEPT.setdefault('size', None) or KEPT.update(size=render('shop')['ConfigMap']['data.size'])\n"
        "    assert KEPT['size'] == '5'\n"
    )
    ended = in_process(shop.parent, "shop", "--tests", "test_shop.py")
    told = "1 test could notice nothing, for keeping what was rendered: test_shop.py::test_size."
    assert told in " ".join(ended.stdout.split())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "test_shop.py does not exist."),
        ("def test_bad(render):\n    assert render('shop') is None\n", "Of 1 tests 1 fail before anything is altered"),
        ("def test_other():\n    pass\n", "None of 1 tests renders shop."),
        ("nothing = 1\n", "test_shop.py: no tests."),
        ("import no_such_module\n", "test_shop.py: tests that cannot be collected."),
    ],
)
def test_tests_that_cannot_notice_anything_are_refused(shop: Path, content: str | None, problem: str) -> None:
    """In one sentence, and with nothing on standard output."""
    if content is not None:
        (shop.parent / "test_shop.py").write_text(content)
    ended = in_process(shop.parent, "shop", "--tests", "test_shop.py")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert problem in " ".join(ended.stderr.split())
