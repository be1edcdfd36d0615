"""`timonier cluster up` beside `kind create cluster --wait`, in turn, with the same node image.

timonier's cluster also gets an ingress controller and the project's images. Everything is built beforehand, so that
only the making of the cluster is measured.

Usage: python benchmarks/cluster_up.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timonier import settings
from timonier.cluster import images, kind
from timonier.cluster.spec import Spec, as_yaml, config
from timonier.cluster.steps import Steps

NAME = "timonier-bench"


def seconds(command: list[str]) -> float:
    """How long a command takes; its output is thrown away."""
    began = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    return time.monotonic() - began


def main(rounds: int) -> None:
    """Measure and print medians and the ratio."""
    wanted = tuple(images.from_folder(name, folder) for name, folder in settings.load().images.items())
    parts = kind.prepare(Spec(images=wanted), Steps())
    with tempfile.TemporaryDirectory() as scratch:
        kubeconfig = str(Path(scratch) / "kubeconfig")
        file = Path(scratch) / "kind.yaml"
        file.write_text(as_yaml(config(Spec(ingress=False), cgroup_v1=parts.engine.cgroup_v1)))
        alone = [str(parts.kind), "create", "cluster", f"--name={NAME}", f"--image={parts.node_image}", "--wait=180s"]
        alone += [f"--config={file}", f"--kubeconfig={kubeconfig}"]
        ours = [sys.executable, "-m", "timonier", "cluster", "up", f"--name={NAME}", f"--kubeconfig={kubeconfig}"]
        ours += ["--http-port=0", "--https-port=0"]
        times: dict[str, list[float]] = {"kind create cluster --wait": [], "timonier cluster up": []}
        for _ in range(rounds):
            for (_name, taken), command in zip(times.items(), (alone, ours), strict=True):
                taken.append(seconds(command))
                kind.down(NAME, Steps(), Path(kubeconfig))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        print(f"{name:<28} median {medians[name]:.1f} s of {', '.join(f'{one:.1f}' for one in taken)}")
    print(f"ratio {medians['timonier cluster up'] / medians['kind create cluster --wait']:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
