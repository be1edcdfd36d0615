"""Rules about what containers ask for and may take."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import resources

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem, Rule

    Found = Callable[..., list[Problem]]


def pod(said: str, *, spec: str = "", annotations: str = "{}", group: str = "containers") -> str:
    """Return a pod of one container that says something of resources."""
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web, annotations: {annotations}}}\n"
        f"spec: {{{spec} {group}: [{{name: web, resources: {said}}}]}}\n"
    )


def messages(problems: list[Problem]) -> list[str]:
    """Return what problems say."""
    return [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ("{}", "no cpu and no memory"),
        ("{requests: {cpu: 1}}", "no memory"),
        ("{limits: {memory: 1Gi}}", "no cpu"),
        ("{requests: {cpu: 1, memory: 1Gi}}", ""),
        ("{requests: {cpu: 1}, limits: {memory: 1Gi}}", ""),
    ],
)
def test_a_container_that_requests_nothing(found: Found, said: str, missing: str) -> None:
    """A limit is a request too."""
    expected = [f"Container web requests {missing}."] if missing else []
    assert messages(found(resources.missing_requests, pod(said))) == expected


def test_a_container_without_limit_of_memory(found: Found) -> None:
    """One of CPU is not asked for."""
    problems = found(resources.missing_memory_limit, pod("{limits: {cpu: 1}, requests: {memory: 1Gi}}"))
    assert [(problem.message, problem.path) for problem in problems] == [
        ("Container web has no limit of memory.", "spec.containers[0].resources")
    ]
    assert found(resources.missing_memory_limit, pod("{limits: {memory: 1Gi}}")) == []


@pytest.mark.parametrize("rule", [resources.missing_requests, resources.missing_memory_limit])
def test_who_need_not_say_what_it_needs(found: Found, rule: Rule) -> None:
    """Hooks, containers whose pod says it, and init containers that end."""
    both = "resources: {requests: {cpu: 1, memory: 1Gi}, limits: {memory: 1Gi}},"
    assert found(rule, pod("{}", annotations="{helm.sh/hook: test}")) == []
    assert found(rule, pod("{}", spec=both)) == []
    assert found(rule, pod("{}", spec="containers: [],", group="initContainers")) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        (2, "2"),
        (0.5, "0.5"),
        ("250m", "0.25"),
        ("1.5Gi", "1610612736"),
        ("2k", "2000"),
        ("1E", "1000000000000000000"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        (".5", "0.5"),
    ],
)
def test_quantities(text: object, value: str) -> None:
    """Decimal and binary suffixes, and exponents."""
    assert resources.quantity(text) == Decimal(value)


@pytest.mark.parametrize("text", ["512MB", "1 Gi", "1gi", "", "Gi", "1K", True, None, [1]])
def test_what_is_no_quantity(found: Found, text: object) -> None:
    """The API server refuses it, for a container as for a claim."""
    assert resources.quantity(text) is None
    if isinstance(text, str):
        [problem] = found(resources.invalid_quantity, pod(f"{{limits: {{memory: '{text}'}}}}"))
        assert (problem.message, problem.path) == (
            f'"{text}" is no quantity.',
            "spec.containers[0].resources.limits.memory",
        )
        claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nspec: {resources: {requests: {storage: '%s'}}}"
        assert len(found(resources.invalid_quantity, claim % text)) == 1
        assert found(resources.invalid_quantity, claim % "8Gi") == []


def test_claims_and_what_is_taken_away(found: Found) -> None:
    """A StatefulSet's claims have quantities too; null takes a default away."""
    text = (
        "apiVersion: apps/v1\nkind: StatefulSet\nspec: {template: {spec: {containers: []}},"
        " volumeClaimTemplates: [{spec: {resources: {requests: {storage: 8GB}}}}]}"
    )
    [problem] = found(resources.invalid_quantity, text)
    assert problem.path == "spec.volumeClaimTemplates[0].spec.resources.requests.storage"
    assert found(resources.invalid_quantity, pod("{limits: {cpu: null}}")) == []


def test_more_is_requested_than_allowed(found: Found) -> None:
    """Whatever the units; as much is fine."""
    [problem] = found(
        resources.invalid_quantity, pod("{requests: {memory: 2Gi, cpu: 1}, limits: {memory: 1500Mi, cpu: 1000m}}")
    )
    assert problem.message == "2Gi of memory is requested, and the limit is 1500Mi."
    assert problem.path == "spec.containers[0].resources.requests.memory"


def test_memory_in_thousandths(found: Found) -> None:
    """Half a byte is meant by nobody."""
    problems = found(resources.tiny_memory, pod("{requests: {memory: 512m, cpu: 100m}, limits: {memory: 512Mi}}"))
    assert messages(problems) == ["512m of memory is less than a mebibyte."]
    assert found(resources.tiny_memory, pod("{requests: {memory: 0}, limits: {memory: 1Mi}}")) == []


SCALED = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: %s}}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, resources: {requests: {cpu: 1}}}, {name: log, resources: %s}]}}}
"""


def test_an_autoscaler_that_knows_no_share(found: Found) -> None:
    """A sidecar without the request is enough to stop it; an absolute target needs none."""
    assert messages(found(resources.autoscaler_without_requests, SCALED % ("Utilization", "{}"))) == [
        "HorizontalPodAutoscaler web: Container log requests no cpu."
    ]
    assert found(resources.autoscaler_without_requests, SCALED % ("Utilization", "{limits: {cpu: 1}}")) == []
    assert found(resources.autoscaler_without_requests, SCALED % ("AverageValue", "{}")) == []
