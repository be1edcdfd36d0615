"""Selectors: what Services, budgets, policies and workloads pick their pods by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import PodIndex, is_given, namespace_of, pod_of, pods_of, selects
from timonier.check.objects.reading import at, entries, mapping, pairs, string, strings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Pod
    from timonier.manifest import Manifest


_MOST_SHOWN = 3


def selector_of(manifest: Manifest) -> tuple[str, object] | None:
    """Return path and LabelSelector of a Service, a budget or a policy; None when it selects no certain pods."""
    match manifest.identity[:2]:
        case ("", "Service"):
            path, selector = "spec.selector", mapping(manifest.document, "spec", "selector")
            return (path, {"matchLabels": selector}) if selector else None
        case ("policy", "PodDisruptionBudget"):
            path = "spec.selector"
        case ("networking.k8s.io", "NetworkPolicy"):
            path = "spec.podSelector"
        case _:
            return None
    selector = mapping(manifest.document, *path.split("."))
    return (path, selector) if selector else None


@case_rule("selector-without-pod", Severity.WARNING)
def selector_without_pod(context: CaseContext) -> Iterator[Problem]:
    """A Service, a PodDisruptionBudget or a NetworkPolicy selects no pod of the rendering.

    The Service has no endpoints, the budget protects nothing, the policy lets everything through, and nobody says so.
    Labels that controllers put on pods count as given. Labels that a program puts on its own pods (a database's
    primary) cannot be seen from here: switch the rule off where that is so.

    Mostly the labels come from two helpers, or the selector was left behind when a label changed.
    """
    index = PodIndex(context)
    for manifest in context.manifests:
        found = selector_of(manifest)
        if found and not index.selected(found[1], namespace_of(manifest, context)):
            hint = _lacking(found[1], index.selected({}, namespace_of(manifest, context)))
            yield Problem("It selects no pod of the release.", found[0], manifest, hint=hint)


def _lacking(selector: object, pods: list[Pod]) -> str:
    """Say which of the wanted labels no pod has, and which values pods have there; nothing when each has some."""
    for key, value in pairs(selector, "matchLabels").items():
        there = sorted({pod.labels[key] for pod in pods if key in pod.labels})
        if pods and value not in there and not is_given(key):
            has = f"pods have {', '.join(there[:_MOST_SHOWN])}" if there else "no pod has that label"
            return f"It wants {key}: {value}, and {has}."
    return ""


@case_rule("monitor-without-target", Severity.WARNING)
def monitor_without_target(context: CaseContext) -> Iterator[Problem]:
    """A ServiceMonitor or PodMonitor selects nothing of the rendering, or a port that nothing it selects names.

    Prometheus then lists no target, and nobody is told: a metric that is missing looks like one that is quiet. A
    ServiceMonitor goes by the labels and the port names of Services, and not of pods. Monitors for other namespaces
    are left out.
    """
    for manifest in context.manifests:
        kind = _MONITORED.get(manifest.identity.kind) if manifest.identity.group == "monitoring.coreos.com" else None
        selector = mapping(manifest.document, "spec", "selector")
        if not kind or not selector or not _is_for_own_namespace(manifest, context):
            continue
        named = [ports for labels, ports in kind.targets(manifest, context) if selects(selector, labels)]
        if not named:
            yield Problem(f"It selects no {kind.target} of the release.", "spec.selector", manifest)
        for index, endpoint in entries(manifest.document, "spec", kind.endpoints) if named else ():
            port, known = string(endpoint, "port"), set().union(*named)
            if port and port not in known:
                has = f"they have {', '.join(sorted(known))}" if known else "they name none"
                sentence = f"No {kind.target} it selects has a port named {port}: {has}."
                yield Problem(sentence, f"spec.{kind.endpoints}[{index}].port", manifest)


class _Monitored(NamedTuple):
    """What a kind of monitor looks at: what it is called, its list of ports, and labels and port names of each."""

    target: str
    endpoints: str
    targets: Callable[[Manifest, CaseContext], Iterator[tuple[dict[str, str], set[str]]]]


def _services(monitor: Manifest, context: CaseContext) -> Iterator[tuple[dict[str, str], set[str]]]:
    for other in context.manifests:
        if other.identity[:2] == ("", "Service") and namespace_of(other, context) == namespace_of(monitor, context):
            names = {string(port, "name") for _, port in entries(other.document, "spec", "ports")} - {""}
            yield pairs(other.document, "metadata", "labels"), names


def _pods(monitor: Manifest, context: CaseContext) -> Iterator[tuple[dict[str, str], set[str]]]:
    for pod in pods_of(context.manifests):
        if namespace_of(pod.manifest, context) == namespace_of(monitor, context):
            yield pod.labels, set(_port_names(pod)) - {""}


_MONITORED = {
    "ServiceMonitor": _Monitored("Service", "endpoints", _services),
    "PodMonitor": _Monitored("pod", "podMetricsEndpoints", _pods),
}


def _is_for_own_namespace(monitor: Manifest, context: CaseContext) -> bool:
    """Whether a monitor looks into the namespace it is in, and into no other."""
    wanted = mapping(monitor.document, "spec", "namespaceSelector")
    return not wanted.get("any") and strings(wanted, "matchNames") in ([], [namespace_of(monitor, context)])


@object_rule("selector-mismatch", Severity.ERROR)
def selector_mismatch(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A workload does not select its own pods.

    The API server refuses it: `selector does not match template labels`.
    """
    pod = pod_of(manifest)
    if pod is None or manifest.identity.group != "apps":
        return
    selector = at(manifest.document, "spec", "selector")
    if isinstance(selector, dict) and not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield Problem("The selector is empty, which the API server refuses.", "spec.selector")
    elif not selects(selector, pod.labels):
        lacking = [k for k, v in mapping(selector, "matchLabels").items() if pod.labels.get(str(k)) != str(v)]
        differing = f" ({', '.join(map(str, lacking))})" if lacking else ""
        yield Problem(f"The selector does not match the labels of its own pods{differing}.", "spec.selector")


@case_rule("service-target-port", Severity.ERROR)
def service_target_port(context: CaseContext) -> Iterator[Problem]:
    """A Service sends to a port by name, and no container of its pods has a port of that name.

    The Service gets no endpoints for the port. Numbers are not looked at: a container may listen where it does not say.
    """
    index = PodIndex(context)
    for manifest in context.manifests:
        found = selector_of(manifest) if manifest.identity.kind == "Service" else None
        pods = index.selected(found[1], namespace_of(manifest, context)) if found else []
        known = {name for pod in pods for name in _port_names(pod)}
        for number, port in entries(manifest.document, "spec", "ports") if pods else ():
            name = string(port, "targetPort")
            if name and name not in known:
                has = f"they have {', '.join(sorted(known))}" if known else "they name none"
                sentence = f"No container of its pods has a port named {name}: {has}."
                yield Problem(sentence, f"spec.ports[{number}].targetPort", manifest)


def _port_names(pod: Pod) -> Iterator[str]:
    for container in pod.running:
        for _, port in entries(container.spec, "ports"):
            yield string(port, "name")


RULES: tuple[Rule, ...] = (selector_without_pod, monitor_without_target, selector_mismatch, service_target_port)
