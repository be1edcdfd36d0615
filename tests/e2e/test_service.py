"""The Service: its name, its port, and which pods answer behind it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Todo

    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
REPLICAS = 3
SPREAD = 40  # requests: that one of three pods gets none of them has a chance of 1 in 10 million
# Long enough for a loaded machine's kube-proxy to hear of a pod that is going before that pod stops answering.
VALUES = {"mariadb": {"enabled": False}, "replicas": REPLICAS, "lifecycle": {"preStopSleepSeconds": 5}}


@pytest.fixture(scope="module")
def web(module_eni_todo: Callable[..., Release]) -> Release:
    """Three replicas; which database they have is of no interest here."""
    return module_eni_todo(VALUES)


@pytest.fixture
def service(web: Release, module_client: Client, todo: Callable[[Client, str], Todo]) -> Todo:
    """The application by its Service's full name."""
    return todo(module_client, f"http://{web.name}.{web.namespace}.svc.cluster.local")


def addresses(web: Release, service: str) -> set[str]:
    """Every address in a Service's EndpointSlices, whatever its conditions."""
    slices = web.cluster.list("endpointslices", web.namespace, f"kubernetes.io/service-name={service}")
    return {address for one in slices for endpoint in one.get("endpoints") or [] for address in endpoint["addresses"]}


def changed(web: Release, name: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a Service
    """The release's own Service under another name, with parts of its specification replaced."""
    own = web.get("service", web.name)["spec"]
    kept = {key: own[key] for key in ("selector", "ports", "type")}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {**kept, **spec}}


@pytest.mark.chapter(
    "Pod: ports",
    "Service ClusterIP: port",
    "Service ClusterIP: targetPort",
    "Service ClusterIP: DNS name",
)
def test_full_name_on_port_80(web: Release, service: Todo, todo: Callable[[Client, str], Todo]) -> None:
    """Another pod reaches the page by the Service's full name on port 80, though the pods listen on 8080 only."""
    assert "This app hostname is" in service.page()
    pod = web.pods(ready=True)[0]["status"]["podIP"]
    assert todo(service.client, f"http://{pod}:8080").healthy()
    assert re.search("refused", todo(service.client, f"http://{pod}:80").refusal())


def test_short_names(web: Release, service: Todo, todo: Callable[[Client, str], Todo]) -> None:
    """Inside the namespace the Service's name alone is enough, and so is the name with the namespace."""
    for name in (web.name, f"{web.name}.{web.namespace}"):
        assert todo(service.client, f"http://{name}").healthy(), name


@pytest.mark.chapter("ReplicaSet: replicas")
def test_all_replicas_answer(web: Release, service: Todo) -> None:
    """The answers come from every replica, and from nowhere else."""
    pods = {pod["metadata"]["name"] for pod in web.pods(ready=True)}
    assert len(pods) == REPLICAS
    assert set(service.hosts(SPREAD)) == pods


@pytest.mark.chapter("Service ClusterIP: selector", "Service ClusterIP: targetPort")
def test_nothing_behind_it(web: Release, service: Todo, todo: Callable[[Client, str], Todo]) -> None:
    """A Service is refused when its selector matches no pod, or its target port is one nobody listens on."""
    stranger = changed(web, "stranger", selector={"app.kubernetes.io/name": "stranger"})
    deaf = changed(web, "deaf", ports=[{"port": 80, "targetPort": 8081}])
    alike = changed(web, "alike")
    web.cluster.apply(stranger, deaf, alike, namespace=web.namespace)

    # The copy with nothing changed answers: so it is the change that the others are refused for.
    wait_until(todo(service.client, "http://alike").healthy, "the Service's copy to answer")
    wait_until(lambda: addresses(web, "deaf"), "the endpoints of the Service with the wrong port")
    for name in ("stranger", "deaf"):
        assert re.search("refused", todo(service.client, f"http://{name}").refusal()), name
    assert addresses(web, "stranger") == set()


def test_removed_replica(web: Release, service: Todo) -> None:
    """A removed replica's address leaves the Service, no request is lost over it, and none gets there afterwards."""
    before = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in web.pods(ready=True)}
    assert addresses(web, web.name) == set(before.values())
    web.upgrade({"replicas": 1}, wait=False)

    answers, deadline = 0, time.monotonic() + 60
    while len(web.pods()) > 1:
        assert time.monotonic() < deadline, "the replicas did not go"
        answers += len(service.hosts(SPREAD))  # fails as soon as one request does
    assert answers, "the replicas were gone before they were asked"

    [left] = web.pods(ready=True)
    wait_until(lambda: len(addresses(web, web.name)) == 1, "the addresses to go")
    assert addresses(web, web.name) == {left["status"]["podIP"]}
    assert web.endpoints(web.name) == {left["metadata"]["name"]} < set(before)
    assert set(service.hosts(SPREAD)) == {left["metadata"]["name"]}
