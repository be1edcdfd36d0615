"""The database's claim: rows outlive pods, restarts and upgrades."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Todo

    from timonier.testing.cluster import Manifest
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
# The password stays inside the pod: it is read there, and handed on by the environment, not as an argument.
QUERY = """
MYSQL_PWD="$(cat /run/secrets/mariadb/password)" exec mariadb --user="$MARIADB_USER" \
  --batch --skip-column-names --execute="$0" "$MARIADB_DATABASE"
"""


@dataclass(frozen=True)
class Stack:
    """The application and its database."""

    release: Release
    todo: Todo

    def database(self) -> Manifest:
        """The database's pod, ready."""
        [pod] = self.release.wait_ready("mariadb")
        return pod

    def claim(self) -> Manifest:
        """The claim the database's pod lies on."""
        volumes = {volume["name"]: volume for volume in self.database()["spec"]["volumes"]}
        return self.release.get("pvc", volumes["data"]["persistentVolumeClaim"]["claimName"])

    def query(self, sql: str) -> list[str]:
        """Ask the database in its own pod, as the application's user; one line a row."""
        command = ("sh", "-c", QUERY, sql)
        pod = self.database()["metadata"]["name"]
        return self.release.cluster.execute(pod, *command, namespace=self.release.namespace).splitlines()

    def add(self, name: str) -> list[str]:
        """Add an item through the application; returns the names of all items, as the page and SQL agree on."""
        self.todo.add(name)
        names = self.names()
        assert name in names
        return names

    def names(self) -> list[str]:
        """The names of all items, over SQL, after asserting that the page shows the same."""
        rows = self.query("SELECT name FROM todo_item ORDER BY id")
        wait_until(self.todo.page, "the page to answer")
        assert self.todo.items() == rows
        return rows


@pytest.fixture(scope="module")
def stack(module_eni_todo: Callable[..., Release], module_client: Client, todo: Callable[[Client, str], Todo]) -> Stack:
    """The application with the database it brings along."""
    return Stack(module_eni_todo(), todo(module_client, "http://eni-todo"))


def uid(manifest: Manifest) -> str:
    """What tells an object from another one of the same name."""
    identity: str = manifest["metadata"]["uid"]
    return identity


def fingerprint(secret: Manifest) -> str:
    """A hash of a Secret's content: a test that fails shows what it compared, and that must not be the content."""
    return hashlib.sha256(json.dumps(secret["data"], sort_keys=True).encode()).hexdigest()


@pytest.mark.chapter("StatefulSet: stable identity", "StatefulSet: one volume each")
def test_pod_deleted(stack: Stack) -> None:
    """Rows written through the application are there after the database's pod was deleted: a new pod, one claim."""
    names, pod, claim = stack.add("outlives its pod"), stack.database(), stack.claim()
    assert pod["metadata"]["name"] == "eni-todo-mariadb-0"
    stack.release.cluster.delete("pod", "eni-todo-mariadb-0", stack.release.namespace)
    assert uid(stack.database()) != uid(pod)
    assert uid(stack.claim()) == uid(claim)
    assert stack.names() == names


@pytest.mark.chapter("StatefulSet: terminationGracePeriodSeconds")
def test_closed_before_it_ends(stack: Stack) -> None:
    """A database whose pod is deleted has the time to close: that is the last it says."""
    cluster, namespace, name = stack.release.cluster, stack.release.namespace, stack.database()["metadata"]["name"]
    chosen = (f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}", f"--namespace={namespace}")
    follow = [cluster.kubectl_program, *chosen, "logs", "--follow", "--tail=1", name]
    with subprocess.Popen(follow, stdout=subprocess.PIPE, text=True) as log:
        assert log.stdout
        log.stdout.readline()  # what is followed by now is not missed, however soon it ends
        cluster.delete("pod", name, namespace)
        said = log.stdout.read()
    assert said.rstrip().endswith("mariadbd: Shutdown complete"), said
    stack.names()  # the next test finds it open again


@pytest.mark.chapter("StatefulSet: persistentVolumeClaimRetentionPolicy")
def test_scaled_to_zero(stack: Stack) -> None:
    """Rows are there after the StatefulSet was scaled to 0 and back, on the same claim."""
    names, claim = stack.add("outlives a night without a pod"), stack.claim()
    stack.release.scale("statefulset/eni-todo-mariadb", 0)
    wait_until(lambda: not stack.release.pods("mariadb"), "the database to go")
    assert "503" in stack.todo.refusal()
    stack.release.scale("statefulset/eni-todo-mariadb", 1)
    assert uid(stack.claim()) == uid(claim)
    assert stack.names() == names


@pytest.mark.chapter("Secret: generated once")
def test_upgraded(stack: Stack) -> None:
    """An upgrade of something else keeps rows, claim and passwords, though it replaces every pod."""
    names, claim = stack.add("outlives an upgrade"), stack.claim()
    secret = fingerprint(stack.release.get("secret", "eni-todo-mariadb"))
    before = {uid(pod) for pod in [*stack.release.pods(), stack.database()]}
    changed = {"podAnnotations": {"changed": "yes"}}
    stack.release.upgrade({**changed, "mariadb": changed})

    after = {uid(pod) for pod in [*stack.release.wait_ready(), stack.database()]}
    assert len(after) == 2
    assert not after & before, "a pod was not replaced, so the upgrade proved nothing"
    assert fingerprint(stack.release.get("secret", "eni-todo-mariadb")) == secret
    assert uid(stack.claim()) == uid(claim)
    assert stack.names() == names
    # The new pods have read the Secret anew: the database still takes its password.
    assert stack.add("written after it") == [*names, "written after it"]


def test_without_persistence(
    module_eni_todo: Callable[..., Release], module_client: Client, todo: Callable[[Client, str], Todo]
) -> None:
    """The control: with persistence off the same rows are lost with the pod, and the application starts anew."""
    release = module_eni_todo({"mariadb": {"persistence": {"enabled": False}}}, name="forgetful")
    stack = Stack(release, todo(module_client, "http://forgetful-eni-todo"))
    stack.add("goes with its pod")
    pod = stack.database()
    release.cluster.delete("pod", pod["metadata"]["name"], release.namespace)
    assert uid(stack.database()) != uid(pod)
    wait_until(stack.todo.page, "the page to answer")
    assert stack.names() == []
