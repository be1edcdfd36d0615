"""A container engine on a machine that has none: Docker from Debian's or Ubuntu's packages, started by hand.

Everything about getting an engine is in this package; the rest of the tool asks for one (`ensure`) and never learns
how it came to be. Nothing is installed unless `TIMONIER_PROVISION=1` says so: the nox sessions that need a cluster
set it, unless the user set it to 0.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.cluster import cache, container
from timonier.cluster.process import stream
from timonier.cluster.provision import daemon
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.cluster.container import Engine
    from timonier.cluster.steps import Steps

_PACKAGES = ("docker.io", "iptables", "iproute2", "e2fsprogs", "xz-utils", "debootstrap", "ca-certificates")
_HELP = (
    "Install and start Docker (docs.docker.com/engine/install) or Podman, or give an existing cluster by --kube-context"
)


def ensure(steps: Steps) -> Engine:
    """The container engine that answers, installed and started where that is allowed and possible.

    Raises:
        ClusterError: There is none, and none may or can be had.
    """
    if engine := container.answering():
        return engine
    if (reason := refusal()) is not None:
        raise ClusterError(f"No container engine answers{reason}.", hint=f"{_HELP}.")
    with cache.lock("provision", waiting=lambda: steps.say("Another process is starting the container engine.")):
        if engine := container.answering():
            return engine
        _install(steps)
        with steps.step("Start Docker") as step:
            step.note = daemon.start()
    if engine := container.answering():
        return engine
    raise ClusterError("Docker was started, but does not answer.", hint=f"Its log is {daemon.log_file()}.")


@contextmanager
def borrowed(steps: Steps) -> Iterator[Engine]:
    """The container engine for a while: one that had to be started is stopped afterwards, unless it is in use."""
    was_there = container.answering() is not None
    engine = ensure(steps)
    try:
        yield engine
    finally:
        if not was_there:
            daemon.stop()


def refusal() -> str | None:
    """Why no engine may be provisioned here, as the end of a sentence; None where it may."""
    wish = os.environ.get("TIMONIER_PROVISION", "")
    if wish == "0":
        return ", and TIMONIER_PROVISION=0 forbids to install one"
    if wish == "1":
        return None if _suitable() else ", and this machine is no Debian or Ubuntu where we are root"
    return ", and none is installed unasked (TIMONIER_PROVISION=1 asks for it)" if _suitable() else ""


def _suitable() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None and _family() in {"debian", "ubuntu"}


def _family() -> str:
    """The distribution, as /etc/os-release names it (ID, then what it is like)."""
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    names = [facts.get("ID", "").strip('"'), *facts.get("ID_LIKE", "").strip('"').split()]
    return next((name for name in names if name in {"debian", "ubuntu"}), "")


def _install(steps: Steps) -> None:
    if shutil.which("dockerd") and shutil.which("iptables") and shutil.which("debootstrap") and shutil.which("ip"):
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    with steps.step("Install Docker from the distribution's packages") as step:
        step.note = "TIMONIER_PROVISION=0 forbids this"
        stream(["apt-get", "update"], lambda _: None, env=quiet)
        install = ["apt-get", "install", "--yes", "--no-install-recommends"]
        stream([*install, *_PACKAGES], lambda _: None, env=quiet)
        if shutil.which("docker") is None:
            # Newer releases of both distributions have the command line in a package of its own.
            stream([*install, "docker-cli"], lambda _: None, env=quiet)
