"""What measures the database and the application, and how Prometheus finds both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render
    from timonier.testing.objects import Rendered

MARIADB, ENI_TODO = "charts/mariadb", "charts/eni-todo"
BOTH = pytest.mark.parametrize("chart", [MARIADB, ENI_TODO])
EXPORTER: Any = ("Deployment", "mariadb-metrics")
DATABASE: Any = ("Service", "mariadb-metrics")
APPLICATION: Any = ("Deployment", "eni-todo")
MONITORED: Any = ("Service", "eni-todo-metrics")
POD = "spec.template.spec"
ONE = f"{POD}.containers[0]"
ABSENT = ...
PEER = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
PASSWORDS = {"auth": {"password": "a", "rootPassword": "b"}}
RUN = ["sh", "/scripts/exporter.sh", "--web.listen-address=:9104"]
NO_RIGHTS = [
    "--no-collect.slave_status",
    "--no-collect.info_schema.innodb_cmp",
    "--no-collect.info_schema.innodb_cmpmem",
]


def metrics(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - values of `metrics`
    """Values with metrics of these."""
    return {"metrics": {"enabled": True, **values}}


def labels(chart: str, component: str = "metrics") -> dict[str, str]:
    """The labels that pick a component of a release named after its chart."""
    name = chart.rpartition("/")[2]
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/component": component,
    }


# What is set; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "an exporter with the application's login, in a file": (
        MARIADB,
        metrics(),
        EXPORTER,
        {
            "spec.replicas": 1,
            "spec.revisionHistoryLimit": 10,
            "spec.selector.matchLabels": labels(MARIADB),
            "spec.template.metadata.labels": labels(MARIADB),
            f"{POD}.automountServiceAccountToken": False,
            f"{POD}.enableServiceLinks": False,
            f"{POD}.serviceAccountName": "mariadb",
            f"{POD}.imagePullSecrets": ABSENT,
            f"{POD}.nodeSelector": ABSENT,
            f"{POD}.tolerations": ABSENT,
            f"{POD}.priorityClassName": ABSENT,
            f"{POD}.securityContext.runAsUser": 999,
            f"{POD}.volumes[name=login].secret": {
                "secretName": "mariadb",
                "defaultMode": 0o440,
                "items": [{"key": "mariadb-password", "path": "password"}],
            },
            f"{POD}.volumes[name=scripts].configMap.name": "mariadb-metrics",
            f"{POD}.volumes[name=scratch].emptyDir": {"medium": "Memory"},
            f"{ONE}.name": "exporter",
            f"{ONE}.image": "prom/mysqld-exporter:v0.14.0",
            f"{ONE}.imagePullPolicy": "IfNotPresent",
            f"{ONE}.securityContext.readOnlyRootFilesystem": True,
            f"{ONE}.command": [*RUN, *NO_RIGHTS],
            f"{ONE}.env": [{"name": "DB_HOST", "value": "mariadb"}, {"name": "DB_USER", "value": "springuser"}],
            f"{ONE}.ports": [{"name": "metrics", "containerPort": 9104}],
            f"{ONE}.livenessProbe": {"httpGet": {"path": "/", "port": "metrics"}, "periodSeconds": 30},
            f"{ONE}.readinessProbe": {"httpGet": {"path": "/", "port": "metrics"}, "periodSeconds": 5},
            f"{ONE}.resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
            f"{ONE}.volumeMounts": [
                {"name": "login", "mountPath": "/run/secrets/metrics", "readOnly": True},
                {"name": "scripts", "mountPath": "/scripts", "readOnly": True},
                {"name": "scratch", "mountPath": "/tmp"},  # noqa: S108 - in the pod
            ],
        },
    ),
    "an account of its own may see all": (
        MARIADB,
        metrics(existingSecret="mine", args=["--collect.info_schema.processlist"]),
        EXPORTER,
        {
            f"{POD}.volumes[name=login].secret.secretName": "mine",
            f"{POD}.volumes[name=login].secret.items": [{"key": "my.cnf", "path": "my.cnf"}],
            f"{ONE}.command": [*RUN, "--collect.info_schema.processlist"],
            f"{ONE}.env": ABSENT,
        },
    ),
    "the login is the one of the Secret there is": (
        MARIADB,
        metrics() | {"auth": {"username": "u", "existingSecret": "mine", "secretKeys": {"password": "p"}}},
        EXPORTER,
        {
            f"{POD}.volumes[name=login].secret.secretName": "mine",
            f"{POD}.volumes[name=login].secret.items[0].key": "p",
            f"{ONE}.env[1].value": "u",
        },
    ),
    "with replicas it measures the pod that takes writes": (
        MARIADB,
        metrics() | {"architecture": "replication", "replication": {"primary": 1}},
        EXPORTER,
        {f"{ONE}.env[0].value": "mariadb-replica-1.mariadb-replica"},
    ),
    "it runs where, and as what, the database does": (
        MARIADB,
        metrics(image={"registry": "r", "tag": "v1", "pullPolicy": "Always"}, resources=None)
        | {
            "nodeSelector": {"disk": "fast"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "priorityClassName": "high",
            "imagePullSecrets": [{"name": "a"}],
            "podSecurityContext": None,
            "securityContext": None,
            "commonLabels": {"team": "a"},
            "revisionHistoryLimit": 2,
        },
        EXPORTER,
        {
            "spec.revisionHistoryLimit": 2,
            "spec.template.metadata.labels": labels(MARIADB) | {"team": "a"},
            f"{POD}.nodeSelector": {"disk": "fast"},
            f"{POD}.tolerations": [{"key": "dedicated", "operator": "Exists"}],
            f"{POD}.priorityClassName": "high",
            f"{POD}.imagePullSecrets": [{"name": "a"}],
            f"{POD}.securityContext": ABSENT,
            f"{ONE}.securityContext": ABSENT,
            f"{ONE}.resources": ABSENT,
            f"{ONE}.image": "r/prom/mysqld-exporter:v1",
            f"{ONE}.imagePullPolicy": "Always",
        },
    ),
    "the exporter has a Service": (
        MARIADB,
        metrics(),
        DATABASE,
        {
            "spec.selector": labels(MARIADB),
            "spec.ports": [{"name": "metrics", "port": 9104, "targetPort": "metrics"}],
        },
    ),
    "the application is told its port": (
        ENI_TODO,
        metrics(port=9999),
        APPLICATION,
        {
            f"{ONE}.env[name=METRICS_PORT].value": "9999",
            f"{ONE}.ports[name=metrics].containerPort": 9999,
        },
    ),
    "each pod of the application is asked by its own address, ready or not": (
        ENI_TODO,
        metrics(),
        MONITORED,
        {
            "spec.clusterIP": "None",
            "spec.publishNotReadyAddresses": True,
            "spec.selector": labels(ENI_TODO, "web"),
            "spec.ports": [{"name": "metrics", "port": 9404, "targetPort": "metrics"}],
        },
    ),
    "the Service of the users stays as it is": (
        ENI_TODO,
        metrics(),
        ("Service", "eni-todo"),
        {"spec.ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    ),
}


@pytest.mark.parametrize(("chart", "case"), [(chart, case) for chart, *case in BECOMES.values()], ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], chart: str, case: list[Any]) -> None:
    """The name of each says what for."""
    assert_facts(*case, chart=chart)


def added(render: Render, chart: str, before: dict[str, Any], after: dict[str, Any]) -> tuple[set[Any], set[Any]]:
    """The objects that other values add, and those that they change."""
    old, new = ({(one.kind, one.name): one.text for one in render(chart, values=values)} for values in (before, after))
    assert not set(old) - set(new)
    return set(new) - set(old), {key for key, text in old.items() if new[key] != text}


def test_measuring_restarts_no_database(render: Render) -> None:
    """All there was stays as it was, to the letter."""
    kinds = {("ConfigMap", "mariadb-metrics"), EXPORTER, DATABASE}
    assert added(render, MARIADB, PASSWORDS, PASSWORDS | metrics()) == (kinds, set())


def test_measuring_changes_the_application_only(render: Render) -> None:
    """Its pods, which take the port up when they start; no Service, Ingress or database."""
    values = {"mariadb": PASSWORDS, "ingress": {"enabled": True}}
    assert added(render, ENI_TODO, values, values | metrics()) == ({MONITORED}, {APPLICATION})


@BOTH
@pytest.mark.parametrize("case", ["defaults", "metrics"])
def test_the_monitor_picks_the_service(render: Render, chart: str, case: str) -> None:
    """By labels that this Service of the release has and no other, and by the name of its port."""
    values = {} if case == "defaults" else metrics(serviceMonitor={"enabled": True})
    objects = render(chart, values=values | {"networkPolicy": {"enabled": True}})
    monitors = [one for one in objects if one.kind == "ServiceMonitor"]
    if case == "defaults":
        assert monitors == []
        return
    [monitor] = monitors
    [service] = picked(objects, monitor["spec.selector.matchLabels"])
    assert service.name.endswith("-metrics")
    assert monitor["spec.endpoints[0].port"] in [port["name"] for port in service["spec.ports"]]


def picked(objects: Rendered, selector: dict[str, str]) -> list[Any]:
    """The Services that carry all labels of a selector."""
    services = [one for one in objects if one.kind == "Service"]
    return [one for one in services if selector.items() <= one["metadata.labels"].items()]


@BOTH
def test_the_monitor_says_how_and_for_whom(render: Render, chart: str) -> None:
    """How often, where, and the labels by which an operator's Prometheus selects it, which win over the chart's."""
    values = metrics(serviceMonitor={"enabled": True, "interval": "30s", "labels": {"release": "p", "team": "b"}})
    monitor = render(chart, values=values | {"commonLabels": {"team": "a"}})["ServiceMonitor"]
    path = {"path": "/metrics"} if chart == ENI_TODO else {}
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert monitor["spec.endpoints"] == [{"port": "metrics", "interval": "30s", **path}]
    assert {"release": "p", "team": "b"}.items() <= monitor["metadata.labels"].items()
    plain = render(chart, values=metrics(serviceMonitor={"enabled": True}))["ServiceMonitor"]
    assert plain["spec.endpoints"] == [{"port": "metrics", **path}]


@BOTH
@pytest.mark.parametrize("peers", [[], [PEER]], ids=["everybody", "named"])
def test_the_network_policy_lets_prometheus_in(render: Render, chart: str, peers: list[Any]) -> None:
    """To the port of the metrics, and who is named for it to no other."""
    values = metrics() | {"networkPolicy": {"enabled": True, "from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}}
    values["networkPolicy"]["metricsFrom"] = peers
    name = "mariadb-metrics" if chart == MARIADB else "eni-todo"
    policy = render(chart, values=values)["NetworkPolicy", name]
    [rule] = [one for one in policy["spec.ingress"] if one["ports"] == [{"port": "metrics"}]]
    assert rule == {"ports": [{"port": "metrics"}]} | ({"from": peers} if peers else {})
    component = "metrics" if chart == MARIADB else "web"
    assert policy["spec.podSelector.matchLabels"] == labels(chart, component)


def test_the_exporter_reaches_the_database(render: Render) -> None:
    """Whoever else the policy lets to it."""
    objects = render(MARIADB, values=metrics() | {"networkPolicy": {"enabled": True, "from": [PEER]}})
    [rule] = objects["NetworkPolicy", "mariadb-jobs"]["spec.ingress"]
    [peer] = rule["from"]
    assert "metrics" in peer["podSelector"]["matchExpressions"][0]["values"]


def test_without_metrics_nothing_is_opened(render: Render) -> None:
    """No policy has a rule for a port that nobody listens on."""
    for chart in (MARIADB, ENI_TODO):
        values = {"networkPolicy": {"enabled": True, "metricsFrom": [PEER]}}
        assert "metrics" not in {
            port["port"]
            for one in render(chart, values=values)
            if one.kind == "NetworkPolicy"
            for rule in one["spec"].get("ingress", [])
            for port in rule["ports"]
        }


@pytest.mark.parametrize("port", [8080, 4000])
def test_metrics_are_not_where_users_are(render: Render, port: int) -> None:
    """The Ingress leads to 8080, and would publish them."""
    with render.raises(f"metrics.port is {port}, where the application's own traffic arrives: choose another"):
        render(ENI_TODO, values=metrics(port=port))
    assert render(ENI_TODO, values={"metrics": {"port": port}})


@BOTH
def test_a_monitor_needs_metrics(render: Render, chart: str) -> None:
    """It would find nothing, and say so nowhere."""
    with render.raises("metrics.serviceMonitor.enabled needs metrics.enabled: there is nothing to scrape"):
        render(chart, values={"metrics": {"serviceMonitor": {"enabled": True}}})


@BOTH
@pytest.mark.parametrize("interval", ["30", "s", "half a minute"])
def test_an_interval_is_prometheus_own(render: Render, chart: str, interval: str) -> None:
    """The operator's own definition would refuse it, after everything else was installed."""
    with render.raises("interval"):
        render(chart, values=metrics(serviceMonitor={"enabled": True, "interval": interval}))
