"""Starting and stopping a Docker daemon of our own, over whatever an earlier one left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from timonier.cluster import cache, container
from timonier.cluster.process import output, succeeds
from timonier.cluster.provision import oci_runtime
from timonier.errors import ClusterError

MIRROR = "http://127.0.0.1:5001"
"""A registry here is asked before the public one. Nobody need listen: Docker then goes on to the public one."""

_PID_FILES = (Path("/run/docker.pid"), Path("/run/docker/containerd/containerd.pid"))
_SOCKETS = (Path("/run/docker.sock"), Path("/run/docker/containerd/containerd.sock"))
_CLUSTER_RANGES = ("10.96.0.0/16", "10.244.0.0/16")
_START_SECONDS = 60
_STOP_SECONDS = 30


def state() -> Path:
    """The folder with the daemon's configuration, log and process id."""
    place = cache.folder() / "docker"
    place.mkdir(parents=True, exist_ok=True)
    return place


def log_file() -> Path:
    """The daemon's log."""
    return state() / "dockerd.log"


def _pid_file() -> Path:
    return state() / "pid"


def start() -> str:
    """Start the daemon and wait until it answers; says which way was taken.

    Raises:
        ClusterError: It does not answer in time; the sentence ends with the last lines of its log.
    """
    if Path("/run/systemd/system").is_dir():
        output(["systemctl", "start", "docker"], timeout=_START_SECONDS)
        return "by systemd"
    _forget_the_dead()
    # A session of its own, and nobody's child: it outlives this process, and Ctrl-C here does not reach it.
    daemon = ["setsid", "--fork", "dockerd", f"--config-file={_configuration()}", f"--pidfile={_pid_file()}"]
    with log_file().open("ab") as log:
        subprocess.run(daemon, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True)
    _wait()
    _keep_traffic_here()
    return f"log {log_file()}"


def stop() -> bool:
    """Stop the daemon that `start` started, unless something runs in it; whether it was stopped."""
    pid = started()
    engine = container.answering()
    if pid is None or (engine is not None and engine("ps", "--quiet").strip()):
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    _pid_file().unlink(missing_ok=True)
    for command in _routes("del"):
        succeeds(command)
    return True


def started() -> int | None:
    """The process id of the daemon that `start` started, while it runs."""
    try:
        pid = int(_pid_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return pid if _alive(pid) and _name(pid) == "dockerd" else None


def _wait() -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if container.answering():
            return
        time.sleep(0.2)
    tail = "\n".join(log_file().read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
    raise ClusterError(f"Docker did not answer within {_START_SECONDS} s; the end of {log_file()}:\n{tail}\n")


def _forget_the_dead() -> None:
    """A daemon that was killed leaves its process id behind, and the next one believes the file."""
    for file in (*_PID_FILES, _pid_file()):
        try:
            pid = int(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if not _alive(pid) or _name(pid) not in {"dockerd", "containerd"}:
            file.unlink(missing_ok=True)
    for socket in _SOCKETS:
        socket.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _configuration() -> Path:
    """Our own configuration file: what the user may have in /etc/docker stays as it is."""
    said: dict[str, object] = {"registry-mirrors": [MIRROR], "log-opts": {"max-size": "10m"}}
    if oci_runtime.missing():
        said |= {"runtimes": {"timonier": {"path": str(_runtime())}}, "default-runtime": "timonier"}
    file = state() / "daemon.json"
    file.write_text(json.dumps(said, indent=2), encoding="utf-8")
    return file


def _runtime() -> Path:
    """The runtime as a program outside the checkout, run by a Python that no virtual environment takes away."""
    program = state() / "runc-within-bounds"
    source = Path(oci_runtime.__file__).read_text(encoding="utf-8")
    python = Path(sys.executable).resolve()
    unfinished = program.with_suffix(".new")
    unfinished.write_text(f"#!{python} -IS\n{source}", encoding="utf-8")
    unfinished.chmod(0o755)
    unfinished.replace(program)
    return program


def _keep_traffic_here() -> None:
    """Keep what clusters send on this machine.

    The host has no business with the clusters' inner addresses, and what containers send out is refused at once, so
    that a wait for an answer that cannot come does not hold a test up. Images and builds use the host's own network.
    """
    for command in _routes("replace"):
        succeeds(command)
    outward = output(["ip", "-4", "route", "show", "default"]).split()
    if "dev" not in outward:
        return
    rule = ["DOCKER-USER", "-o", outward[outward.index("dev") + 1], "-j", "REJECT"]
    if not succeeds(["iptables", "-C", *rule]):
        succeeds(["iptables", "-I", *rule])


def _routes(verb: str) -> list[list[str]]:
    return [["ip", "route", verb, "unreachable", network, "metric", "4096"] for network in _CLUSTER_RANGES]
