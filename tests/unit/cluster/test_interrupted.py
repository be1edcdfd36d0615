"""Ctrl-C in the middle of a build: one sentence, exit code 2, nothing half made, and a second run that works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from timonier.testing import wait_until

if TYPE_CHECKING:
    from pathlib import Path

GO = """#!/bin/sh
case "$1" in
  list) echo one; echo two;;
  build)
    while [ "$1" != -o ]; do shift; done
    echo half > "$2/kind"
    {slowly}
    echo '#!/bin/sh' > "$2/kind"; chmod +x "$2/kind";;
esac
"""


def programs(place: Path, slowly: str) -> None:
    """A Go toolchain that builds at the given pace, and an engine that answers and can do nothing."""
    place.mkdir(exist_ok=True)
    for name, text in (("go", GO.format(slowly=slowly)), ("docker", '#!/bin/sh\n[ "$1" = ps ]\n')):
        (place / name).write_text(text)
        (place / name).chmod(0o755)


@pytest.fixture
def build(tmp_path: Path) -> subprocess.Popen[str]:
    """`timonier cluster build` in the middle of building kind, in a session of its own as a terminal's job is."""
    programs(tmp_path / "bin", f"echo > {tmp_path / 'building'}; exec sleep 60")
    return start(tmp_path)


def start(tmp_path: Path) -> subprocess.Popen[str]:
    """Start `timonier cluster build` with an empty cache and no way to a download."""
    path = os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"])
    # A proxy nobody listens at: no release can be downloaded, wherever the test runs.
    nowhere = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    environment = {**os.environ, **nowhere, "PATH": path, "TIMONIER_CACHE": str(tmp_path / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "timonier", "cluster", "build"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in the background of a script starts with the signal ignored, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )


def test_interrupted(build: subprocess.Popen[str], tmp_path: Path) -> None:
    """The build is ended at once, what it had made is gone, and the next one makes it."""
    wait_until((tmp_path / "building").exists, "the build to be under way", timeout=30)
    os.killpg(build.pid, signal.SIGINT)
    _, told = build.communicate(timeout=20)
    assert build.returncode == 2, told
    assert told.rstrip().endswith("timonier: Interrupted.")
    assert "Traceback" not in told
    assert list((tmp_path / "cache" / "programs").iterdir()) == []

    programs(tmp_path / "bin", "true")
    again = start(tmp_path)
    _, told = again.communicate(timeout=60)
    assert "✓ Build kind 0.33.0" in told
