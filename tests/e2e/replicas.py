"""A database with replicas in a test, and somebody who writes to it all the time and notes what was acknowledged."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.testing import wait_until
from timonier.testing.release import READY_SECONDS, is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.testing.cluster import Manifest
    from timonier.testing.release import Release

CHART = Path(__file__).parents[2] / "charts" / "mariadb"
QUICK: dict[str, Any] = {
    "tests": {"enabled": False},
    "probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}},
    "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}},
}
IMAGE = "mariadb:10.11"
SCRATCH = "/tmp"  # noqa: S108 - in a pod
# The password stays inside the pod.
SQL = """
MYSQL_PWD="$(cat /run/secrets/mariadb/$0)" exec mariadb --user="$1" --batch --skip-column-names --execute="$2"
"""
# One connection as long as it lasts, as a pool has it: an id is acknowledged once the server answers the line after it.
WRITER = """
trap 'exit 0' TERM
{
  until [ -e /tmp/stop ]; do
    while sleep 0.01 && [ ! -e /tmp/stop ]; do
      id=${EPOCHREALTIME/[.,]/}
      echo "INSERT INTO db_todo.written VALUES ($id); SELECT $id;"
    done | mariadb --no-defaults --host="$DB_HOST" --user=springuser --connect-timeout=2 --skip-reconnect \
      --unbuffered --skip-column-names >>/tmp/acknowledged 2>>/tmp/errors
  done
  touch /tmp/stopped
  sleep infinity
} &
wait $!
"""


def is_member(pod: Manifest) -> bool:
    """Whether a pod is a database, and not one of its jobs'."""
    return pod["metadata"]["labels"].get("app.kubernetes.io/component") in {"database", "replica"}


@dataclass(frozen=True)
class Members:
    """A database with replicas.

    Attributes:
        release: The release of the chart, under the name `mariadb`.
    """

    release: Release

    def sql(self, pod: str, statement: str, *, user: str = "root") -> list[list[str]]:
        """The rows of an answer from one member; by `root`, or by the application's user.

        Raises:
            ClusterError: The server refused; the message has what it said.
        """
        file = "root-password" if user == "root" else "password"
        command = ("bash", "-c", SQL, file, user, statement)
        told = self.release.cluster.execute(pod, *command, namespace=self.release.namespace, container="mariadb")
        return [line.split("\t") for line in told.splitlines()]

    def value(self, pod: str, expression: str) -> str:
        """One value from one member."""
        return self.sql(pod, f"SELECT {expression}")[0][0]

    def status(self, pod: str, name: str) -> str:
        """A status variable of one member."""
        return self.sql(pod, f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1]

    def checksums(self, pod: str) -> dict[str, str]:
        """The checksum of every table of the application's on one member."""
        named = self.sql(
            pod,
            "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables"
            " WHERE table_schema = 'db_todo' ORDER BY 1",
        )
        tables = ", ".join(name for [name] in named)
        return {table: total for table, total in self.sql(pod, f"CHECKSUM TABLE {tables}")}  # noqa: C416 - of lists

    def names(self) -> list[str]:
        """The pods of all members there should be."""
        replication = self.release.values.get("replication", {})
        return ["mariadb-0", *(f"mariadb-replica-{number + 1}" for number in range(replication.get("replicas", 0)))]

    def wait_ready(self) -> dict[str, Manifest]:
        """Wait until all members are ready, and no other is left; returns their pods by name."""

        def settled() -> dict[str, Manifest]:
            pods = {pod["metadata"]["name"]: pod for pod in self.release.pods("mariadb") if is_member(pod)}
            assert pods.keys() == set(self.names()), list(pods)
            return pods if all(is_ready(pod) for pod in pods.values()) else {}

        return wait_until(settled, f"{', '.join(self.names())} to be ready", timeout=READY_SECONDS)

    def assert_alike(self, primary: str = "mariadb-0") -> dict[str, str]:
        """Wait until all members have the primary's rows, by checksum; returns the checksums."""
        self.wait_ready()

        def alike() -> dict[str, str]:
            sums = {pod: self.checksums(pod) for pod in self.names()}
            assert all(sums[pod] == sums[primary] for pod in sums), sums
            return sums[primary]

        return wait_until(alike, "all members to have the same checksums", timeout=90)

    def delete_claim_and_pod(self, pod: str) -> None:
        """As the agent's log says to do for a new copy."""
        names = [f"persistentvolumeclaim/data-{pod}", f"pod/{pod}"]
        self.release.cluster.kubectl("delete", *names, "--wait=false", namespace=self.release.namespace)


