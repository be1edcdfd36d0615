"""Rules about what objects name: whether it is there, with the key or the port they want."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import references

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def pod(spec: str, container: str = "") -> str:
    """Return a pod of one container."""
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
        f"spec: {{{spec}{', ' if spec else ''}containers: [{{name: web{', ' if container else ''}{container}}}]}}\n"
        "---\n"
    )


def an(kind: str, name: str, spec: str = "{}", *, api: str = "v1", annotations: str = "{}", namespace: str = "") -> str:
    """Return an object with a spec."""
    where = f", namespace: {namespace}" if namespace else ""
    return (
        f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, annotations: {annotations}{where}}}\n"
        f"spec: {spec}\n---\n"
    )


def ingress(service: str = "web", port: str = "{number: 80}", *, tls: str = "[]", annotations: str = "{}") -> str:
    """Return an Ingress of one path."""
    backend = f"{{service: {{name: {service}, port: {port}}}}}"
    spec = f"{{tls: {tls}, rules: [{{http: {{paths: [{{backend: {backend}}}]}}}}]}}"
    return an("Ingress", "web", spec, api="networking.k8s.io/v1", annotations=annotations)


RBAC = "rbac.authorization.k8s.io"
ROLE = f"apiVersion: {RBAC}/v1\nkind: Role\nmetadata: {{name: r}}\n---\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n---\n"


def binding(role: str, subject: str = "{kind: User, name: u}", kind: str = "Role") -> str:
    """Return a RoleBinding."""
    reference = f"{{apiGroup: {RBAC}, kind: {kind}, name: '{role}'}}"
    return (
        f"apiVersion: {RBAC}/v1\nkind: RoleBinding\nmetadata: {{name: b}}\nroleRef: {reference}\n"
        f"subjects: [{subject}]\n---\n"
    )


SCALER = "{scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}"
WEB = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n---\n"

CASES = [
    (
        "",
        "env: [{name: A, valueFrom: {secretKeyRef: {name: x, key: k}}}]",
        "containers[0].env[0].valueFrom.secretKeyRef",
    ),
    ("", "env: [{name: A, valueFrom: {configMapKeyRef: {name: x}}}]", "containers[0].env[0].valueFrom.configMapKeyRef"),
    ("", "envFrom: [{secretRef: {name: x}}]", "containers[0].envFrom[0].secretRef"),
    ("", "envFrom: [{configMapRef: {name: x}}]", "containers[0].envFrom[0].configMapRef"),
    ("volumes: [{name: v, configMap: {name: x}}]", "", "volumes[0].configMap"),
    ("volumes: [{name: v, projected: {sources: [{secret: {name: x}}]}}]", "", "volumes[0].projected.sources[0].secret"),
    ("imagePullSecrets: [{name: x}]", "", "imagePullSecrets[0]"),
]


@pytest.mark.parametrize(("spec", "container", "path"), CASES)
def test_what_a_pod_waits_for(found: Found, spec: str, container: str, path: str) -> None:
    """ConfigMaps and Secrets that nothing provides; with them in the rendering all is well."""
    [problem] = found(references.missing_reference, pod(spec, container))
    assert problem.path == f"spec.{path}.name"
    there = an("ConfigMap", "x") + an("Secret", "x")
    assert found(references.missing_reference, pod(spec, container) + there) == []


@pytest.mark.parametrize(("spec", "container", "path"), CASES[:-1])
def test_what_is_optional_need_not_be_there(found: Found, spec: str, container: str, path: str) -> None:
    """Wherever Kubernetes lets it be said."""
    del path
    texts = [text.replace("name: x", "name: x, optional: true") for text in (spec, container)]
    assert found(references.missing_reference, pod(*texts)) == []


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        (pod("volumes: [{name: v, secret: {secretName: x}}]"), "spec.volumes[0].secret.secretName", "Secret x"),
        (
            pod("volumes: [{name: v, persistentVolumeClaim: {claimName: x}}]"),
            "spec.volumes[0].persistentVolumeClaim.claimName",
            "PersistentVolumeClaim x",
        ),
        (pod("serviceAccountName: x"), "spec.serviceAccountName", "ServiceAccount x"),
        (an("StatefulSet", "db", "{serviceName: x}", api="apps/v1"), "spec.serviceName", "Service x"),
        (ingress(), "spec.rules[0].http.paths[0].backend.service.name", "Service web"),
        (
            ingress(tls="[{secretName: x}]") + an("Service", "web"),
            "spec.tls[0].secretName",
            "Secret x",
        ),
        (
            an("HorizontalPodAutoscaler", "web", SCALER, api="autoscaling/v2"),
            "spec.scaleTargetRef.name",
            "Deployment web",
        ),
        (binding("x"), "roleRef.name", "Role x"),
        (binding("x", kind="ClusterRole"), "roleRef.name", "ClusterRole x"),
        (binding("r", "{kind: ServiceAccount, name: x}") + ROLE, "subjects[0].name", "ServiceAccount x"),
        (ACCOUNT + "imagePullSecrets: [{name: x}]", "imagePullSecrets[0].name", "Secret x"),
        (pod("", "envFrom: [{secretRef: {name: x}}]") + an("Secret", "x", namespace="elsewhere"), "spec", "Secret x"),
        (pod("", "envFrom: [{secretRef: {name: x}}]") + an("ConfigMap", "x"), "spec", "Secret x"),
    ],
)
def test_what_is_not_there(found: Found, text: str, path: str, message: str) -> None:
    """Of whatever kind, and however it is named."""
    [problem] = found(references.missing_reference, text.replace("---\nimage", "image"))
    assert problem.path.startswith(path)
    assert problem.message == f"{message} is not there."


@pytest.mark.parametrize(
    "text",
    [
        pod("serviceAccountName: default, volumes: [{name: v, configMap: {name: kube-root-ca.crt}}]"),
        pod("serviceAccountName: a") + ACCOUNT,
        an("StatefulSet", "db", "{serviceName: x}", api="apps/v1") + an("Service", "x"),
        ingress() + an("Service", "web"),
        ingress(tls="[{secretName: x}]", annotations="{cert-manager.io/cluster-issuer: i}") + an("Service", "web"),
        an("HorizontalPodAutoscaler", "web", SCALER, api="autoscaling/v2") + WEB,
        binding("r", "{kind: ServiceAccount, name: a}") + ROLE + ACCOUNT,
        binding("view", kind="ClusterRole") + binding("system:auth-delegator", kind="ClusterRole"),
        binding("c", kind="ClusterRole") + ROLE.replace("Role", "ClusterRole").replace("name: r", "name: c"),
        binding("r", "{kind: ServiceAccount, name: x, namespace: monitoring}") + ROLE,
        pod("", "env: [{valueFrom: {configMapKeyRef: {key: k}}}]"),
    ],
)
def test_what_is_there_or_always_is(found: Found, text: str) -> None:
    """In the rendering, in every cluster, in somebody else's namespace, or made for an Ingress."""
    assert found(references.missing_reference, text) == []


