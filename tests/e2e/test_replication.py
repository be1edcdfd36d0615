"""Replicas of the database: they have the primary's rows, whatever happens to whom, and one of them takes over.

The tests share a release and go through its life in order: standalone, a replica, a second one, promotion and back.
`TIMONIER_PRIMARY_DELETIONS` says how often the primary's pod is deleted under writes.
"""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from tests.e2e.replicas import CHART, QUICK, Members, Writer, writing

from timonier.errors import ClusterError
from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
DELETIONS = int(os.environ.get("TIMONIER_PRIMARY_DELETIONS", "3"))


@pytest.fixture(scope="module")
def standalone(module_release: Callable[..., Release]) -> Release:
    """One database with rows and an account made by scripts, before it has replicas."""
    scripts = {
        "rows.sql": "CREATE TABLE db_todo.early (id INT PRIMARY KEY); INSERT INTO db_todo.early VALUES (1), (2);"
    }
    return module_release(CHART, {**QUICK, "initdbScripts": scripts}, name="mariadb")


@pytest.fixture(scope="module")
def members(standalone: Release) -> Members:
    """The same, upgraded to a primary and a replica, with rows from before and after."""
    before = Members(standalone)
    before.sql("mariadb-0", "INSERT INTO db_todo.early VALUES (3)", user="springuser")
    claim = standalone.get("pvc", "data-mariadb-0")["metadata"]["uid"]
    secret = standalone.get("secret", "mariadb")["data"]
    standalone.upgrade({"architecture": "replication", "replication": {"replicas": 1, "semiSyncTimeoutSeconds": 5}})
    assert standalone.get("pvc", "data-mariadb-0")["metadata"]["uid"] == claim
    kept = standalone.get("secret", "mariadb")["data"]
    assert {key: kept[key] for key in secret} == secret, "an upgrade changed a password"
    return before


@pytest.fixture
def writer(members: Members) -> Iterator[Writer]:
    """Somebody who writes all the time."""
    with writing(members) as started:
        yield started


@pytest.mark.chapter("StatefulSet: replicas")
def test_standalone_becomes_a_primary(members: Members) -> None:
    """By one upgrade: the rows are there, on both, and what is written now comes to both."""
    members.wait_ready()
    members.sql("mariadb-0", "INSERT INTO db_todo.early VALUES (4)", user="springuser")
    members.assert_alike()
    assert [row for [row] in members.sql("mariadb-replica-1", "SELECT id FROM db_todo.early")] == ["1", "2", "3", "4"]


@pytest.mark.chapter("Headless Service: pod DNS name")
def test_a_replica_follows_by_gtid_and_half_synchronously(members: Members) -> None:
    """A commit is acknowledged once a replica has it; server ids are the whole ordinals."""
    before = int(members.status("mariadb-0", "Rpl_semi_sync_master_yes_tx"))
    members.sql("mariadb-0", "INSERT INTO db_todo.early VALUES (5)", user="springuser")
    assert int(members.status("mariadb-0", "Rpl_semi_sync_master_yes_tx")) == before + 1
    assert members.status("mariadb-replica-1", "Rpl_semi_sync_slave_status") == "ON"
    assert members.value("mariadb-0", "@@rpl_semi_sync_master_timeout") == "5000"
    status = members.sql("mariadb-replica-1", "SHOW REPLICA STATUS")[0]
    assert status[1] == "mariadb-0.mariadb"
    assert members.value("mariadb-replica-1", "@@gtid_slave_pos").startswith("0-1-")
    assert [members.value(pod, "@@server_id") for pod in members.names()] == ["1", "2"]


def test_a_replica_refuses_writes(members: Members) -> None:
    """The application's, at least: those of root it could not refuse."""
    with pytest.raises(ClusterError, match="--read-only option"):
        members.sql("mariadb-replica-1", "INSERT INTO db_todo.early VALUES (6)", user="springuser")


def test_services_lead_where_they_say(members: Members) -> None:
    """Writes to the primary, reads to all."""
    release = members.release
    assert release.endpoints("mariadb-primary") == {"mariadb-0"}
    assert release.endpoints("mariadb-read") == {"mariadb-0", "mariadb-replica-1"}


def test_a_replica_is_added_after_the_logs_were_purged(members: Members) -> None:
    """From a copy: what the binary logs began with is gone. No other pod is replaced."""
    first = members.sql("mariadb-0", "SHOW BINARY LOGS")[0][0]
    members.sql("mariadb-0", "FLUSH BINARY LOGS; FLUSH BINARY LOGS")
    [last] = [row[0] for row in members.sql("mariadb-0", "SHOW BINARY LOGS")][-1:]
    wait_until(lambda: purged(members, first, last), "the primary's first binary log to be purged")
    before = {name: pod["metadata"]["uid"] for name, pod in members.wait_ready().items()}

    members.release.upgrade({"replication": {"replicas": 2}})

    after = {name: pod["metadata"]["uid"] for name, pod in members.wait_ready().items()}
    assert before.items() <= after.items(), "adding a replica replaced another pod"
    members.assert_alike()
    assert members.value("mariadb-replica-2", "@@server_id") == "3"
    # Scripts for the first start ran once: a second time they would have failed, or made the rows of a second primary.
    assert members.value("mariadb-replica-2", "@@gtid_binlog_pos") in {
        "",
        members.value("mariadb-0", "@@gtid_binlog_pos"),
    }


