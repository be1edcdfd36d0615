"""Probes: who gets requests, who is restarted, and who is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.release import is_ready, restarts
from timonier.testing.waiting import holds_for, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from tests.e2e.conftest import Todo

    from timonier.testing.cluster import Manifest
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
EMBEDDED: dict[str, Any] = {"mariadb": {"enabled": False}}
MARK = "/tmp/started"  # noqa: S108 - in the pod, whose own it is
SPREAD = 30  # requests: that one of two pods gets none of them has a chance of 1 in 500 million
SOON = {"periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 2}
DATABASE = "statefulset/eni-todo-mariadb"
OUTAGE_SECONDS = 60


@pytest.fixture
def at(module_client: Client, todo: Callable[[Client, str], Todo]) -> Callable[[str | Manifest], Todo]:
    """The application behind a Service, or in one pod: `at("eni-todo")`, `at(pod)`."""

    def where(target: str | Manifest) -> Todo:
        if isinstance(target, str):
            return todo(module_client, f"http://{target}")
        address = target["status"].get("podIP")
        assert address, f"{name_of(target)} has no address yet"
        return todo(module_client, f"http://{address}:8080")

    return where


def name_of(pod: Manifest) -> str:
    """A pod's name."""
    name: str = pod["metadata"]["name"]
    return name


def identities(pods: list[Manifest]) -> set[tuple[str, str, int]]:
    """What tells the same containers from others: the pods' UIDs, the container's, and how often it was restarted."""
    return {
        (pod["metadata"]["uid"], status["containerID"], status["restartCount"])
        for pod in pods
        for status in pod["status"]["containerStatuses"]
    }


def limit_open_files(release: Release, pod: Manifest, limit: int) -> None:
    """Set how many files the application may hold open: with 1 it lives on, but accepts no connection any more."""
    command = ("prlimit", "--pid=1", f"--nofile={limit}:")
    release.cluster.execute(name_of(pod), *command, namespace=release.namespace)


def open_files(release: Release, pod: Manifest) -> int:
    """How many files the application may hold open."""
    command = ("prlimit", "--pid=1", "--nofile", "--output=SOFT", "--noheadings")
    return int(release.cluster.execute(name_of(pod), *command, namespace=release.namespace))


@dataclass(frozen=True)
class Outage:
    """A minute without the database, under way while other tests run.

    Attributes:
        release: The application whose database it is.
        chapter: A second one on the same database, whose liveness asks for the page that needs it, as the chapter's.
        before: The containers of the first, before the outage.
        watch: A word for each second: whether its /healthz was answered.
    """

    release: Release
    chapter: Release
    before: set[tuple[str, str, int]]
    watch: Future[str]


@pytest.fixture(scope="module")
def outage(module_eni_todo: Callable[..., Release], module_client: Client) -> Iterator[Outage]:
    """Two applications on one database, which is gone when this returns, and the first one watched for a minute."""
    release = module_eni_todo()
    database = {"host": "eni-todo-mariadb", "existingSecret": "eni-todo-mariadb"}
    liveness = {"probes": {"liveness": {"httpGet": {"path": "/eni-todo/"}}}}
    chapter = module_eni_todo({**EMBEDDED, "externalDatabase": database, **liveness}, name="chapter")
    one = "timeout 5 wget -q -O /dev/null http://eni-todo/eni-todo/healthz && echo answered || echo failed"
    script = f"for second in $(seq {OUTAGE_SECONDS}); do {one}; sleep 1; done"
    before = identities(release.pods())
    release.scale(DATABASE, 0)
    wait_until(lambda: not release.pods("mariadb"), "the database to go")
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield Outage(release, chapter, before, pool.submit(lambda: module_client.run("sh", "-c", script)))


def test_database_down(outage: Outage, at: Callable[[str | Manifest], Todo]) -> None:
    """Without its database the application goes on answering /healthz and stays ready; only its page fails."""
    assert "503" in at("eni-todo").refusal()
    assert at("eni-todo").healthy()
    assert identities(outage.release.pods(ready=True)) == outage.before


