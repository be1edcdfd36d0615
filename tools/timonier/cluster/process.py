"""Running other programs: their output line by line, their failure as one sentence."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from typing import TYPE_CHECKING

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_TAIL = 15
_GRACE_SECONDS = 10.0


def output(
    command: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run a program and return what it wrote to standard output.

    Args:
        command: The program and its arguments.
        stdin: What it reads on standard input; nothing by default.
        env: Variables set on top of this process's own.
        cwd: The folder it runs in.
        timeout: Seconds after which it is ended.

    Raises:
        ClusterError: It cannot be started, exits with another code than 0, or takes too long.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            input=stdin if stdin is not None else "",
            env={**os.environ, **(env or {})},
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise ClusterError(f"The program {command[0]} is not there.") from None
    except subprocess.TimeoutExpired:
        raise ClusterError(f"`{shown(command)}` took longer than {timeout:.0f} s.") from None
    if done.returncode:
        raise failure(command, done.returncode, (done.stderr or done.stdout).splitlines())
    return done.stdout


def succeeds(command: Sequence[str | Path], *, timeout: float = 30, env: Mapping[str, str] | None = None) -> bool:
    """Whether a program can be started and exits with 0 within `timeout` seconds."""
    try:
        output(command, timeout=timeout, env=env)
    except ClusterError:
        return False
    return True


def stream(
    command: Sequence[str | Path],
    on_line: Callable[[str], object],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a long program and hand each line of its output on as it comes.

    It is ended together with this process's interest in it: on Ctrl-C or any other exception.

    Raises:
        ClusterError: It cannot be started or exits with another code than 0; the sentence ends with its last lines.
    """
    tail: deque[str] = deque(maxlen=_TAIL)
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise ClusterError(f"The program {command[0]} is not there.") from None
    with process:
        try:
            for line in process.stdout or ():
                tail.append(line.rstrip())
                on_line(line.rstrip())
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    if code:
        raise failure(command, code, list(tail))


def shown(command: Sequence[str | Path]) -> str:
    """A command as a reader would type it, shortened: a sentence has no room for forty arguments."""
    words = [str(part) for part in command]
    return " ".join(words[:6]) + (" …" if len(words) > 6 else "")  # noqa: PLR2004 - a feeling


def failure(command: Sequence[str | Path], code: int, lines: Sequence[str]) -> ClusterError:
    """The sentence for a program that failed, with a plain one for what users can put right."""
    told = "\n".join(line for line in lines[-_TAIL:] if line.strip())
    if "no space left on device" in told.lower() or "disk quota exceeded" in told.lower():
        return ClusterError(
            f"The disk is full: `{shown(command)}` could not write.",
            hint="Free some space (a first build needs about 12 GB) and run the command again.",
        )
    return ClusterError(f"`{shown(command)}` failed with exit code {code}:\n{told}\n")


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
