"""Who notices a rollout: sessions with drafts read on through it, behind our chart and behind plain manifests.

Usage: python -m benchmarks.rollout [--kube-context kind-NAME] [--sessions N] [--write] [SETUP...]

Each set-up has two pods behind the cluster's Traefik, and a database. Every session opens a page, keeps a draft, and
then reads twice a second, through `kubectl rollout restart` of the application and for a minute at least. Afterwards
the database's pod is deleted. The cluster is one of `timonier cluster up`. With --write the tables go into
benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from typing import TYPE_CHECKING

from benchmarks.measure import machine, put
from benchmarks.rollout.measurement import measured
from benchmarks.rollout.report import conditions, table
from benchmarks.rollout.setups import SETUPS

from timonier import settings
from timonier.cluster import images, kind, programs
from timonier.cluster.spec import kubeconfig_path
from timonier.cluster.steps import Steps
from timonier.testing.cluster import TestCluster

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rollout.measurement import Result


def cluster_of(context: str) -> TestCluster:
    """Return a cluster that kind made, with the project's images on it.

    Raises:
        ClusterError: There is no such cluster.
    """
    name, steps = context.removeprefix("kind-"), Steps()
    wanted = tuple(images.from_folder(image, folder) for image, folder in settings.load().images.items())
    kind.load(name, wanted, steps)
    port: int = kind.status(name)["http_port"]
    kubectl, helm = programs.find("kubectl", steps).path, programs.find("helm", steps).path
    return TestCluster(context, kubeconfig_path(None), kubectl, helm, port)


def run(cluster: TestCluster, names: Sequence[str], sessions: int) -> list[Result]:
    """Measure each set-up after the other."""
    results = []
    for setup in SETUPS:
        if not names or setup.name in names:
            print(f"{setup.name}:", file=sys.stderr)
            results.append(measured(cluster, setup, sessions))
            print("  " + ", ".join(conditions(results[-1].reading)), file=sys.stderr)
            for one in results[-1].reading.failed[:20]:
                print(f"  {one.begun:6.2f} s, took {one.seconds:.2f} s: {one.problem[:200]}", file=sys.stderr)
    return results


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="SETUP")
    parser.add_argument("--kube-context", default="kind-timonier", metavar="kind-NAME")
    parser.add_argument("--sessions", type=int, default=50, metavar="N")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    on = machine()
    results = run(cluster_of(arguments.kube_context), arguments.names, arguments.sessions)
    today = dt.datetime.now(tz=dt.UTC).date()
    told = f"{on}; {today:%Y-%m-%d}; {arguments.sessions} sessions.\n\n{table(results)}"
    print(told)
    if arguments.write:
        put("rollout", told)


if __name__ == "__main__":
    main()
