"""What a Job and a CronJob of the database's chart do, option by option; no database runs for it."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import wait_until
from timonier.testing.jobs import Jobs, ending

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Shelf

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHART = Path(__file__).parents[2] / "charts" / "mariadb"
# A backup waits for a login for a minute, and here there is nobody to log in to: so long a Job runs.
STOPPED = {"replicas": 0, "tests": {"enabled": False}, "serviceAccount": {"create": False}}
EVERY_MINUTE = "* * * * *"
FAR_AWAY = "Pacific/Kiritimati"
RESUMED = ("--reuse-values", "--set=backup.suspend=false")
# What a dump is to those who only look at the file: it ends as one does. `{0}` is its name.
WRITE = "(echo 'SELECT {1};'; echo '-- Dump completed on today') | gzip >{0}; sha256sum {0} >{0}.sha256"


@dataclass(frozen=True)
class Shared:
    """A namespace with one claim of dumps, and releases without a database beside it."""

    cluster: TestCluster
    install: Callable[..., Release]
    shelf: Shelf
    jobs: Jobs

    def dump(self, number: int) -> str:
        """Write a dump of release `shop`; returns its name."""
        name = f"shop-mariadb-2026010{number}T000000Z-abcde.sql.gz"
        self.shelf.run(WRITE.format(name, number))
        return name

    def restore(self, name: str, **values: Any) -> str:  # noqa: ANN401 - values of `restore`
        """Install a release that restores from the claim; returns the Job's name."""
        restore = {"enabled": True, "existingClaim": "dumps", "backoffLimit": 0, **values}
        # Nobody waits: `helm --wait` says of a Job that failed that the release did.
        release = self.install(CHART, STOPPED | {"restore": restore}, name=name, wait=False)
        selector = f"app.kubernetes.io/component=restore,app.kubernetes.io/instance={release.name}"
        [job] = self.cluster.list("jobs", release.namespace, selector)
        made: str = job["metadata"]["name"]
        return made

    def schedule(self, name: str, **values: Any) -> None:  # noqa: ANN401 - values of `backup`
        """Install a release that backs up to the claim."""
        backup = {"enabled": True, "persistence": {"existingClaim": "dumps"}, "backoffLimit": 0, **values}
        self.install(CHART, STOPPED | {"backup": backup}, name=name)


@pytest.fixture(scope="module")
def shared(
    cluster: TestCluster,
    module_namespace: str,
    module_release: Callable[..., Release],
    module_shelf: Callable[[str], Shelf],
) -> Shared:
    """The namespace, and the claim."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "dumps"}, "spec": spec}
    cluster.apply(claim, namespace=module_namespace)
    return Shared(cluster, module_release, module_shelf("dumps"), Jobs(cluster, module_namespace))


@pytest.fixture(scope="module", autouse=True)
def late(shared: Shared) -> dt.datetime:
    """CronJobs that run beside all tests of this module, for a schedule has no shorter step than a minute.

    Returns:
        The time after which two of them, which are suspended, are late.
    """
    for policy in ("Allow", "Forbid", "Replace"):
        shared.schedule(policy.lower(), schedule=EVERY_MINUTE, concurrencyPolicy=policy, backoffLimit=3)
    # Far enough away for its CronJobs to be there before it comes.
    late = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)).replace(second=0, microsecond=0)
    missed = {"schedule": f"{late:%M %H} * * *", "timeZone": "Etc/UTC", "suspend": True}
    shared.schedule("patient", startingDeadlineSeconds=3600, **missed)
    shared.schedule("strict", startingDeadlineSeconds=10, **missed)
    there = dt.datetime.now(zoneinfo.ZoneInfo(FAR_AWAY))
    hours = f"{there.hour},{(there.hour + 1) % 24}"
    shared.schedule("there", schedule=f"* {hours} * * *", timeZone=FAR_AWAY)
    shared.schedule("here", schedule=f"* {hours} * * *", timeZone="Etc/UTC")
    return late


@pytest.mark.chapter("Job: backoffLimit")
def test_a_job_is_tried_again_as_often_as_it_may(shared: Shared) -> None:
    """A restore of a dump that is not there fails, twice with one more attempt, and says what is missing."""
    job = shared.restore("absent", dump="nowhere.sql.gz", backoffLimit=1)
    assert "there is no dump nowhere.sql.gz" in shared.jobs.failed(job)
    assert len(shared.jobs.pods(job)) == 2


def test_a_dump_that_was_never_verified_is_refused(shared: Shared) -> None:
    """Without its checksum nobody knows what it is."""
    shared.shelf.run("echo anything | gzip >found.sql.gz")
    assert "found.sql.gz has no checksum file" in shared.jobs.failed(shared.restore("found", dump="found.sql.gz"))


@pytest.mark.chapter("Job: activeDeadlineSeconds")
def test_a_job_ends_at_its_deadline(shared: Shared) -> None:
    """It waits for a database that does not come, and is stopped."""
    name = shared.dump(1)
    job = shared.restore("deadline", dump=name, activeDeadlineSeconds=5)
    ended = shared.jobs.ended(job)
    assert [one["reason"] for one in ended["status"]["conditions"] if one["type"] == "Failed"] == ["DeadlineExceeded"]


@pytest.mark.chapter("Job: ttlSecondsAfterFinished")
def test_a_finished_job_goes_after_its_time(shared: Shared) -> None:
    """Pods and all."""
    job = shared.restore("gone", dump="nowhere.sql.gz", ttlSecondsAfterFinished=0)
    wait_until(lambda: not [one for one in job_names(shared) if one == job], f"Job {job} to go")
    wait_until(lambda: not shared.jobs.pods(job), "its pods to go")


def job_names(shared: Shared) -> list[str]:
    """The names of all Jobs there are."""
    return [job["metadata"]["name"] for job in shared.cluster.list("jobs", shared.jobs.namespace)]


@pytest.mark.chapter("Job: completions", "Job: parallelism")
def test_as_many_dumps_are_verified_as_asked_and_so_many_at_a_time(shared: Shared) -> None:
    """Each index of the Job restores another dump into a server of its own, two at a time; a broken one fails."""
    names = [shared.dump(number) for number in (1, 2, 3)]
    verification = {"enabled": True, "completions": 2, "parallelism": 2}
    shared.schedule("shop", suspend=True, verification=verification)
    told = shared.jobs.succeeded(shared.jobs.start("shop-mariadb-verify", "whole"))
    assert f"still whole: {names[2]}" in told
    assert f"still whole: {names[1]}" in told
    assert names[0] not in told
    started, ended = zip(*(times(pod) for pod in shared.jobs.pods("whole")), strict=True)
    assert len(started) == 2
    # In whole seconds. The next one after an end is no sooner than that: the controller has to hear of the end.
    assert max(started) <= min(ended), "one began when the other had ended"

    shared.shelf.run(f"echo rot >>{names[1]}")
    told = shared.jobs.failed(shared.jobs.start("shop-mariadb-verify", "rotten"))
    assert f"{names[1]} is not what was written" in told
    assert f"still whole: {names[2]}" in told


def times(pod: Manifest) -> tuple[str, str]:
    """When a pod's container began and when it ended."""
    [status] = pod["status"]["containerStatuses"]
    ended = status["state"]["terminated"]
    return ended["startedAt"], ended["finishedAt"]


