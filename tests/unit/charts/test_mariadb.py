"""The chart mariadb: what each value becomes, what each case consists of, and what is refused."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.chart import Case
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")

SELECTOR = {
    "app.kubernetes.io/name": "mariadb",
    "app.kubernetes.io/instance": "mariadb",
    "app.kubernetes.io/component": "database",
}
LABELS = SELECTOR | {
    "helm.sh/chart": "mariadb-0.2.0",
    "app.kubernetes.io/version": "10.11",
    "app.kubernetes.io/managed-by": "Helm",
}
SERVER: Any = "StatefulSet"
TEST: Any = "Pod"
CLIENT: Any = ("Service", "mariadb-client")
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[name=mariadb]"
IMAGE = f"{CONTAINER}.image"
ABSENT = ...

# What is set; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "the image is the chart's version of it": (
        {},
        SERVER,
        {IMAGE: "mariadb:10.11", f"{CONTAINER}.imagePullPolicy": "IfNotPresent"},
    ),
    "registry, repository and tag make the image": (
        {"image": {"registry": "example.org", "repository": "db", "tag": "11", "pullPolicy": "Always"}},
        SERVER,
        {IMAGE: "example.org/db:11", f"{CONTAINER}.imagePullPolicy": "Always"},
    ),
    "the release's registry wins over the chart's": (
        {"image": {"registry": "example.org"}, "global": {"imageRegistry": "mirror.example.org"}},
        SERVER,
        {IMAGE: "mirror.example.org/mariadb:10.11"},
    ),
    "a digest wins over the tag": (
        {"image": {"tag": "11", "digest": f"sha256:{'0' * 64}"}},
        SERVER,
        {IMAGE: f"mariadb@sha256:{'0' * 64}"},
    ),
    "the test's pod has the database's image": (
        {"image": {"tag": "11", "pullPolicy": "Always"}},
        TEST,
        {"spec.containers[0].image": "mariadb:11", "spec.containers[0].imagePullPolicy": "Always"},
    ),
    "secrets for pulling are the release's and the chart's, each once": (
        {"imagePullSecrets": [{"name": "a"}, {"name": "b"}], "global": {"imagePullSecrets": [{"name": "a"}]}},
        SERVER,
        {f"{POD}.imagePullSecrets": [{"name": "a"}, {"name": "b"}]},
    ),
    "secrets for pulling may be the release's alone": (
        {"imagePullSecrets": None, "global": {"imagePullSecrets": [{"name": "a"}]}},
        TEST,
        {"spec.imagePullSecrets": [{"name": "a"}]},
    ),
    "no secrets for pulling are none": ({"global": None}, SERVER, {f"{POD}.imagePullSecrets": ABSENT}),
    "the test pulls with none either": ({}, TEST, {"spec.imagePullSecrets": ABSENT}),
    "one pod, replaced at once, its claim kept": (
        {},
        SERVER,
        {
            "spec.serviceName": "mariadb",
            "spec.replicas": 1,
            "spec.podManagementPolicy": "Parallel",
            "spec.updateStrategy": {"type": "RollingUpdate"},
            "spec.revisionHistoryLimit": 10,
            "spec.minReadySeconds": 0,
            "spec.persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
            "spec.selector.matchLabels": SELECTOR,
            "spec.template.metadata.labels": SELECTOR,
            f"{POD}.terminationGracePeriodSeconds": 120,
            f"{POD}.enableServiceLinks": False,
            f"{POD}.automountServiceAccountToken": False,
        },
    ),
    "how pods are replaced can be said": (
        {
            "replicas": 0,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "OnDelete"},
            "revisionHistoryLimit": 2,
            "minReadySeconds": 3,
            "terminationGracePeriodSeconds": 60,
        },
        SERVER,
        {
            "spec.replicas": 0,
            "spec.podManagementPolicy": "OrderedReady",
            "spec.updateStrategy": {"type": "OnDelete"},
            "spec.revisionHistoryLimit": 2,
            "spec.minReadySeconds": 3,
            f"{POD}.terminationGracePeriodSeconds": 60,
        },
    ),
    "where pods run can be said": (
        {
            "nodeSelector": {"disk": "fast"},
            "affinity": {"nodeAffinity": {}},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}
            ],
            "priorityClassName": "high",
        },
        SERVER,
        {
            f"{POD}.nodeSelector": {"disk": "fast"},
            f"{POD}.affinity": {"nodeAffinity": {}},
            f"{POD}.tolerations": [{"key": "dedicated", "operator": "Exists"}],
            f"{POD}.topologySpreadConstraints[0].topologyKey": "zone",
            f"{POD}.priorityClassName": "high",
        },
    ),
    "anywhere, unless said": (
        {},
        SERVER,
        {f"{POD}.{key}": ABSENT for key in ("nodeSelector", "affinity", "tolerations", "priorityClassName")},
    ),
    "the pod's labels are its own and the chart's, its own first": (
        {"podLabels": {"tier": "pod"}, "commonLabels": {"tier": "all", "team": "a"}},
        SERVER,
        {
            "spec.template.metadata.labels": SELECTOR | {"tier": "pod", "team": "a"},
            "metadata.labels": LABELS | {"tier": "all", "team": "a"},
            "spec.selector.matchLabels": SELECTOR,
        },
    ),
    "common labels without the pod's": (
        {"podLabels": None, "commonLabels": {"team": "a"}},
        SERVER,
        {"spec.template.metadata.labels": SELECTOR | {"team": "a"}},
    ),
    "the pod's labels without common ones": (
        {"podLabels": {"team": "a"}, "commonLabels": None},
        SERVER,
        {"spec.template.metadata.labels": SELECTOR | {"team": "a"}, "metadata.labels": LABELS},
    ),
    "the pod's annotations stand beside the chart's": (
        {"podAnnotations": {"example.org/a": "b"}},
        SERVER,
        {
            'spec.template.metadata.annotations["example.org/a"]': "b",
            'spec.template.metadata.annotations["kubectl.kubernetes.io/default-container"]': "mariadb",
        },
    ),
    "security is handed on": (
        {"podSecurityContext": {"fsGroup": 5}, "securityContext": {"privileged": False}},
        SERVER,
        {f"{POD}.securityContext.fsGroup": 5, f"{CONTAINER}.securityContext.privileged": False},
    ),
    "security is the test's as well": (
        {"podSecurityContext": {"fsGroup": 5}, "securityContext": {"privileged": False}},
        TEST,
        {"spec.securityContext.fsGroup": 5, "spec.containers[0].securityContext.privileged": False},
    ),
    "security and resources may be left to the cluster": (
        {"podSecurityContext": None, "securityContext": None, "resources": None},
        SERVER,
        {f"{POD}.securityContext": ABSENT, f"{CONTAINER}.securityContext": ABSENT, f"{CONTAINER}.resources": ABSENT},
    ),
    "the test's security may be left to the cluster": (
        {"podSecurityContext": None, "securityContext": None},
        TEST,
        {"spec.securityContext": ABSENT, "spec.containers[0].securityContext": ABSENT},
    ),
    "resources are small": (
        {},
        SERVER,
        {f"{CONTAINER}.resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}},
    ),
    "arguments and variables are handed on": (
        {"args": ["--max-connections=200"], "extraEnv": [{"name": "TZ", "value": "Europe/Paris"}]},
        SERVER,
        {f"{CONTAINER}.args": ["--max-connections=200"], f"{CONTAINER}.env[name=TZ].value": "Europe/Paris"},
    ),
    "no arguments are none": ({}, SERVER, {f"{CONTAINER}.args": ABSENT}),
    "the entrypoint is told of database, user and the passwords' files": (
        {"auth": {"database": "shop", "username": "clerk"}},
        SERVER,
        {
            f"{CONTAINER}.env": [
                {"name": "MARIADB_ROOT_PASSWORD_FILE", "value": "/run/secrets/mariadb/root-password"},
                {"name": "MARIADB_DATABASE", "value": "shop"},
                {"name": "MARIADB_USER", "value": "clerk"},
                {"name": "MARIADB_PASSWORD_FILE", "value": "/run/secrets/mariadb/password"},
            ],
        },
    ),
    "passwords are files of the Secret": (
        {"auth": {"existingSecret": "mine", "secretKeys": {"rootPassword": "r", "password": "p"}}},
        SERVER,
        {
            f"{POD}.volumes[name=passwords].secret": {
                "secretName": "mine",
                "defaultMode": 0o440,
                "items": [{"key": "r", "path": "root-password"}, {"key": "p", "path": "password"}],
            },
        },
    ),
    "rows are on a claim": (
        {},
        SERVER,
        {
            "spec.volumeClaimTemplates": [
                {
                    "metadata": {"name": "data", "labels": SELECTOR},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
                }
            ],
        },
    ),
    "the claim can be said": (
        {
            "persistence": {
                "size": "2Gi",
                "storageClass": "fast",
                "accessModes": ["ReadWriteOncePod"],
                "annotations": {"a": "b"},
            }
        },
        SERVER,
        {
            "spec.volumeClaimTemplates[0].metadata.annotations": {"a": "b"},
            "spec.volumeClaimTemplates[0].spec": {
                "accessModes": ["ReadWriteOncePod"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "2Gi"}},
            },
        },
    ),
    "a dash is no class at all": (
        {"persistence": {"storageClass": "-"}},
        SERVER,
        {"spec.volumeClaimTemplates[0].spec.storageClassName": ""},
    ),
    "a claim that exists is taken": (
        {"persistence": {"existingClaim": "mine"}},
        SERVER,
        {
            "spec.volumeClaimTemplates": ABSENT,
            f"{POD}.volumes[name=data]": {"name": "data", "persistentVolumeClaim": {"claimName": "mine"}},
        },
    ),
    "without persistence the rows go with the pod": (
        {"persistence": {"enabled": False, "existingClaim": "mine"}},
        SERVER,
        {"spec.volumeClaimTemplates": ABSENT, f"{POD}.volumes[name=data]": {"name": "data", "emptyDir": {}}},
    ),
    "the StatefulSet's own claim is no volume of the pod": ({}, SERVER, {f"{POD}.volumes[name=data]": ABSENT}),
    "no configuration is no file": (
        {"configuration": ""},
        SERVER,
        {
            f"{POD}.volumes[name=configuration]": ABSENT,
            f"{CONTAINER}.volumeMounts[name=configuration]": ABSENT,
            'spec.template.metadata.annotations["checksum/configuration"]': ABSENT,
        },
    ),
    "configuration is a folder of files": (
        {},
        SERVER,
        {
            f"{POD}.volumes[name=configuration].configMap.name": "mariadb",
            f"{CONTAINER}.volumeMounts[name=configuration].mountPath": "/etc/mysql/conf.d",
        },
    ),
    "scripts for the first start are a folder of files": (
        {"initdbScripts": {"a.sql": "SELECT 1"}},
        SERVER,
        {
            f"{POD}.volumes[name=initdb].configMap.name": "mariadb-initdb",
            f"{CONTAINER}.volumeMounts[name=initdb].mountPath": "/docker-entrypoint-initdb.d",
        },
    ),
    "no scripts are no folder": (
        {},
        SERVER,
        {f"{POD}.volumes[name=initdb]": ABSENT, f"{CONTAINER}.volumeMounts[name=initdb]": ABSENT},
    ),
    "the pod runs as its own account": ({}, SERVER, {f"{POD}.serviceAccountName": "mariadb"}),
    "or as one that is named": ({"serviceAccount": {"name": "mine"}}, SERVER, {f"{POD}.serviceAccountName": "mine"}),
    "or as the namespace's": (
        {"serviceAccount": {"create": False}},
        TEST,
        {"spec.serviceAccountName": "default", "spec.automountServiceAccountToken": False},
    ),
    "the account can be named and annotated": (
        {"serviceAccount": {"name": "mine", "annotations": {"a": "b"}}},
        "ServiceAccount",
        {"metadata.name": "mine", "metadata.annotations": {"a": "b"}, "automountServiceAccountToken": False},
    ),
    "the account has no annotations of the chart's": ({}, "ServiceAccount", {"metadata.annotations": ABSENT}),
    "the headless Service leads to the pod": (
        {},
        ("Service", "mariadb"),
        {
            "spec": {
                "clusterIP": "None",
                "selector": SELECTOR,
                "ports": [{"name": "mariadb", "port": 3306, "targetPort": "mariadb"}],
            },
            "metadata.labels": LABELS,
        },
    ),
    "the other Service has an address": (
        {"service": {"enabled": True, "port": 3307, "nodePort": None}},
        CLIENT,
        {
            "spec": {
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "selector": SELECTOR,
                "ports": [{"name": "mariadb", "port": 3307, "targetPort": "mariadb"}],
            },
            "metadata.annotations": ABSENT,
            "metadata.labels": LABELS,
        },
    ),
    "a load balancer has a class and keeps clients": (
        {
            "service": {
                "enabled": True,
                "type": "LoadBalancer",
                "loadBalancerClass": "example.org/lb",
                "externalTrafficPolicy": "Local",
                "sessionAffinity": "ClientIP",
                "sessionAffinityTimeoutSeconds": 60,
                "nodePort": 30306,
                "annotations": {"a": "b"},
            }
        },
        CLIENT,
        {
            "spec": {
                "type": "LoadBalancer",
                "loadBalancerClass": "example.org/lb",
                "externalTrafficPolicy": "Local",
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
                "selector": SELECTOR,
                "ports": [{"name": "mariadb", "port": 3306, "targetPort": "mariadb", "nodePort": 30306}],
            },
            "metadata.annotations": {"a": "b"},
        },
    ),
    "a port on the nodes needs no class": (
        {"service": {"enabled": True, "type": "NodePort", "loadBalancerClass": "example.org/lb"}},
        CLIENT,
        {"spec.loadBalancerClass": ABSENT, "spec.externalTrafficPolicy": ABSENT, "spec.type": "NodePort"},
    ),
    "traffic from outside has no policy where there is none": (
        {"service": {"enabled": True, "externalTrafficPolicy": "Local"}},
        CLIENT,
        {"spec.externalTrafficPolicy": ABSENT},
    ),
    "only pods of the release reach the database": (
        {"networkPolicy": {"enabled": True}},
        ("NetworkPolicy", "mariadb"),
        {
            "spec": {
                "podSelector": {"matchLabels": SELECTOR},
                "policyTypes": ["Ingress"],
                "ingress": [
                    {
                        "ports": [{"port": "mariadb"}],
                        "from": [{"podSelector": {"matchLabels": {"app.kubernetes.io/instance": "mariadb"}}}],
                    }
                ],
            },
            "metadata.labels": LABELS,
        },
    ),
    "or the peers that are named": (
        {"networkPolicy": {"enabled": True, "from": [{"namespaceSelector": {}}]}},
        ("NetworkPolicy", "mariadb"),
        {"spec.ingress[0].from": [{"namespaceSelector": {}}]},
    ),
    "helm test asks the database by its Service": (
        {"auth": {"database": "shop", "username": "clerk"}, "tests": {"attempts": 7}},
        TEST,
        {
            "metadata.labels": LABELS | {"app.kubernetes.io/component": "test"},
            'metadata.annotations["helm.sh/hook"]': "test",
            "spec.containers[0].env[name=DB_HOST].value": "mariadb",
            "spec.containers[0].env[name=DB_PORT].value": "3306",
            "spec.containers[0].env[name=DB_NAME].value": "shop",
            "spec.containers[0].env[name=DB_USER].value": "clerk",
            "spec.containers[0].env[name=MYSQL_PWD].valueFrom.secretKeyRef": {
                "name": "mariadb",
                "key": "mariadb-password",
            },
        },
    ),
    "helm test asks by the Service with an address where there is one": (
        {"service": {"enabled": True, "port": 3307}},
        TEST,
        {
            "spec.containers[0].env[name=DB_HOST].value": "mariadb-client",
            "spec.containers[0].env[name=DB_PORT].value": "3307",
        },
    ),
    "the password goes with the claim where the claim goes": (
        {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}},
        "Secret",
        {"metadata.annotations": ABSENT},
    ),
    "the password goes with the pod where the rows do": (
        {"persistence": {"enabled": False}},
        "Secret",
        {"metadata.annotations": ABSENT},
    ),
    "the password stays with the claim": (
        {},
        "Secret",
        {"metadata.annotations": {"helm.sh/resource-policy": "keep"}, "metadata.labels": LABELS, "type": "Opaque"},
    ),
    "the configuration is a file": (
        {"configuration": "\n[mariadbd]\na = b\n\n"},
        ("ConfigMap", "mariadb"),
        {"data": {"chart.cnf": "[mariadbd]\na = b\n"}, "metadata.labels": LABELS},
    ),
    "each script is a file": (
        {"initdbScripts": {"a.sql": "SELECT 1;\n", "b.sh": "true\n"}},
        ("ConfigMap", "mariadb-initdb"),
        {"data": {"a.sql": "SELECT 1;\n", "b.sh": "true\n"}, "metadata.labels": LABELS},
    ),
    "every probe runs the command": (
        {"probes": {"command": ["ask"]}},
        SERVER,
        {
            f"{CONTAINER}.startupProbe": {
                "exec": {"command": ["ask"]},
                "initialDelaySeconds": 0,
                "periodSeconds": 2,
                "timeoutSeconds": 5,
                "failureThreshold": 300,
            },
            f"{CONTAINER}.livenessProbe": {
                "exec": {"command": ["ask"]},
                "initialDelaySeconds": 0,
                "periodSeconds": 10,
                "timeoutSeconds": 5,
                "failureThreshold": 6,
            },
            f"{CONTAINER}.readinessProbe": {
                "exec": {"command": ["ask"]},
                "initialDelaySeconds": 0,
                "periodSeconds": 5,
                "timeoutSeconds": 5,
                "failureThreshold": 3,
                "successThreshold": 1,
            },
        },
    ),
    "a probe's own mechanism takes the place of the command": (
        {"probes": {"startup": {"tcpSocket": {"port": 3306}}, "liveness": {"httpGet": {"port": 80}}}},
        SERVER,
        {
            f"{CONTAINER}.startupProbe.tcpSocket": {"port": 3306},
            f"{CONTAINER}.startupProbe.exec": ABSENT,
            f"{CONTAINER}.livenessProbe.httpGet": {"port": 80},
            f"{CONTAINER}.livenessProbe.exec": ABSENT,
        },
    ),
    "a probe that is off is not there": (
        {"probes": {name: {"enabled": False} for name in ("startup", "liveness", "readiness")}},
        SERVER,
        {f"{CONTAINER}.{name}Probe": ABSENT for name in ("startup", "liveness", "readiness")},
    ),
}


@pytest.mark.parametrize("case", BECOMES.values(), ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], case: tuple[Any, ...]) -> None:
    """The name of each says what for."""
    assert_facts(*case)


@pytest.mark.timonier_cases
def test_every_object_is_where_the_release_is(render: Render, case: Case) -> None:
    """Named after the release, in its namespace, and labelled as its."""
    prefix = case.values.get("fullnameOverride", "shop-mariadb")
    for one in render(case=case, release="shop", namespace="here"):
        if one.kind in {"PersistentVolume", "StorageClass"}:
            assert not one.namespace
        else:
            assert one.name.startswith(prefix)
            assert one.namespace == "here"
        assert one['metadata.labels["app.kubernetes.io/instance"]'] == "shop"
        assert one['metadata.labels["helm.sh/chart"]'] == "mariadb-0.2.0"


@pytest.mark.parametrize(
    ("values", "release", "name"),
    [
        ({}, "mariadb", "mariadb"),
        ({}, "my-mariadb-1", "my-mariadb-1"),
        ({}, "shop", "shop-mariadb"),
        ({"nameOverride": "db"}, "shop", "shop-db"),
        ({"fullnameOverride": "db"}, "shop", "db"),
        ({}, "x" * 53, f"{'x' * 44}-mariadb"),
        ({}, f"{'x' * 43}-{'x' * 9}", f"{'x' * 43}-mariadb"),
    ],
)
def test_names_fit_where_they_go(render: Render, values: dict[str, Any], release: str, name: str) -> None:
    """Not doubled, and cut where the controller's labels would be too long."""
    server = render(values=values, release=release)["StatefulSet"]
    assert server.name == server["spec.serviceName"] == name
    assert server['metadata.labels["app.kubernetes.io/name"]'] == values.get("nameOverride", "mariadb")


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"tests": {"enabled": False}}, ("Pod", "mariadb-test")),
        ({"serviceAccount": {"create": False}}, ("ServiceAccount", "mariadb")),
        ({"configuration": ""}, ("ConfigMap", "mariadb")),
        ({"auth": {"existingSecret": "mine"}}, ("Secret", "mariadb")),
    ],
)
def test_what_is_switched_off_is_not_there(render: Render, values: dict[str, Any], gone: tuple[str, str]) -> None:
    """That object, and no other."""
    assert render().inventory ^ render(values=values).inventory == {gone}


