"""The chart mariadb with replicas: who is who, what they are told, and what is refused."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/mariadb")

ON: dict[str, Any] = {"architecture": "replication"}
MEMBER = {
    "app.kubernetes.io/name": "mariadb",
    "app.kubernetes.io/instance": "mariadb",
    "replication": "member",
}
SET: Any = ("StatefulSet", "mariadb")
REPLICAS: Any = ("StatefulSet", "mariadb-replica")
REPLICA = MEMBER | {"app.kubernetes.io/component": "replica"}
POD = "spec.template.spec"
SERVER = f"{POD}.containers[name=mariadb]"
AGENT = f"{POD}.containers[name=replication]"
PREPARE = f"{POD}.initContainers[name=prepare]"
ABSENT = ...
FREE = {"podSecurityContext": None, "securityContext": None, "resources": None, "replication": {"resources": None}}
SCRIPTS = {
    "agent.sh",
    "common.sh",
    "drain.sh",
    "prepare.sh",
    "ready.sh",
    "serve.sh",
    "takeover.sh",
}


def selector(labels: dict[str, str]) -> dict[str, str]:
    """Labels without the one that a StatefulSet's selector, which cannot change, does not have."""
    return {key: value for key, value in labels.items() if key != "replication"}


# What is set beside the architecture; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "replicas are a set of their own, counted from 1": (
        {"replication": {"replicas": 3}, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
        REPLICAS,
        {
            "spec.serviceName": "mariadb-replica",
            "spec.replicas": 3,
            "spec.ordinals": {"start": 1},
            "spec.podManagementPolicy": "Parallel",
            "spec.updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}},
            "spec.selector.matchLabels": selector(REPLICA),
            "spec.template.metadata.labels": REPLICA,
            'metadata.labels["app.kubernetes.io/component"]': "replica",
        },
    ),
    "the first set is as it was, and no pod more": (
        {"replication": {"replicas": 3}},
        SET,
        {
            "spec.serviceName": "mariadb",
            "spec.replicas": 1,
            "spec.ordinals": ABSENT,
            "spec.selector.matchLabels": selector(MEMBER | {"app.kubernetes.io/component": "database"}),
            "spec.template.metadata.labels": MEMBER | {"app.kubernetes.io/component": "database"},
        },
    ),
    "all are stopped together": ({"replicas": 0, "replication": {"replicas": 3}}, REPLICAS, {"spec.replicas": 0}),
    "each replica has a claim": (
        {"persistence": {"size": "2Gi", "storageClass": "fast"}},
        REPLICAS,
        {
            "spec.volumeClaimTemplates": [
                {
                    "metadata": {"name": "data", "labels": selector(REPLICA)},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "storageClassName": "fast",
                        "resources": {"requests": {"storage": "2Gi"}},
                    },
                }
            ]
        },
    ),
    "a volume that is named is the first member's": (
        {"persistence": {"volumeName": "mine"}},
        REPLICAS,
        {"spec.volumeClaimTemplates[0].spec.volumeName": ABSENT},
    ),
    "and is that": (
        {"persistence": {"volumeName": "mine"}},
        SET,
        {"spec.volumeClaimTemplates[0].spec.volumeName": "mine"},
    ),
    "so is a claim that exists": (
        {"persistence": {"existingClaim": "mine"}},
        REPLICAS,
        {f"{POD}.volumes[name=data]": ABSENT, "spec.volumeClaimTemplates[0].metadata.name": "data"},
    ),
    "and it is that": (
        {"persistence": {"existingClaim": "mine"}},
        SET,
        {f"{POD}.volumes[name=data].persistentVolumeClaim.claimName": "mine", "spec.volumeClaimTemplates": ABSENT},
    ),
    "scripts are told who is the primary, and the limits": (
        {
            "replication": {
                "username": "copier",
                "semiSyncTimeoutSeconds": 7,
                "maxLagSeconds": 8,
                "takeoverSeconds": 9,
            }
        },
        REPLICAS,
        {
            f"{AGENT}.env": [
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "PRIMARY_POD", "value": "mariadb-0"},
                {"name": "PRIMARY_HOST", "value": "mariadb-0.mariadb"},
                {"name": "SERVICES", "value": "mariadb mariadb-replica"},
                {"name": "REPLICATION_USER", "value": "copier"},
                {"name": "SEMI_SYNC_TIMEOUT_SECONDS", "value": "7"},
                {"name": "MAX_LAG_SECONDS", "value": "8"},
                {"name": "TAKEOVER_SECONDS", "value": "9"},
            ],
        },
    ),
    "a promoted replica is the primary to all": (
        {"replication": {"primary": 2}},
        SET,
        {
            f"{container}.env[name=PRIMARY_{part}].value": value
            for container in (AGENT, PREPARE, SERVER)
            for part, value in (("POD", "mariadb-replica-2"), ("HOST", "mariadb-replica-2.mariadb-replica"))
        },
    ),
    "writes go to the primary": (
        {},
        ("Service", "mariadb-primary"),
        {
            "spec": {
                "selector": MEMBER | {"statefulset.kubernetes.io/pod-name": "mariadb-0"},
                "ports": [{"name": "mariadb", "port": 3306, "targetPort": "mariadb"}],
            }
        },
    ),
    "and to another once it is promoted": (
        {"replication": {"primary": 1}},
        ("Service", "mariadb-primary"),
        {"spec.selector": MEMBER | {"statefulset.kubernetes.io/pod-name": "mariadb-replica-1"}},
    ),
    "the Service with an address leads to the primary": (
        {"replication": {"primary": 1}, "service": {"enabled": True}},
        ("Service", "mariadb-client"),
        {"spec.selector": MEMBER | {"statefulset.kubernetes.io/pod-name": "mariadb-replica-1"}},
    ),
    "reads go to all that are ready": (
        {},
        ("Service", "mariadb-read"),
        {
            "spec": {
                "selector": MEMBER,
                "ports": [{"name": "mariadb", "port": 3306, "targetPort": "mariadb"}],
            }
        },
    ),
    "members find replicas that are not ready": (
        {},
        ("Service", "mariadb-replica"),
        {
            "spec": {
                "clusterIP": "None",
                "publishNotReadyAddresses": True,
                "selector": selector(REPLICA),
                "ports": [{"name": "mariadb", "port": 3306, "targetPort": "mariadb"}],
            },
            'metadata.labels["app.kubernetes.io/component"]': "replica",
        },
    ),
    "and the first member": ({}, ("Service", "mariadb"), {"spec.publishNotReadyAddresses": True}),
    "members keep to different nodes": (
        {},
        REPLICAS,
        {
            f"{POD}.topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": MEMBER},
                }
            ]
        },
    ),
    "unless something else is said": (
        {"topologySpreadConstraints": [{"topologyKey": "zone"}]},
        SET,
        {f"{POD}.topologySpreadConstraints": [{"topologyKey": "zone"}]},
    ),
    "a drain takes one member at a time": (
        {},
        "PodDisruptionBudget",
        {
            "spec": {
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": MEMBER},
            }
        },
    ),
    "members reach each other whoever else may": (
        {"networkPolicy": {"enabled": True, "from": [{"podSelector": {}}]}},
        ("NetworkPolicy", "mariadb"),
        {
            "spec.podSelector.matchLabels": MEMBER,
            "spec.ingress": [
                {"ports": [{"port": "mariadb"}], "from": [{"podSelector": {}}]},
                {
                    "ports": [{"port": "mariadb"}, {"port": "replication"}],
                    "from": [{"podSelector": {"matchLabels": MEMBER}}],
                },
            ],
        },
    ),
    "being ready is about replication": (
        {"probes": {"command": ["ask"]}},
        REPLICAS,
        {
            f"{SERVER}.readinessProbe.exec.command": ["bash", "/scripts/ready.sh"],
            f"{SERVER}.livenessProbe.exec.command": ["ask"],
            f"{SERVER}.startupProbe.exec.command": ["ask"],
        },
    ),
    "a server that stops applies what it has": (
        {},
        REPLICAS,
        {f"{SERVER}.lifecycle": {"preStop": {"exec": {"command": ["bash", "/scripts/drain.sh"]}}}},
    ),
    "the agent and what comes before are the database's image": (
        {"image": {"tag": "11", "pullPolicy": "Always"}, "replication": {"resources": {"limits": {"memory": "1Gi"}}}},
        REPLICAS,
        {
            f"{AGENT}.image": "mariadb:11",
            f"{AGENT}.imagePullPolicy": "Always",
            f"{AGENT}.command": ["bash", "/scripts/agent.sh"],
            f"{AGENT}.ports": [{"name": "replication", "containerPort": 3307}],
            f"{AGENT}.readinessProbe": {"tcpSocket": {"port": "replication"}, "periodSeconds": 10},
            f"{AGENT}.resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "1Gi"}},
            f"{PREPARE}.image": "mariadb:11",
            f"{PREPARE}.imagePullPolicy": "Always",
            f"{PREPARE}.command": ["bash", "/scripts/prepare.sh"],
            f"{PREPARE}.resources.limits": {"memory": "512Mi"},
        },
    ),
    "their security and resources may be left to the cluster": (
        FREE,
        REPLICAS,
        {f"{container}.{key}": ABSENT for container in (AGENT, PREPARE) for key in ("securityContext", "resources")},
    ),
    "settings are the pod's own, beside the chart's": (
        {},
        REPLICAS,
        {
            f"{PREPARE}.volumeMounts": [
                {"name": "data", "mountPath": "/var/lib/mysql"},
                {"name": "passwords", "mountPath": "/run/secrets/mariadb", "readOnly": True},
                {"name": "scripts", "mountPath": "/scripts", "readOnly": True},
                {"name": "scratch", "mountPath": "/settings", "subPath": "settings"},
                {"name": "scratch", "mountPath": "/tmp", "subPath": "prepare"},  # noqa: S108 - in a pod
                {"name": "configuration", "mountPath": "/configuration", "readOnly": True},
            ],
            f"{SERVER}.volumeMounts[mountPath=/etc/mysql/conf.d]": {
                "name": "scratch",
                "mountPath": "/etc/mysql/conf.d",
                "subPath": "settings",
                "readOnly": True,
            },
            f"{SERVER}.volumeMounts[name=scripts].readOnly": True,
            f"{AGENT}.volumeMounts": [
                {"name": "data", "mountPath": "/var/lib/mysql"},
                {"name": "passwords", "mountPath": "/run/secrets/mariadb", "readOnly": True},
                {"name": "scripts", "mountPath": "/scripts", "readOnly": True},
                {"name": "scratch", "mountPath": "/etc/mysql/conf.d", "subPath": "settings", "readOnly": True},
                {"name": "scratch", "mountPath": "/run/mysqld", "subPath": "run"},
                {"name": "scratch", "mountPath": "/tmp", "subPath": "replication"},  # noqa: S108 - in a pod
            ],
            f"{POD}.volumes[name=scripts].configMap.name": "mariadb-replication",
        },
    ),
    "or alone, where the chart has none": (
        {"configuration": ""},
        REPLICAS,
        {f"{PREPARE}.volumeMounts[name=configuration]": ABSENT, f"{POD}.volumes[name=configuration]": ABSENT},
    ),
    "the replication password is a file": (
        {"auth": {"secretKeys": {"replicationPassword": "r"}}},
        REPLICAS,
        {f"{POD}.volumes[name=passwords].secret.items[path=replication-password].key": "r"},
    ),
    "helm test asks the primary": (
        {},
        ("Pod", "mariadb-test"),
        {"spec.containers[0].env[name=DB_HOST].value": "mariadb-primary"},
    ),
}


