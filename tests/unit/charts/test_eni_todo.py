"""The chart eni-todo: what each value becomes, what each case consists of, and what is refused."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.chart import Case
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

BUDGET = ("PodDisruptionBudget", "eni-todo")
INGRESS = ("Ingress", "eni-todo")
CLAIM = ("PersistentVolumeClaim", "eni-todo-uploads")
SELECTOR = {
    "app.kubernetes.io/name": "eni-todo",
    "app.kubernetes.io/instance": "eni-todo",
    "app.kubernetes.io/component": "web",
}
TESTS = SELECTOR | {"app.kubernetes.io/component": "test"}
LABELS = SELECTOR | {
    "helm.sh/chart": "eni-todo-0.2.0",
    "app.kubernetes.io/version": "1.0.0",
    "app.kubernetes.io/managed-by": "Helm",
}
WEB: Any = "Deployment"
TEST: Any = ("Pod", "eni-todo-test")
SERVICE: Any = ("Service", "eni-todo")
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[name=eni-todo]"
IMAGE = f"{CONTAINER}.image"
ABSENT = ...
NO_DATABASE = {"mariadb": {"enabled": False}}
OUTSIDE = {"mariadb": {"enabled": False}, "externalDatabase": {"host": "db.example.org", "password": "secret"}}
TRAEFIK = "traefik.ingress.kubernetes.io/service.sticky.cookie"
HAPROXY_ROOT = {
    "haproxy.org/backend-config-snippet": "http-request redirect location /eni-todo/ code 302 if { path / }"
}
NGINX = "nginx.ingress.kubernetes.io"
STICKY = {TRAEFIK: "true", f"{TRAEFIK}.name": "node", f"{TRAEFIK}.httponly": "true", f"{TRAEFIK}.samesite": "lax"}
BACKEND = {"service": {"name": "eni-todo", "port": {"name": "http"}}}


def ingress(controller: str, *, tls: list[Any] | None = None, sticky: bool = True, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return the values of an ingress with a cookie named `node`."""
    named = {"enabled": sticky, "cookieName": "node"}
    return {"ingress": {"enabled": True, "controller": controller, "tls": tls or [], "sticky": named, **more}}


