"""kube-score finds nothing critical in any case but what has a reason here."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.peers.conftest import Rendering

CRITICAL = 1


@dataclass(frozen=True)
class Reason:
    """Why something that kube-score calls critical stays as it is.

    Attributes:
        check: The check.
        says: What it says.
        why: The reason.
        of: The objects it holds for, a regular expression of `Kind/name`.
        case: The cases it holds for, a regular expression.
        unless: It does not hold where the case has such a kind, of the object's name.
    """

    check: str
    says: str
    why: str
    of: str = ".*"
    case: str = ".*"
    unless: str = ""


REASONS = (
    Reason(
        "container-resources",
        "CPU limit is not set",
        "a limit throttles starts, dumps and restores, which others wait for; the request is what shares the cpu",
    ),
    Reason(
        "container-image-pull-policy",
        "ImagePullPolicy is not set to Always",
        "tags are versions, and digests can be given: Always would make every start need the registry; it is a value",
    ),
    Reason(
        "container-ephemeral-storage-request-and-limit",
        "Ephemeral Storage limit is not set",
        "a pod over its limit is evicted, and how much is uploaded only the operator knows: `resources` takes it",
    ),
    Reason(
        "container-ephemeral-storage-request-and-limit",
        "Ephemeral Storage request is not set",
        "as the limit",
    ),
    Reason(
        "container-security-context-user-group-id",
        "The container is running with a low user ID",
        "999 owns the data in the official mariadb image, 1000 is the application's in its image; both are values",
    ),
    Reason(
        "container-security-context-user-group-id",
        "The container running with a low group ID",
        "as the user",
    ),
    Reason(
        "pod-networkpolicy",
        "The pod does not have a matching NetworkPolicy",
        "networkPolicy.enabled is off until the operator names the clients: a policy nobody thought of cuts them off",
        unless="NetworkPolicy",
    ),
    Reason(
        "pod-networkpolicy",
        "The pod does not have a matching NetworkPolicy",
        "what runs once and listens on nothing has nothing to protect",
        of=r"(Pod/.*-test|Job/.*|CronJob/.*|DaemonSet/.*-prepull)",
    ),
    Reason(
        "pod-probes-identical",
        "Container has the same readiness and liveness probe",
        "the question is the same, the patience is not; neither asks for the database behind the application",
        of="(Deployment|StatefulSet)/.*",
    ),
    Reason(
        "service-targets-pod",
        "The services selector does not match any pods",
        "the label statefulset.kubernetes.io/pod-name, which picks the primary, is put on pods by Kubernetes itself",
        of="Service/.*mariadb.*-(client|primary)",
    ),
    Reason(
        "statefulset-has-poddisruptionbudget",
        "No matching PodDisruptionBudget was found",
        "the case promoted switches it off, to render that too; it is there by default",
        case="mariadb promoted",
    ),
    Reason(
        "pod-probes",
        "Container is missing a readinessProbe",
        "kube-score takes a Service without selector (an outside database) for one that selects every pod",
        of="Pod/.*-test",
    ),
)


def explains(reason: Reason, rendering: Rendering, name: str, check: str, says: str) -> bool:
    """Whether a reason is given for a finding."""
    held = {kind for _, kind, other in rendering.objects if other == name.partition("/")[2]}
    meant = re.fullmatch(reason.of, name) and re.fullmatch(reason.case, rendering.case)
    return bool(meant) and (reason.check, reason.says) == (check, says) and reason.unless not in held


def critical(told: str) -> list[tuple[str, str, str]]:
    """Every critical finding: `Kind/name`, the check, and what it says."""
    return [
        (f"{one['type_meta']['kind']}/{one['object_meta']['name']}", check["check"]["id"], comment["summary"])
        for one in json.loads(told)
        for check in one["checks"]
        if check["grade"] == CRITICAL and not check["skipped"]
        for comment in check["comments"] or [{"summary": ""}]
    ]


def test_nothing_critical_is_unexplained(renderings: list[Rendering], peer: Callable[..., str]) -> None:
    """Every critical finding has a reason above, and every reason a finding."""
    unexplained, used = [], set()
    options = ("--kubernetes-version", "v1.36", "--output-format", "json")
    for one in renderings:
        for finding in critical(peer("kube-score", "score", *options, "-", stdin=one.text)):
            reasons = [reason for reason in REASONS if explains(reason, one, *finding)]
            used |= set(reasons)
            unexplained += [] if reasons else [f"{one.case}: {': '.join(finding)}"]
    assert unexplained == []
    assert [reason for reason in REASONS if reason not in used] == []