@pytest.mark.parametrize("case", BECOMES.values(), ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], case: tuple[Any, ...]) -> None:
    """The name of each says what for."""
    assert_facts(case[0] | ON, *case[1:])


def test_standalone_is_without_all_that(render: Render) -> None:
    """A release that was installed before there was replication finds nothing new in what cannot be changed."""
    rendered = render(values={"replication": {"replicas": 3, "primary": 2}})
    assert rendered.inventory == {
        ("ConfigMap", "mariadb"),
        ("Pod", "mariadb-test"),
        ("Secret", "mariadb"),
        ("Service", "mariadb"),
        ("ServiceAccount", "mariadb"),
        ("StatefulSet", "mariadb"),
    }
    server = rendered["StatefulSet"]
    assert "replication" not in server.text
    assert "lifecycle" not in server.text
    assert f"{POD}.initContainers" not in server
    assert f"{POD}.topologySpreadConstraints" not in server
    assert server[f"{SERVER}.readinessProbe.exec.command"][0] == "healthcheck.sh"
    assert "publishNotReadyAddresses" not in rendered["Service"]["spec"]
    assert "mariadb-replication-password" not in rendered["Secret"]["data"]


def test_what_cannot_be_changed_is_the_same_with_replicas(render: Render) -> None:
    """A running standalone release becomes a primary by an upgrade: Kubernetes would refuse anything else."""
    before, after = render()["StatefulSet"], render(values=ON)[SET]
    for path in ("serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates"):
        assert before[f"spec.{path}"] == after[f"spec.{path}"]


