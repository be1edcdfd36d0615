"""Jobs in a test: started from a CronJob, awaited until they end, and asked what their pods wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from timonier.testing.cluster import Manifest, TestCluster

_ENDINGS = {"Complete", "Failed"}


@dataclass(frozen=True)
class Jobs:
    """The Jobs of a namespace.

    Attributes:
        cluster: The cluster they are on.
        namespace: Their namespace.
    """

    cluster: TestCluster
    namespace: str

    def start(self, cronjob: str, name: str) -> str:
        """Make a Job from a CronJob now, as an operator would by hand; returns its name."""
        self.cluster.kubectl("create", "job", name, f"--from=cronjob/{cronjob}", namespace=self.namespace)
        return name

    def of(self, cronjob: str) -> list[Manifest]:
        """The Jobs a CronJob has now, those made by hand among them."""
        return [
            job
            for job in self.cluster.list("jobs", self.namespace)
            if any(owner["name"] == cronjob for owner in job["metadata"].get("ownerReferences") or [])
        ]

    def pods(self, name: str) -> list[Manifest]:
        """The pods of a Job, oldest first."""
        found = self.cluster.list("pods", self.namespace, f"batch.kubernetes.io/job-name={name}")
        return sorted(found, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def logs(self, name: str) -> str:
        """What all pods of a Job wrote, each line with its pod's name."""
        chosen = (f"--selector=batch.kubernetes.io/job-name={name}", "--tail=-1", "--prefix")
        return self.cluster.kubectl("logs", *chosen, namespace=self.namespace)

    def ended(self, name: str, timeout: float = 120) -> Manifest:
        """Wait until a Job is complete or has failed; returns it.

        Raises:
            AssertionError: It did not end within `timeout` seconds.
        """
        wait_until(lambda: ending(self._get(name)), f"Job {name} to end", timeout=timeout)
        return self._get(name)

    def _get(self, name: str) -> Manifest:
        return self.cluster.get("job", name, self.namespace)

    def succeeded(self, name: str, timeout: float = 120) -> str:
        """Wait until a Job ends, and assert that it is complete; returns what its pods wrote."""
        return self._ended_as("Complete", name, timeout)

    def failed(self, name: str, timeout: float = 120) -> str:
        """Wait until a Job ends, and assert that it failed; returns what its pods wrote."""
        return self._ended_as("Failed", name, timeout)

    def _ended_as(self, expected: str, name: str, timeout: float) -> str:
        job = self.ended(name, timeout)
        told = self.logs(name)
        assert ending(job) == expected, f"Job {name}: {job['status']}\n{told}"  # noqa: S101 - this is an assertion
        return told


def ending(job: Manifest) -> str:
    """How a Job ended: Complete, Failed, or empty while it has not."""
    conditions = job.get("status", {}).get("conditions") or []
    return next((one["type"] for one in conditions if one["type"] in _ENDINGS and one["status"] == "True"), "")
