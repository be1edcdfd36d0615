"""A rollout that nobody notices: no request fails, and with session replication no draft is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from timonier.testing.traffic import Traffic
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Visitor

    from timonier.testing import Release

pytestmark = pytest.mark.e2e

SESSIONS = 16
AT_ONCE = 8


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


@pytest.fixture
def begin(module_replicated: Release, visit: Callable[..., Visitor]) -> Iterator[Callable[[], Session]]:
    """Lets one more user come, who opens the page and makes a draft."""
    with ExitStack() as opened:

        def come() -> Session:
            visitor = opened.enter_context(visit(_host(module_replicated)))
            visitor.page()
            return Session(visitor, visitor.add(draft=True))

        yield come


@pytest.fixture
def sessions(begin: Callable[[], Session]) -> list[Session]:
    """Users who opened the page, and have a draft that only their session keeps; several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [one.result() for one in [pool.submit(begin) for _ in range(SESSIONS)]]


def _host(installed: Release) -> str:
    host: str = installed.values["ingress"]["hosts"][0]["host"]
    return host


def _names(installed: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in installed.pods()}


def test_every_pod_has_every_draft(
    module_replicated: Release, sessions: list[Session], visit: Callable[..., Visitor]
) -> None:
    """A draft made right after its session is copied to the other pods too: whichever answers, it is there."""
    pods = _names(module_replicated)

    assert len(pods) == 2

    def everywhere(session: Session) -> bool:
        # The session's cookie without the ingress's leads to the pods in turn.
        cookie = session.visitor._session.cookies["JSESSIONID"]
        found = set()
        for _ in pods:
            with visit(_host(module_replicated)) as stranger:
                stranger._session.cookies.set("JSESSIONID", cookie)
                page = stranger.page()
            found |= {page.pod} if page.shows(session.draft) else set()
        return found == pods

    for session in sessions:
        wait_until(partial(everywhere, session), f"{session.draft} to be on {pods}", timeout=15)


@pytest.mark.chapter("Deployment: zero-downtime rollout")
def test_nobody_notices_a_rollout(module_replicated: Release, sessions: list[Session]) -> None:
    """Through `kubectl rollout restart` every request is answered by the list, and every session keeps its draft."""
    release, old = module_replicated, _names(module_replicated)
    with Traffic([session.read for session in sessions], every=0.5) as traffic:
        traffic.go_on(1)
        release.cluster.kubectl("rollout", "restart", "deployment/eni-todo", namespace=release.namespace)
        new = wait_until(lambda: release.replaced(old), "all pods to be replaced", timeout=120)
        traffic.go_on(traffic.elapsed() + 2)
    assert traffic.failed == []
    assert [session.draft for session in sessions if not session.kept] == []
    assert {session.visitor.page().pod for session in sessions} <= new


def test_a_draft_made_in_a_rollout_is_kept(module_replicated: Release, begin: Callable[[], Session]) -> None:
    """People keep coming and making drafts: the pods that start meanwhile get those too."""
    release, old = module_replicated, _names(module_replicated)
    release.cluster.kubectl("rollout", "restart", "deployment/eni-todo", namespace=release.namespace)
    begun: list[Session] = []

    def replaced_while_one_more_comes() -> set[str]:
        begun.append(begin())
        return release.replaced(old)

    wait_until(replaced_while_one_more_comes, "all pods to be replaced", timeout=120, interval=0.05)
    for session in begun:
        session.read()
    assert [number for number, session in enumerate(begun) if not session.kept] == [], f"of {len(begun)}"