@pytest.mark.chapter("Secret: base64")
def test_given_passwords_are_kept(render: Render) -> None:
    """In base64, as a Secret has them, under the keys that were asked for."""
    keys = {"rootPassword": "r", "password": "p"}
    secret = render(values={"auth": {"password": "user's", "rootPassword": "root's", "secretKeys": keys}})["Secret"]
    assert secret["data"] == {
        "r": base64.b64encode(b"root's").decode(),
        "p": base64.b64encode(b"user's").decode(),
    }


def test_passwords_are_generated(render: Render) -> None:
    """24 signs, each password another."""
    data = render()["Secret"]["data"]
    assert data.keys() == {"mariadb-root-password", "mariadb-password"}
    passwords = [base64.b64decode(value, validate=True).decode() for value in data.values()]
    assert all(re.fullmatch("[a-zA-Z0-9]{24}", password) for password in passwords)
    assert len(set(passwords)) == 2


@pytest.mark.chapter("ConfigMap: checksum annotation")
def test_pods_are_replaced_when_the_configuration_changes(render: Render) -> None:
    """And not by space around it."""
    checksum = 'spec.template.metadata.annotations["checksum/configuration"]'
    sums = [render(values={"configuration": text})["StatefulSet"][checksum] for text in ("a", "\na\n", "b")]
    assert sums[0] == sums[1] != sums[2]
    assert re.fullmatch("[0-9a-f]{64}", sums[0])