@pytest.mark.parametrize(
    "maker",
    [
        an("Certificate", "web", "{secretName: x}", api="cert-manager.io/v1"),
        an("SealedSecret", "x", api="bitnami.com/v1alpha1"),
        pod("", "command: [make, x]").replace("name: web}", "name: make, annotations: {helm.sh/hook: pre-install}}", 1),
        an("Job", "make", "{template: {spec: {containers: [{args: [create, --secret-name=x]}]}}}", api="batch/v1"),
        an(
            "CronJob",
            "make",
            "{jobTemplate: {spec: {template: {spec: {containers: [{env: [{name: S, value: x}]}]}}}}}",
            api="batch/v1",
        ),
    ],
)
def test_what_somebody_will_make(found: Found, maker: str) -> None:
    """An operator whose resource names it, or a Job that is told to."""
    user = pod("volumes: [{name: v, secret: {secretName: x}}]")
    assert found(references.missing_reference, user + maker) == []
    assert len(found(references.missing_reference, user + maker.replace("x", "xy"))) == 1


@pytest.mark.parametrize(
    ("rule", "problems"),
    [
        ("{verbs: [get, create], resources: [secrets]}", 0),
        ("{verbs: ['*'], resources: [secrets]}", 0),
        ("{verbs: [get], resources: [secrets]}", 1),
        ("{verbs: [create], resources: [configmaps]}", 1),
    ],
)
def test_what_a_program_may_create(found: Found, rule: str, problems: int) -> None:
    """Somebody is given the right, and will know why."""
    user = pod("volumes: [{name: v, secret: {secretName: x}}]")
    assert len(found(references.missing_reference, user + f"{ROLE[:-4]}rules: [{rule}]")) == problems
    assert len(found(references.missing_reference, user + f"apiVersion: v1\nkind: Role\nrules: [{rule}]")) == 1


def test_claims_that_a_statefulset_makes(found: Found) -> None:
    """Each pod's own, by number."""
    maker = an("StatefulSet", "db", "{volumeClaimTemplates: [{metadata: {name: data}}]}", api="apps/v1")
    for claim, problems in (("data-db-0", 0), ("data-db-x", 1), ("data-web-0", 1)):
        user = pod(f"volumes: [{{name: v, persistentVolumeClaim: {{claimName: {claim}}}}}]")
        assert len(found(references.missing_reference, user + maker)) == problems


def test_names_that_the_values_give(make_chart: Callable[..., Path], look: Callable[..., list[Problem]]) -> None:
    """Somebody brings what is called as the values say, so that it is no warning; the two rules never say the same."""
    template = pod(
        "volumes: [{name: v, secret: {secretName: '{{ .Values.secret }}'}}, {name: w, secret: {secretName: other}}]"
    )
    chart = make_chart({"templates/a.yaml": template, "ci/own-values.yaml": "secret: z\n"}, values="secret: x\n")
    external = [problem.message for problem in look(references.external_reference, chart)]
    assert external == [f"Secret {name} is named by the values, and not part of the release." for name in "xz"]
    assert [problem.message for problem in look(references.missing_reference, chart)] == [
        "Secret other is not there."
    ] * 2


