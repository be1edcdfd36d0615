"""`timonier diff`: exit codes, sides, and what is said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

TEMPLATES = {
    "templates/config.yaml": "kind: ConfigMap\nmetadata: {name: c}\ndata: {size: '{{ .Values.size }}'}\n",
    "templates/secret.yaml": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: {{ randAlphaNum 20 | b64enc }}}\n"
    ),
    "ci/big-values.yaml": "# For many.\nsize: 9\n",
}


@pytest.fixture
def chart(make_chart: Callable[..., Path]) -> Path:
    """A chart with a size and a generated password."""
    return make_chart(TEMPLATES, values="size: 1\n")


def test_the_same_exits_with_0(run: Run, chart: Path) -> None:
    """What is generated is no difference, neither in words nor in the exit code."""
    code, out, err = run("diff", chart, chart)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == f"{chart}: 2 unchanged, 1 generated value not compared"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--new-set", "size=2"],
        ["--old-set", "size=2"],
        ["--set", "size=1", "--new-set", "size=2"],
        ["--new-case", "big"],
        ["--case", "big", "--new-case", "defaults"],
    ],
)
def test_a_difference_exits_with_1(run: Run, chart: Path, arguments: list[str]) -> None:
    """Whichever side it comes from; what is said for one side comes over what is said for both."""
    code, out, _ = run("diff", chart, chart, *arguments)
    assert code == 1
    assert out.splitlines()[0] == f"{chart}: 1 changed, 1 unchanged, 1 generated value not compared"


def test_what_is_said_for_both_is_no_difference(run: Run, chart: Path, tmp_path: Path) -> None:
    """Values, settings and the case."""
    (tmp_path / "v.yaml").write_text("size: 5\n")
    for arguments in (["-f", tmp_path / "v.yaml"], ["--set", "size=2"], ["--case", "big"]):
        assert run("diff", chart, chart, *arguments)[0] == 0


def test_a_chart_is_compared_with_a_file(run: Run, chart: Path, tmp_path: Path) -> None:
    """What was rendered last time, with what is rendered now; the values go to the chart."""
    (tmp_path / "before.yaml").write_text(run("render", chart, "-s", "templates/config.yaml")[1])
    code, out, _ = run("diff", tmp_path / "before.yaml", chart, "--set", "size=2")
    assert code == 1
    assert "1 added, 1 changed" in out.splitlines()[0]


def test_json_has_the_same(run: Run, chart: Path) -> None:
    """For programs, with the same exit code."""
    code, out, _ = run("diff", chart, chart, "--new-set", "size=2", "-o", "json")
    assert code == 1
    written = json.loads(out)
    assert written["summary"] == {"added": 0, "changed": 1, "removed": 0, "unchanged": 1, "generated": 1}
    assert written["changes"][0]["fields"] == [{"path": "data.size", "old": "1", "new": "2"}]


def test_what_cannot_be_compared_exits_with_2(run: Run, chart: Path, tmp_path: Path) -> None:
    """One sentence, and never the code that means "different"."""
    (tmp_path / "a.yaml").write_text("kind: A\n")
    for arguments, sentence in (
        ([chart, tmp_path / "gone"], "gone does not exist."),
        ([tmp_path / "a.yaml", chart, "--old-set", "size=1"], "a.yaml takes neither values nor cases."),
        ([chart, tmp_path / "a.yaml", "--new-case", "big"], "a.yaml takes neither values nor cases."),
        ([tmp_path / "a.yaml", tmp_path / "a.yaml", "--set", "size=1"], "a.yaml takes neither values nor cases."),
        ([chart, chart, "--new-set", "size"], '--set size: the key "size" has no value.'),
    ):
        code, out, err = run("diff", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert sentence in err


def test_the_context_is_what_is_asked_for(run: Run, chart: Path) -> None:
    """-U 0 shows nothing but the change."""
    out = run("diff", chart, chart, "--new-set", "size=2", "-U", "0")[1]
    assert out.splitlines()[2:6] == [
        "changed ConfigMap c  (shop/templates/config.yaml)",
        "@@ data @@",
        "-  size: '1'",
        "+  size: '2'",
    ]
