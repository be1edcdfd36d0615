"""Backup and restore: a dump counts once a server has restored it, and nothing that counts is lost when one fails."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import wait_until
from timonier.testing.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Shelf

    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHART = Path(__file__).parents[2] / "charts" / "mariadb"
QUICK = {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}, "tests": {"enabled": False}}
BACKUP = {
    "enabled": True,
    # Seen at the end: by its schedule it never ran.
    "schedule": "* * * * *",
    "suspend": True,
    "backoffLimit": 0,
    "keep": 2,
    "successfulJobsHistoryLimit": 1,
    "failedJobsHistoryLimit": 1,
    "verification": {"enabled": True, "completions": 2, "parallelism": 2},
}
# The password stays inside the pod: it is read there, and handed on by the environment, not as an argument.
AS_ROOT = 'MYSQL_PWD="$(cat /run/secrets/mariadb/root-password)" exec mariadb --host=127.0.0.1 --user=root -NB "$@"'
SAMPLE = """
USE db_todo;
CREATE TABLE db_todo.words (id INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(50) NOT NULL, raw BLOB);
INSERT INTO db_todo.words (word, raw) VALUES ('é☃', x'00ff27'), ('it''s', NULL);
INSERT INTO db_todo.words (word, raw) SELECT seq, RANDOM_BYTES(1000) FROM seq_1_to_3000;
CREATE TABLE db_todo.seen (word VARCHAR(50));
CREATE TABLE db_todo.zz_last (n INT);
CREATE VIEW db_todo.short_words AS SELECT word FROM db_todo.words WHERE LENGTH(word) < 4;
CREATE TRIGGER db_todo.watch AFTER INSERT ON db_todo.words FOR EACH ROW INSERT INTO db_todo.seen VALUES (NEW.word);
CREATE PROCEDURE db_todo.answer() SELECT 42;
CREATE EVENT db_todo.sweep ON SCHEDULE EVERY 1 YEAR DO DELETE FROM db_todo.seen;
CREATE DATABASE `od-d``one`;
CREATE TABLE `od-d``one`.`it's` (n INT PRIMARY KEY);
INSERT INTO `od-d``one`.`it's` VALUES (1), (2);
"""
TABLES = """
SELECT CONCAT('CHECKSUM TABLE `', REPLACE(table_schema, '`', '``'), '`.`', REPLACE(table_name, '`', '``'), '`;')
FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ('db_todo', 'od-d`one')
"""
OTHERS = """
SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = 'db_todo';
SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = 'db_todo';
SELECT event_name, event_definition FROM information_schema.events WHERE event_schema = 'db_todo';
SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = 'db_todo';
"""


@dataclass(frozen=True)
class Database:
    """A release of the chart, and its jobs."""

    release: Release
    jobs: Jobs

    @property
    def name(self) -> str:
        """The name of its objects."""
        return f"{self.release.name}-mariadb"

    def sql(self, text: str) -> list[str]:
        """Run SQL as root in the database's pod; one line a row."""
        command = ("sh", "-c", AS_ROOT, "sh", "--default-character-set=utf8mb4")
        told = self.release.cluster.execute(
            f"{self.name}-0", *command, namespace=self.release.namespace, container="mariadb", stdin=text
        )
        return told.splitlines()

    def content(self) -> list[str]:
        """A checksum of each table, and the text of all else."""
        return sorted(self.sql("\n".join(self.sql(TABLES)))) + self.sql(OTHERS)

    def back_up(self, name: str) -> str:
        """Start a backup by hand; returns the Job's name."""
        return self.jobs.start(f"{self.name}-backup", name)

    def wait_ready(self) -> None:
        """Wait until the database's pod is ready; those of jobs are others."""
        chosen = (f"pod/{self.name}-0", "--for=condition=Ready", "--timeout=120s")
        wait_until(lambda: self.release.cluster.kubectl("wait", *chosen, namespace=self.release.namespace), "the pod")

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Another session holds the last table, so that a dump comes to a halt there, half written."""
        hold = f"{AS_ROOT} --execute='LOCK TABLES db_todo.zz_last WRITE; SELECT SLEEP(300)' >/dev/null 2>&1 &"
        command = ("sh", "-c", hold.replace("exec ", ""))
        self.release.cluster.execute(f"{self.name}-0", *command, namespace=self.release.namespace, container="mariadb")
        held = "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(300)' AND id <> CONNECTION_ID()"
        wait_until(lambda: self.sql(held), "the lock")
        try:
            yield
        finally:
            self.wait_ready()
            for thread in self.sql(held):
                self.sql(f"KILL {thread}")

    def restored(self) -> str:
        """The name of the restore's Job."""
        jobs = self.release.cluster.list(
            "jobs",
            self.release.namespace,
            f"app.kubernetes.io/component=restore,app.kubernetes.io/instance={self.release.name}",
        )
        [job] = [job for job in jobs if "deletionTimestamp" not in job["metadata"]]
        name: str = job["metadata"]["name"]
        return name