def purged(members: Members, first: str, last: str) -> bool:
    """Purge up to the last binary log; a replica that still reads an older one holds it back."""
    members.sql("mariadb-0", f"PURGE BINARY LOGS TO '{last}'")
    return members.sql("mariadb-0", "SHOW BINARY LOGS")[0][0] != first


def test_the_primary_deleted_under_writes(members: Members, writer: Writer) -> None:
    """Again and again: no acknowledged write is lost, and the replicas go on by themselves."""
    release, began = members.release, time.monotonic()
    for _ in range(DELETIONS):
        writer.wait_for_more()
        release.cluster.delete("pod", "mariadb-0", release.namespace)
        writer.wait_for_more()
    acknowledged = writer.stop()
    took = time.monotonic() - began
    members.assert_alike()
    lost = {pod: len(writer.lost(acknowledged, pod)) for pod in members.names()}
    print(f"{DELETIONS} deletions in {took:.0f} s, {len(acknowledged)} writes acknowledged, lost: {lost}")  # noqa: T201
    assert set(lost.values()) == {0}


def test_all_pods_deleted_at_once(members: Members) -> None:
    """Replication resumes, and writes come to all."""
    before = {pod["metadata"]["uid"] for pod in members.wait_ready().values()}
    release = members.release
    release.cluster.kubectl("delete", "pod", *members.names(), namespace=release.namespace)
    after = {pod["metadata"]["uid"] for pod in members.wait_ready().values()}
    assert not before & after
    members.sql("mariadb-0", "INSERT INTO db_todo.early VALUES (7)", user="springuser")
    members.assert_alike()


def test_a_replica_that_went_its_own_way_leaves_and_comes_back(members: Members) -> None:
    """It serves no reads, says what to do, and what it says to do works."""
    pod, release = "mariadb-replica-1", members.release
    members.sql(pod, "INSERT INTO db_todo.early VALUES (8)")
    members.sql("mariadb-0", "INSERT INTO db_todo.early VALUES (8)")
    wait_until(lambda: pod not in release.endpoints("mariadb-read"), f"{pod} to leave the Service", timeout=60)
    told = release.cluster.kubectl("logs", pod, "--container=replication", namespace=release.namespace)
    assert f"kubectl delete persistentvolumeclaim/data-{pod} pod/{pod}" in told
    assert release.endpoints("mariadb-primary") == {"mariadb-0"}

    before = release.get("pvc", f"data-{pod}")["metadata"]["uid"]
    members.delete_claim_and_pod(pod)
    wait_until(lambda: release.get("pvc", f"data-{pod}")["metadata"]["uid"] != before, "a new claim")
    members.assert_alike()
    assert pod in release.endpoints("mariadb-read")


def leads_to(release: Release, pod: str) -> bool:
    """Whether writes go to a pod."""
    return release.endpoints("mariadb-primary") == {pod}


def follows(members: Members, pod: str) -> bool:
    """Whether a member replicates."""
    return members.status(pod, "Slave_running") == "ON"


def test_a_replica_is_promoted_and_the_primary_put_back(members: Members, writer: Writer) -> None:
    """Under writes: none is lost, they go to the new primary, and the old one follows it; and the same back."""
    release = members.release
    for ordinal, pod, former in ((1, "mariadb-replica-1", "mariadb-0"), (0, "mariadb-0", "mariadb-replica-1")):
        release.upgrade({"replication": {"primary": ordinal}})
        wait_until(partial(leads_to, release, pod), f"writes to go to {pod}", timeout=90)
        writer.wait_for_more()
        assert members.value(pod, "@@read_only") == "0"
        with pytest.raises(ClusterError, match="--read-only option"):
            members.sql(former, "INSERT INTO db_todo.early VALUES (9)", user="springuser")
        wait_until(partial(follows, members, former), f"{former} to follow", timeout=60)
    acknowledged = writer.stop()
    members.assert_alike()
    assert {pod: writer.lost(acknowledged, pod) for pod in members.names()} == {pod: set() for pod in members.names()}


def test_replicas_of_an_earlier_time_are_refused(members: Members) -> None:
    """What was written while there were none is in no binary log: they would never get it, and nobody would notice."""
    release = members.release
    release.upgrade({"architecture": "standalone"})
    wait_until(lambda: len(release.pods("mariadb")) == 1, "the replicas to go")
    assert members.checksums("mariadb-0")
    with pytest.raises(AssertionError, match="delete data-mariadb-replica-1 and those that follow it first"):
        release.upgrade({"architecture": "replication"})
    release.upgrade({"architecture": "standalone"}, wait=False)