def test_another_replica_replaces_no_pod(render: Render) -> None:
    """Nothing in a pod says how many there are."""
    few, many = (render(values={"replication": {"replicas": count}} | ON) for count in (1, 5))
    assert few[SET].text == many[SET].text
    assert few[REPLICAS]["spec.template"] == many[REPLICAS]["spec.template"]


def test_pods_are_replaced_when_the_scripts_change(render: Render) -> None:
    """They have a checksum of them; the ConfigMap has them all, each under its name."""
    rendered = render(values=ON)
    assert rendered["ConfigMap", "mariadb-replication"]["data"].keys() == SCRIPTS
    assert len(rendered[SET]['spec.template.metadata.annotations["checksum/replication"]']) == 64


def test_the_replication_password_is_kept_with_the_others(render: Render) -> None:
    """Given, under the key that was asked for; or generated."""
    given = {"replication": {"password": "copier's"}, "auth": {"secretKeys": {"replicationPassword": "r"}}}
    assert render(values=given | ON)["Secret"]["data"]["r"] == base64.b64encode(b"copier's").decode()
    generated = base64.b64decode(render(values=ON)["Secret"]["data"]["mariadb-replication-password"])
    assert len(generated) == 24


def test_no_budget_where_it_is_switched_off(render: Render) -> None:
    """And nothing else is gone."""
    off = {"podDisruptionBudget": {"enabled": False}}
    gone = render(values=ON).inventory ^ render(values=off | ON).inventory
    assert gone == {("PodDisruptionBudget", "mariadb")}


