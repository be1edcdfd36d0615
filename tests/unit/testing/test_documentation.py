"""What the pages on unit tests show is true: the tests in them run, and a failure looks as they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / "unit-tests.md", ROOT / "docs" / "reference" / "testing.md"]


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A pytest run in a project with this project's charts."""
    (pytester.path / "charts").symlink_to(ROOT / "charts")
    pytester.makeini("[pytest]\n")
    return pytester


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tests_of_a_page_pass(project: pytest.Pytester, page: Path) -> None:
    """Against the project's own charts; the first run writes the snapshots."""
    tests = blocks(page, "python")
    assert tests
    project.makepyfile(**{f"test_{number}": text for number, text in enumerate(tests)})
    for options in (["--snapshot-update"], []):
        done = project.runpytest("--strict-markers", *options)
        assert done.ret == 0


def test_a_failure_is_as_the_page_shows_it(project: pytest.Pytester) -> None:
    """Line by line."""
    shown, command = blocks(PAGES[0], "text")
    failing = blocks(PAGES[0], "python")[0].replace('"replicas": 3, ', "")
    project.makepyfile(test_web=failing)
    done = project.runpytest()
    printed = done.stdout.str().splitlines()
    assert [line for line in shown.splitlines() if line and line not in printed] == []
    assert any(command.split("tests/")[0] in line for line in printed)
