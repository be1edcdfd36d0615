"""The Service's other forms: a port of every node, a load balancer, and a client that keeps its pod for a while."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Todo

    from timonier.testing.cluster import TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
TIMEOUT_SECONDS = 2
PATH = "/eni-todo/"
VALUES: dict[str, Any] = {"mariadb": {"enabled": False}, "replicas": 3, "service": {"type": "NodePort"}}


@pytest.fixture(scope="module")
def web(module_eni_todo: Callable[..., Release]) -> Release:
    """Three replicas at a port of the nodes that the cluster chooses."""
    return module_eni_todo(VALUES)


def addresses(cluster: TestCluster) -> dict[str, str]:
    """The nodes' addresses, by the nodes' names."""
    return {
        node["metadata"]["name"]: address["address"]
        for node in cluster.list("nodes")
        for address in node["status"]["addresses"]
        if address["type"] == "InternalIP"
    }


def node_port(release: Release) -> int:
    """The port of the nodes that leads to the Service."""
    port: int = release.get("service", release.name)["spec"]["ports"][0]["nodePort"]
    return port


def reached(address: str, port: int) -> bool:
    """Whether the page is answered there, asked from this machine."""
    try:
        answer = requests.get(f"http://{address}:{port}{PATH}", timeout=3)
    except (requests.RequestException, OSError):
        return False
    return "This app hostname is" in answer.text


def skip_where_nodes_are_far(cluster: TestCluster) -> None:
    """Skip where no connection from this machine to a node is possible: they are in another network then."""
    for address in addresses(cluster).values():
        try:
            socket.create_connection((address, 10250), timeout=3).close()  # the kubelet's port, on every node
        except OSError as error:
            pytest.skip(f"this machine has no connection to the node at {address}: {error}")


@pytest.mark.chapter("Service NodePort: nodePort")
def test_every_node_answers(web: Release, module_client: Client, todo: Callable[[Client, str], Todo]) -> None:
    """The page is at the same port of every node, also of one that no pod is on, and every pod answers there."""
    pods = {pod["metadata"]["name"] for pod in web.pods(ready=True)}
    for address in addresses(web.cluster).values():
        node = todo(module_client, f"http://{address}:{node_port(web)}")
        assert set(node.hosts(40)) == pods, address


@pytest.mark.chapter("Service NodePort: nodePort")
def test_the_port_may_be_chosen(web: Release, module_client: Client, todo: Callable[[Client, str], Todo]) -> None:
    """service.nodePort moves it; at the former one nobody answers any more."""
    [address, *_] = addresses(web.cluster).values()
    former = node_port(web)
    # Another one of those that the cluster gives out, 30000 to 32767; taken by nobody, as it was just found free.
    web.upgrade({"service": {"nodePort": (former - 30000 + 1) % 2768 + 30000}})
    assert node_port(web) != former
    wait_until(todo(module_client, f"http://{address}:{node_port(web)}").healthy, "the new port to answer")
    wait_until(lambda: todo(module_client, f"http://{address}:{former}").refusal(), "the former port to be refused")


@pytest.mark.chapter("Service NodePort: externalTrafficPolicy")
def test_only_nodes_with_a_pod_answer(web: Release) -> None:
    """With Local a client from outside is answered by the nodes that have a pod, and by no others."""
    skip_where_nodes_are_far(web.cluster)
    web.upgrade({"replicas": 1})
    [pod] = web.wait_ready()
    port = node_port(web)
    wait_until(lambda: all(reached(one, port) for one in addresses(web.cluster).values()), "every node to answer")

    web.upgrade({"service": {"externalTrafficPolicy": "Local"}})

    def answering() -> set[str]:
        return {name for name, address in addresses(web.cluster).items() if reached(address, port)}

    wait_until(lambda: answering() == {pod["spec"]["nodeName"]}, "only the pod's node to answer", interval=1)
    web.upgrade({"replicas": 3, "service": {"externalTrafficPolicy": "", "nodePort": None}})


@pytest.mark.chapter("Service ClusterIP: sessionAffinity ClientIP", "Service ClusterIP: sessionAffinity timeout")
def test_a_client_keeps_its_pod_for_a_while(
    web: Release, module_client: Client, todo: Callable[[Client, str], Todo]
) -> None:
    """With ClientIP a client is answered by one pod, and after sessionAffinityTimeoutSeconds of silence by any."""
    service = todo(module_client, f"http://{web.name}")
    web.upgrade({"service": {"type": "ClusterIP", "sessionAffinity": "ClientIP"}})
    wait_until(lambda: len(set(service.hosts(20))) == 1, "one pod to answer a client")

    seen: set[str] = set()

    def another_after_a_pause() -> bool:
        seen.update(service.hosts(1))
        return len(seen) > 1

    # The control: three hours, by default, are longer than a few pauses.
    with pytest.raises(AssertionError):
        wait_until(another_after_a_pause, "another pod", timeout=5 * TIMEOUT_SECONDS, interval=TIMEOUT_SECONDS + 1)
    web.upgrade({"service": {"sessionAffinityTimeoutSeconds": TIMEOUT_SECONDS}})
    # Each time it is one pod of three: that it is the same one ten times has a chance of 1 in 59,000.
    wait_until(another_after_a_pause, "another pod", timeout=45, interval=TIMEOUT_SECONDS + 1)


@pytest.mark.chapter("Service LoadBalancer: type")
def test_load_balancer(web: Release, module_client: Client, todo: Callable[[Client, str], Todo]) -> None:
    """A load balancer answers where the cluster has one; where it has none the Service waits, with its node port."""
    web.upgrade({"service": {"type": "LoadBalancer", "port": 8080, "sessionAffinity": "None"}}, wait=False)
    service = web.get("service", web.name)
    assert service["spec"]["ports"][0]["nodePort"]
    [address, *_] = addresses(web.cluster).values()
    wait_until(todo(module_client, f"http://{address}:{node_port(web)}").healthy, "its node port to answer")

    def given() -> list[dict[str, str]]:
        found: list[dict[str, str]] = web.get("service", web.name)["status"]["loadBalancer"].get("ingress", [])
        return found

    if not given() and not _has_balancer(web.cluster):
        pytest.skip(
            "no node names a cloud, no pod makes load balancers, and the Service was given none: nothing to ask"
        )
    [balancer, *_] = wait_until(given, "the balancer's address", timeout=180)
    wait_until(lambda: reached(balancer.get("ip") or balancer["hostname"], 8080), "the balancer to answer", timeout=180)


def _has_balancer(cluster: TestCluster) -> bool:
    """Whether somebody makes load balancers: a cloud's controller, or one of those that need no cloud."""
    clouds = [node["spec"].get("providerID", "kind://") for node in cluster.list("nodes")]
    pods = cluster.kubectl("get", "pods", "--all-namespaces", "--output=jsonpath={.items[*].metadata.name}")
    own = ("metallb", "kube-vip", "svclb", "cloud-controller-manager", "cilium-operator")
    return any(not cloud.startswith("kind://") for cloud in clouds) or any(name in pods for name in own)
