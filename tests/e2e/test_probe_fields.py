"""The probes' mechanisms and fields: one small release for each, all of them started side by side."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.release import is_ready, restarts
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing.cluster import Manifest
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e

DELAY_SECONDS = 12
TCP: dict[str, Any] = {"tcpSocket": {"port": "http"}}
EXEC: dict[str, Any] = {"exec": {"command": ["test", "-d", "/usr/local/tomcat/files"]}}
HTTP: dict[str, Any] = {"httpGet": {"path": "/eni-todo/healthz", "port": 8080}}
CLOSED: dict[str, Any] = {"tcpSocket": {"port": 8081}}
MISSING: dict[str, Any] = {"exec": {"command": ["sh", "-c", "echo something is missing; exit 1"]}}
SLOW: dict[str, Any] = {"exec": {"command": ["sleep", "2"]}, "periodSeconds": 3}
SOON: dict[str, Any] = {"periodSeconds": 1, "failureThreshold": 2}
# A header that Tomcat answers 400: so the probe fails if, and only if, the header is sent.
BAD_HEADER: dict[str, Any] = {"httpGet": {"httpHeaders": [{"name": "Host", "value": "a..b"}]}}
GOOD_HEADER: dict[str, Any] = {"httpGet": {"httpHeaders": [{"name": "Host", "value": "eni-todo"}]}}
NO_STARTUP = {"enabled": False}

PROBES: dict[str, dict[str, Any]] = {
    # Each mechanism for each probe, and all well: the pod is ready, and stays what it is.
    "first": {"startup": TCP, "liveness": EXEC, "readiness": HTTP | GOOD_HEADER},
    "second": {"startup": HTTP, "liveness": TCP, "readiness": EXEC},
    "third": {"startup": EXEC, "liveness": HTTP, "readiness": TCP},
    # What fails by each mechanism, or by a field.
    "closed": {"startup": NO_STARTUP, "readiness": CLOSED},
    "header": {"startup": NO_STARTUP, "readiness": BAD_HEADER},
    "missing": {"startup": NO_STARTUP, "liveness": MISSING | SOON},
    "deaf": {"startup": NO_STARTUP, "liveness": CLOSED | SOON},
    "short": {"startup": NO_STARTUP, "readiness": SLOW | {"timeoutSeconds": 1}},
    "long": {"startup": NO_STARTUP, "readiness": SLOW | {"timeoutSeconds": 10}},
    "late": {"startup": NO_STARTUP, "readiness": {"initialDelaySeconds": DELAY_SECONDS}},
    "steady": {"startup": NO_STARTUP, "readiness": {"periodSeconds": 3, "successThreshold": 8}},
    "unstarted": {"startup": CLOSED | {"periodSeconds": 1, "failureThreshold": 3}},
    "patient": {"startup": CLOSED | {"periodSeconds": 1, "failureThreshold": 600}},
}


@pytest.fixture(scope="module")
def started(module_eni_todo: Callable[..., Release]) -> dict[str, Release]:
    """The releases, none of which is waited for; small, as their pods are all there at once."""
    small = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "192Mi"}}
    own = {"mariadb": {"enabled": False}, "resources": small, "tests": {"enabled": False}}
    return {
        name: module_eni_todo({**own, "probes": probes, "fullnameOverride": name}, name=name, wait=False)
        for name, probes in PROBES.items()
    }


def pod_of(release: Release) -> Manifest:
    """The one pod of a release, whose container has been started."""

    def running() -> Manifest:
        [pod] = release.pods()
        [status] = pod["status"]["containerStatuses"]
        assert status["state"].get("running") or status["restartCount"], "not started yet"
        return pod

    return wait_until(running, f"the container of {release.name} to be started", timeout=120)


def seconds_to_ready(release: Release) -> float:
    """How long it took from the container's start until the pod was ready."""
    [pod] = release.wait_ready()
    [status] = pod["status"]["containerStatuses"]
    assert status["restartCount"] == 0
    [ready] = [one for one in pod["status"]["conditions"] if one["type"] == "Ready"]
    moments = (ready["lastTransitionTime"], status["state"]["running"]["startedAt"])
    became, began = (dt.datetime.fromisoformat(moment) for moment in moments)
    return (became - began).total_seconds()


def unhealthy(release: Release, probe: str) -> str:
    """What the kubelet told of a failed probe of the release's pod; empty when nothing."""
    [pod] = release.pods()
    selector = f"involvedObject.name={pod['metadata']['name']},reason=Unhealthy"
    told = release.cluster.kubectl(
        "get",
        "events",
        f"--field-selector={selector}",
        "--output=jsonpath={.items[*].message}",
        namespace=release.namespace,
    )
    return told if f"{probe} probe" in told else ""


