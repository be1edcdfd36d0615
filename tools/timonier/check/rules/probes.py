"""How Kubernetes asks containers whether they are well."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.objects.podspec import pod_of
from timonier.check.objects.reading import at, entries, integer, mapping, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container
    from timonier.manifest import Manifest

_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")
_HEALTH_PAGE = re.compile(r"health|live|alive|ping|status", re.IGNORECASE)
_LONG_DELAY = 60  # seconds

# The API server's defaults.
_PERIOD = 10
_FAILURES = 3


def _probes(manifest: Manifest) -> Iterator[tuple[Container, str, dict[str, Any]]]:
    """Yield every container that runs, with the kind of a probe and what it says."""
    if pod := pod_of(manifest):
        for container in pod.running:
            for kind in _PROBES:
                if probe := mapping(container.spec, kind):
                    yield container, kind, probe


def _serving(manifest: Manifest) -> Iterator[Container]:
    """Yield the containers that are there to stay and have a port, behind which somebody may be waiting."""
    pod = pod_of(manifest)
    if pod and pod.is_service:
        yield from (container for container in pod.running if entries(container.spec, "ports"))


@object_rule("missing-readiness-probe", Severity.WARNING)
def missing_readiness_probe(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container that has a port does not say when it is ready.

    It gets requests from the moment its process starts, and a rollout goes on though the new version answers nothing.
    """
    for container in _serving(manifest):
        if not mapping(container.spec, "readinessProbe"):
            yield Problem(f"Container {container.name} has no readiness probe.", container.path)


@object_rule("missing-liveness-probe", Severity.INFO)
def missing_liveness_probe(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container that has a port is not restarted when it hangs.

    A program that ends when it cannot go on needs no liveness probe; one that may hang does. Let it ask for the process
    alone, never for a database: a restart mends neither.
    """
    for container in _serving(manifest):
        if not mapping(container.spec, "livenessProbe"):
            yield Problem(f"Container {container.name} has no liveness probe.", container.path)


@object_rule("liveness-equals-readiness", Severity.WARNING)
def liveness_equals_readiness(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container is restarted as soon as it is not ready, because both probes ask the same and wait no longer.

    When what is asked needs more than the process, such as a database, its outage restarts every pod, again and again.
    The Kubernetes documentation allows the same cheap endpoint for both *with a higher failureThreshold* for liveness:
    then the pod is out of the Service for a while before it is killed. What cannot need more is left out: a page whose
    last part is called after health or life (`/healthz`, `/live`, `/ping`), gRPC's health service, a plain TCP probe.

    Give liveness a page of its own that only the process answers, or more patience than readiness.
    """
    pod = pod_of(manifest)
    for container in pod.running if pod else ():
        liveness, readiness = mapping(container.spec, "livenessProbe"), mapping(container.spec, "readinessProbe")
        page = string(liveness, "httpGet", "path").rpartition("/")[2]
        asked = [field for field in ("exec", "httpGet") if mapping(liveness, field)]
        same = [field for field in asked if mapping(liveness, field) == mapping(readiness, field)]
        if same and not _HEALTH_PAGE.search(page) and _patience(liveness) <= _patience(readiness):
            sentence = f"Container {container.name} is killed for what makes it unready, and as soon."
            hint = "Let liveness ask for the process alone, or raise its failureThreshold."
            yield Problem(sentence, f"{container.path}.livenessProbe", hint=hint)


def _patience(probe: dict[str, Any]) -> int:
    """Return for how many seconds a probe has to fail before it counts."""
    period, failures = integer(probe, "periodSeconds"), integer(probe, "failureThreshold")
    return (_PERIOD if period is None else period) * (_FAILURES if failures is None else failures)


@object_rule("probe-port", Severity.ERROR)
def probe_port(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A probe asks at a port by name, and its container has no port of that name.

    The probe fails for ever: the pod never gets ready, or is killed again and again.
    """
    for container, kind, probe in _probes(manifest):
        names = {string(port, "name") for _, port in entries(container.spec, "ports")}
        for handler in ("httpGet", "tcpSocket"):
            port = string(probe, handler, "port")
            if port and not port.isdecimal() and port not in names:
                sentence = f"Container {container.name} has no port named {port}."
                yield Problem(sentence, f"{container.path}.{kind}.{handler}.port")


@object_rule("invalid-probe", Severity.ERROR)
def invalid_probe(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A probe asks in two ways or in none, or wants several successes where one is all that may be asked for.

    The API server refuses it. Two ways are mostly what Helm made of it: values that set `exec` are merged into a
    default that has `httpGet`, which needs `httpGet: null` beside it.
    """
    for container, kind, probe in _probes(manifest):
        handlers = [handler for handler in _HANDLERS if at(probe, handler) is not None]
        if len(handlers) != 1:
            what = " and ".join(handlers) or "none of " + ", ".join(_HANDLERS)
            yield Problem(f"A probe asks in one way, and this has {what}.", f"{container.path}.{kind}")
        threshold = integer(probe, "successThreshold")
        if kind != "readinessProbe" and threshold not in (None, 1):
            sentence = f"successThreshold has to be 1 for a {kind}."
            yield Problem(sentence, f"{container.path}.{kind}.successThreshold")


@object_rule("start-by-delay", Severity.INFO)
def start_by_delay(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A slow start is waited for by a fixed delay of the liveness probe.

    Where it takes longer once, the container is killed while it starts, for ever; where it is faster, a hang is noticed
    late. A `startupProbe` waits exactly as long as it takes.
    """
    for container, kind, probe in _probes(manifest):
        delay = integer(probe, "initialDelaySeconds") or 0
        if kind == "livenessProbe" and delay >= _LONG_DELAY and not mapping(container.spec, "startupProbe"):
            sentence = f"Container {container.name} is waited for {delay} seconds, however long its start takes."
            yield Problem(sentence, f"{container.path}.livenessProbe.initialDelaySeconds", hint="Use a startupProbe.")


RULES: tuple[Rule, ...] = (
    missing_readiness_probe,
    missing_liveness_probe,
    liveness_equals_readiness,
    probe_port,
    invalid_probe,
    start_by_delay,
)
