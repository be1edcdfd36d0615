"""`timonier completion`: what a shell makes of its script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

BIN = Path(sys.executable).parent


def completed(*words: str) -> list[str]:
    """Complete the last of some words in bash, as a user does by the tab key, and return what is offered."""
    script = """
source <(timonier completion bash)
COMP_WORDS=(timonier "$@") COMP_CWORD=$#
_timonier_completion timonier
printf '%s\\n' "${COMPREPLY[@]}"
"""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", script, "bash", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stderr == ""
    return done.stdout.split()


def test_verbs_and_their_commands_are_completed() -> None:
    """All that begin so."""
    assert completed("pu") == ["publish"]
    assert completed("d") == ["diff", "docs", "doctor"]
    assert completed("cluster", "") == ["up", "status", "load", "build", "down"]


def test_options_and_what_they_take_are_completed() -> None:
    """The verb's own."""
    assert completed("publish", "--cosign") == ["--cosign", "--cosign-key"]
    assert completed("check", "-o", "j") == ["json", "junit"]


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_each_shell_has_its_script(run: Callable[..., tuple[int, str, str]], shell: str) -> None:
    """Which that shell can read, where it is there."""
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert f"_TIMONIER_COMPLETE={shell}_complete" in out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=out, text=True, check=True)


def test_another_shell_is_refused(run: Callable[..., tuple[int, str, str]]) -> None:
    """With those that are known."""
    code, out, err = run("completion", "tcsh")
    assert (code, out) == (2, "")
    assert err == (
        "timonier: Invalid value for 'SHELL': 'tcsh' is not one of 'bash', 'fish', 'zsh'. "
        "See `timonier completion --help`.\n"
    )
