"""From the first published charts to the ones that lie here, and back: nothing is lost, and nothing refused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Todo

    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHARTS = Path(__file__).parents[2] / "charts"
PUBLISHED = Path(__file__).parent / "published"
FIRST = "0.1.0"
# Values that the first version knew, and short pauses: what people have, they go on using.
DATABASE: dict[str, Any] = {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}}
APPLICATION: dict[str, Any] = {
    "lifecycle": {"preStopSleepSeconds": 1},
    "config": {"SHUTDOWN_DRAIN_SECONDS": "0"},
    "terminationGracePeriodSeconds": 10,
    "probes": {"readiness": {"periodSeconds": 1}},
    "uploads": {"persistence": {"enabled": True}},
    "mariadb": DATABASE,
}
# The password stays inside the pod. Each user logs in with what the Secret holds now, over TCP as clients do.
QUERY = """
MYSQL_PWD="$(cat "/run/secrets/mariadb/$0")" exec mariadb --host=127.0.0.1 --user="$1" \
  --batch --skip-column-names --execute="$2" "$MARIADB_DATABASE"
"""

ANOTHER_ROW = "INSERT INTO todo_item (name) SELECT CONCAT('row ', COUNT(*)) FROM todo_item"


@dataclass(frozen=True)
class Installed:
    """A release of either chart, with its database."""

    release: Release
    database: str

    def query(self, sql: str) -> list[str]:
        """Ask the database as the application's user; one line a row."""
        return self._ask("password", "springuser", sql)

    def _ask(self, file: str, user: str, sql: str) -> list[str]:
        pod = f"{self.database}-0"
        command = ("sh", "-c", QUERY, file, user, sql)
        return self.release.cluster.execute(pod, *command, namespace=self.release.namespace).splitlines()

    def facts(self) -> dict[str, Any]:
        """What no upgrade may change: rows, claims, what the Secret holds, and that both users can log in with it."""
        [pod] = self.release.wait_ready("mariadb")
        secret = self.release.get("secret", self.database)["data"]
        return {
            "claims": claims(self.release),
            # A hash: a test that fails shows what it compared.
            "secret": hashlib.sha256(json.dumps(secret, sort_keys=True).encode()).hexdigest(),
            "root": self._ask("root-password", "root", "SELECT CURRENT_USER()"),
            "rows": self.query("SELECT name FROM todo_item ORDER BY id"),
            "pod": pod["metadata"]["name"],
        }

    def upgrade(self, chart: str, *values: str) -> None:
        """Upgrade to the chart that lies here, with the values the release has, and some that replace its pods."""
        before = self.pods()
        options = [f"--set={value}" for value in values]
        self._helm("upgrade", self.release.name, str(CHARTS / chart), "--reset-then-reuse-values", *options)
        assert self.chart_version() != FIRST
        assert not before & self.pods(), "a pod was not replaced, so the upgrade proved nothing"

    def roll_back(self) -> None:
        """Go back to the first revision, its pods included."""
        before = self.pods()
        self._helm("rollback", self.release.name, "1")
        assert self.chart_version() == FIRST
        assert not before & self.pods(), "a pod was not replaced, so the way back proved nothing"

    def pods(self) -> set[str]:
        """What tells the database's pod, and the application's, from others of the same name."""
        pods = [*self.release.pods("mariadb", ready=True), *self.release.pods("eni-todo", ready=True)]
        return {pod["metadata"]["uid"] for pod in pods}

    def _helm(self, *arguments: str) -> None:
        self.release.cluster.helm(*arguments, "--wait", "--timeout=180s", namespace=self.release.namespace)

    def chart_version(self) -> str:
        """The version of the chart that made the database's StatefulSet."""
        labels = self.release.get("statefulset", self.database)["metadata"]["labels"]
        return str(labels["helm.sh/chart"]).removeprefix("mariadb-")


def claims(release: Release) -> dict[str, str]:
    """The claims of a release's namespace that are its own: name and identity."""
    selector = f"app.kubernetes.io/instance={release.name}"
    found = release.cluster.list("pvc", release.namespace, selector)
    return {one["metadata"]["name"]: one["metadata"]["uid"] for one in found}


@pytest.fixture(scope="module")
def database(module_release: Callable[..., Release]) -> Installed:
    """The first version of the database's chart; it starts while the application's tests run."""
    release = module_release(PUBLISHED / f"mariadb-{FIRST}.tgz", DATABASE, name="rows", wait=False)
    return Installed(release, "rows-mariadb")


@pytest.fixture(scope="module")
def application(module_release: Callable[..., Release], database: Installed) -> Installed:
    """The first version of the application's chart, with the database it brings along."""
    assert database.release.name == "rows"
    release = module_release(PUBLISHED / f"eni-todo-{FIRST}.tgz", APPLICATION, name="eni-todo")
    return Installed(release, "eni-todo-mariadb")


def test_the_application(application: Installed, module_client: Client, todo: Callable[[Client, str], Todo]) -> None:
    """Items, an upload on its claim, passwords and claims are there after an upgrade, and after the way back."""
    page = todo(module_client, "http://eni-todo")
    page.add("from the first version", file=("first.txt", "kept"))
    before = application.facts()
    assert before["rows"] == ["from the first version"]
    assert before["claims"].keys() == {"data-eni-todo-mariadb-0", "eni-todo-uploads"}

    application.upgrade("eni-todo", "podAnnotations.upgraded=yes", "mariadb.podAnnotations.upgraded=yes")
    assert application.facts() == before
    assert page.file("first.txt") == "kept"
    page.add("from this version", file=("second.txt", "kept, too"))
    before["rows"] += ["from this version"]

    application.roll_back()
    assert application.facts() == before
    wait_until(page.page, "the page to answer")
    assert page.items() == before["rows"]
    assert (page.file("first.txt"), page.file("second.txt")) == ("kept", "kept, too")


def test_the_database_alone(database: Installed) -> None:
    """Rows, passwords and the claim, likewise; and new rows are written in between."""
    database.release.wait_ready("mariadb")
    database.query("CREATE TABLE todo_item (id INT AUTO_INCREMENT PRIMARY KEY, name TEXT)")
    database.query(ANOTHER_ROW)
    upgrade = partial(database.upgrade, "mariadb", "podAnnotations.upgraded=yes")
    for change in (upgrade, database.roll_back):
        before = database.facts()
        assert before["claims"].keys() == {"data-rows-mariadb-0"}
        change()
        assert database.facts() == before
        database.query(ANOTHER_ROW)
    assert database.query("SELECT name FROM todo_item ORDER BY id") == ["row 0", "row 1", "row 2"]