# What is set; whom it is about; where it is to be found there, and what it says.
BECOMES: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "the image is the chart's version of it": (
        {},
        WEB,
        {IMAGE: "timonier/eni-todo:1.0.0", f"{CONTAINER}.imagePullPolicy": "IfNotPresent"},
    ),
    "registry, repository and tag make the image": (
        {"image": {"registry": "example.org", "repository": "todo", "tag": "2", "pullPolicy": "Always"}},
        WEB,
        {IMAGE: "example.org/todo:2", f"{CONTAINER}.imagePullPolicy": "Always"},
    ),
    "the release's registry wins over the chart's": (
        {"image": {"registry": "example.org"}, "global": {"imageRegistry": "mirror.example.org"}},
        WEB,
        {IMAGE: "mirror.example.org/timonier/eni-todo:1.0.0"},
    ),
    "a digest wins over the tag": (
        {"image": {"tag": "2", "digest": f"sha256:{'0' * 64}"}},
        WEB,
        {IMAGE: f"timonier/eni-todo@sha256:{'0' * 64}"},
    ),
    "the test has an image of its own": (
        {"tests": {"image": {"repository": "box", "tag": "1", "pullPolicy": "Always"}}},
        TEST,
        {"spec.containers[0].image": "box:1", "spec.containers[0].imagePullPolicy": "Always"},
    ),
    "secrets for pulling are the release's and the chart's, each once": (
        {"imagePullSecrets": [{"name": "a"}, {"name": "b"}], "global": {"imagePullSecrets": [{"name": "a"}]}},
        WEB,
        {f"{POD}.imagePullSecrets": [{"name": "a"}, {"name": "b"}]},
    ),
    "secrets for pulling may be the release's alone": (
        {"imagePullSecrets": None, "global": {"imagePullSecrets": [{"name": "a"}]}},
        TEST,
        {"spec.imagePullSecrets": [{"name": "a"}]},
    ),
    "secrets for pulling may be the chart's alone": (
        {"imagePullSecrets": [{"name": "a"}], "global": None} | NO_DATABASE,
        WEB,
        {f"{POD}.imagePullSecrets": [{"name": "a"}]},
    ),
    "no secrets for pulling are none": ({}, WEB, {f"{POD}.imagePullSecrets": ABSENT}),
    "the test pulls with none either": ({}, TEST, {"spec.imagePullSecrets": ABSENT}),
    "one pod, replaced without a gap": (
        {},
        WEB,
        {
            "spec.replicas": 1,
            "spec.strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "spec.progressDeadlineSeconds": 600,
            "spec.revisionHistoryLimit": 10,
            "spec.minReadySeconds": 0,
            "spec.selector.matchLabels": SELECTOR,
            "spec.template.metadata.labels": SELECTOR,
            "metadata.labels": LABELS,
            f"{POD}.terminationGracePeriodSeconds": 45,
            f"{POD}.enableServiceLinks": False,
            f"{POD}.automountServiceAccountToken": False,
        },
    ),
    "how pods are replaced can be said": (
        {
            "replicas": 3,
            "strategy": {"type": "RollingUpdate", "maxUnavailable": "25%", "maxSurge": 2},
            "progressDeadlineSeconds": 100,
            "revisionHistoryLimit": 2,
            "minReadySeconds": 3,
            "terminationGracePeriodSeconds": 60,
        },
        WEB,
        {
            "spec.replicas": 3,
            "spec.strategy.rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 2},
            "spec.progressDeadlineSeconds": 100,
            "spec.revisionHistoryLimit": 2,
            "spec.minReadySeconds": 3,
            f"{POD}.terminationGracePeriodSeconds": 60,
        },
    ),
    "all at once, if so said": ({"strategy": {"type": "Recreate"}}, WEB, {"spec.strategy": {"type": "Recreate"}}),
    "uploads that one node can mount are let go of first": (
        {"uploads": {"persistence": {"enabled": True}}},
        WEB,
        {"spec.strategy": {"type": "Recreate"}},
    ),
    "uploads that all can mount are no hindrance": (
        {"uploads": {"persistence": {"enabled": True, "accessModes": ["ReadWriteMany"]}}},
        WEB,
        {"spec.strategy.type": "RollingUpdate"},
    ),
    "a number that the load decides is not said": ({"autoscaling": {"enabled": True}}, WEB, {"spec.replicas": ABSENT}),
    "the load decides by cpu": (
        {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 6}},
        "HorizontalPodAutoscaler",
        {
            "metadata.labels": LABELS,
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "eni-todo"},
                "minReplicas": 3,
                "maxReplicas": 6,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
                    }
                ],
            },
        },
    ),
    "or by memory": (
        {
            "autoscaling": {
                "enabled": True,
                "targetCPUUtilizationPercentage": 0,
                "targetMemoryUtilizationPercentage": 70,
            }
        },
        "HorizontalPodAutoscaler",
        {
            "spec.metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}},
                }
            ]
        },
    ),
    "one of several may be evicted": (
        {"replicas": 2},
        "PodDisruptionBudget",
        {
            "metadata.labels": LABELS,
            "spec": {
                "maxUnavailable": 1,
                "unhealthyPodEvictionPolicy": "AlwaysAllow",
                "selector": {"matchLabels": SELECTOR},
            },
        },
    ),
    "where pods run can be said": (
        {
            "nodeSelector": {"disk": "fast"},
            "affinity": {"nodeAffinity": {}},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "priorityClassName": "high",
        },
        WEB,
        {
            f"{POD}.nodeSelector": {"disk": "fast"},
            f"{POD}.affinity": {"nodeAffinity": {}},
            f"{POD}.tolerations": [{"key": "dedicated", "operator": "Exists"}],
            f"{POD}.topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": SELECTOR},
                }
            ],
            f"{POD}.priorityClassName": "high",
        },
    ),
    "anywhere, unless said": (
        {"topologySpreadConstraints": []},
        WEB,
        {
            f"{POD}.{key}": ABSENT
            for key in ("nodeSelector", "affinity", "tolerations", "priorityClassName", "topologySpreadConstraints")
        },
    ),
    "pods are spread over nodes": (
        {},
        WEB,
        {
            f"{POD}.topologySpreadConstraints[0].topologyKey": "kubernetes.io/hostname",
            f"{POD}.topologySpreadConstraints[0].labelSelector": {"matchLabels": SELECTOR},
        },
    ),
    "the pod's labels are its own and the chart's, its own first": (
        {"podLabels": {"tier": "pod"}, "commonLabels": {"tier": "all", "team": "a"}},
        WEB,
        {
            "spec.template.metadata.labels": SELECTOR | {"tier": "pod", "team": "a"},
            "metadata.labels": LABELS | {"tier": "all", "team": "a"},
            "spec.selector.matchLabels": SELECTOR,
        },
    ),
    "common labels without the pod's": (
        {"podLabels": None, "commonLabels": {"team": "a"}},
        WEB,
        {"spec.template.metadata.labels": SELECTOR | {"team": "a"}},
    ),
    "the pod's labels without common ones": (
        {"podLabels": {"team": "a"}, "commonLabels": None},
        WEB,
        {"spec.template.metadata.labels": SELECTOR | {"team": "a"}, "metadata.labels": LABELS},
    ),
    "the pod's annotations stand beside the chart's": (
        {"podAnnotations": {"example.org/a": "b"}},
        WEB,
        {
            "spec.template.metadata.annotations": {
                "example.org/a": "b",
                "kubectl.kubernetes.io/default-container": "eni-todo",
            }
        },
    ),
    "security is handed on": (
        {"podSecurityContext": {"fsGroup": 5}, "securityContext": {"privileged": False}},
        WEB,
        {f"{POD}.securityContext.fsGroup": 5, f"{CONTAINER}.securityContext.privileged": False},
    ),
    "security is the test's as well": (
        {"podSecurityContext": {"fsGroup": 5}, "securityContext": {"privileged": False}},
        TEST,
        {"spec.securityContext.fsGroup": 5, "spec.containers[0].securityContext.privileged": False},
    ),
    "security and resources may be left to the cluster": (
        {"podSecurityContext": None, "securityContext": None, "resources": None},
        WEB,
        {f"{POD}.securityContext": ABSENT, f"{CONTAINER}.securityContext": ABSENT, f"{CONTAINER}.resources": ABSENT},
    ),
    "the test's security may be left to the cluster": (
        {"podSecurityContext": None, "securityContext": None},
        TEST,
        {"spec.securityContext": ABSENT, "spec.containers[0].securityContext": ABSENT},
    ),
    "resources are small": (
        {},
        WEB,
        {f"{CONTAINER}.resources": {"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}},
    ),
    "the database is the one brought along": (
        {"mariadb": {"auth": {"database": "shop", "username": "clerk", "secretKeys": {"password": "p"}}}},
        WEB,
        {
            f"{CONTAINER}.env": [
                {"name": "MULTIPART_LOCATION", "value": "/usr/local/tomcat/files"},
                {"name": "SPRING_PROFILES_ACTIVE", "value": "tomcat-mariadb-env"},
                {"name": "DB_DTB_JDBC_URL", "value": "jdbc:mariadb://eni-todo-mariadb:3306/shop"},
                {"name": "DB_DTB_USERNAME", "value": "clerk"},
                {
                    "name": "DB_DTB_PASSWORD",
                    "valueFrom": {"secretKeyRef": {"name": "eni-todo-mariadb", "key": "p"}},
                },
            ]
        },
    ),
    "the database is asked by its Service with an address": (
        {"mariadb": {"service": {"enabled": True, "port": 3307}, "auth": {"existingSecret": "mine"}}},
        WEB,
        {
            f"{CONTAINER}.env[name=DB_DTB_JDBC_URL].value": "jdbc:mariadb://eni-todo-mariadb-client:3307/db_todo",
            f"{CONTAINER}.env[name=DB_DTB_PASSWORD].valueFrom.secretKeyRef.name": "mine",
        },
    ),
    "the database may be outside, its password here": (
        OUTSIDE,
        WEB,
        {
            f"{CONTAINER}.env[name=DB_DTB_JDBC_URL].value": "jdbc:mariadb://db.example.org:3306/db_todo",
            f"{CONTAINER}.env[name=DB_DTB_USERNAME].value": "springuser",
            f"{CONTAINER}.env[name=DB_DTB_PASSWORD].valueFrom.secretKeyRef": {
                "name": "eni-todo-database",
                "key": "password",
            },
            'spec.template.metadata.annotations["checksum/database"]': (
                "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
            ),
        },
    ),
    "the database may be outside, its password elsewhere": (
        NO_DATABASE
        | {
            "externalDatabase": {
                "host": "db.example.org",
                "port": 3307,
                "database": "shop",
                "username": "clerk",
                "existingSecret": "mine",
                "existingSecretKey": "p",
            }
        },
        WEB,
        {
            f"{CONTAINER}.env[name=DB_DTB_JDBC_URL].value": "jdbc:mariadb://db.example.org:3307/shop",
            f"{CONTAINER}.env[name=DB_DTB_USERNAME].value": "clerk",
            f"{CONTAINER}.env[name=DB_DTB_PASSWORD].valueFrom.secretKeyRef": {"name": "mine", "key": "p"},
            'spec.template.metadata.annotations["checksum/database"]': ABSENT,
        },
    ),
    "without a database nothing is said of one": (
        NO_DATABASE,
        WEB,
        {
            f"{CONTAINER}.env": [{"name": "MULTIPART_LOCATION", "value": "/usr/local/tomcat/files"}],
            f"{CONTAINER}.envFrom": ABSENT,
        },
    ),
    "variables are handed on": (
        {"config": {"A": True}, "extraEnv": [{"name": "B", "value": "c"}]},
        WEB,
        {
            f"{CONTAINER}.envFrom": [{"configMapRef": {"name": "eni-todo"}}],
            f"{CONTAINER}.env[name=B].value": "c",
            'spec.template.metadata.annotations["checksum/config"]': (
                "12e2555a9f1b42f5a7f4d476e41f401bb3e435ad81f51b63d86809193b58226b"
            ),
        },
    ),
    "variables are text": (
        {"config": {"A": True, "B": 1}},
        ("ConfigMap", "eni-todo"),
        {"data": {"A": "true", "B": "1"}, "metadata.labels": LABELS},
    ),
    "uploads go with the pod": (
        {"uploads": {"path": "/files"}},
        WEB,
        {
            f"{POD}.volumes[name=uploads]": {"name": "uploads", "emptyDir": {}},
            f"{CONTAINER}.volumeMounts[name=uploads].mountPath": "/files",
            f"{CONTAINER}.env[name=MULTIPART_LOCATION].value": "/files",
        },
    ),
    "uploads lie on a claim": (
        {"uploads": {"persistence": {"enabled": True}}},
        WEB,
        {
            f"{POD}.volumes[name=uploads]": {
                "name": "uploads",
                "persistentVolumeClaim": {"claimName": "eni-todo-uploads"},
            }
        },
    ),
    "uploads lie on a claim that exists": (
        {"uploads": {"persistence": {"enabled": True, "existingClaim": "mine"}}},
        WEB,
        {f"{POD}.volumes[name=uploads].persistentVolumeClaim.claimName": "mine"},
    ),
    "the claim is kept": (
        {"uploads": {"persistence": {"enabled": True}}},
        "PersistentVolumeClaim",
        {
            "metadata.labels": LABELS,
            "metadata.annotations": {"helm.sh/resource-policy": "keep"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
    "the claim can be said": (
        {
            "uploads": {
                "persistence": {
                    "enabled": True,
                    "size": "2Gi",
                    "storageClass": "fast",
                    "accessModes": ["ReadWriteMany"],
                    "keep": None,
                    "annotations": {"a": "b"},
                }
            }
        },
        "PersistentVolumeClaim",
        {
            "metadata.annotations": {"a": "b"},
            "spec": {
                "accessModes": ["ReadWriteMany"],
                "storageClassName": "fast",
                "resources": {"requests": {"storage": "2Gi"}},
            },
        },
    ),
    "a dash is no class at all, and nothing annotated is nothing": (
        {"uploads": {"persistence": {"enabled": True, "storageClass": "-", "keep": False, "annotations": None}}},
        "PersistentVolumeClaim",
        {"spec.storageClassName": "", "metadata.annotations": ABSENT},
    ),
    "what Tomcat writes to is writable": (
        {"writablePaths": ["/tmp", "/usr/local/logs"]},  # noqa: S108 - a path in a container
        WEB,
        {
            f"{POD}.volumes[name=scratch].emptyDir": {},
            f"{CONTAINER}.volumeMounts": [
                {"name": "uploads", "mountPath": "/usr/local/tomcat/files"},
                {"name": "scratch", "mountPath": "/tmp", "subPath": "tmp"},  # noqa: S108 - as above
                {"name": "scratch", "mountPath": "/usr/local/logs", "subPath": "usr-local-logs"},
            ],
        },
    ),
    "nothing to write to is no volume": (
        {"writablePaths": []},
        WEB,
        {f"{POD}.volumes[name=scratch]": ABSENT, f"{CONTAINER}.volumeMounts[name=scratch]": ABSENT},
    ),
    "the pods run as their own account": ({}, WEB, {f"{POD}.serviceAccountName": "eni-todo"}),
    "or as one that is named": ({"serviceAccount": {"name": "mine"}}, WEB, {f"{POD}.serviceAccountName": "mine"}),
    "or as the namespace's": (
        {"serviceAccount": {"create": False}},
        TEST,
        {"spec.serviceAccountName": "default", "spec.automountServiceAccountToken": False},
    ),
    "the account can be named and annotated": (
        {"serviceAccount": {"name": "mine", "annotations": {"a": "b"}}} | NO_DATABASE,
        "ServiceAccount",
        {
            "metadata.name": "mine",
            "metadata.annotations": {"a": "b"},
            "automountServiceAccountToken": False,
            "metadata.labels": LABELS,
        },
    ),
    "the account has no annotations of the chart's": (NO_DATABASE, "ServiceAccount", {"metadata.annotations": ABSENT}),
    "every probe asks for the page that needs no database": (
        {"probes": {"path": "/up"}},
        WEB,
        {
            f"{CONTAINER}.startupProbe": {
                "httpGet": {"path": "/up", "port": "http"},
                "initialDelaySeconds": 0,
                "periodSeconds": 1,
                "timeoutSeconds": 2,
                "failureThreshold": 180,
            },
            f"{CONTAINER}.livenessProbe": {
                "httpGet": {"path": "/up", "port": "http"},
                "initialDelaySeconds": 0,
                "periodSeconds": 10,
                "timeoutSeconds": 3,
                "failureThreshold": 3,
            },
            f"{CONTAINER}.readinessProbe": {
                "httpGet": {"path": "/up", "port": "http"},
                "initialDelaySeconds": 0,
                "periodSeconds": 2,
                "timeoutSeconds": 2,
                "failureThreshold": 2,
                "successThreshold": 1,
            },
        },
    ),
    "a probe's own mechanism takes the place of the page": (
        {"probes": {"startup": {"httpGet": {"path": "/"}}, "liveness": {"tcpSocket": {"port": "http"}}}},
        WEB,
        {
            f"{CONTAINER}.startupProbe.httpGet": {"path": "/", "port": "http"},
            f"{CONTAINER}.livenessProbe.tcpSocket": {"port": "http"},
            f"{CONTAINER}.livenessProbe.httpGet": ABSENT,
        },
    ),
    "a probe that is off is not there": (
        {"probes": {name: {"enabled": False} for name in ("startup", "liveness", "readiness")}},
        WEB,
        {f"{CONTAINER}.{name}Probe": ABSENT for name in ("startup", "liveness", "readiness")},
    ),
    "a pod that is told to stop serves on for a while": (
        {},
        WEB,
        {f"{CONTAINER}.lifecycle": {"preStop": {"sleep": {"seconds": 10}}}},
    ),
    "what happens before the stop can be said": (
        {"lifecycle": {"preStop": {"exec": {"command": ["a"]}}}},
        WEB,
        {f"{CONTAINER}.lifecycle": {"preStop": {"exec": {"command": ["a"]}}}},
    ),
    "nothing need happen before the stop": (
        {"lifecycle": {"preStopSleepSeconds": 0}},
        WEB,
        {f"{CONTAINER}.lifecycle": ABSENT},
    ),
    "pods that copy sessions know each other": (
        {"sessionReplication": {"enabled": True}},
        WEB,
        {
            f"{POD}.automountServiceAccountToken": True,
            f"{CONTAINER}.ports": [
                {"name": "http", "containerPort": 8080},
                {"name": "members", "containerPort": 4000},
            ],
            f"{CONTAINER}.env[name=SPRING_PROFILES_ACTIVE].value": "tomcat-mariadb-kub",
            f"{CONTAINER}.env[name=KUBERNETES_NAMESPACE].valueFrom.fieldRef.fieldPath": "metadata.namespace",
            f"{CONTAINER}.env[name=HOSTNAME].valueFrom.fieldRef.fieldPath": "metadata.name",
            f"{CONTAINER}.env[name=KUBERNETES_LABELS].value": (
                "app.kubernetes.io/component=web,app.kubernetes.io/instance=eni-todo,app.kubernetes.io/name=eni-todo"
            ),
        },
    ),
    "pods that copy nothing know nobody": (
        {},
        WEB,
        {
            f"{CONTAINER}.ports": [{"name": "http", "containerPort": 8080}],
            f"{CONTAINER}.env[name=KUBERNETES_LABELS]": ABSENT,
        },
    ),
    "members may ask who else is one": (
        {"sessionReplication": {"enabled": True}},
        "Role",
        {
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}],
            "metadata.labels": LABELS,
        },
    ),
    "the pods' account is a member's": (
        {"sessionReplication": {"enabled": True}, "serviceAccount": {"name": "mine"}},
        "RoleBinding",
        {
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "eni-todo"},
            "subjects": [{"kind": "ServiceAccount", "name": "mine", "namespace": "default"}],
            "metadata.labels": LABELS,
        },
    ),
    "members are found before they are ready": (
        {"sessionReplication": {"enabled": True}},
        ("Service", "eni-todo-members"),
        {
            "metadata.labels": LABELS,
            "spec": {
                "clusterIP": "None",
                "publishNotReadyAddresses": True,
                "selector": SELECTOR,
                "ports": [{"name": "members", "port": 4000, "targetPort": "members"}],
            },
        },
    ),
    "everybody reaches the application's port": (
        {"networkPolicy": {"enabled": True}},
        "NetworkPolicy",
        {
            "metadata.labels": LABELS,
            "spec": {
                "podSelector": {"matchLabels": SELECTOR},
                "policyTypes": ["Ingress"],
                "ingress": [{"ports": [{"port": "http"}]}],
            },
        },
    ),
    "members reach each other, and peers the application": (
        {"networkPolicy": {"enabled": True, "from": [{"podSelector": {}}]}, "sessionReplication": {"enabled": True}},
        "NetworkPolicy",
        {
            "spec.ingress": [
                {"ports": [{"port": "http"}], "from": [{"podSelector": {"matchLabels": TESTS}}, {"podSelector": {}}]},
                {"ports": [{"port": "members"}], "from": [{"podSelector": {"matchLabels": SELECTOR}}]},
            ]
        },
    ),
    "the Service leads to the pods": (
        {},
        SERVICE,
        {
            "metadata.labels": LABELS,
            "metadata.annotations": ABSENT,
            "spec": {
                "type": "ClusterIP",
                "sessionAffinity": "None",
                "selector": SELECTOR,
                "ports": [{"name": "http", "port": 80, "targetPort": "http"}],
            },
        },
    ),
    "a load balancer has a class and keeps clients": (
        {
            "service": {
                "type": "LoadBalancer",
                "port": 8080,
                "loadBalancerClass": "example.org/lb",
                "externalTrafficPolicy": "Local",
                "sessionAffinity": "ClientIP",
                "sessionAffinityTimeoutSeconds": 60,
                "nodePort": 30080,
                "annotations": {"a": "b"},
            }
        },
        SERVICE,
        {
            "metadata.annotations": {"a": "b"},
            "spec": {
                "type": "LoadBalancer",
                "loadBalancerClass": "example.org/lb",
                "externalTrafficPolicy": "Local",
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
                "selector": SELECTOR,
                "ports": [{"name": "http", "port": 8080, "targetPort": "http", "nodePort": 30080}],
            },
        },
    ),
    "traffic from outside has no policy where there is none": (
        {"service": {"externalTrafficPolicy": "Local", "annotations": None}},
        SERVICE,
        {"spec.externalTrafficPolicy": ABSENT, "metadata.annotations": ABSENT},
    ),
    "an ingress leads everything here": (
        {"ingress": {"enabled": True, "annotations": None}},
        "Ingress",
        {
            "metadata.labels": LABELS,
            "metadata.annotations": ABSENT,
            "spec": {
                "rules": [
                    {
                        "host": "eni-todo.localhost",
                        "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": BACKEND}]},
                    }
                ]
            },
        },
    ),
    "hosts, paths, class and certificates can be said": (
        {
            "ingress": {
                "enabled": True,
                "className": "mine",
                "annotations": {"a": "b"},
                "hosts": [{"host": "a.example.org", "paths": [{"path": "/x", "pathType": "Exact"}, {"path": "/y"}]}],
                "tls": [{"hosts": ["a.example.org"], "secretName": "tls"}],
            }
        },
        "Ingress",
        {
            "metadata.annotations": {"a": "b"},
            "spec": {
                "ingressClassName": "mine",
                "tls": [{"hosts": ["a.example.org"], "secretName": "tls"}],
                "rules": [
                    {
                        "host": "a.example.org",
                        "http": {
                            "paths": [
                                {"path": "/x", "pathType": "Exact", "backend": BACKEND},
                                {"path": "/y", "pathType": "Prefix", "backend": BACKEND},
                            ]
                        },
                    }
                ],
            },
        },
    ),
    "Traefik keeps a browser on its pod": (ingress("traefik"), SERVICE, {"metadata.annotations": STICKY}),
    "Traefik's cookie is secure where all is": (
        ingress("traefik", tls=[{"hosts": ["*.localhost"], "secretName": "tls"}]),
        SERVICE,
        {"metadata.annotations": STICKY | {f"{TRAEFIK}.secure": "true"}},
    ),
    "Traefik keeps nobody, if so said": (
        ingress("traefik", sticky=False),
        SERVICE,
        {"metadata.annotations": ABSENT},
    ),
    "Traefik speaks TLS where every host has a certificate": (
        ingress("traefik", tls=[{"hosts": ["eni-todo.localhost"], "secretName": "tls"}]),
        "Ingress",
        {"metadata.annotations": {"traefik.ingress.kubernetes.io/router.tls": "true"}},
    ),
    "Traefik speaks no TLS where a host has none": (
        ingress(
            "traefik",
            tls=[{"hosts": ["a.example.org"], "secretName": "tls"}],
            hosts=[{"host": "a.example.org"}, {"host": "b.example.com"}],
        ),
        "Ingress",
        {"metadata.annotations": ABSENT},
    ),
    "nginx keeps a browser on its pod": (
        ingress("nginx", maxBodySize="5m"),
        "Ingress",
        {
            "metadata.annotations": {
                f"{NGINX}/app-root": "/eni-todo/",
                f"{NGINX}/proxy-body-size": "5m",
                f"{NGINX}/affinity": "cookie",
                f"{NGINX}/affinity-mode": "persistent",
                f"{NGINX}/session-cookie-name": "node",
                f"{NGINX}/session-cookie-samesite": "Lax",
            }
        },
    ),
    "nginx keeps nobody, if so said": (
        ingress("nginx", sticky=False, maxBodySize="5m"),
        "Ingress",
        {"metadata.annotations": {f"{NGINX}/app-root": "/eni-todo/", f"{NGINX}/proxy-body-size": "5m"}},
    ),
    "nginx's cookie is secure where all is": (
        ingress("nginx", tls=[{"hosts": ["*.localhost"], "secretName": "tls"}]),
        "Ingress",
        {f'metadata.annotations["{NGINX}/session-cookie-secure"]': "true"},
    ),
    "HAProxy keeps a browser on its pod": (
        ingress("haproxy"),
        SERVICE,
        {"metadata.annotations": {"haproxy.org/cookie-persistence": "node"}},
    ),
    "HAProxy keeps nobody, if so said": (
        ingress("haproxy", sticky=False),
        SERVICE,
        {"metadata.annotations": ABSENT},
    ),
    "HAProxy reads the root from the Ingress": (ingress("haproxy"), "Ingress", {"metadata.annotations": HAPROXY_ROOT}),
    "without an ingress nobody keeps anybody": (
        {"ingress": {"enabled": False, "controller": "traefik"}},
        SERVICE,
        {"metadata.annotations": ABSENT},
    ),
    "helm test asks the application by its Service": (
        {"service": {"port": 8080}},
        TEST,
        {
            "metadata.labels": LABELS | {"app.kubernetes.io/component": "test"},
            'metadata.annotations["helm.sh/hook"]': "test",
            "spec.containers[0].env[name=BASE_URL].value": "http://eni-todo:8080",
        },
    ),
}


