"""What the documentation says to run, runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = [
    pytest.param(command, id=f"{page.relative_to(ROOT)}: {command}")
    for page in PAGES
    for command in re.findall(r"^\$ timonier (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
]
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_documentation_runs(
    run: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """It prints something and ends well; a difference between two sources that are not the same is exit code 1."""
    for path in ROOT.iterdir():  # what a command writes goes beside the project's files, and not among them
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*shlex.split(command))
    differs = command.startswith("diff") and ("--new-" in command or "--old-" in command)
    # Whether the charts lie here as they were committed is nobody's business but the contributor's.
    assert code in ({0, 1} if command.startswith("changed") else {int(differs)})
    assert err == ""
    assert out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    """To a file that is there."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_there_are_commands_to_run() -> None:
    """Or the tests above would pass on nothing."""
    assert len(COMMANDS) > 10
