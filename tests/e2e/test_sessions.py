"""Sticky sessions: a session is in one pod's memory, so its requests have to find that pod, while it is there."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
FAILOVER_SECONDS = 20


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

    def behind_ingress(name: str, controller: str, affinity: str) -> Release:
        host = f"{name}.{module_namespace}.test"
        ingress = {"enabled": True, "className": "traefik", "controller": controller, "hosts": [{"host": host}]}
        # No database to share and no replication: a draft is in the memory of the pod that took it, nowhere else.
        own = {"replicas": PODS, "mariadb": {"enabled": False}, "fullnameOverride": name}
        service = {"sessionAffinity": affinity}
        installed = module_eni_todo({**own, "service": service, "ingress": ingress}, name=name)
        pods = _names(installed)
        with visit(host, keeps_cookies=False) as stranger:
            wait_until(lambda: {stranger.page().pod for _ in range(PODS * 2)} == pods, f"{host} to lead to {pods}")
        return installed

    return behind_ingress


@pytest.fixture(scope="module")
def sticky(install: Callable[..., Release]) -> Release:
    """Two pods behind Traefik with the chart's preset for it: its cookie, and a Service without affinity."""
    return install("sticky", "traefik", "None")


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


def test_client_ip_affinity_holds_inside_the_cluster(sticky: Release, unsticky: Release, module_client: Client) -> None:
    """`sessionAffinity: ClientIP` leads every connection of a pod to the same pod; without it they spread."""

    def answering(service: Release) -> set[str]:
        pages = module_client.fetch(f"http://{service.name}/eni-todo/", times=REQUESTS)
        assert len(pages) == REQUESTS
        names = _names(service)
        return {name for name in names for page in pages if f"<b>{name}</b>" in page}

    assert len(answering(unsticky)) == 1
    assert answering(sticky) == _names(sticky)


def test_session_goes_to_another_pod_when_its_own_is_deleted(sticky: Release, visit: Callable[..., Visitor]) -> None:
    """A user whose pod is deleted is answered by another one within a bound, and stays there from then on."""
    visitor = visit(_host(sticky))
    lost = visitor.page().pod
    sticky.cluster.delete("pod", lost, sticky.namespace, wait=False)

    def elsewhere() -> Page:
        page = visitor.page()
        assert page.pod != lost, f"still {lost}"
        return page

    found = wait_until(elsewhere, f"an answer from another pod than {lost}", timeout=FAILOVER_SECONDS)
    assert _travel(visitor) == Journey(frozenset({found.pod}), REQUESTS)
    assert found.pod in _names(sticky)