@pytest.mark.chapter(
    "Probes: startup tcpSocket",
    "Probes: startup exec",
    "Probes: startup httpGet",
    "Probes: liveness tcpSocket",
    "Probes: liveness exec",
    "Probes: liveness httpGet",
    "Probes: readiness tcpSocket",
    "Probes: readiness exec",
    "Probes: readiness httpGet",
    "Probes: httpGet headers",
)
@pytest.mark.parametrize("name", ["first", "second", "third"])
def test_every_mechanism_lets_a_healthy_pod_be(started: dict[str, Release], name: str) -> None:
    """The pod has each probe by the mechanism that was named, and becomes ready without a restart."""
    [pod] = started[name].wait_ready()
    assert restarts(pod) == 0
    [container] = pod["spec"]["containers"]
    for probe, said in PROBES[name].items():
        [mechanism] = said
        assert [key for key in container[f"{probe}Probe"] if key in {"tcpSocket", "exec", "httpGet"}] == [mechanism]


@pytest.mark.chapter("Probes: readiness tcpSocket", "Probes: httpGet headers")
@pytest.mark.parametrize(("name", "told"), [("closed", "connection refused"), ("header", "statuscode: 400")])
def test_a_pod_that_fails_its_readiness_probe_is_left_out(started: dict[str, Release], name: str, told: str) -> None:
    """For the reason that the mechanism gives, and it goes on running; the header is what Tomcat objects to."""
    pod_of(started[name])
    wait_until(lambda: told in unhealthy(started[name], "Readiness"), f"the kubelet to tell of {told!r}")
    [pod] = started[name].pods()
    assert not is_ready(pod)
    assert restarts(pod) == 0
    assert started[name].endpoints(name) == set()


@pytest.mark.chapter("Probes: liveness exec", "Probes: liveness tcpSocket", "Probes: failureThreshold")
@pytest.mark.parametrize(("name", "told"), [("missing", "something is missing"), ("deaf", ":8081: connect")])
def test_a_container_that_fails_its_liveness_probe_is_restarted(
    started: dict[str, Release], name: str, told: str
) -> None:
    """By a command or a closed port, after failureThreshold failures in a row."""
    pod_of(started[name])
    wait_until(lambda: restarts(started[name].pods()[0]) > 0, "the container to be restarted", timeout=90)
    assert told in unhealthy(started[name], "Liveness")


@pytest.mark.chapter("Probes: timeoutSeconds")
def test_an_attempt_may_take_as_long_as_is_said(started: dict[str, Release]) -> None:
    """A command that takes two seconds fails with a timeout of one, and succeeds with ten."""
    assert seconds_to_ready(started["long"]) >= 2
    wait_until(lambda: "timed out" in unhealthy(started["short"], "Readiness"), "the kubelet to tell of the timeout")
    assert not is_ready(started["short"].pods()[0])


@pytest.mark.chapter("Probes: initialDelaySeconds")
def test_a_probe_waits_before_its_first_attempt(started: dict[str, Release]) -> None:
    """The pod could have answered long before, and is not ready before the delay is over."""
    assert seconds_to_ready(started["late"]) >= DELAY_SECONDS


@pytest.mark.chapter("Probes: successThreshold", "Probes: periodSeconds")
def test_a_pod_has_to_succeed_several_times(started: dict[str, Release]) -> None:
    """Eight successes are seven periods of three seconds apart, less those that the kubelet asks for out of turn.

    It does so whenever a status changes, while the pod is not ready: `UpdatePodStatus` of
    pkg/kubelet/prober/prober_manager.go. Two were seen, and four are allowed for.
    """
    assert seconds_to_ready(started["steady"]) >= 3 * 3


@pytest.mark.chapter("Probes: startup tcpSocket", "Probes: failureThreshold", "Probes: periodSeconds")
def test_a_start_may_take_as_long_as_is_said(started: dict[str, Release]) -> None:
    """A container that has not started within failureThreshold periods is restarted; a patient probe leaves it be."""
    wait_until(lambda: restarts(started["unstarted"].pods()[0]) > 0, "the container to be restarted", timeout=90)
    patient = pod_of(started["patient"])
    assert restarts(patient) == 0
    assert not is_ready(patient)
    assert "connection refused" in unhealthy(started["patient"], "Startup")
