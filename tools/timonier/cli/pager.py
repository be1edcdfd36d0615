"""A pager for what is longer than a screen, as git has it."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

# Leave where it fits on one screen, keep colours, and keep what was shown: git's own choice, for whoever has none.
_LESS = "FRX"
_NONE = ("", "cat")


def show(text: str, *, paged: bool = True) -> None:
    """Print text, on a terminal through `TIMONIER_PAGER`, `PAGER` or less.

    Args:
        text: What to print; ends in a newline.
        paged: Whether a pager is wanted; none is taken in a pipe, for `cat`, and where there is none.
    """
    command = _command() if paged and sys.stdout.isatty() else []
    if command:
        sys.stdout.flush()
        with contextlib.suppress(OSError):  # it cannot be started
            _page(text, command)
            return
    click.echo(text, nl=False, color=True)


def _command() -> list[str]:
    """Return what starts the pager; nothing for none."""
    chosen = next((os.environ[name] for name in ("TIMONIER_PAGER", "PAGER") if name in os.environ), "less")
    try:
        command = shlex.split(chosen)
    except ValueError:  # a quotation mark that is not closed
        return []
    wanted = command and chosen.strip() not in _NONE and os.environ.get("TERM") != "dumb"
    return command if wanted and shutil.which(command[0]) else []


def _page(text: str, command: list[str]) -> None:
    """Hand text to a pager and wait for it, which may leave before it has read all.

    Raises:
        OSError: It cannot be started.
    """
    environment = {**os.environ, "LESS": os.environ.get("LESS", _LESS)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as pager, _uninterrupted():
        pager.communicate(text.encode(errors="replace"))


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Leave Ctrl-C to the pager, to which it means to stop searching."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