@pytest.mark.chapter("Probes: startup exec")
def test_startup(module_eni_todo: Callable[..., Release], at: Callable[[str | Manifest], Todo]) -> None:
    """Before its startup probe succeeded a pod is not ready and gets no requests, though it could answer them."""
    waiting = {"startup": {"exec": {"command": ["test", "-e", MARK]}}}
    release = module_eni_todo({**EMBEDDED, "replicas": 2, "probes": waiting}, name="starting", wait=False)
    wait_until(lambda: len(release.pods()) == 2, "two pods")
    wait_until(lambda: all(at(pod).healthy() for pod in release.pods()), "both pods to answer at their addresses")

    service = at("starting-eni-todo")
    wait_until(lambda: "refused" in service.refusal(), "the Service to refuse requests", timeout=20)

    def left_alone() -> bool:
        assert not [name_of(pod) for pod in release.pods() if is_ready(pod)]
        assert not release.endpoints("starting-eni-todo")
        assert "refused" in service.refusal()
        return True

    holds_for(left_alone, "no pod is ready, and the Service refuses requests", seconds=5)

    first, second = release.pods()
    started: set[str] = set()
    for pod in (first, second):
        release.cluster.execute(name_of(pod), "touch", MARK, namespace=release.namespace)
        started.add(name_of(pod))
        wait_until(lambda: release.endpoints("starting-eni-todo") == started, f"{started} to be behind the Service")
        wait_until(lambda: set(service.hosts(SPREAD)) >= started, f"{started} to get requests")
        assert set(service.hosts(SPREAD)) == started
    assert sum(restarts(pod) for pod in release.pods()) == 0


def test_no_startup(module_eni_todo: Callable[..., Release], at: Callable[[str | Manifest], Todo]) -> None:
    """The control: without the startup probe readiness alone lets the same pod in at once."""
    release = module_eni_todo({**EMBEDDED, "probes": {"startup": {"enabled": False}}}, name="hasty")
    assert at("hasty-eni-todo").hosts(1) == [name_of(pod) for pod in release.pods(ready=True)]


@pytest.mark.chapter("Probes: liveness httpGet")
def test_liveness(module_eni_todo: Callable[..., Release], at: Callable[[str | Manifest], Todo]) -> None:
    """An application that does not answer /healthz any more is restarted in its pod, and answers again."""
    release = module_eni_todo(
        {**EMBEDDED, "probes": {"liveness": SOON}, "terminationGracePeriodSeconds": 3}, name="live"
    )
    [before] = release.pods(ready=True)
    limit_open_files(release, before, 1)
    wait_until(lambda: restarts(release.pods()[0]) == 1, "the application to be restarted")

    [after] = release.wait_ready()
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    wait_until(lambda: at("live-eni-todo").hosts(1) == [name_of(before)], "the application to answer again")


@pytest.mark.chapter("Probes: readiness httpGet")
def test_readiness(module_eni_todo: Callable[..., Release], at: Callable[[str | Manifest], Todo]) -> None:
    """A pod that is not ready gets no requests, and gets them again when it is, without a restart."""
    release = module_eni_todo({**EMBEDDED, "replicas": 2, "probes": {"readiness": SOON}}, name="pair")
    stuck, well = pods = release.wait_ready(count=2)
    both = {name_of(pod) for pod in pods}
    assert release.endpoints("pair-eni-todo") == both
    usual = open_files(release, stuck)

    limit_open_files(release, stuck, 1)
    wait_until(lambda: release.endpoints("pair-eni-todo") == {name_of(well)}, "the pod to leave the Service")
    wait_until(lambda: set(at("pair-eni-todo").hosts(SPREAD)) == {name_of(well)}, "the other pod to get all requests")
    assert set(at("pair-eni-todo").hosts(SPREAD)) == {name_of(well)}
    assert not at(stuck).healthy()

    limit_open_files(release, stuck, usual)
    wait_until(lambda: release.endpoints("pair-eni-todo") == both, "the pod to come back")
    wait_until(lambda: set(at("pair-eni-todo").hosts(SPREAD)) == both, "both pods to get requests")
    assert identities(release.pods()) == identities(pods)


def test_database_still_down(outage: Outage, at: Callable[[str | Manifest], Todo]) -> None:
    """After a minute without its database the application is the same, healthy and ready, and then its page is back.

    The control: the same application, its liveness asking for the page as the chapter's does, was restarted meanwhile.
    """
    looks = outage.watch.result(timeout=2 * OUTAGE_SECONDS).split()
    assert looks == ["answered"] * OUTAGE_SECONDS
    assert identities(outage.release.pods(ready=True)) == outage.before
    assert "503" in at("eni-todo").refusal()
    assert restarts(outage.chapter.pods()[0]) > 0

    outage.release.scale(DATABASE, 1)
    wait_until(at("eni-todo").page, "the page to be back")
    assert identities(outage.release.pods(ready=True)) == outage.before
