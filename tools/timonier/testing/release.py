"""A Helm release in a test: installed through pyhelm3, changed, asked, removed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from timonier.testing.cluster import Manifest, TestCluster

Values = dict[str, Any]
READY_SECONDS = 180


@dataclass
class Release:
    """A release that was ready when the fixture returned it.

    Attributes:
        cluster: The cluster it is on.
        chart: The chart: a folder, an archive or a reference.
        name: Its name.
        namespace: Its namespace.
        values: The values it was last installed with.
    """

    cluster: TestCluster
    chart: str
    name: str
    namespace: str
    values: Values

    def upgrade(self, values: Mapping[str, Any] | None = None, *, chart: str | None = None, wait: bool = True) -> None:
        """Install or upgrade, wait until it is ready, and keep the values.

        Args:
            values: Laid over the last values, as Helm merges them; None changes nothing.
            chart: Another chart from now on.
            wait: Whether to wait until every workload is ready.

        Raises:
            AssertionError: Helm failed, or the release did not become ready in time.
        """
        self.chart = chart or self.chart
        self.values = merged(self.values, values or {})
        asyncio.run(self._upgrade(wait=wait))

    async def _upgrade(self, *, wait: bool) -> None:
        from pyhelm3 import Client
        from pyhelm3.errors import Error

        client = Client(
            executable=str(self.cluster.helm_program),
            kubeconfig=self.cluster.kubeconfig,
            kubecontext=self.cluster.context,
        )
        try:
            await client.install_or_upgrade_release(
                self.name,
                await client.get_chart(self.chart),
                self.values,
                namespace=self.namespace,
                create_namespace=False,
                wait=wait,
                timeout=f"{READY_SECONDS}s",
            )
        except Error as error:
            told = (error.stderr or b"").decode(errors="replace").strip()
            raise AssertionError(f"helm could not install or upgrade {self.name}:\n{told}") from None

    def test(self) -> str:
        """Run the chart's own tests (`helm test`) and return their output."""
        return self.cluster.helm("test", self.name, "--logs", namespace=self.namespace)

    def scale(self, workload: str, replicas: int) -> None:
        """Set a workload's number of pods past Helm, as an operator would: `scale("statefulset/shop", 0)`."""
        self.cluster.kubectl("scale", workload, f"--replicas={replicas}", namespace=self.namespace)

    def get(self, kind: str, name: str) -> Manifest:
        """One object of the release's namespace."""
        return self.cluster.get(kind, name, self.namespace)

    def pods(self, component: str = "", *, ready: bool = False) -> list[Manifest]:
        """The pods of a chart's name (`app.kubernetes.io/name`), by default the release's own chart; oldest first.

        Args:
            component: The name label's value.
            ready: Only those that are ready and not being deleted.
        """
        selector = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/name={component or self._chart_name()}"
        found = sorted(
            self.cluster.list("pods", self.namespace, selector), key=lambda pod: pod["metadata"]["creationTimestamp"]
        )
        return [pod for pod in found if is_ready(pod)] if ready else found

    def _chart_name(self) -> str:
        return Path(self.chart).name

    def wait_ready(self, component: str = "", *, count: int = 1, timeout: float = READY_SECONDS) -> list[Manifest]:
        """Wait until exactly `count` pods of a component are there, ready, and none is going; returns them."""

        def settled() -> list[Manifest]:
            pods = self.pods(component)
            return pods if len(pods) == count and all(is_ready(pod) for pod in pods) else []

        what = f"{count} ready pod(s) of {component or self._chart_name()} in {self.namespace}"
        return wait_until(settled, what, timeout=timeout)

    def replaced(self, old: Collection[str], component: str = "") -> set[str]:
        """The names of a component's pods once as many as in `old` are ready, all of them new; else none."""
        pods = self.pods(component)
        names = {pod["metadata"]["name"] for pod in pods if is_ready(pod)}
        return names if len(pods) == len(names) == len(old) and names.isdisjoint(old) else set()

    def endpoints(self, service: str) -> set[str]:
        """The pod names behind a Service that are ready (EndpointSlice's condition, not the pods' own)."""
        slices = self.cluster.list("endpointslices", self.namespace, f"kubernetes.io/service-name={service}")
        return {
            endpoint["targetRef"]["name"]
            for one in slices
            for endpoint in one.get("endpoints") or []
            if endpoint.get("conditions", {}).get("ready") and "targetRef" in endpoint
        }


def is_ready(pod: Manifest) -> bool:
    """Whether a pod has the condition Ready and is not being deleted."""
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def restarts(pod: Manifest) -> int:
    """How often a pod's containers were restarted."""
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses") or [])


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> Values:
    """Values laid over others as Helm does: mappings merge, everything else replaces."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
