"""Entries of `ignore` in the settings that match nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.conftest import Ended

    Run = Callable[..., Ended]

CHART = "apiVersion: v2\nname: %s\nversion: 0.1.0\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n"
YAML = """\
check:
  ignore:
    - rule: fixed-name
      reason: One in a namespace.
    - rule: deprecated-api
      kind: Endpoints
      reason: Not yet.
"""
TOML = """\
[tool.timonier.check]
rules = {}
[[tool.timonier.check.ignore]]
rule = "fixed-name"
reason = "One in a namespace."

[[tool.timonier.check.ignore]]
rule = "deprecated-api"
kind = "Endpoints"
reason = "Not yet."
"""
SENTENCE = "Entry 2 of ignore (deprecated-api, kind Endpoints) matches nothing. Remove the entry, or mend it."


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and two charts; the settings' second entry matches nothing."""
    for name in ("shop", "cache"):
        (tmp_path / name / "templates").mkdir(parents=True)
        (tmp_path / name / "Chart.yaml").write_text(CHART % name)
        (tmp_path / name / "templates" / "a.yaml").write_text(CONFIG)
    (tmp_path / ".timonier.yaml").write_text(YAML)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("file", "text", "line"), [(".timonier.yaml", YAML, 5), ("pyproject.toml", TOML, 7)])
def test_an_entry_that_matches_nothing(project: Path, run: Run, file: str, text: str, line: int) -> None:
    """With its line in either file, and only that one; it counts as a warning."""
    (project / ".timonier.yaml").unlink()
    (project / file).write_text(text)
    ended = run("check", "shop", "cache")
    assert f"{file}\n    {line}  warning  unused-ignore  {SENTENCE}\n" in ended.out
    assert ended.out.count("unused-ignore") == 1
    assert "2 ignored" in ended.out
    assert run("check", "shop", "cache", "--strict").code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["shop"],  # it may be for the other chart
        ["shop", "cache", "--case", "defaults"],  # for another case
        ["shop", "cache", "--set", "a=1"],  # for other values
        ["shop", "cache", "--kube-version", "1.30"],  # for another version
        ["shop", "cache", "--rule", "deprecated-api=off"],
        ["shop", "cache", "--only", "fixed-name"],
        ["shop", "cache", "shop/templates/a.yaml"],
        ["shop", "cache", "--rule", "unused-ignore=off"],
    ],
)
@pytest.mark.usefixtures("project")
def test_an_entry_that_may_be_for_what_was_not_looked_at(run: Run, arguments: list[str]) -> None:
    """Nothing is said of it."""
    assert "unused-ignore" not in run("check", *arguments).out


def test_a_chart_that_is_not_the_projects_is_not_missed(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the project is the chart itself, whatever lies beside it is somebody else's."""
    (project / ".timonier.yaml").rename(project / "shop" / ".timonier.yaml")
    monkeypatch.chdir(project / "shop")
    assert SENTENCE in run("check", ".").out