def test_a_long_name_leaves_room_for_the_replicas(render: Render) -> None:
    """The controller labels pods with the set's name and a hash: 52 are left, as for the first set."""
    rendered = render(values=ON, release="x" * 53)
    assert {one.name for one in rendered.all("StatefulSet")} == {f"{'x' * 44}-mariadb", f"{'x' * 44}-replica"}


REFUSED: dict[str, dict[str, Any]] = {
    "replication.replicas is 0, so nothing would be replicated: use at least 1, or architecture standalone": {
        "replication": {"replicas": 0}
    },
    "replication.primary is 3, and the members are 0 to 2 (replication.replicas): name one of them": {
        "replication": {"primary": 3}
    },
    "architecture replication needs persistence.enabled: a primary that lost its rows with its pod would have none to "
    "hand on": {"persistence": {"enabled": False}},
    "persistence.staticVolume makes one volume, and with architecture replication each member has a claim: use "
    "persistence.storageClass": {
        "persistence": {"staticVolume": {"enabled": True, "source": {"nfs": {"server": "a", "path": "/b"}}}}
    },
    "podLabels sets replication, which the chart sets itself: remove it": {"podLabels": {"replication": "x"}},
    "commonLabels sets replication, which the chart sets itself: remove it": {"commonLabels": {"replication": "x"}},
    "replication.username is root, which is another user already: name one that only replicates": {
        "replication": {"username": "root"}
    },
    "replication.username is springuser, which is another user already: name one that only replicates": {
        "replication": {"username": "springuser"}
    },
    "auth.existingSecret is given, so replication.password would be ignored: remove it": {
        "auth": {"existingSecret": "a"},
        "replication": {"password": "b"},
    },
    "auth.secretKeys.replicationPassword is the key of another password: one of them would be lost": {
        "auth": {"secretKeys": {"replicationPassword": "mariadb-password"}}
    },
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_values_that_contradict_each_other_are_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the release, the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values | ON, release="shop")
    assert refusal.message.endswith(f": chart mariadb, release shop: wrong values - {text}")
    # Standalone, most of it is nobody's business.
    if "staticVolume" not in text:
        render(values=values)


