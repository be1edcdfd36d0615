"""`--help`: where it puts what a command takes."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from timonier.cli.app import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable


def lines(text: str) -> list[str]:
    """Return the lines of a help without the frames of its panels."""
    return [line.strip("│ ") for line in text.splitlines()]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_all_verbs_are_told_in_the_order_of_a_charts_life(
    run: Callable[..., tuple[int, str, str]], arguments: list[str]
) -> None:
    """Also when nothing was asked for, which is no failure."""
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    told = [line.partition(" ")[0] for line in lines(out.partition(" Commands ")[2])]
    assert [word for word in told if word in VERBS] == list(VERBS)


@pytest.mark.parametrize("arguments", [["cluster"], ["cluster", "--help"]])
def test_a_verbs_own_commands_are_told(run: Callable[..., tuple[int, str, str]], arguments: list[str]) -> None:
    """In the order in which one needs them."""
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    told = [line.partition(" ")[0] for line in lines(out.partition(" Commands ")[2])]
    assert [word for word in told if word.islower()][:1] == ["up"]
    assert {"status", "load", "build", "down"} <= set(told)


def test_options_stand_in_panels(run: Callable[..., tuple[int, str, str]]) -> None:
    """With what they take, their default, and the text of the function."""
    _, out, _ = run("publish", "--help")
    said = ["─ Options ─", "--dry-run", "─ Registries ─", "--ca-file", "─ Repositories ─", "--url"]
    panels = out[out.index("─ Arguments ─") :]
    assert sorted(said, key=panels.index) == said
    assert "Usage: timonier publish [OPTIONS] ARCHIVE|CHART PLACE..." in out
    assert "Publish a chart to registries (oci://) and repositories: once and for all." in out
    assert "• timonier publish charts/eni-todo docs/charts --url" in out
    assert "[default: check]" in out
    text = " ".join(lines(out))
    assert "[text|json] How to tell what was done. [default: text]" in " ".join(text.split())


def test_an_options_bounds_and_variable_are_told(run: Callable[..., tuple[int, str, str]]) -> None:
    """Before one runs into them."""
    _, out, _ = run("cluster", "up", "--help")
    text = " ".join(" ".join(lines(out)).split())
    assert "[default: 1; 1<=x<=9]" in text
    assert "[env: TIMONIER_NODE_IMAGE]" in text


def test_there_is_no_colour_in_a_pipe(run: Callable[..., tuple[int, str, str]]) -> None:
    """Nor anything else that steers a terminal."""
    assert "\x1b" not in run("render", "--help")[1]


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_a_terminal_shows_colour_unless_it_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, no_color: str, *, coloured: bool
) -> None:
    """As NO_COLOR says."""
    for name, value in {"NO_COLOR": no_color, "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)
    terminal, side = pty.openpty()
    command = [sys.executable, "-m", "timonier", "doctor", "--help"]
    process = subprocess.Popen(command, stdout=side, stderr=side)
    os.close(side)
    screen = b""
    with contextlib.suppress(OSError):  # Linux says so at the end
        while part := os.read(terminal, 1 << 16):
            screen += part
    os.close(terminal)
    assert process.wait(timeout=10) == 0
    assert b"Usage:" in screen
    assert bool(re.search(rb"\x1b\[[0-9;]*3[0-7]m", screen)) == coloured
