"""Kinds that few examples have, all in one rendering: nothing wrong is found where nothing is, and each slip is."""

from __future__ import annotations

from pathlib import Path

import pytest

from timonier.check.catalogue import select
from timonier.check.renderings import Matrix
from timonier.check.run import check
from timonier.engine import Release
from timonier.source import FileSource
from timonier.values import Settings

KINDS = Path(__file__).parents[2] / "corpus" / "manifests" / "kinds.yaml"


def found(text: str, *versions: str) -> list[tuple[str, str, str]]:
    """Return the rule, the path and the message of what is found, but for definitions that nobody gave."""
    source = FileSource("kinds.yaml", text)
    matrix = Matrix(Settings(), (), versions or ("1.36.0",), Release("shop", "default"))
    findings = check([source], matrix, select({"missing-definition": "off"})).findings
    return [(finding.rule, finding.path, finding.message) for finding in findings]


def test_nothing_is_wrong() -> None:
    """For any Kubernetes there is; of the two custom resources nothing is known but what rules ask of them."""
    assert found(KINDS.read_text(encoding="utf-8"), "1.30.0", "1.33.0", "1.36.0") == []


@pytest.mark.parametrize(
    ("right", "wrong", "rule", "path", "message"),
    [
        (
            "configMap: {name: shop-scripts}",
            "configMap: {name: files}",
            "missing-reference",
            "spec.jobTemplate.spec.template.spec.volumes[0].configMap.name",
            "ConfigMap files is not there.",
        ),
        (
            "mountPath: /scripts}, {name: backups",
            "mountPath: /scripts}, {name: backup",
            "mount-without-volume",
            "spec.jobTemplate.spec.template.spec.containers[0].volumeMounts[1].name",
            "The pod has no volume backup.",
        ),
        ('"0 3 * * *"', '"0 3 * * 7"', "cron-schedule", "spec.schedule", '"7" is no day of the week'),
        (
            "volumeName: shop-static",
            "volumeName: static",
            "missing-reference",
            "spec.volumeName",
            "PersistentVolume static is not there.",
        ),
        (
            "claimRef: {namespace: default, name: shop-backups}",
            "claimRef: {namespace: default, name: backups}",
            "missing-reference",
            "spec.claimRef.name",
            "PersistentVolumeClaim backups is not there.",
        ),
        (
            "service-name: shop-database,",
            "service-name: database,",
            "missing-reference",
            "metadata.labels.kubernetes.io/service-name",
            "Service database is not there.",
        ),
        (
            "[{name: mysql, port: 3306, protocol: TCP}]",
            "[{port: 3306, protocol: TCP}]",
            "backend-port",
            "ports[0].name",
            "Service shop-database has no port without a name.",
        ),
        (
            "backendRefs: [{name: shop, port: 80}]",
            "backendRefs: [{name: web, port: 80}]",
            "missing-reference",
            "spec.rules[0].backendRefs[0].name",
            "Service web is not there.",
        ),
        (
            "backendRefs: [{name: shop, port: 80}]",
            "backendRefs: [{name: shop, port: 8080}]",
            "backend-port",
            "spec.rules[0].backendRefs[0].port",
            "Service shop has no port 8080.",
        ),
        (
            "selector: {matchLabels: {app: shop}}\n  endpoints",
            "selector: {matchLabels: {app: web}}\n  endpoints",
            "monitor-without-target",
            "spec.selector",
            "It selects no Service of the release.",
        ),
        (
            "endpoints: [{port: metrics}]",
            "endpoints: [{port: prometheus}]",
            "monitor-without-target",
            "spec.endpoints[0].port",
            "No Service it selects has a port named prometheus: they have http, metrics.",
        ),
        (
            "podSelector: {matchLabels: {app: shop, component: backup}}",
            "podSelector: {matchLabels: {app: shop, component: dump}}",
            "selector-without-pod",
            "spec.podSelector",
            "It selects no pod of the release.",
        ),
        (
            "selector: {matchLabels: {app: shop, component: prepull}}",
            "selector: {matchLabels: {app: shop, component: pull}}",
            "selector-mismatch",
            "spec.selector",
            "The selector does not match the labels of its own pods (component).",
        ),
        (
            "{name: shop-outside}",
            "{name: shop-database}",
            "duplicate-object",
            "metadata.name",
            "Another document is called the same, Service shop-database.",
        ),
        (
            "networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: shop}",
            "storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: shop-fast, namespace: elsewhere}",
            "duplicate-object",
            "metadata.name",
            "Another document is called the same, StorageClass shop-fast.",
        ),
    ],
)
def test_a_slip_is_found(right: str, wrong: str, rule: str, path: str, message: str) -> None:
    """By its rule, at its place: inside CronJobs, in objects without a namespace, in custom resources."""
    text = KINDS.read_text(encoding="utf-8")
    assert right in text
    slips = [one for one in found(text.replace(right, wrong, 1)) if one[0] == rule]
    assert [(at, said.startswith(message)) for _, at, said in slips] == [(path, True)]


@pytest.mark.parametrize(
    "wanted",
    ["namespaceSelector: {any: true}", "namespaceSelector: {matchNames: [elsewhere]}", "namespaceSelector: {}"],
)
def test_a_monitor_for_other_namespaces_is_nobodys_business(wanted: str) -> None:
    """What is there cannot be known; without a name it is its own."""
    text = KINDS.read_text(encoding="utf-8")
    monitor = text.replace(
        "selector: {matchLabels: {app: shop}}\n", f"selector: {{matchLabels: {{a: b}}}}\n  {wanted}\n"
    )
    assert len(found(monitor)) == (wanted == "namespaceSelector: {}")


def test_a_pod_monitor_goes_by_pods() -> None:
    """By their labels and their containers' ports."""
    text = KINDS.read_text(encoding="utf-8").replace("kind: ServiceMonitor", "kind: PodMonitor")
    good = text.replace("endpoints: [{port: metrics}]", "podMetricsEndpoints: [{port: metrics}]")
    assert found(good) == []
    assert [path for _, path, _ in found(good.replace("[{port: metrics}]", "[{port: web}]"))] == [
        "spec.podMetricsEndpoints[0].port"
    ]


def test_a_volume_is_there_for_claims_of_any_namespace() -> None:
    """It belongs to none itself."""
    documents = KINDS.read_text(encoding="utf-8").split("---\n")
    volume = next(text for text in documents if "kind: PersistentVolume\n" in text)
    claim = next(text for text in documents if "kind: PersistentVolumeClaim\n" in text)
    elsewhere = claim.replace("name: shop-backups", "name: shop-backups, namespace: elsewhere")
    assert found(f"{volume.replace('namespace: default', 'namespace: elsewhere')}---\n{elsewhere}") == []
