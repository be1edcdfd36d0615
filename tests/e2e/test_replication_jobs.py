"""Jobs on a database with replicas: what is dumped, what a restore comes to, and passwords that change meanwhile.

The tests share a release and go through it in order.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.replicas import CHART, QUICK, Members, Writer

from timonier.errors import ClusterError
from timonier.testing import wait_until
from timonier.testing.jobs import Jobs
from timonier.testing.release import restarts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Shelf

    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
PRIMARY, REPLICA = "mariadb-0", "mariadb-replica-1"
BACKUP: dict[str, Any] = {
    "enabled": True,
    "suspend": True,
    "backoffLimit": 0,
    "verification": {"enabled": True, "completions": 1},
}
VALUES: dict[str, Any] = {
    **QUICK,
    "architecture": "replication",
    "replication": {"replicas": 1, "semiSyncTimeoutSeconds": 5},
    "backup": BACKUP,
    "passwordRotation": {"enabled": True, "overlapSeconds": 0},
}
KEYS = {
    "root": "mariadb-root-password",
    "springuser": "mariadb-password",
    "replication_user": "mariadb-replication-password",
}
# The password comes by standard input, and goes on by the environment: no list of processes shows it.
LOGIN = 'read -r MYSQL_PWD; export MYSQL_PWD; exec mariadb --host=127.0.0.1 --user="$0" --batch --execute="DO 1"'
HOLD = """
export MYSQL_PWD="$(cat /run/secrets/mariadb/root-password)"
mariadb --user=root --execute="LOCK TABLES db_todo.sold READ; SELECT SLEEP(250)" >/dev/null 2>&1 &
"""
HELD = "FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(250)%'"


@pytest.fixture(scope="module")
def members(module_release: Callable[..., Release]) -> Members:
    """A primary and a replica, dumps by hand, and passwords that may be rotated; some rows."""
    members = Members(module_release(CHART, VALUES, name="mariadb"))
    members.wait_ready()
    members.sql(PRIMARY, "CREATE TABLE db_todo.sold (id INT PRIMARY KEY); INSERT INTO db_todo.sold VALUES (1), (2)")
    return members


@pytest.fixture(scope="module")
def jobs(members: Members) -> Jobs:
    """The release's jobs."""
    return Jobs(members.release.cluster, members.release.namespace)


@contextmanager
def held_back(members: Members) -> Iterator[None]:
    """The replica receives what is written meanwhile, and cannot apply it: somebody reads the table."""
    release = members.release
    release.cluster.execute(REPLICA, "sh", "-c", HOLD, namespace=release.namespace, container="mariadb")
    wait_until(lambda: members.value(REPLICA, f"COUNT(*) {HELD}") == "1", "the replica's table to be locked")
    try:
        yield
    finally:
        [[thread]] = members.sql(REPLICA, f"SELECT id {HELD}")
        members.sql(REPLICA, f"KILL {thread}")


@pytest.fixture(scope="module")
def dump(members: Members, jobs: Jobs) -> str:
    """The name of a dump that was taken while the replica was behind."""
    members.assert_alike()
    with held_back(members):
        members.sql(PRIMARY, "INSERT INTO db_todo.sold VALUES (3)", user="springuser")
        told = jobs.succeeded(jobs.start("mariadb-backup", "dump"))
        assert members.value(REPLICA, "COUNT(*) FROM db_todo.sold") == "2", "the replica was not behind"
    return told.partition("verified and kept: ")[2].partition(",")[0]


def test_a_dump_has_what_the_primary_has(dump: str, jobs: Jobs, module_shelf: Callable[[str], Shelf]) -> None:
    """What a replica has only received is in it, with the position of the primary; and it is verified as any other."""
    shelf = module_shelf("mariadb-backup")
    assert shelf.dumps() == [dump]
    assert "(1),\n(2),\n(3);" in shelf.run(f"gzip -dc {dump}")
    assert "SET GLOBAL gtid_slave_pos='0-1-" in shelf.run(f"gzip -dc {dump}")
    assert f"still whole: {dump}" in jobs.succeeded(jobs.start("mariadb-verify", "verify"))


def test_a_restore_comes_to_all_members(members: Members, dump: str, jobs: Jobs) -> None:
    """Rows that were lost are back on all of them, by replication; none is copied anew, and none restarted."""
    expected, before = members.assert_alike(), identities(members)
    members.sql(PRIMARY, "DELETE FROM db_todo.sold; ALTER TABLE db_todo.sold ADD COLUMN wrong INT")
    assert members.assert_alike() != expected
    members.release.upgrade({"restore": {"enabled": True}})
    [job] = jobs.cluster.list("jobs", jobs.namespace, "app.kubernetes.io/component=restore")
    assert f"restored {dump}" in jobs.succeeded(job["metadata"]["name"])
    assert members.assert_alike() == expected
    assert follows(members)
    assert identities(members) == before


