"""The HTTPRoute: a Gateway leads to the application, by Traefik's provider and the standard definitions."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.definitions import defined

from timonier.errors import ClusterError
from timonier.testing.release import merged
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
GATEWAY_API = "gateway.networking.k8s.io"
HOST = "todo.example.org"
PORT = 8000
READ = ["get", "list", "watch"]
RULES = [
    {"apiGroups": [""], "resources": ["services", "secrets", "namespaces", "nodes", "configmaps"], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": [GATEWAY_API], "resources": ["*"], "verbs": [*READ, "update"]},
]
ARGUMENTS = [
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
    f"--entrypoints.web.address=:{PORT}",
    "--providers.kubernetesgateway=true",
    "--ping=true",
    "--entrypoints.traefik.address=:8080",
]


def named(kind: str, name: str, api_version: str = "v1", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any part
    """An object."""
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **more}


def controller(image: str) -> dict[str, Any]:
    """A Traefik that reads the Gateway API, in a pod that passes Pod Security `restricted`."""
    security = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    container = {
        "name": "traefik",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ARGUMENTS,
        "readinessProbe": {"httpGet": {"path": "/ping", "port": 8080}, "periodSeconds": 1},
        "securityContext": security,
        "resources": {"requests": {"cpu": "10m", "memory": "60Mi"}},
    }
    spec = {
        "serviceAccountName": "gateway",
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    return {**named("Pod", "gateway", spec=spec), "metadata": {"name": "gateway", "labels": {"app": "gateway"}}}


def ingress_image(cluster: TestCluster) -> str:
    """The image of the cluster's own ingress controller, which the nodes have already."""
    try:
        deployment = cluster.get("deployment", "traefik", "timonier-ingress")
    except ClusterError:
        pytest.skip("the cluster's ingress controller is not the Traefik of `timonier cluster up`: no image to run")
    image: str = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    return image


@pytest.fixture(scope="module")
def definitions(cluster: TestCluster) -> Iterator[None]:
    """The Gateway API's definitions, removed afterwards where they were not there before."""
    with defined(cluster, GATEWAY_API):
        yield


@dataclass(frozen=True)
class Gateway:
    """A Gateway, asked by its pod's address from inside the cluster."""

    client: Client
    address: str

    def headers(self, path: str, host: str = HOST) -> str:
        """The status lines and headers of an answer, and of what it may lead on to; wget's own words where none is."""
        script = 'timeout 5 wget -S -q -O /dev/null --header "Host: $1" "$0" 2>&1; true'
        return self.client.run("sh", "-c", script, f"http://{self.address}:{PORT}{path}", host)

    def page(self, host: str = HOST) -> str:
        """The list's page."""
        script = 'timeout 5 wget -q -O - --header "Host: $1" "$0"'
        return self.client.run("sh", "-c", script, f"http://{self.address}:{PORT}/eni-todo/", host)


@pytest.fixture(scope="module")
def gateway(cluster: TestCluster, module_namespace: str, module_client: Client, definitions: None) -> Iterator[Gateway]:  # noqa: ARG001 - they must be there
    """A Gateway for HTTP in the module's namespace, and a controller of its own."""
    image, own = ingress_image(cluster), f"timonier-{module_namespace}"
    account = {"kind": "ServiceAccount", "name": "gateway", "namespace": module_namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": own}
    listener = {"name": "web", "port": PORT, "protocol": "HTTP"}
    wide = [
        named("ClusterRole", own, "rbac.authorization.k8s.io/v1", rules=[*RULES, *_status_rules()]),
        named("ClusterRoleBinding", own, "rbac.authorization.k8s.io/v1", roleRef=role, subjects=[account]),
        named("GatewayClass", own, f"{GATEWAY_API}/v1", spec={"controllerName": "traefik.io/gateway-controller"}),
    ]
    inside = [
        named("ServiceAccount", "gateway"),
        controller(image),
        named("Gateway", "public", f"{GATEWAY_API}/v1", spec={"gatewayClassName": own, "listeners": [listener]}),
    ]
    with ExitStack() as stack:
        for one in wide:
            cluster.apply(one)
            stack.callback(cluster.delete, one["kind"].lower(), own, wait=False)
        cluster.apply(*inside, namespace=module_namespace)
        cluster.kubectl("wait", "pod/gateway", "--for=condition=Ready", "--timeout=90s", namespace=module_namespace)
        address = cluster.get("pod", "gateway", module_namespace)["status"]["podIP"]
        yield Gateway(module_client, address)


def _status_rules() -> list[dict[str, Any]]:
    kinds = ("gatewayclasses", "gateways", "httproutes", "grpcroutes", "tlsroutes", "backendtlspolicies")
    return [
        {"apiGroups": [GATEWAY_API], "resources": [f"{kind}/status" for kind in kinds], "verbs": ["update", "patch"]}
    ]


@pytest.fixture(scope="module")
def web(module_eni_todo: Callable[..., Release], gateway: Gateway) -> Release:
    """The application at the Gateway; without a database of its own."""
    assert gateway.address
    route = {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": [HOST]}
    return module_eni_todo(merged({"mariadb": {"enabled": False}}, {"httpRoute": route}))


def accepted(route: Manifest) -> bool:
    """Whether a Gateway has taken a route, and found what it leads to."""
    told = {
        condition["type"]: condition["status"]
        for parent in route.get("status", {}).get("parents", [])
        for condition in parent["conditions"]
    }
    return told == {"Accepted": "True", "ResolvedRefs": "True"}


@pytest.mark.chapter("Ingress: HTTPRoute", "Ingress: application root")
def test_a_gateway_leads_to_the_application(web: Release, gateway: Gateway) -> None:
    """The route is accepted; its host is answered by the pod, and its root leads to /eni-todo/."""
    wait_until(lambda: accepted(web.get("httproute", web.name)), "the Gateway to accept the route")
    [pod] = web.pods(ready=True)
    page = wait_until(gateway.page, "the Gateway to lead to the application")
    assert f"<b>{pod['metadata']['name']}</b>" in page
    # With scheme and port or without them: the specification leaves it to the controller.
    assert re.search(rf" 302 .*\n +Location: (http:)?//{HOST}(:{PORT})?/eni-todo/\n", gateway.headers("/"))
    assert " 404 " in gateway.headers("/elsewhere")
    assert " 404 " in gateway.headers("/eni-todo/", host="another.example.org")
