"""What a test asks of Jobs, on objects as Kubernetes gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from timonier.testing.jobs import Jobs, ending

if TYPE_CHECKING:
    from timonier.testing.cluster import TestCluster


def job(name: str, *conditions: tuple[str, str], owner: str = "nightly") -> dict[str, Any]:
    """A Job of a CronJob."""
    return {
        "metadata": {"name": name, "ownerReferences": [{"name": owner}]},
        "status": {"conditions": [{"type": kind, "status": status} for kind, status in conditions]},
    }


class Held:
    """A cluster that holds what it was given, and has the same words for every pod."""

    def __init__(self, *jobs: dict[str, Any]) -> None:
        """Hold Jobs."""
        self.jobs = jobs
        self.ran: list[tuple[str, ...]] = []

    def get(self, _kind: str, name: str, _namespace: str) -> dict[str, Any]:
        """One of them."""
        return next(one for one in self.jobs if one["metadata"]["name"] == name)

    def list(self, _kind: str, _namespace: str) -> list[dict[str, Any]]:
        """All of them."""
        return [*self.jobs, {"metadata": {"name": "alone"}, "status": {}}]

    def kubectl(self, *arguments: str, namespace: str) -> str:
        """Remember what was run."""
        self.ran.append((*arguments, namespace))
        return "no space left"


def jobs(*held: dict[str, Any]) -> Jobs:
    """The Jobs of a namespace."""
    return Jobs(cast("TestCluster", Held(*held)), "here")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], ""),
        ([("Complete", "True")], "Complete"),
        ([("SuccessCriteriaMet", "True")], ""),
        ([("FailureTarget", "True"), ("Failed", "True")], "Failed"),
        ([("Complete", "False")], ""),
        ([("Suspended", "True")], ""),
    ],
)
def test_how_a_job_ended(conditions: list[tuple[str, str]], expected: str) -> None:
    """Not before its last condition: pods may still be going when the first one is there."""
    assert ending(job("a", *conditions)) == expected


def test_a_job_that_never_started_has_not_ended() -> None:
    """It has no status at all."""
    assert not ending({"metadata": {"name": "a"}})


def test_the_jobs_of_a_cron_job_are_those_it_owns() -> None:
    """Others may have a name like them."""
    found = jobs(job("nightly-1"), job("nightly-x", owner="nightly-x")).of("nightly")
    assert [one["metadata"]["name"] for one in found] == ["nightly-1"]


def test_a_job_that_ended_otherwise_is_told_with_what_its_pods_wrote() -> None:
    """So that nobody has to look for the reason."""
    held = jobs(job("a", ("Failed", "True")), job("b", ("Complete", "True")))
    assert held.failed("a") == "no space left"
    assert held.succeeded("b") == "no space left"
    with pytest.raises(AssertionError, match=r"Job a: .*\n\s*no space left"):
        held.succeeded("a")
    with pytest.raises(AssertionError, match="Job b"):
        held.failed("b")