def identities(members: Members) -> dict[str, tuple[str, int]]:
    """What tells each member's pod from others of its name, and how often its containers were restarted."""
    return {name: (pod["metadata"]["uid"], restarts(pod)) for name, pod in members.wait_ready().items()}


def follows(members: Members) -> bool:
    """Whether the replica replicates."""
    return members.status(REPLICA, "Slave_running") == "ON"


def passwords(members: Members) -> dict[str, str]:
    """The passwords in the Secret, by account."""
    data = members.release.get("secret", "mariadb")["data"]
    return {account: base64.b64decode(data[key]).decode() for account, key in KEYS.items()}


def accepts(members: Members, pod: str, given: dict[str, str]) -> set[str]:
    """The accounts that a member lets in with these passwords."""
    return {account for account, password in given.items() if lets_in(members.release, pod, account, password)}


def lets_in(release: Release, pod: str, account: str, password: str) -> bool:
    """Whether an account can log in with a password."""
    place = {"namespace": release.namespace, "container": "mariadb"}
    try:
        release.cluster.execute(pod, "sh", "-c", LOGIN, account, **place, stdin=f"{password}\n")
    except ClusterError as error:
        if "ERROR 1045" in str(error):
            return False
        raise
    return True


def take_up(members: Members, new: dict[str, str]) -> None:
    """Wait until the members' files have the new passwords, as the kubelet brings them within the overlap."""
    for pod in members.names():
        # A pod that was changed in any way is looked after at once.
        members.release.cluster.kubectl("annotate", "pod", pod, "seen=now", namespace=members.release.namespace)
        wait_until(partial(has_taken_up, members, pod, new), f"the new passwords to come to {pod}", timeout=120)


def has_taken_up(members: Members, pod: str, new: dict[str, str]) -> bool:
    """Whether a member's files have the new passwords."""
    names = [f"/run/secrets/mariadb/{name}" for name in ("root-password", "password", "replication-password")]
    place = {"namespace": members.release.namespace, "container": "replication"}
    files = [members.release.cluster.execute(pod, "cat", name, **place) for name in names]
    return [text.strip() for text in files] == list(new.values())


def reconnect(members: Members) -> None:
    """Break all connections: the replica's to the primary, and those of the application's user."""
    members.sql(REPLICA, "STOP REPLICA IO_THREAD")
    members.sql(PRIMARY, "KILL USER springuser")


def assert_goes_on(members: Members, row: int) -> None:
    """The replica, its connection broken, gets what is written to the primary."""
    insert = "INSERT INTO db_todo.sold VALUES"
    members.sql(PRIMARY, f"{insert} ({row})", user="springuser")
    found = f"COUNT(*) FROM db_todo.sold WHERE id = {row}"
    wait_until(lambda: members.value(REPLICA, found) == "1", "the replica to get another row")


def all_in(members: Members, pod: str, given: dict[str, str]) -> bool:
    """Whether a member lets all accounts in with these passwords."""
    return accepts(members, pod, given) == set(KEYS)


def none_in(members: Members, pod: str, given: dict[str, str]) -> bool:
    """Whether a member lets none in with them."""
    return not accepts(members, pod, given)


@pytest.mark.chapter("Job: passwordRotation")
def test_replication_goes_on_while_all_passwords_change(members: Members) -> None:
    """First all members let either one in, then only the new one. No acknowledged row is lost, and no pod restarts."""
    before, old = identities(members), passwords(members)
    writer = Writer.start(members)
    members.release.upgrade({"passwordRotation": {"generation": "first"}})
    new = passwords(members)
    assert not set(old.values()) & set(new.values())
    for pod in members.names():
        wait_until(partial(all_in, members, pod, new), f"{pod} to know the new passwords")
        assert all_in(members, pod, old)
    reconnect(members)
    writer.wait_for_more()
    assert_goes_on(members, 10)

    take_up(members, new)
    members.release.upgrade()
    for pod in members.names():
        wait_until(partial(none_in, members, pod, old), f"{pod} to refuse the old passwords")
        assert all_in(members, pod, new)
    reconnect(members)
    assert_goes_on(members, 11)
    wait_until(writer.refused, "whoever kept to the old password to be refused")
    later = Writer.start(members)
    later.wait_for_more()
    acknowledged = writer.stop() | later.stop()
    members.assert_alike()
    assert {pod: writer.lost(acknowledged, pod) for pod in members.names()} == {pod: set() for pod in members.names()}
    assert identities(members) == before