@pytest.mark.parametrize("case", BECOMES.values(), ids=BECOMES)
def test_what_values_become(assert_facts: Callable[..., None], case: tuple[Any, ...]) -> None:
    """The name of each says what for."""
    assert_facts(*case)


@pytest.mark.timonier_cases
def test_every_object_is_where_the_release_is(render: Render, case: Case) -> None:
    """Named after the release, in its namespace, and labelled as its."""
    prefix = ("shop-", case.values.get("fullnameOverride", "shop-"))
    for one in render(case=case, release="shop", namespace="here"):
        assert one.name.startswith(prefix)
        assert one.namespace == "here"
        assert one['metadata.labels["app.kubernetes.io/instance"]'] == "shop"


@pytest.mark.parametrize(
    ("values", "release", "name"),
    [
        ({}, "eni-todo", "eni-todo"),
        ({}, "my-eni-todo-1", "my-eni-todo-1"),
        ({}, "shop", "shop-eni-todo"),
        ({}, "x" * 53, f"{'x' * 43}-eni-todo"),
        ({}, f"{'x' * 42}-{'x' * 10}", f"{'x' * 42}-eni-todo"),
        ({"nameOverride": "todo"}, "shop", "shop-todo"),
        ({"fullnameOverride": "todo"}, "shop", "todo"),
    ],
)
def test_names_fit_where_they_go(render: Render, values: dict[str, Any], release: str, name: str) -> None:
    """Not doubled, and cut where a suffix would make them too long."""
    web = render(values=values, release=release)["Deployment"]
    assert web.name == name
    assert web['metadata.labels["app.kubernetes.io/name"]'] == values.get("nameOverride", "eni-todo")


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        ({"tests": {"enabled": False}}, {("Pod", "eni-todo-test")}),
        ({"serviceAccount": {"create": False}}, {("ServiceAccount", "eni-todo")}),
        ({"podDisruptionBudget": {"enabled": False}}, {BUDGET}),
        ({"replicas": 1}, {BUDGET}),
        ({"autoscaling": {"enabled": True, "minReplicas": 1}}, {BUDGET, ("HorizontalPodAutoscaler", "eni-todo")}),
        ({"uploads": {"persistence": {"existingClaim": "mine"}}}, {CLAIM}),
        ({"uploads": {"persistence": {"enabled": False}}}, {CLAIM}),
        ({"ingress": {"enabled": False}}, {INGRESS}),
    ],
)
def test_what_is_switched_off_is_not_there(render: Render, values: dict[str, Any], gone: set[tuple[str, str]]) -> None:
    """That, and nothing comes in its place but what was asked for."""
    ample = {
        "replicas": 2,
        "uploads": {"persistence": {"enabled": True, "accessModes": ["ReadWriteMany"]}},
        "ingress": {"enabled": True},
    }
    with_all = render(values=ample).inventory
    without = render(values=ample | _over(ample, values)).inventory
    assert with_all ^ without == gone


