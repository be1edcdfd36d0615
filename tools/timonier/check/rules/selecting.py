"""Selectors: what Services, budgets, policies and workloads pick their pods by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import PodIndex, namespace_of, pod_of, selects
from timonier.check.objects.reading import at, entries, mapping, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Pod
    from timonier.manifest import Manifest


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
            yield Problem("It selects no pod of the release.", found[0], manifest)


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


RULES: tuple[Rule, ...] = (selector_without_pod, selector_mismatch, service_target_port)
