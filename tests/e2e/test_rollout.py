"""A rollout that nobody notices: no request fails, and with session replication no draft is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.traffic import Traffic
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Visitor

    from timonier.testing import Release

pytestmark = pytest.mark.e2e

PODS = 2
SESSIONS = 16
AT_ONCE = 8
# The values of the chart's case session-replication, with shorter times: readiness fails first, and the pod serves on
# until the ingress has heard of it.
REPLICATED: dict[str, Any] = {
    "replicas": PODS,
    "sessionReplication": {"enabled": True},
    "lifecycle": {"preStopSleepSeconds": 0},
    "config": {"SHUTDOWN_DRAIN_SECONDS": 8},
    "terminationGracePeriodSeconds": 30,
    "probes": {"readiness": {"periodSeconds": 1, "failureThreshold": 1}},
}


@dataclass
class Session:
    """A user with a draft.

    Attributes:
        visitor: Their browser.
        draft: The draft's name.
        kept: Whether the last page showed it.
    """

    visitor: Visitor
    draft: str
    kept: bool = True

    def read(self) -> None:
        """Ask for the list, and look whether the draft is on it."""
        self.kept = self.visitor.page().shows(self.draft)


@pytest.fixture(scope="module")
def replicated(
    module_eni_todo: Callable[..., Release], module_namespace: str, visit: Callable[..., Visitor]
) -> Release:
    """Two pods with a database that copy their sessions to each other, behind Traefik with its cookie."""
    ingress = {"enabled": True, "className": "traefik", "controller": "traefik"}
    hosts = [{"host": f"todo.{module_namespace}.test"}]
    installed = module_eni_todo({**REPLICATED, "ingress": {**ingress, "hosts": hosts}})
    with visit(_host(installed), keeps_cookies=False) as stranger:
        pods = _names(installed)
        wait_until(lambda: {stranger.page().pod for _ in range(2 * PODS)} == pods, f"the host to lead to {pods}")
    return installed


@pytest.fixture
def sessions(replicated: Release, visit: Callable[..., Visitor]) -> Iterator[list[Session]]:
    """Users who opened the page, and have a draft that only their session keeps; several at a time."""

    def begun(visitor: Visitor) -> Session:
        visitor.page()
        return Session(visitor, visitor.add(draft=True))

    with ExitStack() as opened, ThreadPoolExecutor(AT_ONCE) as pool:
        visitors = [opened.enter_context(visit(_host(replicated))) for _ in range(SESSIONS)]
        yield list(pool.map(begun, visitors))


def _host(installed: Release) -> str:
    host: str = installed.values["ingress"]["hosts"][0]["host"]
    return host


def _names(installed: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in installed.wait_ready("eni-todo", count=PODS)}


def test_every_pod_has_every_draft(replicated: Release, sessions: list[Session], visit: Callable[..., Visitor]) -> None:
    """A draft made right after its session is copied to the other pods too: whichever answers, it is there."""
    pods = _names(replicated)

    def with_it(session: Session) -> set[str]:
        # The session's cookie without the ingress's leads to the pods in turn.
        cookie = session.visitor._session.cookies["JSESSIONID"]
        found = set()
        for _ in range(PODS):
            with visit(_host(replicated)) as stranger:
                stranger._session.cookies.set("JSESSIONID", cookie)
                page = stranger.page()
            found |= {page.pod} if page.shows(session.draft) else set()
        return found

    for session in sessions:
        wait_until(lambda session=session: with_it(session) == pods, f"{session.draft} on {pods}", timeout=15)


@pytest.mark.chapter("Deployment: zero-downtime rollout")
def test_nobody_notices_a_rollout(replicated: Release, sessions: list[Session]) -> None:
    """Through `kubectl rollout restart` every request is answered by the list, and every session keeps its draft."""
    old = _names(replicated)
    with Traffic([session.read for session in sessions], every=0.5) as traffic:
        traffic.go_on(1)
        replicated.cluster.kubectl("rollout", "restart", "deployment/eni-todo", namespace=replicated.namespace)
        new = wait_until(lambda: _replaced(replicated, old), "all pods to be replaced", timeout=120)
        traffic.go_on(traffic.elapsed() + 2)
    assert traffic.failed == []
    assert [session.draft for session in sessions if not session.kept] == []
    assert {session.visitor.page().pod for session in sessions} <= new


def _replaced(installed: Release, old: set[str]) -> set[str]:
    """The names of the pods, once all are new, ready, and none is going."""
    names = {pod["metadata"]["name"] for pod in installed.pods("eni-todo", ready=True)}
    return names if len(installed.pods("eni-todo")) == len(names) == PODS and not names & old else set()