def _over(base: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    """Return values over others, maps being merged."""
    merged = dict(base)
    for key, value in values.items():
        inner = merged.get(key)
        merged[key] = _over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


@pytest.mark.chapter("Secret: base64")
def test_a_given_password_is_kept_in_a_secret(render: Render) -> None:
    """In base64, as a Secret has it."""
    secret = render(values=OUTSIDE)["Secret"]
    assert secret["data"] == {"password": base64.b64encode(b"secret").decode()}
    assert (secret["type"], secret["metadata.labels"]) == ("Opaque", LABELS)


@pytest.mark.chapter("ConfigMap: checksum annotation")
def test_pods_are_replaced_when_variables_change(render: Render) -> None:
    """By an annotation that says which they are."""
    checksum = 'spec.template.metadata.annotations["checksum/config"]'
    sums = [render(values={"config": {"A": text}})["Deployment"][checksum] for text in ("a", "a", "b")]
    assert sums[0] == sums[1] != sums[2]


def test_the_test_gives_up_after_as_many_attempts_as_it_is_told(render: Render) -> None:
    """It counts them itself."""
    script = render(values={"tests": {"attempts": 7}})["Pod", "eni-todo-test"]["spec.containers[0].command[2]"]
    assert '[ "$attempt" -lt 7 ]' in script


SHARED = {"enabled": True, "accessModes": ["ReadWriteMany"]}
REFUSED: dict[str, dict[str, Any]] = {
    "commonLabels sets helm.sh/chart, which the chart sets itself: remove it": {
        "commonLabels": {"helm.sh/chart": "x", "team": "a"}
    },
    "podLabels sets app.kubernetes.io/name, which the chart sets itself: remove it": {
        "podLabels": {"app.kubernetes.io/name": "x"}
    },
    "probes.startup names httpGet and tcpSocket: keep one, and set the others to {}": {
        "probes": {"startup": {"httpGet": {"path": "/"}, "tcpSocket": {"port": 1}}}
    },
    "externalDatabase.host is given while mariadb.enabled is true: set mariadb.enabled=false, or remove it": {
        "externalDatabase": {"host": "a", "existingSecret": "b"}
    },
    "externalDatabase.host needs externalDatabase.existingSecret (or externalDatabase.password)": NO_DATABASE
    | {"externalDatabase": {"host": "a"}},
    "externalDatabase.existingSecret is given, so externalDatabase.password would be ignored: remove it": NO_DATABASE
    | {"externalDatabase": {"host": "a", "password": "b", "existingSecret": "c"}},
    "sessionReplication needs a database all pods share: set mariadb.enabled=true or externalDatabase.host": NO_DATABASE
    | {"sessionReplication": {"enabled": True}},
    "application and database are both called todo: set mariadb.fullnameOverride": {
        "fullnameOverride": "todo",
        "mariadb": {"fullnameOverride": "todo"},
    },
    "extraEnv sets MULTIPART_LOCATION, which the chart sets from other values: remove it": {
        "extraEnv": [{"name": "MULTIPART_LOCATION", "value": "x"}]
    },
    "config sets DB_DTB_USERNAME, which the chart sets from other values: remove it": {
        "config": {"DB_DTB_USERNAME": "x", "OTHER": "y"}
    },
    "2 pods cannot share uploads.persistence with accessModes [ReadWriteOnce]: use ReadWriteMany, or one pod": {
        "replicas": 2,
        "uploads": {"persistence": {"enabled": True}},
    },
    "5 pods cannot share uploads.persistence with accessModes [ReadWriteOnce]: use ReadWriteMany, or one pod": {
        "autoscaling": {"enabled": True},
        "uploads": {"persistence": {"enabled": True}},
    },
    "strategy.type RollingUpdate never ends with an uploads claim that is ReadWriteOncePod: use Recreate": {
        "strategy": {"type": "RollingUpdate"},
        "uploads": {"persistence": {"enabled": True, "accessModes": ["ReadWriteOncePod"]}},
    },
    "strategy.maxUnavailable and strategy.maxSurge are both 0: no pod could ever be replaced": {
        "strategy": {"maxUnavailable": "0%", "maxSurge": 0}
    },
    "autoscaling.minReplicas (6) is more than autoscaling.maxReplicas (5)": {
        "autoscaling": {"enabled": True, "minReplicas": 6}
    },
    "autoscaling needs a target: set autoscaling.targetCPUUtilizationPercentage": {
        "autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0}
    },
    "lifecycle.preStopSleepSeconds (45) leaves nothing of terminationGracePeriodSeconds (45) to stop in": {
        "lifecycle": {"preStopSleepSeconds": 45}
    },
    "service.nodePort needs a service.type of NodePort or LoadBalancer": {"service": {"nodePort": 30080}},
    "service.loadBalancerClass needs service.type LoadBalancer": {"service": {"loadBalancerClass": "a/b"}},
    "ingress.enabled needs a host: set ingress.hosts": {"ingress": {"enabled": True, "hosts": []}},
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_values_that_contradict_each_other_are_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the release, the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values, release="shop")
    assert refusal.message.endswith(f": chart eni-todo, release shop: wrong values - {text}")


def test_all_that_is_wrong_is_told_at_once(render: Render) -> None:
    """So that nobody repairs one after the other."""
    with render.raises("ingress.hosts", "probes.liveness", "podLabels") as refusal:
        render(
            values={
                "ingress": {"enabled": True, "hosts": []},
                "probes": {"liveness": {"exec": {"command": ["a"]}, "httpGet": {"port": 1}}},
                "podLabels": {"helm.sh/chart": "x"},
            }
        )
    assert refusal.message.count(" - ") == 3


@pytest.mark.parametrize(
    "values",
    [
        {"autoscaling": {"minReplicas": 6}},
        {"lifecycle": {"preStopSleepSeconds": 60, "preStop": {"exec": {"command": ["a"]}}}},
        {"strategy": {"maxUnavailable": 0, "maxSurge": "1%"}},
        {"extraEnv": [{"name": "OTHER", "value": "x"}]},
        {"replicas": 2, "uploads": {"persistence": SHARED}},
        {"uploads": {"persistence": {"enabled": True, "accessModes": ["ReadWriteOncePod"]}}},
        {"podLabels": {"team": "a"}},
    ],
)
def test_values_that_go_together_are_taken(render: Render, values: dict[str, Any]) -> None:
    """What looks like the refused, and is none of it."""
    assert "Deployment" in render(values=values)


NOTES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "defaults": (
        {},
        [
            "eni-todo 1.0.0 is on its way, as release shop in namespace here.",
            "kubectl --namespace here rollout status statefulset/shop-mariadb\n",
            "kubectl --namespace here rollout status deployment/shop-eni-todo\n",
            "kubectl --namespace here port-forward service/shop-eni-todo 8080:80\n",
            "helm --namespace here test shop",
        ],
        ["WARNING"],
    ),
    "embedded": (
        NO_DATABASE | {"tests": {"enabled": False}, "image": {"tag": "2"}},
        ["eni-todo 2 is on its way", "WARNING: no database is set up."],
        ["statefulset", "helm --namespace"],
    ),
    "NodePort": (
        {"service": {"type": "NodePort"}, "replicas": 2},
        [
            'echo "http://$(kubectl --namespace here get nodes -o jsonpath',
            "$(kubectl --namespace here get service/shop-eni-todo -o jsonpath",
            "helm --namespace here test shop\n",
            "WARNING: uploads are kept in each pod.",
        ],
        ["port-forward"],
    ),
    "LoadBalancer": (
        {"service": {"type": "LoadBalancer", "port": 8080}},
        ["$(kubectl --namespace here get service/shop-eni-todo -o jsonpath", ":8080/eni-todo/"],
        ["port-forward", "get nodes"],
    ),
    "shared uploads": (
        {"replicas": 2, "uploads": {"persistence": SHARED}},
        ["port-forward"],
        ["WARNING"],
    ),
    "ingress without a controller's name": (
        {"replicas": 2, "uploads": {"persistence": SHARED}} | ingress(""),
        ["  http://eni-todo.localhost/eni-todo/", "WARNING: ingress.controller is empty"],
        ["port-forward"],
    ),
    "ingress of one pod": (ingress(""), ["http://eni-todo.localhost/eni-todo/"], ["WARNING"]),
    "ingress without cookies": (
        {"replicas": 2, "uploads": {"persistence": SHARED}} | ingress("", sticky=False),
        ["http://eni-todo.localhost/eni-todo/"],
        ["WARNING"],
    ),
    "ingress with a certificate": (
        ingress("nginx", tls=[{"hosts": ["eni-todo.localhost"], "secretName": "tls"}]),
        ["  https://eni-todo.localhost/eni-todo/\n"],
        ["WARNING"],
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