def running(shared: Shared, release: str) -> set[str]:
    """The names of the backups of a release that have not ended."""
    jobs = shared.jobs.of(f"{release}-mariadb-backup")
    return {job["metadata"]["name"] for job in jobs if not ending(job) and "deletionTimestamp" not in job["metadata"]}


def reasons(shared: Shared, release: str) -> set[str]:
    """What the controller says it did about the backups of a release."""
    name = f"{release}-mariadb-backup"
    events = shared.cluster.list("events", shared.jobs.namespace)
    return {event["reason"] for event in events if event["involvedObject"]["name"] == name}


@pytest.mark.chapter("CronJob: timeZone", "CronJob: schedule")
def test_a_schedule_is_one_of_its_time_zone(shared: Shared) -> None:
    """This hour there, which is another one here: only the schedule with that time zone has come."""
    wait_until(lambda: shared.jobs.of("there-mariadb-backup"), "a backup by the other time zone's clock", timeout=80)
    assert not shared.jobs.of("here-mariadb-backup")


@pytest.mark.chapter("CronJob: suspend", "CronJob: startingDeadlineSeconds")
def test_what_was_suspended_is_made_up_for_within_its_deadline(shared: Shared, late: dt.datetime) -> None:
    """Suspended, nothing runs; resumed, what was missed runs where it may be as late, and not where it may not."""
    deadline = late + dt.timedelta(seconds=15)
    wait_until(lambda: dt.datetime.now(dt.UTC) > deadline, "the schedule to be late", timeout=90)
    assert not shared.jobs.of("strict-mariadb-backup")
    assert not shared.jobs.of("patient-mariadb-backup")
    for name in ("strict", "patient"):
        shared.cluster.helm("upgrade", name, str(CHART), *RESUMED, namespace=shared.jobs.namespace)
    wait_until(lambda: shared.jobs.of("patient-mariadb-backup"), "the backup that is late")
    assert not shared.jobs.of("strict-mariadb-backup")


@pytest.mark.chapter("CronJob: concurrencyPolicy")
def test_a_job_that_still_runs_is_joined_waited_for_or_replaced(shared: Shared) -> None:
    """Allow: another one beside it; Forbid: no other; Replace: the next one alone."""
    wait_until(lambda: len(running(shared, "allow")) > 1, "two backups at the same time", timeout=130)
    wait_until(lambda: "JobAlreadyActive" in reasons(shared, "forbid"), "a backup not to be begun", timeout=70)
    wait_until(lambda: "SuccessfulDelete" in reasons(shared, "replace"), "a backup to be replaced", timeout=70)
    assert len(running(shared, "forbid")) == 1
    wait_until(lambda: len(running(shared, "replace")) == 1, "the next backup alone")
