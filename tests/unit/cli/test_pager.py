"""What is shown at a terminal goes through a pager, as git does it: with a pseudo-terminal for the terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGER = """#!/bin/sh
printf 'options: %s, arguments: %s\\n' "$LESS" "$*"
cat
echo 'end of page'
"""
LINES = 3_000


class Shown(NamedTuple):
    """How a command ended, what the terminal showed, and what went to standard error."""

    code: int
    screen: str
    err: str


def _read(terminal: int) -> str:
    shown = b""
    while True:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # Linux says so at the end
            part = b""
        if not part:
            return shown.decode().replace("\r\n", "\n")
        shown += part


@pytest.fixture
def at_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shown]:
    """Return what compares two files at a terminal: `at_terminal("--no-pager", PAGER="…")`."""
    pager = tmp_path / "bin" / "page"
    pager.parent.mkdir()
    pager.write_text(PAGER)
    pager.chmod(0o755)
    for name in ("old", "new"):
        data = "".join(f"  key-{number}: {name}\n" for number in range(LINES))
        (tmp_path / f"{name}.yaml").write_text(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n{data}")
    for name in ("PAGER", "TIMONIER_PAGER", "LESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("PATH", str(pager.parent), prepend=os.pathsep)

    def run(*arguments: str, **variables: str) -> Shown:
        terminal, side = pty.openpty()
        command = [sys.executable, "-m", "timonier", "diff", "old.yaml", "new.yaml", *arguments]
        with subprocess.Popen(
            command, stdout=side, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env={**os.environ, **variables}
        ) as process:
            os.close(side)
            screen = _read(terminal)
            _, err = process.communicate(timeout=60)
        os.close(terminal)
        return Shown(process.returncode, screen, err)

    return run


def test_what_is_shown_is_paged(at_terminal: Callable[..., Shown]) -> None:
    """All of it, in colour, with git's options for less, and the exit code is kept."""
    shown = at_terminal(PAGER="page 'two words'")
    assert (shown.code, shown.err) == (1, "")
    lines = shown.screen.splitlines()
    assert lines[0] == "options: FRX, arguments: two words"
    assert lines[-1] == "end of page"
    assert f"\x1b[32m+  key-{LINES - 1}: new\x1b[0m" in lines


def test_ones_own_choice_comes_first(at_terminal: Callable[..., Shown]) -> None:
    """Of the pager, and of less's options."""
    shown = at_terminal(TIMONIER_PAGER="page", PAGER="false", LESS="S")
    assert shown.screen.startswith("options: S, arguments: \n")


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--no-pager"], {"PAGER": "page"}),
        ([], {"PAGER": "cat"}),
        ([], {"PAGER": ""}),
        ([], {"TIMONIER_PAGER": "", "PAGER": "page"}),
        ([], {"PAGER": "no-such-program"}),
        ([], {"PAGER": "page '"}),
        ([], {"PAGER": "page", "TERM": "dumb"}),
        (["-o", "json"], {"PAGER": "page"}),
    ],
)
def test_it_is_shown_without_one(
    at_terminal: Callable[..., Shown], arguments: list[str], variables: dict[str, str]
) -> None:
    """Where none is wanted, or there is none; what is for programs is never paged."""
    shown = at_terminal(*arguments, **variables)
    assert (shown.code, shown.err) == (1, "")
    assert "end of page" not in shown.screen
    assert f"key-{LINES - 1}: new" in shown.screen


def test_one_may_leave_early(at_terminal: Callable[..., Shown]) -> None:
    """The rest is not read, which is no error; the exit code is that of the comparison."""
    assert at_terminal(PAGER="true") == (1, "", "")


@pytest.mark.usefixtures("at_terminal")
def test_a_pipe_is_not_paged(tmp_path: Path) -> None:
    """A program that reads is no person."""
    command = [sys.executable, "-m", "timonier", "diff", "old.yaml", "new.yaml"]
    environment = {**os.environ, "PAGER": "page"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "end of page" not in done.stdout
    assert f"+  key-{LINES - 1}: new" in done.stdout


def test_what_fits_is_shown_at_once(at_terminal: Callable[..., Shown]) -> None:
    """Without a choice of one's own, by less or without it: nobody has to press a key."""
    shown = at_terminal("--only", "Nothing")
    assert (shown.code, shown.err) == (0, "")
    assert "1 ignored" in shown.screen