@pytest.fixture(scope="module")
def install(module_release: Callable[..., Release]) -> Callable[..., Database]:
    """Installs the chart as a release of a name: `install("shop", {"backup": {…}})`."""

    def installed(name: str, values: dict[str, Any]) -> Database:
        release = module_release(CHART, QUICK | values, name=name)
        return Database(release, Jobs(release.cluster, release.namespace))

    return installed


@pytest.fixture(scope="module")
def source(install: Callable[..., Database]) -> Database:
    """A database with something of every kind in it, and backups by hand."""
    database = install("source", {"backup": BACKUP})
    database.sql(SAMPLE)
    return database


@pytest.fixture(scope="module")
def shelf(source: Database, module_shelf: Callable[..., Shelf]) -> Shelf:
    """The claim the chart made for its dumps."""
    return module_shelf(f"{source.name}-backup")


@pytest.fixture
def one_dump(source: Database, shelf: Shelf) -> list[str]:
    """The dumps there are, at least one."""
    if not shelf.dumps():
        source.jobs.succeeded(source.back_up("first"))
    return shelf.dumps()


def test_a_backup_leaves_a_verified_dump(source: Database, shelf: Shelf) -> None:
    """One file that a server has restored, with its checksum, and nothing else."""
    before = shelf.dumps()
    told = source.jobs.succeeded(source.back_up("leaves"))
    [dump] = set(shelf.dumps()) - set(before)
    assert f"verified and kept: {dump}" in told
    assert dump.startswith("source-mariadb-20")
    assert set(shelf.files()) >= {dump, f"{dump}.sha256"}
    assert not [name for name in shelf.files() if name.endswith(".partial")]
    assert "-- Dump completed" in shelf.run(f"gzip -dc {dump} | tail -n 1")


@pytest.mark.chapter("Job: restore")
def test_a_fresh_release_has_the_sources_content(
    source: Database, one_dump: list[str], install: Callable[..., Database]
) -> None:
    """Checksums of all tables are equal, and so is all else; and what was restored once is not restored again."""
    assert one_dump
    restore = {"enabled": True, "existingClaim": "source-mariadb-backup", "source": "source-mariadb"}
    fresh = install("fresh", {"restore": restore})
    first = fresh.restored()
    assert "restored source-mariadb-20" in fresh.jobs.succeeded(first)
    expected = source.content()
    assert len(expected) >= 8
    assert fresh.content() == expected

    fresh.sql("INSERT INTO db_todo.zz_last VALUES (1)")
    fresh.release.upgrade({"commonLabels": {"changed": "yes"}})
    fresh.wait_ready()
    second = fresh.restored()
    assert second != first, "the Job was not made again, so the upgrade proved nothing"
    assert "restored already" in fresh.jobs.succeeded(second)
    assert fresh.sql("SELECT n FROM db_todo.zz_last") == ["1"]

    fresh.release.upgrade({"restore": {"request": "again"}})
    fresh.jobs.succeeded(fresh.restored())
    assert fresh.content() == expected


