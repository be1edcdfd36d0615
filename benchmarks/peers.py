"""What else does the same: built from its Go module where the cache does not have it, each pinned to a version.

Usage: python -m benchmarks.peers

Gets all of them, and says where they are. A benchmark leaves out, with the reason, what cannot be had.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.cluster import cache
from timonier.cluster.programs import pinned
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Peer:
    """A program that is compared with.

    Attributes:
        name: The program.
        package: The Go package it is built from.
        version: Of its module.
        replaces: What its own go.mod puts in another module's place, `OLD=NEW@VERSION`.
    """

    name: str
    package: str
    version: str
    replaces: tuple[str, ...] = ()


KUBECONFORM = Peer("kubeconform", "github.com/yannh/kubeconform/cmd/kubeconform", "v0.7.0")
UNITTEST = Peer(
    "helm-unittest",
    "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
    "v1.1.2",
    ("github.com/vmware-labs/yaml-jsonpath=github.com/helm-unittest/yaml-jsonpath@v0.4.0",),
)


def get(peer: Peer) -> Path:
    """Return the program, built where it is not there.

    Raises:
        ClusterError: There is no Go toolchain, or the module cannot be had or built.
    """

    def make(into: Path) -> None:
        with Steps().step(f"Build {peer.name} {peer.version}"):
            _install(peer, into)

    return cache.entry("peers", f"{peer.name}-{peer.version}", make) / peer.name


def helm() -> Path:
    """Return the Helm that this project pins."""
    return pinned("helm").path


def _install(peer: Peer, into: Path) -> None:
    """Build it from a module made for the purpose: `go install` refuses one whose own go.mod replaces another."""
    go = shutil.which("go")
    if go is None:
        raise ClusterError(f"{peer.name} cannot be built without Go.", hint="Install Go 1.26 or later.")
    with tempfile.TemporaryDirectory() as module:
        for command in (
            [go, "mod", "init", "timonier.invalid/peer"],
            *([go, "mod", "edit", f"-replace={replaced}"] for replaced in peer.replaces),
            [go, "get", f"{peer.package}@{peer.version}"],
            [go, "build", "-trimpath", "-ldflags=-s -w", "-o", str(into / peer.name), peer.package],
        ):
            environment = {**os.environ, "GOFLAGS": "-buildvcs=false -mod=mod", "GOWORK": "off", "CGO_ENABLED": "0"}
            done = subprocess.run(command, cwd=module, env=environment, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ClusterError(f"{peer.name} cannot be built: {' '.join(done.stderr.split())[-300:]}.")


def main() -> None:
    """Get every peer."""
    print(helm())
    for peer in (KUBECONFORM, UNITTEST):
        try:
            print(get(peer))
        except ClusterError as problem:
            print(f"left out: {problem}")


if __name__ == "__main__":
    main()
