"""Where pods are in manifests, and which of them a selector selects."""

from __future__ import annotations

import pytest

from timonier.chart import Case
from timonier.check.context import CaseContext
from timonier.check.objects.podspec import PodIndex, autoscaled, namespace_of, pod_of, pods_of, replicas_of, selects
from timonier.check.objects.reading import entries, integer, leaves, mapping, pairs, string, strings
from timonier.engine import Release
from timonier.manifest import Manifest, read_manifests


def one(text: str) -> Manifest:
    """Return the only manifest of a text."""
    [manifest] = read_manifests(text, origin="test")
    return manifest


POD = "{metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"{{apiVersion: v1, kind: Pod, {POD[1:]}", ""),
        (f"{{apiVersion: apps/v1, kind: Deployment, spec: {{template: {POD}}}}}", "spec.template"),
        (f"{{apiVersion: batch/v1, kind: Job, spec: {{template: {POD}}}}}", "spec.template"),
        (
            f"{{apiVersion: batch/v1, kind: CronJob, spec: {{jobTemplate: {{spec: {{template: {POD}}}}}}}}}",
            "spec.jobTemplate.spec.template",
        ),
        (f"{{apiVersion: argoproj.io/v1alpha1, kind: Rollout, spec: {{template: {POD}}}}}", "spec.template"),
        (f"{{apiVersion: v1, kind: PodTemplate, template: {POD}}}", "template"),
    ],
)
def test_every_kind_keeps_its_pod_somewhere(text: str, path: str) -> None:
    """And what is found there is the same pod."""
    pod = pod_of(one(text))
    assert pod is not None
    assert (pod.path, pod.labels) == (path, {"app": "web"})
    assert [(container.name, container.path) for container in pod.containers] == [
        ("web", f"{path}.spec.containers[0]".lstrip("."))
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{apiVersion: v1, kind: Service, spec: {ports: []}}",
        "{apiVersion: cert-manager.io/v1, kind: Certificate, spec: {template: {metadata: {}}}}",
        "{apiVersion: apps/v1, kind: Deployment, spec: text}",
    ],
)
def test_other_objects_have_no_pod(text: str) -> None:
    """Nor has what only looks like one."""
    assert pod_of(one(text)) is None


def test_sidecars_run_as_long_as_the_pod() -> None:
    """An init container that restarts always; no other init container, and nothing ephemeral."""
    pod = pod_of(
        one(
            "{apiVersion: v1, kind: Pod, spec: {containers: [{name: web}],"
            " ephemeralContainers: [{name: debug, restartPolicy: Always}],"
            " initContainers: [{name: wait}, {name: proxy, restartPolicy: Always}]}}"
        )
    )
    assert pod is not None
    assert [container.name for container in pod.running] == ["proxy", "web"]
    assert [container.name for container in pod.containers] == ["wait", "proxy", "web", "debug"]


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchLabels": {"app": "web", "role": "primary"}}, False),
        ({"matchLabels": {"app": "web", "statefulset.kubernetes.io/pod-name": "web-0"}}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db", "web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]}, False),
        ({"matchExpressions": [{"key": "job-name", "operator": "In", "values": ["db"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}, True),
        ({"matchExpressions": [{"key": "role", "operator": "Exists"}]}, False),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "pod-template-hash", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "role", "operator": "DoesNotExist"}]}, True),
        ({}, True),
    ],
)
def test_selectors_select_as_kubernetes_does(selector: dict[str, object], *, selected: bool) -> None:
    """Labels that controllers add to pods count as there; looking pods up in an index gives the same."""
    assert selects(selector, {"app": "web"}) is selected
    pods = f"{{apiVersion: v1, kind: Pod, {POD[1:]}\n---\n{{apiVersion: v1, kind: Pod, spec: {{containers: []}}}}"
    context = CaseContext(Case("", ""), read_manifests(pods, origin="test"), "1.34.0", Release("some", "here"))
    found = [pod.labels for pod in PodIndex(context).selected(selector, "here")]
    assert ({"app": "web"} in found) is selected
    assert PodIndex(context).selected(selector, "elsewhere") == []
    assert len(pods_of(context.manifests)) == 2


@pytest.mark.parametrize(
    ("kind", "annotations", "stays"),
    [
        ("apps/v1, kind: Deployment", "{}", True),
        ("batch/v1, kind: Job", "{}", False),
        ("apps/v1, kind: Deployment", "{helm.sh/hook: test}", False),
    ],
)
def test_what_is_there_to_stay(kind: str, annotations: str, *, stays: bool) -> None:
    """No Job, and no hook."""
    pod = pod_of(one(f"{{apiVersion: {kind}, metadata: {{annotations: {annotations}}}, spec: {{template: {POD}}}}}"))
    assert pod is not None
    assert pod.is_service is stays


def test_a_namespace_of_its_own() -> None:
    """Or the release's."""
    manifests = read_manifests("{kind: A, metadata: {namespace: own}}\n---\n{kind: B}", origin="test")
    context = CaseContext(Case("", ""), manifests, "1.34.0", Release("some", "here"))
    assert [namespace_of(manifest, context) for manifest in manifests] == ["own", "here"]


def test_an_autoscaler_decides_on_the_replicas() -> None:
    """Down to its least; without one the workload does, and 1 is what is left out."""
    text = (
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 5}}\n---\n"
        "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web},"
        " spec: {minReplicas: 2, scaleTargetRef: {kind: Deployment, name: web}}}\n---\n"
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: other}, spec: {}}"
    )
    web, scaler, other = read_manifests(text, origin="test")
    context = CaseContext(Case("", ""), (web, scaler, other), "1.34.0", Release("some", "here"))
    assert autoscaled(context) == {("here", "Deployment", "web"): scaler}
    assert [replicas_of(web, scaler), replicas_of(web, None), replicas_of(other, None)] == [2, 5, 1]


def test_what_is_of_another_type_reads_as_absent() -> None:
    """So that no rule has to ask."""
    node = {"map": {"a": 1}, "list": [{"b": 2}, "text", 3], "text": "t", "true": True, "number": 7}
    assert mapping(node, "map") == {"a": 1}
    assert mapping(node, "list") == mapping(node, "map", "a", "b") == mapping(None, "a") == {}
    assert entries(node, "list") == [(0, {"b": 2})]
    assert entries(node, "map") == entries(node, "text") == []
    assert strings(node, "list") == ["text"]
    assert (string(node, "text"), string(node, "number"), string(node, "missing")) == ("t", "", "")
    assert (integer(node, "number"), integer(node, "true"), integer(node, "text")) == (7, None, None)
    assert pairs({1: None, "a": True}) == {"1": "None", "a": "True"}
    assert dict(leaves(node))["list[0].b"] == 2