def test_the_last_ones_are_kept(source: Database, shelf: Shelf, one_dump: list[str]) -> None:
    """As many as `backup.keep` says, the newest."""
    made: list[str] = []
    for number in range(2):
        source.jobs.succeeded(source.back_up(f"kept-{number}"))
        made += [name for name in shelf.dumps() if name not in {*one_dump, *made}]
    assert len(made) == 2
    assert shelf.dumps() == made
    assert sorted(shelf.files()) == sorted([*made, *(f"{name}.sha256" for name in made)])


@pytest.mark.chapter("CronJob: successfulJobsHistoryLimit")
def test_finished_jobs_go_by_themselves(source: Database, one_dump: list[str]) -> None:
    """As many as `backup.successfulJobsHistoryLimit` says are left to look at."""
    assert one_dump
    for number in range(2):
        source.jobs.succeeded(source.back_up(f"history-{number}"))

    def left() -> set[str]:
        return {
            job["metadata"]["name"] for job in source.jobs.of(f"{source.name}-backup") if job["status"].get("succeeded")
        }

    wait_until(lambda: left() == {"history-1"}, "all finished Jobs but the last to go")


def test_a_database_that_goes_fails_the_dump(source: Database, shelf: Shelf, one_dump: list[str]) -> None:
    """The connection is lost in the middle: the Job fails, the half dump is removed, the one before stays."""
    with source.stuck():
        job = source.back_up("database-goes")
        partial = wait_half_written(shelf)
        pod = f"{source.name}-0"
        source.release.cluster.kubectl("delete", "pod", pod, "--grace-period=1", namespace=source.release.namespace)
        told = source.jobs.failed(job)
    assert "the dump failed (exit codes of mariadb-dump and gzip: " in told
    assert shelf.dumps() == one_dump
    assert partial not in shelf.files()


@pytest.mark.chapter("CronJob: failedJobsHistoryLimit")
def test_a_backup_that_is_stopped_leaves_nothing_that_counts(
    source: Database, shelf: Shelf, one_dump: list[str]
) -> None:
    """It removes its half dump, and no other run's; of two failed Jobs one is kept to look at."""
    with source.stuck():
        stopped = source.back_up("stopped")
        partial = wait_half_written(shelf)
        beside = source.back_up("beside")
        wait_until(lambda: len(half_written(shelf)) > 1, "another dump to be half written")
        [pod] = source.jobs.pods(stopped)
        source.release.cluster.kubectl("delete", "pod", pod["metadata"]["name"], namespace=source.release.namespace)
        source.jobs.ended(stopped)
        assert shelf.dumps() == one_dump
        [other] = half_written(shelf)
        assert other != partial
    assert f"verified and kept: {other.removesuffix('.partial')}" in source.jobs.succeeded(beside)

    def left() -> list[str]:
        jobs = source.jobs.of(f"{source.name}-backup")
        return [job["metadata"]["name"] for job in jobs if job["status"].get("failed")]

    wait_until(lambda: left() == ["stopped"], "all failed Jobs but the last to go")


def test_what_a_killed_backup_left_is_removed_by_the_next(source: Database, shelf: Shelf) -> None:
    """Half a dump whose writer went with its node, and a checksum of none."""
    left = "source-mariadb-20260101T000000Z-lost"
    shelf.run(f"touch {left}.sql.gz.partial {left}.sql.gz.sha256")
    told = source.jobs.succeeded(source.back_up("next"))
    assert f"removed {left}.sql.gz.partial, left by a run that was killed" in told
    assert not [name for name in shelf.files() if name.startswith(left)]


@pytest.mark.chapter("CronJob: suspend")
def test_a_suspended_backup_does_not_run_by_itself(source: Database) -> None:
    """Every minute is its schedule, and minutes have passed: nobody but this module started one."""
    by_hand = {"cronjob.kubernetes.io/instantiate": "manual"}
    assert all(job["metadata"]["annotations"] == by_hand for job in source.jobs.of(f"{source.name}-backup"))


def half_written(shelf: Shelf) -> list[str]:
    """The names of the dumps that are written in part."""
    return shelf.run("ls -s *.partial 2>/dev/null | awk '$1 > 1000 { print $2 }'").split()


def wait_half_written(shelf: Shelf) -> str:
    """Wait until one dump is written in part; returns its name."""
    return wait_until(lambda: half_written(shelf), "a dump to be half written")[0]
