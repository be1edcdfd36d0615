"""A chart of 1 MB, published to a registry on this machine: distribution's own program, on loopback, without TLS.

What is published is packaged beforehand, and neither checks it: `helm push` never does, `timonier publish` is told not
to. Each time it goes to a repository that is not there yet, so that everything is sent.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.measure import TIMONIER, Row, run, scratch, take_turns

from timonier.cluster import gobuild
from timonier.cluster.steps import Steps
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 1_000_000
PUSH = "`helm push`"


def write_archive(folder: Path) -> Path:
    """Package a chart that holds what cannot be compressed."""
    chart = folder / "chart"
    (chart / "files").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: large\nversion: 1.0.0\n", encoding="utf-8")
    (chart / "files" / "random").write_bytes(os.urandom(SIZE))
    run([*TIMONIER, "package", chart, "-d", folder, "--no-check"])
    return folder / "large-1.0.0.tgz"


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry that keeps its data in a folder; yields its address."""
    program = gobuild.built(gobuild.REGISTRY, Steps()) / "registry"
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    config = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    running = subprocess.Popen([program, "serve", folder / "config.json"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), "the registry listens", timeout=20)
        yield f"127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=20)


def _listens(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def rows(rounds: int) -> list[Row]:
    """Measure, five times as often as asked for: these are short."""
    with scratch() as name, registry(Path(name)) as address:
        archive, numbers = write_archive(Path(name)), itertools.count()

        def place() -> str:
            return f"oci://{address}/number-{next(numbers)}"

        times = take_turns(
            {
                "ours": lambda: run([*TIMONIER, "publish", archive, place(), "--plain-http", "--no-check"]),
                PUSH: lambda: run([peers.helm(), "push", archive, place(), "--plain-http"]),
            },
            rounds * 5,
        )
    return [Row("a packaged chart of 1 MB, published to a registry on loopback", times["ours"], PUSH, times[PUSH], 1.5)]