def test_the_test_gives_up_after_as_many_attempts_as_it_is_told(render: Render) -> None:
    """It counts them itself."""
    script = render(values={"tests": {"attempts": 7}})["Pod"]["spec.containers[0].command[2]"]
    assert '[ "$attempt" -lt 7 ]' in script


REFUSED: dict[str, dict[str, Any]] = {
    "commonLabels sets helm.sh/chart, which the chart sets itself: remove it": {"commonLabels": {"helm.sh/chart": "x"}},
    "podLabels sets app.kubernetes.io/name, which the chart sets itself: remove it": {
        "podLabels": {"app.kubernetes.io/name": "x"}
    },
    "probes.startup names exec and tcpSocket: keep one, and set the others to {}": {
        "probes": {"startup": {"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}}}
    },
    "auth.existingSecret is given, so auth.password and auth.rootPassword would be ignored: remove them": {
        "auth": {"existingSecret": "a", "rootPassword": "b"}
    },
    "auth.username is root, which exists anyway: name another user": {"auth": {"username": "root"}},
    "auth.secretKeys.rootPassword and auth.secretKeys.password are the same: one password would be lost": {
        "auth": {"secretKeys": {"rootPassword": "a", "password": "a"}}
    },
    "service.nodePort needs service.enabled and a service.type of NodePort or LoadBalancer": {
        "service": {"nodePort": 30306, "type": "NodePort"}
    },
    "extraEnv sets MARIADB_USER, which the chart sets from auth.*: use that": {
        "extraEnv": [{"name": "TZ", "value": "UTC"}, {"name": "MARIADB_USER", "value": "x"}]
    },
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_values_that_contradict_each_other_are_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the release, the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values, release="shop")
    assert refusal.message.endswith(f": chart mariadb, release shop: wrong values - {text}")


@pytest.mark.parametrize(
    "values",
    [
        {"auth": {"existingSecret": "a", "password": "b"}},
        {"service": {"enabled": True, "nodePort": 30306}},
        {"probes": {"readiness": {"httpGet": {"port": 1}, "tcpSocket": {"port": 1}}}},
    ],
)
def test_another_way_to_the_same_contradiction_is_refused(render: Render, values: dict[str, Any]) -> None:
    """Either password, a type without a port on the nodes, any two mechanisms."""
    with render.raises("wrong values"):
        render(values=values)


def test_all_that_is_wrong_is_told_at_once(render: Render) -> None:
    """So that nobody repairs one after the other."""
    with render.raises("auth.username", "probes.liveness", "commonLabels") as refusal:
        render(
            values={
                "auth": {"username": "root"},
                "probes": {"liveness": {"exec": {"command": ["a"]}, "httpGet": {"port": 1}}},
                "commonLabels": {"helm.sh/chart": "x", "team": "a"},
            }
        )
    assert refusal.message.count(" - ") == 3


NOTES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "defaults": (
        {},
        [
            "MariaDB 10.11 is on its way, as release shop in namespace here.",
            "kubectl --namespace here rollout status statefulset/shop-mariadb\n",
            "kubectl --namespace here exec -it shop-mariadb-0 -- ",
            "exec mariadb --user=springuser db_todo'",
            "Open a session as springuser ",
            "shop-mariadb.here.svc:3306",
            "helm --namespace here test shop\n",
            "kubectl --namespace here delete secret/shop-mariadb persistentvolumeclaim/data-shop-mariadb-0",
        ],
        ["WARNING"],
    ),
    "ephemeral": (
        {"persistence": {"enabled": False}, "tests": {"enabled": False}, "image": {"tag": "11"}},
        ["MariaDB 11 is on its way", "WARNING: persistence is off. Every row is lost with the pod."],
        ["delete secret", "helm --namespace"],
    ),
    "reached by a Service": (
        {"service": {"enabled": True, "port": 3307}, "auth": {"existingSecret": "mine"}},
        ["shop-mariadb-client.here.svc:3307"],
        ["delete secret", "WARNING"],
    ),
    "existing claim": (
        {"persistence": {"existingClaim": "mine"}},
        ["delete secret/shop-mariadb"],
        ["persistentvolumeclaim/"],
    ),
}


@pytest.mark.chapter("Helm: NOTES.txt")
@pytest.mark.parametrize(("values", "told", "untold"), NOTES.values(), ids=NOTES)
def test_the_notes_tell_what_to_do_next(
    render: Render, values: dict[str, Any], told: list[str], untold: list[str]
) -> None:
    """Commands to copy, for this release and these values."""
    notes = render(values=values, release="shop", namespace="here").notes
    assert [text for text in told if text not in notes] == []
    assert [text for text in untold if text in notes] == []