def test_labels_may_be_absent(render: Render) -> None:
    """Null as well as an empty map."""
    render(values={"podLabels": None, "commonLabels": None} | ON)


def test_the_notes_name_the_members(render: Render) -> None:
    """Where writes go, where reads go, and what promotes a replica."""
    notes = render(values={"replication": {"primary": 2}} | ON, release="shop", namespace="here").notes
    for told in (
        (
            "rollout status statefulset/shop-mariadb\n  kubectl --namespace here rollout status "
            "statefulset/shop-mariadb-replica\n"
        ),
        "Writes go to shop-mariadb-replica-2, and reads to any member that is ready:",
        "shop-mariadb-read.here.svc:3306",
        "shop-mariadb-primary.here.svc:3306",
        "To promote shop-mariadb-0, say:",
        "--set replication.primary=0\n",
        "exec -it shop-mariadb-replica-2 -- ",
        (
            "persistentvolumeclaim/data-shop-mariadb-0 persistentvolumeclaim/data-shop-mariadb-replica-1 "
            "persistentvolumeclaim/data-shop-mariadb-replica-2\n"
        ),
    ):
        assert told in f"{notes}\n"
    notes = render(values=ON, release="shop", namespace="here").notes
    assert "Writes go to shop-mariadb-0, " in notes
    assert "To promote shop-mariadb-replica-1, say:" in notes
    assert "--set replication.primary=1\n" in notes


def test_jobs_work_on_the_primary(render: Render) -> None:
    """Dumps, and passwords, the replicas' among them; members let the jobs in."""
    values = {"replication": {"primary": 1}, "passwordRotation": {"enabled": True}, "networkPolicy": {"enabled": True}}
    rendered = render(values=values | ON | {"backup": {"enabled": True}})
    backup = rendered["CronJob"]["spec.jobTemplate.spec.template.spec.containers[0].env"]
    assert {"name": "DB_HOST", "value": "mariadb-replica-1.mariadb-replica"} in backup
    job = rendered["Job", "mariadb-rotation"]
    container = job["spec.template.spec.containers[0]"]
    assert {"name": "DB_HOSTS", "value": "mariadb-primary mariadb"} in container["env"], (
        "not yet the one to be promoted"
    )
    assert "replication_user=replication-password" in container["command"]
    for volume in ("current", "next"):
        secret = job[f"spec.template.spec.volumes[name={volume}].secret"]
        assert {"key": "mariadb-replication-password", "path": "replication-password"} in secret["items"]
        assert secret["optional"]
    assert rendered["NetworkPolicy", "mariadb-jobs"]["spec.podSelector.matchLabels"] == MEMBER
    alone = render(values=values)["Job"]
    assert "replication" not in alone.text


@pytest.mark.timonier_chart("charts/eni-todo")
def test_the_application_writes_to_the_primary(render: Render) -> None:
    """By its Service, which follows a promotion."""
    web = render(values={"mariadb": ON})["Deployment"]
    url = web["spec.template.spec.containers[0].env[name=DB_DTB_JDBC_URL].value"]
    assert url == "jdbc:mariadb://eni-todo-mariadb-primary:3306/db_todo"