def holding(kind: str, fields: str) -> str:
    """Return a ConfigMap or Secret called x that holds something."""
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}\n{fields}\n---\n"


@pytest.mark.parametrize(
    ("user", "path"),
    [
        (pod("", "env: [{valueFrom: {configMapKeyRef: {name: x, key: K}}}]"), "env[0].valueFrom.configMapKeyRef.key"),
        (pod("volumes: [{name: v, configMap: {name: x, items: [{key: K}]}}]"), "volumes[0].configMap.items[0].key"),
        (
            pod("volumes: [{name: v, projected: {sources: [{configMap: {name: x, items: [{key: K}]}}]}}]"),
            "volumes[0].projected.sources[0].configMap.items[0].key",
        ),
        (
            pod("volumes: [{name: v, configMap: {name: x}}]", "volumeMounts: [{name: v, subPath: K}]"),
            "volumeMounts[0].subPath",
        ),
    ],
)
def test_keys_that_are_not_there(found: Found, user: str, path: str) -> None:
    """As a variable, as a file, as the only file; binary keys count, and an empty ConfigMap is filled by somebody."""
    [problem] = found(references.missing_key, user + holding("ConfigMap", "data: {other: ''}"))
    assert problem.path.endswith(path)
    assert problem.message == "ConfigMap x has no key K."
    for there in ("data: {K: ''}", "binaryData: {K: ''}", "data: {}"):
        assert found(references.missing_key, user + holding("ConfigMap", there)) == []
    assert found(references.missing_key, user) == []


def test_keys_of_a_secret(found: Found) -> None:
    """Whether in clear or encoded; a service account's token is filled in by Kubernetes."""
    user = pod("", "env: [{valueFrom: {secretKeyRef: {name: x, key: token}}}]")
    for fields, problems in (
        ("stringData: {other: ''}", 1),
        ("stringData: {token: ''}", 0),
        ("data: {token: ''}", 0),
        ("data: {other: ''}\ntype: kubernetes.io/service-account-token", 0),
    ):
        assert len(found(references.missing_key, user + holding("Secret", fields))) == problems


def test_the_only_file_of_a_volume_that_renames(found: Found) -> None:
    """A mount of one file goes by the file's name, which may be in a folder, and not by the key."""
    volume = "volumes: [{name: v, configMap: {name: x, items: [{key: k, path: conf/app.ini}]}}]"
    there = holding("ConfigMap", "data: {k: ''}")
    for path, problems in (("", 0), ("conf/app.ini", 0), ("conf", 0), ("k", 1), ("con", 1)):
        user = pod(volume, f"volumeMounts: [{{name: v, subPath: {path}}}]")
        assert len(found(references.missing_key, user + there)) == problems


SERVICE = an("Service", "web", "{ports: [{name: http, port: 80, targetPort: 8080}]}")


@pytest.mark.parametrize(
    ("port", "problems"),
    [("{number: 80}", 0), ("{name: http}", 0), ("{number: 8080}", 1), ("{name: web}", 1), ("{}", 0)],
)
def test_a_backend_goes_by_the_services_port(found: Found, port: str, problems: int) -> None:
    """By its name or its number, never by the container's."""
    assert len(found(references.backend_port, ingress(port=port) + SERVICE)) == problems
    assert found(references.backend_port, ingress(port=port)) == []
    default = an(
        "Ingress", "d", f"{{defaultBackend: {{service: {{name: web, port: {port}}}}}}}", api="networking.k8s.io/v1"
    )
    assert len(found(references.backend_port, default + SERVICE)) == problems


@pytest.mark.parametrize(("backend", "problems"), [
    ("{name: web, port: 80}", 0),
    ("{name: web, port: 8080}", 1),
    ("{name: web, port: 8080, namespace: elsewhere}", 0),
    ("{name: web, port: 8080, kind: Backend, group: x.io}", 0),
])  # fmt: skip
def test_a_route_goes_by_the_services_number(found: Found, backend: str, problems: int) -> None:
    """Unless it leads to another namespace, or to something that is no Service."""
    route = an("HTTPRoute", "r", f"{{rules: [{{backendRefs: [{backend}]}}]}}", api="gateway.networking.k8s.io/v1")
    assert len(found(references.backend_port, route + SERVICE)) == problems


def test_an_autoscaler_beside_replicas(found: Found) -> None:
    """Only for the workload it scales, and only when that says a number."""
    scaler = an("HorizontalPodAutoscaler", "web", SCALER, api="autoscaling/v2")
    [problem] = found(references.replicas_beside_autoscaler, scaler + WEB + WEB.replace("name: web", "name: other"))
    assert (problem.path, problem.manifest and problem.manifest.identity.name) == ("spec.replicas", "web")
    assert found(references.replicas_beside_autoscaler, scaler + WEB.replace("replicas: 2", "")) == []
