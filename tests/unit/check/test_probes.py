"""Rules about probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import probes

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem, Rule

    Found = Callable[..., list[Problem]]


def deployment(container: str, *, annotations: str = "{}", kind: str = "apps/v1/Deployment") -> str:
    """Return a workload of one container."""
    api, _, kind = kind.rpartition("/")
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web, annotations: {annotations}}}\n"
        f"spec: {{template: {{spec: {{containers: [{{name: web, {container}}}]}}}}}}\n"
    )


PORT = "ports: [{name: http, containerPort: 80}]"
GET = "{httpGet: {path: /, port: http}}"


@pytest.mark.parametrize(
    ("rule", "probe", "word"),
    [
        (probes.missing_readiness_probe, "readinessProbe", "readiness"),
        (probes.missing_liveness_probe, "livenessProbe", "liveness"),
    ],
)
def test_a_container_that_serves_without_a_probe(found: Found, rule: Rule, probe: str, word: str) -> None:
    """Only what stays and has a port needs one."""
    [problem] = found(rule, deployment(PORT))
    assert problem.message == f"Container web has no {word} probe."
    assert problem.path == "spec.template.spec.containers[0]"
    assert found(rule, deployment(f"{PORT}, {probe}: {GET}")) == []
    assert found(rule, deployment("image: worker")) == []
    assert found(rule, deployment(PORT, kind="batch/v1/Job")) == []
    assert found(rule, deployment(PORT, annotations="{helm.sh/hook: test}")) == []


def both(liveness: str, readiness: str) -> str:
    """Return a workload with both probes."""
    return deployment(f"livenessProbe: {{{liveness}}}, readinessProbe: {{{readiness}}}")


@pytest.mark.parametrize(
    "handler", ["httpGet: {path: /, port: 80}", "exec: {command: [ask]}", "httpGet: {path: /health/ready}"]
)
def test_liveness_that_asks_what_readiness_asks(found: Found, handler: str) -> None:
    """And waits no longer. With more patience it is what the documentation suggests."""
    [problem] = found(probes.liveness_equals_readiness, both(handler, handler))
    assert problem.path == "spec.template.spec.containers[0].livenessProbe"
    same_patience = both(f"{handler}, periodSeconds: 5, failureThreshold: 6", handler)
    assert len(found(probes.liveness_equals_readiness, same_patience)) == 1
    for more in ("failureThreshold: 4", "periodSeconds: 11"):
        assert found(probes.liveness_equals_readiness, both(f"{handler}, {more}", handler)) == []


@pytest.mark.parametrize(
    ("liveness", "readiness"),
    [
        ("httpGet: {path: /live, port: 80}", "httpGet: {path: /ready, port: 80}"),
        ("tcpSocket: {port: 80}", "tcpSocket: {port: 80}"),
        ("exec: {command: [ask]}", "httpGet: {path: /, port: 80}"),
        ("httpGet: {path: /healthz, port: 80}", "httpGet: {path: /healthz, port: 80}"),
        ("httpGet: {path: /api/ping}", "httpGet: {path: /api/ping}"),
        ("grpc: {port: 80}", "grpc: {port: 80}"),
    ],
)
def test_liveness_that_asks_something_else(found: Found, liveness: str, readiness: str) -> None:
    """Another page, another way, a page for that purpose, or only whether somebody listens."""
    assert found(probes.liveness_equals_readiness, both(liveness, readiness)) == []


@pytest.mark.parametrize("kind", ["livenessProbe", "readinessProbe", "startupProbe"])
def test_a_probe_at_a_port_that_is_not_there(found: Found, kind: str) -> None:
    """By name; a number may be anything."""
    [problem] = found(probes.probe_port, deployment(f"{PORT}, {kind}: {{tcpSocket: {{port: web}}}}"))
    assert problem.message == "Container web has no port named web."
    assert problem.path == f"spec.template.spec.containers[0].{kind}.tcpSocket.port"
    for port in ("http", "8080", "'8080'"):
        assert found(probes.probe_port, deployment(f"{PORT}, {kind}: {{httpGet: {{port: {port}}}}}")) == []


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        ("livenessProbe: {exec: {}, httpGet: {}}", "A probe asks in one way, and this has exec and httpGet."),
        ("readinessProbe: {periodSeconds: 3}", "this has none of exec, grpc, httpGet, tcpSocket."),
        ("livenessProbe: {exec: {}, successThreshold: 2}", "successThreshold has to be 1 for a livenessProbe."),
        ("startupProbe: {exec: {}, successThreshold: 2}", "successThreshold has to be 1 for a startupProbe."),
    ],
)
def test_a_probe_that_is_refused(found: Found, probe: str, message: str) -> None:
    """Two ways to ask, none, or several successes."""
    [problem] = found(probes.invalid_probe, deployment(probe))
    assert message in problem.message


@pytest.mark.parametrize(
    "probe",
    [
        "livenessProbe: {exec: {}, httpGet: null, successThreshold: 1}",
        "readinessProbe: {grpc: {}, successThreshold: 2}",
    ],
)
def test_a_probe_that_is_taken(found: Found, probe: str) -> None:
    """Null is what takes a default away; readiness may want several successes."""
    assert found(probes.invalid_probe, deployment(probe)) == []


def test_a_start_that_is_waited_for_by_the_clock(found: Found) -> None:
    """Not where a startup probe waits, nor for a moment, nor for readiness, which kills nobody."""
    slow = "livenessProbe: {exec: {}, initialDelaySeconds: 60}"
    [problem] = found(probes.start_by_delay, deployment(slow))
    assert problem.message == "Container web is waited for 60 seconds, however long its start takes."
    for fine in (
        f"{slow}, startupProbe: {{exec: {{}}}}",
        slow.replace("60", "30"),
        slow.replace("liveness", "readiness"),
    ):
        assert found(probes.start_by_delay, deployment(fine)) == []
