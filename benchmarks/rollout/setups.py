"""What is compared: our chart with and without session replication, and manifests as they are written by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from timonier.testing.release import Release, merged

if TYPE_CHECKING:
    from timonier.testing.cluster import TestCluster

CHART = Path(__file__).parents[2] / "charts" / "eni-todo"
PLAIN = Path(__file__).parent / "plain"
PODS = 2
# The chart's case for sessions that nobody may lose, without the NetworkPolicies that have nothing to do with it.
HANDS_OVER: dict[str, Any] = {
    "sessionReplication": {"enabled": True},
    "lifecycle": {"preStopSleepSeconds": 0},
    "terminationGracePeriodSeconds": 60,
    "config": {"SHUTDOWN_DRAIN_SECONDS": 15},
}


@dataclass(frozen=True)
class Setup:
    """One way to run the application.

    Attributes:
        name: Its name, on the command line and in the host's.
        title: What is different about it, for the table.
        values: The chart's values on top of what all have; None for the plain manifests.
    """

    name: str
    title: str
    values: dict[str, Any] | None = field(hash=False)

    @property
    def host(self) -> str:
        """The host of its Ingress."""
        return f"{self.name}.rollout.test"

    @property
    def selector(self) -> str:
        """What picks the application's pods."""
        return "app=eni-todo" if self.values is None else "app.kubernetes.io/name=eni-todo"

    @property
    def database(self) -> str:
        """The name of the database's pod."""
        return "mariadb-0" if self.values is None else "eni-todo-mariadb-0"

    def install(self, cluster: TestCluster, namespace: str) -> None:
        """Install it, and wait until every pod is ready.

        Raises:
            AssertionError: Helm failed.
            ClusterError: kubectl failed, or a pod did not become ready in time.
        """
        if self.values is None:
            self._apply(cluster, namespace)
        else:
            Release(cluster, str(CHART), "eni-todo", namespace, merged(self._common(), self.values)).upgrade()

    def _common(self) -> dict[str, Any]:
        ingress = {"enabled": True, "className": "traefik", "controller": "traefik", "hosts": [{"host": self.host}]}
        return {"replicas": PODS, "ingress": ingress}

    def _apply(self, cluster: TestCluster, namespace: str) -> None:
        for file in sorted(PLAIN.glob("*.yaml")):
            cluster.apply(*yaml.safe_load_all(file.read_text(encoding="utf-8")), namespace=namespace)
        for workload in ("statefulset/mariadb", "deployment/eni-todo"):
            cluster.kubectl("rollout", "status", workload, "--timeout=300s", namespace=namespace, timeout=310)


SETUPS = (
    Setup("replicated", "the chart with `sessionReplication.enabled`", HANDS_OVER),
    Setup("sticky", "the chart without session replication", {}),
    Setup("plain", "[plain manifests](rollout/plain): ClientIP, probes on the page, no preStop, emptyDir", None),
)
