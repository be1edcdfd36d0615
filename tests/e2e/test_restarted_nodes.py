"""The machines restart, that of the primary and then all of them at once: replication goes on, and no row is lost.

Last of all tests: whatever else was on the cluster would go away in the middle.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.e2e.replicas import CHART, QUICK, Members, Writer, writing

from timonier.cluster import kind
from timonier.testing import wait_until
from timonier.testing.release import is_ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.cluster.container import Engine
    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
RESTART_SECONDS = 180


@dataclass(frozen=True)
class Machines:
    """The machines a cluster of kind's is made of.

    Attributes:
        engine: The container engine they are containers of.
        cluster: The cluster.
        names: Their names, those of the nodes.
    """

    engine: Engine
    cluster: TestCluster
    names: list[str]

    def restart(self, *names: str) -> None:
        """Switch machines off, without a word to what runs on them, and on again; wait until all that ran, runs."""
        before = {
            identity for pod in self.pods() if pod["spec"].get("nodeName") in names for identity in containers(pod)
        }
        self.engine("kill", *names)
        self.engine("start", *names)

        def run_again() -> bool:
            pods = self.pods()
            assert not before & {identity for pod in pods for identity in containers(pod)}, "still the former state"
            waiting = [pod["metadata"]["name"] for pod in pods if not is_ready(pod)]
            assert not waiting, waiting
            return True

        wait_until(run_again, f"what ran on {', '.join(names)} to run again", timeout=RESTART_SECONDS, interval=1)

    def pods(self) -> list[Manifest]:
        """The pods that are to run: those of the cluster's own, and the database's."""
        unfinished = "--field-selector=status.phase!=Succeeded,status.phase!=Failed"
        told = self.cluster.kubectl("get", "pods", "--all-namespaces", unfinished, "--output=json")
        pods: list[Manifest] = json.loads(told)["items"]
        tests = {one["metadata"]["name"] for one in self.cluster.list("namespaces", selector="timonier=test")}
        return [
            pod
            for pod in pods
            if pod["metadata"]["namespace"] not in tests or "replication" in pod["metadata"].get("labels", {})
        ]


def containers(pod: Manifest) -> set[str]:
    """The identities of a pod's containers: a container that was started again has another."""
    return {one["containerID"] for one in pod["status"].get("containerStatuses") or [] if one.get("containerID")}


@pytest.fixture(scope="module")
def machines(request: pytest.FixtureRequest) -> Machines:
    """The nodes of the cluster these tests made for themselves."""
    if request.config.getoption("kube_context"):
        pytest.skip("--kube-context names a cluster that others may be using: its nodes are not to be restarted")
    cluster: TestCluster = request.getfixturevalue("cluster")
    engine: Engine = request.getfixturevalue("container_engine")
    return Machines(engine, cluster, kind.nodes(engine, cluster.context.removeprefix("kind-")))


@pytest.fixture(scope="module")
def members(machines: Machines, request: pytest.FixtureRequest) -> Members:
    """A primary and a replica, on two nodes where there are two for them."""
    install: Callable[..., Release] = request.getfixturevalue("module_release")
    assert machines.names
    replication = {"replicas": 1, "semiSyncTimeoutSeconds": 5}
    values = {**QUICK, "architecture": "replication", "replication": replication}
    return Members(install(CHART, values, name="mariadb"))


@pytest.fixture
def writer(members: Members) -> Iterator[Writer]:
    """Somebody who writes all the time, and goes on after a restart."""
    with writing(members) as started:
        yield started


def assert_goes_on(members: Members, writer: Writer) -> None:
    """Rows are acknowledged again, and come to the replica; and all that ever were, are on both."""
    writer.wait_for_more()
    wait_until(
        lambda: members.status("mariadb-0", "Rpl_semi_sync_master_clients") == "1",
        "the primary to wait for its replica again",
    )
    writer.wait_for_more()
    acknowledged = writer.stop()
    members.assert_alike()
    assert {pod: writer.lost(acknowledged, pod) for pod in members.names()} == {pod: set() for pod in members.names()}


def test_the_primarys_node_restarts(members: Members, machines: Machines, writer: Writer) -> None:
    """Writes fail for a while."""
    machines.restart(members.wait_ready()["mariadb-0"]["spec"]["nodeName"])
    assert_goes_on(members, writer)


def test_all_nodes_restart_at_once(members: Members, machines: Machines, writer: Writer) -> None:
    """As after a power cut: nobody is there to tell anybody anything, the cluster's own API included."""
    machines.restart(*machines.names)
    assert_goes_on(members, writer)
