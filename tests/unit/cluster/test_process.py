"""Running programs: one sentence when they fail."""

from __future__ import annotations

import sys

import pytest

from timonier.cluster.process import output, stream, succeeds
from timonier.errors import ClusterError


def python(code: str) -> list[str]:
    """A program that runs some Python."""
    return [sys.executable, "-c", code]


def test_a_failure_ends_with_what_the_program_said() -> None:
    """The sentence names the program, its exit code, and its last words."""
    with pytest.raises(ClusterError, match=r"failed with exit code 3:\nthe reason"):
        output(python("import sys; sys.stderr.write('the reason'); sys.exit(3)"))


def test_a_full_disk_is_recognised() -> None:
    """Whoever reports it, a full disk gets the same sentence and a way out."""
    said = "print('write /var/lib/docker/x: no space left on device'); raise SystemExit(1)"
    with pytest.raises(ClusterError, match="The disk is full") as caught:
        stream(python(said), lambda _: None)
    assert "Free some space" in caught.value.hint


def test_a_program_that_is_missing_is_named() -> None:
    """No traceback of the operating system's, but the program's name."""
    with pytest.raises(ClusterError, match="The program no-such-program is not there"):
        output(["no-such-program"])
    assert not succeeds(["no-such-program"])


def test_a_program_that_hangs_is_ended() -> None:
    """A bound is kept."""
    with pytest.raises(ClusterError, match="took longer than 1 s"):
        output(python("import time; time.sleep(60)"), timeout=1)


def test_lines_come_as_they_are_written_and_an_interest_lost_ends_the_program() -> None:
    """The first line arrives although the program goes on; an exception then ends it."""

    def stop(line: str) -> None:
        raise KeyboardInterrupt(line)

    with pytest.raises(KeyboardInterrupt, match="first"):
        stream(python("import time; print('first', flush=True); time.sleep(60)"), stop)
