"""Rules about selectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import selecting

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\n"
    "spec: {containers: [{name: web, ports: [{name: http, containerPort: 80}]}]}\n---\n"
)


def selector(api: str, kind: str, spec: str, namespace: str = "somewhere") -> str:
    """Return an object that selects pods."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: s, namespace: {namespace}}}\nspec: {spec}\n---\n"


SELECTORS = [
    ("v1", "Service", "{selector: {app: APP}}", "spec.selector"),
    ("policy/v1", "PodDisruptionBudget", "{selector: {matchLabels: {app: APP}}}", "spec.selector"),
    ("networking.k8s.io/v1", "NetworkPolicy", "{podSelector: {matchLabels: {app: APP}}}", "spec.podSelector"),
]


@pytest.mark.parametrize(("api", "kind", "spec", "path"), SELECTORS)
def test_whoever_selects_no_pod(found: Found, api: str, kind: str, spec: str, path: str) -> None:
    """In the same namespace; all is well when there is one."""
    [problem] = found(selecting.selector_without_pod, selector(api, kind, spec.replace("APP", "db")) + POD)
    assert (problem.path, problem.message) == (path, "It selects no pod of the release.")
    matching = spec.replace("APP", "web")
    assert len(found(selecting.selector_without_pod, selector(api, kind, matching, "elsewhere") + POD)) == 1
    assert found(selecting.selector_without_pod, selector(api, kind, matching) + POD) == []


@pytest.mark.parametrize(
    "text",
    [
        selector("v1", "Service", "{type: ExternalName}"),
        selector("policy/v1", "PodDisruptionBudget", "{selector: {}}"),
        selector("networking.k8s.io/v1", "NetworkPolicy", "{podSelector: {}}"),
        selector("monitoring.coreos.com/v1", "ServiceMonitor", "{selector: {matchLabels: {app: x}}}"),
        selector("serving.knative.dev/v1", "Service", "{selector: {app: x}}"),
    ],
)
def test_whoever_selects_all_or_something_else(found: Found, text: str) -> None:
    """An empty selector, none, and those of custom resources."""
    assert found(selecting.selector_without_pod, text) == []


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("{app: db}", "It wants app: db, and pods have web."),
        ("{app: web, tier: front}", "It wants tier: front, and no pod has that label."),
        (
            "{app: web, pod-template-hash: x, app.kubernetes.io/name: a}",
            "It wants app.kubernetes.io/name: a, and no pod has that label.",
        ),
    ],
)
def test_whoever_selects_no_pod_is_told_by_which_label(found: Found, wanted: str, hint: str) -> None:
    """The first that no pod has; what controllers give is not looked for."""
    [problem] = found(selecting.selector_without_pod, selector("v1", "Service", f"{{selector: {wanted}}}") + POD)
    assert problem.hint == hint
    [alone] = found(selecting.selector_without_pod, selector("v1", "Service", f"{{selector: {wanted}}}"))
    assert alone.hint == ""


def workload(wanted: str, labels: str = "{app: web}", kind: str = "Deployment", api: str = "apps/v1") -> str:
    """Return a workload with a selector, whose pods have labels."""
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web}}\nspec:\n  selector: {wanted}\n"
        f"  template: {{metadata: {{labels: {labels}}}, spec: {{containers: [{{name: web}}]}}}}\n---\n"
    )


def test_a_workload_that_does_not_select_its_pods(found: Found) -> None:
    """And by which label."""
    [problem] = found(selecting.selector_mismatch, workload("{matchLabels: {app: web, tier: front}}"))
    assert problem.message == "The selector does not match the labels of its own pods (tier)."
    [problem] = found(selecting.selector_mismatch, workload("{matchLabels: {}}"))
    assert problem.message == "The selector is empty, which the API server refuses."
    expression = "{matchExpressions: [{key: app, operator: In, values: [db]}]}"
    [problem] = found(selecting.selector_mismatch, workload(expression))
    assert problem.message == "The selector does not match the labels of its own pods."


@pytest.mark.parametrize(
    "text",
    [
        workload("{matchLabels: {app: web}}"),
        workload("{matchLabels: {app: web}}", "{app: web, version: '2'}", "StatefulSet"),
        workload("{app: web}", "{app: other}", "ReplicationController", "v1"),
        POD,
    ],
)
def test_a_workload_that_selects_its_pods(found: Found, text: str) -> None:
    """Pods may have more labels; other API groups have rules of their own."""
    assert found(selecting.selector_mismatch, text) == []


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ("{targetPort: metrics}", "No container of its pods has a port named metrics: they have http."),
        ("{targetPort: http}", ""),
        ("{targetPort: 8080}", ""),
        ("{port: 80}", ""),
    ],
)
def test_a_service_that_sends_to_a_port_by_name(found: Found, port: str, message: str) -> None:
    """The name has to be one of its pods'; numbers may be anything."""
    service = selector("v1", "Service", f"{{selector: {{app: web}}, ports: [{port}]}}")
    problems = found(selecting.service_target_port, service + POD)
    assert [problem.message for problem in problems] == ([message] if message else [])
    assert all(problem.path == "spec.ports[0].targetPort" for problem in problems)
    assert found(selecting.service_target_port, service) == []


def test_a_pod_that_names_no_port(found: Found) -> None:
    """The message says so."""
    service = selector("v1", "Service", "{selector: {app: web}, ports: [{targetPort: http}]}")
    [problem] = found(
        selecting.service_target_port, service + POD.replace("ports: [{name: http, containerPort: 80}]", "")
    )
    assert problem.message == "No container of its pods has a port named http: they name none."
