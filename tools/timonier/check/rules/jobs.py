"""Jobs, CronJobs, and the hooks that Helm runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.reading import mapping, pairs, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

_DELETE_POLICY = "helm.sh/hook-delete-policy"
_POLICIES = {"before-hook-creation", "hook-succeeded", "hook-failed"}
_LIMITS = {"backoffLimit", "backoffLimitPerIndex", "activeDeadlineSeconds"}

# github.com/robfig/cron/v3, which CronJobs are read by: five fields, and Sunday is 0, not 7.
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_DESCRIPTOR = re.compile(
    r"@(yearly|annually|monthly|weekly|daily|midnight|hourly|every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+)"
)
_RANGE = re.compile(r"(?P<all>[*?])(/(?P<step>\d+))?|(?P<first>\w+)(-(?P<last>\w+))?(/(?P<every>\d+))?", re.ASCII)


@object_rule("hook-delete-policy", Severity.WARNING)
def hook_delete_policy(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A hook that failed stays, and the next install, upgrade or test fails because it is there already.

    Without `helm.sh/hook-delete-policy` Helm deletes the old hook before it makes the new one
    (`before-hook-creation`). Any other policy replaces that: with `hook-succeeded` alone, a hook that failed once is in
    the way for ever. A policy that Helm does not know counts as one that deletes nothing.

    Say `before-hook-creation,hook-succeeded`, or nothing.
    """
    annotations = pairs(manifest.document, "metadata", "annotations")
    if not manifest.hooks or not annotations.get(_DELETE_POLICY):
        return
    path = f"metadata.annotations.{_DELETE_POLICY}"
    policies = {policy.strip().lower() for policy in annotations[_DELETE_POLICY].split(",")}
    if unknown := sorted(policies - _POLICIES):
        known = ", ".join(sorted(_POLICIES))
        yield Problem(f'Helm does not know the policy "{unknown[0]}".', path, hint=f"It knows {known}.")
    elif "before-hook-creation" not in policies and not policies >= {"hook-succeeded", "hook-failed"}:
        sentence = (
            f"A hook that {'failed' if 'hook-succeeded' in policies else 'succeeded'} stays in the way of the next."
        )
        yield Problem(sentence, path, hint="Add before-hook-creation.")


@object_rule("job-without-limit", Severity.INFO)
def job_without_limit(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A Job says neither how often it is tried nor how long it may take.

    It is tried seven times, with pauses of up to minutes between, and one that hangs does so for ever. Set
    `backoffLimit` or `activeDeadlineSeconds`. See *Jobs* in the Kubernetes documentation.
    """
    path = {("batch", "Job"): "spec", ("batch", "CronJob"): "spec.jobTemplate.spec"}.get(manifest.identity[:2])
    if path and not _LIMITS & mapping(manifest.document, *path.split(".")).keys():
        yield Problem("It has neither backoffLimit nor activeDeadlineSeconds.", path)


@object_rule("cronjob-overlap", Severity.INFO)
def cronjob_overlap(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A CronJob does not say what happens when it is due while it still runs.

    By default (`concurrencyPolicy: Allow`) it is started beside itself, and again, for as long as it is slow. Say
    `Forbid`, `Replace`, or `Allow` where that is meant.
    """
    if manifest.identity[:2] == ("batch", "CronJob") and "concurrencyPolicy" not in mapping(manifest.document, "spec"):
        yield Problem("It is started beside itself when it takes longer than its interval.", "spec.concurrencyPolicy")


@object_rule("cron-schedule", Severity.ERROR)
def cron_schedule(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A CronJob's schedule is none, which the API server refuses.

    Five fields (minute, hour, day of the month, month, day of the week), or `@hourly` and its like. Sunday is 0 and not
    7. A time zone goes into `timeZone`.
    """
    schedule = string(manifest.document, "spec", "schedule")
    if manifest.identity[:2] != ("batch", "CronJob") or not schedule or _DESCRIPTOR.fullmatch(schedule):
        return
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        yield Problem(f'"{schedule}" has {len(fields)} fields: a schedule has 5.', "spec.schedule")
        return
    for text, (name, least, most, names) in zip(fields, _FIELDS, strict=True):
        if not all(_is_within(part, least, most, names) for part in text.split(",")):
            yield Problem(f'"{text}" is no {name} from {least} to {most}.', "spec.schedule")


def _is_within(part: str, least: int, most: int, names: tuple[str, ...]) -> bool:
    """Whether a part of a field is `*`, a number, a name or a range of them, perhaps with a step."""
    match = _RANGE.fullmatch(part)
    if match is None or "0" in (match["step"], match["every"]):
        return False
    if match["all"]:
        return True
    first, last = (_number(bound, least, names) for bound in (match["first"], match["last"] or match["first"]))
    return least <= first <= last <= most


def _number(bound: str, least: int, names: tuple[str, ...]) -> int:
    """Read a number or a name of a field; what is neither is less than any number."""
    if bound.isdecimal():
        return int(bound)
    return least + names.index(bound.lower()) if bound.lower() in names else -1


RULES: tuple[Rule, ...] = (hook_delete_policy, job_without_limit, cronjob_overlap, cron_schedule)
