"""Rules about Jobs, CronJobs and hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import jobs

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def job(policy: str | None, events: str = "pre-upgrade") -> str:
    """Return a hook with a delete policy."""
    said = "" if policy is None else f", helm.sh/hook-delete-policy: '{policy}'"
    hook = f"helm.sh/hook: {events}{said}" if events else said.removeprefix(", ")
    return f"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: migrate, annotations: {{{hook}}}}}\n"


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("hook-succeeded", "A hook that failed stays in the way of the next."),
        ("hook-failed", "A hook that succeeded stays in the way of the next."),
        ("before-hook-creation,hook-sucess", 'Helm does not know the policy "hook-sucess".'),
    ],
)
def test_a_hook_that_stays(found: Found, policy: str, message: str) -> None:
    """The next one cannot be made."""
    [problem] = found(jobs.hook_delete_policy, job(policy))
    assert problem.message == message
    assert problem.path == "metadata.annotations.helm.sh/hook-delete-policy"


@pytest.mark.parametrize("policy", [None, "", "before-hook-creation", "hook-succeeded, before-hook-creation",
                                    "hook-succeeded,hook-failed"])  # fmt: skip
def test_a_hook_that_goes(found: Found, policy: str | None) -> None:
    """By default Helm deletes it before the next; an object that is no hook has no policy."""
    assert found(jobs.hook_delete_policy, job(policy)) == []
    assert found(jobs.hook_delete_policy, job("hook-succeeded", events="")) == []


JOB = "apiVersion: batch/v1\nkind: Job\nspec: {%s}"
CRON = "apiVersion: batch/v1\nkind: CronJob\nspec: {%s}"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (JOB % "completions: 1", "spec"),
        (CRON % "jobTemplate: {spec: {completions: 1}}", "spec.jobTemplate.spec"),
        (JOB % "backoffLimit: 0", ""),
        (JOB % "backoffLimitPerIndex: 0", ""),
        (JOB % "activeDeadlineSeconds: 60", ""),
        (CRON % "jobTemplate: {spec: {backoffLimit: 2}}", ""),
        ("apiVersion: sparkoperator.k8s.io/v1\nkind: Job\nspec: {}", ""),
    ],
)
def test_a_job_that_never_gives_up(found: Found, text: str, path: str) -> None:
    """One limit is enough."""
    assert [problem.path for problem in found(jobs.job_without_limit, text)] == ([path] if path else [])


def test_a_cronjob_that_may_overlap_itself(found: Found) -> None:
    """Also by choice, when it says so."""
    assert len(found(jobs.cronjob_overlap, CRON % "schedule: '* * * * *'")) == 1
    assert found(jobs.cronjob_overlap, CRON % "concurrencyPolicy: Allow") == []
    assert found(jobs.cronjob_overlap, JOB % "") == []


@pytest.mark.parametrize(
    ("schedule", "what"),
    [
        ("0 3 * *", "has 4 fields"),
        ("0 0 3 * * *", "has 6 fields"),
        ("TZ=UTC 0 3 * * *", "has 6 fields"),
        ("60 3 * * *", '"60" is no minute from 0 to 59'),
        ("0 24 * * *", "is no hour"),
        ("0 3 0 * *", "is no day of the month from 1"),
        ("0 3 * 13 *", "is no month"),
        ("0 3 * * 7", '"7" is no day of the week from 0 to 6'),
        ("0 3 * * mo", "is no day of the week"),
        ("*/0 * * * *", "is no minute"),
        ("5-1 * * * *", "is no minute"),
        ("1,,2 * * * *", "is no minute"),
        ("@reboot", "has 1 fields"),
    ],
)
def test_schedules_that_are_refused(found: Found, schedule: str, what: str) -> None:
    """The message says which field."""
    [problem] = found(jobs.cron_schedule, CRON % f"schedule: '{schedule}'")
    assert what in problem.message
    assert problem.path == "spec.schedule"


@pytest.mark.parametrize(
    "schedule",
    [
        "0 3 * * *",
        "*/15 0-6,12 1 JAN-mar sun",
        "? * * * 0-6/2",
        "59 23 31 12 6",
        "@daily",
        "@every 1h30m",
        "5/10 * * * *",
    ],
)
def test_schedules_that_are_taken(found: Found, schedule: str) -> None:
    """Lists, ranges, steps, names, and words."""
    assert found(jobs.cron_schedule, CRON % f"schedule: '{schedule}'") == []


def test_schedules_that_are_none_of_ours(found: Found) -> None:
    """Schemas say that a schedule has to be there, and other kinds have schedules of their own."""
    assert found(jobs.cron_schedule, CRON % "suspend: true") == []
    assert found(jobs.cron_schedule, "apiVersion: velero.io/v1\nkind: Schedule\nspec: {schedule: '@every day'}") == []
