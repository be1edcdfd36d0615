"""Reading through a rollout, and what came of it."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.rollout.setups import PODS
from benchmarks.rollout.users import User

from timonier.testing.traffic import Traffic
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rollout.setups import Setup

    from timonier.testing.cluster import TestCluster
    from timonier.testing.traffic import Answer

EVERY = 0.5
BEFORE, AROUND, AFTER = 10, 60, 10  # seconds read before the restart, at least in all, and after the last old pod went
ITEMS = 10
AT_ONCE = 10


@dataclass(frozen=True)
class Reading:
    """What a rollout did to its users.

    Attributes:
        answers: What came of every request.
        due: How many would have been sent had every answer come before the next one was due.
        unkept: How many sessions had lost their draft before the rollout began.
        lost: How many had after it.
        seconds: How long the sessions read.
        rollout: How long the rollout took, up to the end of the last old pod.
        cpu: The share of one processor that the sessions took themselves.
        load: The machine's load average after the reading.
    """

    answers: list[Answer]
    due: float
    unkept: int
    lost: int
    seconds: float
    rollout: float
    cpu: float
    load: float

    @property
    def failed(self) -> list[Answer]:
        """The answers that something was wrong with."""
        return [one for one in self.answers if one.problem]


@dataclass(frozen=True)
class Result:
    """What one set-up did to its users.

    Attributes:
        setup: The set-up.
        sessions: How many there were.
        reading: What its rollout did.
        items: How many items were in the database before its pod was deleted, and how many after it.
    """

    setup: Setup
    sessions: int
    reading: Reading
    items: tuple[int, int]


def measured(cluster: TestCluster, setup: Setup, sessions: int) -> Result:
    """Install a set-up, read through a rollout of it, delete its database's pod, and remove it again.

    Raises:
        AssertionError: It did not become ready, or lead to its pods.
    """
    with cluster.new_namespace(f"rollout-{setup.name}") as namespace, ExitStack() as stack:
        setup.install(cluster, namespace)
        users = [stack.enter_context(User(setup.host, cluster.http_port or 80)) for _ in range(sessions)]
        wait_until(lambda: pods_reached(setup, cluster) == PODS, f"{setup.host} to lead to all pods", timeout=120)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(User.keep_draft, users))
        reading = read_through(cluster, setup, namespace, users)
        return Result(setup, sessions, reading, database_deleted(cluster, setup, namespace))


def pods_reached(setup: Setup, cluster: TestCluster) -> int:
    """Count the pods that a host leads to."""
    seen = set()
    for _ in range(PODS * 3):
        with User(setup.host, cluster.http_port or 80) as stranger:
            stranger.read()
            seen.add(stranger.pod)
    return len(seen)


def read_through(cluster: TestCluster, setup: Setup, namespace: str, users: Sequence[User]) -> Reading:
    """Read through a rollout."""
    cpu, began = time.process_time(), time.monotonic()
    with Traffic([user.read for user in users], every=EVERY) as traffic:
        traffic.go_on(BEFORE)
        unkept = sum(not user.shown for user in users)
        rollout = restarted(cluster, setup, namespace)
        traffic.go_on(max(AROUND, traffic.elapsed() + AFTER))
    seconds = time.monotonic() - began
    share = (time.process_time() - cpu) / seconds
    lost = sum(not user.shown for user in users)
    due = len(users) * seconds / EVERY
    return Reading(traffic.answers, due, unkept, lost, seconds, rollout, share, os.getloadavg()[0])


def restarted(cluster: TestCluster, setup: Setup, namespace: str) -> float:
    """Restart the application, and wait until the last old pod is gone; returns the seconds that took."""
    began = time.monotonic()
    pods = [pod["metadata"]["name"] for pod in cluster.list("pods", namespace, setup.selector)]
    cluster.kubectl("rollout", "restart", "deployment/eni-todo", namespace=namespace)
    status = ("rollout", "status", "deployment/eni-todo", "--timeout=300s")
    cluster.kubectl(*status, namespace=namespace, timeout=310)
    cluster.kubectl("wait", "pod", *pods, "--for=delete", "--timeout=180s", namespace=namespace, timeout=190)
    return time.monotonic() - began


def database_deleted(cluster: TestCluster, setup: Setup, namespace: str) -> tuple[int, int]:
    """Add items, delete the database's pod, and wait for the page to come back; the items before and after."""
    with User(setup.host, cluster.http_port or 80) as user:
        items = [user.add() for _ in range(ITEMS)]
        before = sum(item in user.read() for item in items)
        cluster.delete("pod", setup.database, namespace)
        page = wait_until(user.read, "the list after the database's end", timeout=180, interval=1)
        return before, sum(item in page for item in items)