@dataclass(frozen=True)
class Writer:
    """A pod that writes rows to the primary's Service, one after the other, until it is stopped."""

    members: Members
    pod: str

    @classmethod
    def start(cls, members: Members) -> Writer:
        """Make the table and the pod, and wait for the first acknowledged row."""
        members.sql("mariadb-0", "CREATE TABLE IF NOT EXISTS db_todo.written (id BIGINT PRIMARY KEY)")
        writer = cls(members, f"writer-{secrets.token_hex(3)}")
        members.release.cluster.apply(writer.manifest(), namespace=members.release.namespace)
        wait_until(writer.acknowledged, "a first row to be written", timeout=60)
        return writer

    def manifest(self) -> Manifest:
        """The pod: its password comes from the release's Secret."""
        password = {"secretKeyRef": {"name": "mariadb", "key": "mariadb-password"}}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.pod},
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "automountServiceAccountToken": False,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 999,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [
                    {
                        "name": "writer",
                        "image": IMAGE,
                        "command": ["bash", "-c", WRITER],
                        "env": [
                            {"name": "MYSQL_PWD", "valueFrom": password},
                            {"name": "DB_HOST", "value": "mariadb-primary"},
                        ],
                        "volumeMounts": [{"name": "tmp", "mountPath": SCRATCH}],
                        "securityContext": {
                            "allowPrivilegeEscalation": False,
                            "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]},
                        },
                    }
                ],
                "volumes": [{"name": "tmp", "emptyDir": {}}],
            },
        }

    def acknowledged(self) -> set[int]:
        """The ids whose INSERT was answered."""
        release = self.members.release
        told = release.cluster.execute(self.pod, "cat", f"{SCRATCH}/acknowledged", namespace=release.namespace)
        # The last line may be cut off.
        return {int(line) for line in told.split("\n")[:-1]}

    def wait_for_more(self, timeout: float = 90) -> int:
        """Wait until another row is acknowledged; returns how many there are."""
        before = len(self.acknowledged())
        wait_until(lambda: len(self.acknowledged()) > before, "another write to be acknowledged", timeout=timeout)
        return before

    def refused(self) -> bool:
        """Whether the server let the writer in no more."""
        release = self.members.release
        told = release.cluster.execute(self.pod, "tail", "-n1", f"{SCRATCH}/errors", namespace=release.namespace)
        return "Access denied" in told

    def stop(self) -> set[int]:
        """Stop writing; returns the ids that were acknowledged."""
        release = self.members.release
        release.cluster.execute(self.pod, "touch", f"{SCRATCH}/stop", namespace=release.namespace)
        stopped = ("test", "-e", f"{SCRATCH}/stopped")
        wait_until(
            lambda: release.cluster.execute(self.pod, *stopped, namespace=release.namespace) == "", "the writer to stop"
        )
        acknowledged = self.acknowledged()
        release.cluster.delete("pod", self.pod, release.namespace)
        return acknowledged

    def lost(self, acknowledged: set[int], pod: str) -> set[int]:
        """What was acknowledged and is not on a member."""
        return acknowledged - {int(row[0]) for row in self.members.sql(pod, "SELECT id FROM db_todo.written")}


@contextmanager
def writing(members: Members) -> Iterator[Writer]:
    """Have somebody write all the time, who goes away in the end, stopped or not."""
    writer = Writer.start(members)
    try:
        yield writer
    finally:
        chosen = ("delete", "pod", writer.pod, "--ignore-not-found", "--wait=false")
        members.release.cluster.kubectl(*chosen, namespace=members.release.namespace)
