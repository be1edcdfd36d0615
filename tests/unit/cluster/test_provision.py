"""Getting a container engine: never unasked, never elsewhere than where it can work."""

from __future__ import annotations

import copy
import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from timonier.cluster import container, provision
from timonier.cluster.provision import daemon, oci_runtime
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Protocol

    class Ended(Protocol):
        """How a command ended."""

        code: int
        err: str


ALL = (1 << len(oci_runtime.NAMES)) - 1


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where no engine answers."""
    monkeypatch.setattr(container, "answering", lambda: None)


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize(
    ("wish", "suitable", "said"),
    [
        ("0", True, "TIMONIER_PROVISION=0 forbids"),
        ("", True, "TIMONIER_PROVISION=1 asks for it"),
        ("", False, "No container engine answers."),
        ("1", False, "no Debian or Ubuntu where we are root"),
    ],
)
def test_one_sentence_where_none_may_be_installed(
    monkeypatch: pytest.MonkeyPatch,
    wish: str,
    *,
    suitable: bool,
    said: str,
) -> None:
    """Nothing is installed unasked; the sentence says what is missing and how to get it."""
    monkeypatch.setenv("TIMONIER_PROVISION", wish)
    monkeypatch.setattr(provision, "_suitable", lambda: suitable)
    monkeypatch.setattr(provision, "_install", lambda _: pytest.fail("installed"))
    with pytest.raises(ClusterError, match=said) as caught:
        provision.ensure(Steps(Console(file=io.StringIO())))
    assert "Install and start Docker" in caught.value.hint
    assert "--kube-context" in caught.value.hint


@pytest.mark.usefixtures("no_engine")
def test_the_command_says_so_too(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ended]) -> None:
    """`timonier cluster up` without an engine: a sentence, exit code 2, no traceback."""
    monkeypatch.setenv("TIMONIER_PROVISION", "0")
    ended = run("cluster", "up")
    assert ended.code == 2
    assert ended.err.startswith("timonier: No container engine answers")
    assert "Traceback" not in ended.err


def test_missing_capabilities_are_read_from_the_bounding_set() -> None:
    """Bit 24 is CAP_SYS_RESOURCE (linux/capability.h)."""
    assert oci_runtime.missing(f"CapBnd:\t{ALL:016x}\n") == set()
    assert oci_runtime.missing(f"CapBnd:\t{ALL & ~(1 << 24):016x}\n") == {"CAP_SYS_RESOURCE"}


def test_only_missing_capabilities_are_taken_out() -> None:
    """Every set of the process loses them, and nothing else changes."""
    process = {
        "args": ["sh"],
        "capabilities": {"bounding": ["CAP_KILL", "CAP_SYS_RESOURCE"], "effective": ["CAP_KILL"]},
    }
    expected = copy.deepcopy(process)
    expected["capabilities"]["bounding"] = ["CAP_KILL"]  # type: ignore[index]
    oci_runtime.within_bounds(process, {"CAP_SYS_RESOURCE"})
    assert process == expected
    oci_runtime.within_bounds({"args": ["sh"]}, {"CAP_SYS_RESOURCE"})  # an exec may state none


def test_a_stale_process_id_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pid file of a process that is gone, or is another program by now, would keep the daemon from starting."""
    gone, other = tmp_path / "docker.pid", tmp_path / "containerd.pid"
    gone.write_text("999999999")
    other.write_text("1")
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path))
    monkeypatch.setattr(daemon, "_PID_FILES", (gone, other))
    monkeypatch.setattr(daemon, "_SOCKETS", ())
    daemon._forget_the_dead()
    assert not gone.exists()
    assert not other.exists()


def test_nothing_is_stopped_that_was_not_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that somebody else started is not ours to stop."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path))
    assert daemon.stop() is False
    (daemon.state() / "pid").write_text("1")
    assert daemon.stop() is False
