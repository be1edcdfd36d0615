"""Passwords that change: at every moment the one in the Secret works, and the application does not notice."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from timonier.errors import ClusterError
from timonier.testing import wait_until
from timonier.testing.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Todo

    from timonier.testing.cluster import TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
NAME = "eni-todo-mariadb"
POD = f"{NAME}-0"
JOB = f"{NAME}-rotation"
KEYS = {"root": "mariadb-root-password", "springuser": "mariadb-password"}
# The password comes by standard input, and goes on by the environment: no list of processes shows it.
LOGIN = 'read -r MYSQL_PWD; export MYSQL_PWD; exec mariadb --host=127.0.0.1 --user="$0" --batch --execute="$1"'
LOCKS = "info LIKE 'SELECT SLEEP(250)%'"
ROTATING = {"enabled": True, "overlapSeconds": 0, "backoffLimit": 4}


@dataclass(frozen=True)
class Stack:
    """The application, and the passwords of its database."""

    release: Release
    todo: Todo

    @property
    def cluster(self) -> TestCluster:
        """The cluster it is on."""
        return self.release.cluster

    def passwords(self) -> dict[str, str]:
        """The passwords in the Secret, by account."""
        data = self.release.get("secret", NAME)["data"]
        return {account: base64.b64decode(data[key]).decode() for account, key in KEYS.items()}

    def run(self, sql: str, password: str, account: str = "root") -> str:
        """Run SQL in the database's pod with a password."""
        command = ("sh", "-c", LOGIN, account, sql)
        place = {"namespace": self.release.namespace, "container": "mariadb"}
        return self.cluster.execute(POD, *command, **place, stdin=f"{password}\n")

    def accepts(self, passwords: dict[str, str]) -> set[str]:
        """The accounts that can log in with these passwords."""
        return {account for account, password in passwords.items() if self._takes(account, password)}

    def _takes(self, account: str, password: str) -> bool:
        try:
            self.run("DO 1", password, account)
        except ClusterError as error:
            if "ERROR 1045" in str(error):
                return False
            raise
        return True

    def upgrade(self, **rotation: Any) -> None:  # noqa: ANN401 - values of `passwordRotation`
        """Upgrade with other values of the rotation, until all pods are ready."""
        self.release.upgrade({"mariadb": {"passwordRotation": rotation}})

    def writes(self, item: str) -> bool:
        """Whether the application, once its pods are ready, adds an item and shows it."""
        self.release.wait_ready()
        wait_until(self.todo.page, "the page to answer")
        self.todo.add(item)
        return item in self.todo.items()

    def threads(self, condition: str, password: str) -> list[str]:
        """The connections of which a condition on the list of processes holds."""
        # every condition is one of this file's
        sql = f"SELECT id FROM information_schema.processlist WHERE {condition}"  # noqa: S608
        return self.run(sql, password).split()[1:]

    def interrupt(self, condition: str, password: str) -> None:
        """End those connections."""
        for thread in self.threads(condition, password):
            self.run(f"KILL {thread}", password)

    @contextmanager
    def locked(self, password: str) -> Iterator[None]:
        """Another session keeps accounts from being changed."""
        with ThreadPoolExecutor(1) as beside:
            beside.submit(self.run, "FLUSH TABLES mysql.global_priv WITH READ LOCK; SELECT SLEEP(250)", password)
            wait_until(lambda: self.threads(LOCKS, password), "the lock")
            try:
                yield
            finally:
                self.interrupt(LOCKS, password)

    @contextmanager
    def hanging(self, password: str) -> Iterator[None]:
        """Whoever logs in as the application does, waits."""
        hang = "DO IF(USER() LIKE ''springuser@%'', SLEEP(250), 0)"
        self.run(f"SET GLOBAL init_connect = '{hang}'", password)
        try:
            yield
        finally:
            self.run("SET GLOBAL init_connect = ''", password)
            self.interrupt("user = 'springuser' AND state = 'User sleep'", password)


@pytest.fixture(scope="module")
def stack(module_eni_todo: Callable[..., Release], module_client: Client, todo: Callable[[Client, str], Todo]) -> Stack:
    """The application with the database it brings along, whose passwords may be rotated."""
    return Stack(module_eni_todo({"mariadb": {"passwordRotation": ROTATING}}), todo(module_client, "http://eni-todo"))


@pytest.mark.chapter("Job: passwordRotation")
def test_both_passwords_work_until_the_next_upgrade(stack: Stack) -> None:
    """Another generation: old and new ones log in, and the application has the new one; later the old ones do not."""
    old = stack.passwords()
    [pod] = [pod["metadata"]["name"] for pod in stack.release.wait_ready()]
    stack.upgrade(generation="first")
    new = stack.passwords()
    assert not set(old.values()) & set(new.values())
    assert stack.accepts(old) == stack.accepts(new) == set(KEYS)
    assert stack.writes("while both work")
    assert pod not in [one["metadata"]["name"] for one in stack.release.pods()]

    stack.upgrade(overlapSeconds=3600)
    assert stack.accepts(old) == set(KEYS), "programs still had the time they were promised"
    stack.upgrade(overlapSeconds=0)
    assert stack.passwords() == new
    assert stack.accepts(old) == set()
    assert stack.accepts(new) == set(KEYS)
    assert stack.writes("after the old one was dropped")


def test_a_rotation_that_is_killed_is_finished_by_the_next_attempt(stack: Stack) -> None:
    """Killed at the first account, and before the last one is proven: the Secret's passwords work; later both do."""
    old = stack.passwords()
    with ThreadPoolExecutor(1) as beside:
        with stack.hanging(old["root"]):
            with stack.locked(old["root"]):
                upgrade = beside.submit(stack.upgrade, generation="second")
                wait_until(
                    lambda: stack.threads("info LIKE 'ALTER USER%'", old["root"]), "the first account to be changed"
                )
                first = kill(stack)
            # The database still ends that statement: one account is changed, and nobody goes on with the others.
            jobs = Jobs(stack.cluster, stack.release.namespace)
            wait_until(lambda: "root: logs in" in jobs.logs(JOB), "the next attempt to come to the other account")
            assert kill(stack) != first
        assert stack.passwords() == old
        assert stack.accepts(old) == set(KEYS)
        upgrade.result()
    new = stack.passwords()
    assert not set(old.values()) & set(new.values())
    assert stack.accepts(old) == stack.accepts(new) == set(KEYS)
    assert stack.writes("after a rotation that was killed")


def kill(stack: Stack) -> str:
    """Kill the rotation's last pod at once; returns its name."""
    name: str = Jobs(stack.cluster, stack.release.namespace).pods(JOB)[-1]["metadata"]["name"]
    stack.cluster.kubectl("delete", "pod", name, "--grace-period=0", "--force", namespace=stack.release.namespace)
    return name


def test_a_rollback_has_its_passwords_again(stack: Stack) -> None:
    """The revision before a rotation comes back with its own passwords, and the application with them."""
    before = stack.passwords()
    stack.upgrade(generation="third")
    assert stack.passwords() != before
    stack.cluster.helm("rollback", stack.release.name, "--wait", namespace=stack.release.namespace)
    assert stack.passwords() == before
    assert stack.accepts(before) == set(KEYS)
    assert stack.writes("after the rollback")
