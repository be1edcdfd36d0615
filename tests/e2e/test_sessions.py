"""Sticky sessions: a session is in one pod's memory, so its requests have to find that pod, while it is there."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Page, Visitor

    from timonier.testing import Client, Release

pytestmark = pytest.mark.e2e

PODS = 2
SESSIONS = 50
REQUESTS = 20
AT_ONCE = 6
FAILOVER_SECONDS = 30

# An ingress that honours its cookie sends a session to a pod that is about to end as long as that is ready: readiness
# has to fail first, and the pod to serve on until the ingress has heard of it.
HANDS_OVER: dict[str, Any] = {
    "lifecycle": {"preStopSleepSeconds": 0},
    "config": {"SHUTDOWN_DRAIN_SECONDS": 6},
    "terminationGracePeriodSeconds": 15,
    "probes": {"readiness": {"periodSeconds": 1, "failureThreshold": 1}},
}


@dataclass(frozen=True)
class Journey:
    """What one session saw: the pods that answered it, and how many of the pages showed its draft."""

    pods: frozenset[str]
    kept: int


@pytest.fixture(scope="module")
def install(
    module_eni_todo: Callable[..., Release], module_namespace: str, visit: Callable[..., Visitor]
) -> Callable[..., Release]:
    """Installs two pods behind Traefik, at a host of their own, and waits until it leads to both."""

    def behind_ingress(name: str, controller: str, affinity: str, values: dict[str, Any] | None = None) -> Release:
        host = f"{name}.{module_namespace}.test"
        ingress = {"enabled": True, "className": "traefik", "controller": controller, "hosts": [{"host": host}]}
        # No database to share and no replication: a draft is in the memory of the pod that took it, nowhere else.
        own = {"replicas": PODS, "mariadb": {"enabled": False}, "fullnameOverride": name}
        service = {"sessionAffinity": affinity}
        installed = module_eni_todo({**own, **(values or {}), "service": service, "ingress": ingress}, name=name)
        pods = _names(installed)
        with visit(host, keeps_cookies=False) as stranger:
            wait_until(lambda: {stranger.page().pod for _ in range(PODS * 2)} == pods, f"{host} to lead to {pods}")
        return installed

    return behind_ingress


@pytest.fixture(scope="module")
def sticky(install: Callable[..., Release]) -> Release:
    """Two pods behind Traefik with the chart's preset for it: its cookie, and a Service without affinity."""
    return install("sticky", "traefik", "None", HANDS_OVER)


@pytest.fixture(scope="module")
def unsticky(install: Callable[..., Release]) -> Release:
    """The control: two pods behind the same controller without its cookie, and a Service with affinity instead."""
    return install("unsticky", "", "ClientIP")


def _host(installed: Release) -> str:
    host: str = installed.values["ingress"]["hosts"][0]["host"]
    return host


def _names(installed: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in installed.wait_ready("eni-todo", count=PODS)}


def _travel(visitor: Visitor) -> Journey:
    """A session: opened, given a draft, and then asked for its page twenty times."""
    with visitor:
        opened = visitor.page()
        draft = visitor.add(draft=True)
        pages = [visitor.page() for _ in range(REQUESTS)]
    return Journey(frozenset({opened.pod, *(page.pod for page in pages)}), sum(page.shows(draft) for page in pages))


@pytest.mark.chapter("Ingress: sticky cookie")
def test_cookie_keeps_every_session_on_its_pod(sticky: Release, visit: Callable[..., Visitor]) -> None:
    """With the ingress's cookie each session stays on one pod and keeps its draft, and every pod serves some."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        journeys = list(pool.map(lambda _: _travel(visit(_host(sticky))), range(SESSIONS)))
    assert [journey for journey in journeys if len(journey.pods) != 1 or journey.kept != REQUESTS] == []
    assert {pod for journey in journeys for pod in journey.pods} == _names(sticky)


def test_session_wanders_without_the_ingress_cookie(unsticky: Release, visit: Callable[..., Visitor]) -> None:
    """The control: the Service's affinity is no help behind an ingress, its sessions wander and lose their draft."""
    # One after the other: side by side two sessions could take turns so that each meets the same pod every time.
    journeys = [_travel(visit(_host(unsticky))) for _ in range(5)]
    assert [journey for journey in journeys if len(journey.pods) == 1 or journey.kept == REQUESTS] == []


def test_requests_without_cookies_spread(sticky: Release, visit: Callable[..., Visitor]) -> None:
    """Requests that bring no cookie back are shared out over all pods."""
    with visit(_host(sticky), keeps_cookies=False) as stranger:
        answered = Counter(stranger.page().pod for _ in range(2 * REQUESTS))
    assert set(answered) == _names(sticky)
    assert min(answered.values()) >= REQUESTS // 2, answered


@pytest.mark.chapter("Service ClusterIP: sessionAffinity ClientIP")
def test_client_ip_affinity_holds_inside_the_cluster(sticky: Release, unsticky: Release, module_client: Client) -> None:
    """`sessionAffinity: ClientIP` leads every connection of a pod to the same pod; without it they spread."""

    def answering(service: Release) -> set[str]:
        pages = module_client.fetch(f"http://{service.name}/eni-todo/", times=REQUESTS)
        assert len(pages) == REQUESTS
        names = _names(service)
        return {name for name in names for page in pages if f"<b>{name}</b>" in page}

    assert len(answering(unsticky)) == 1
    assert answering(sticky) == _names(sticky)


def test_session_is_answered_by_another_pod_after_a_crash(sticky: Release, visit: Callable[..., Visitor]) -> None:
    """A user whose pod is gone without a farewell is answered by another one within a bound, and stays there."""
    visitor = visit(_host(sticky))
    lost = visitor.page().pod
    sticky.cluster.kubectl("delete", "pod", lost, "--force", "--grace-period=0", namespace=sticky.namespace)
    # Until the ingress has heard of it a request may fail, or find nobody: what fails is asked again.
    what = f"another pod than {lost} to answer"
    found = wait_until(lambda: _of_another(visitor.page(), lost), what, timeout=FAILOVER_SECONDS)
    assert _travel(visitor) == Journey(frozenset({found.pod}), REQUESTS)


def test_session_is_handed_over_when_its_pod_is_deleted(sticky: Release, visit: Callable[..., Visitor]) -> None:
    """A user whose pod is deleted is answered by another one within a bound, and no request fails on the way."""
    visitor = visit(_host(sticky))
    lost = visitor.page().pod
    wait_until(lambda: len(sticky.pods("eni-todo", ready=True)) == PODS, "a second pod to go to")
    sticky.cluster.delete("pod", lost, sticky.namespace, wait=False)
    failed: list[str] = []

    def answered() -> Page:
        try:
            page = visitor.page()
        except (AssertionError, OSError) as error:
            failed.append(str(error))
            raise
        return _of_another(page, lost)

    wait_until(answered, f"another pod than {lost} to answer", timeout=FAILOVER_SECONDS, interval=0.05)
    assert failed == []


def _of_another(page: Page, lost: str) -> Page:
    assert page.pod != lost, f"{lost} still answers"
    return page
