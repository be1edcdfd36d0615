"""The preset for controllers that read ingress-nginx's annotations: Traefik's provider for them is one."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import pytest
from tests.e2e.conftest import Visitor
from tests.e2e.test_gateway import ingress_image, named
from tests.e2e.test_ingress import self_signed

from timonier.testing.browser import certificate
from timonier.testing.pod import manifest
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from timonier.testing import Release, TestCluster

pytestmark = pytest.mark.e2e
HOST = "todo.example.org"
SECURE = "secure.example.org"
LARGEST = 1024 * 1024
REQUESTS = 10
HTTP, HTTPS = 8000, 8443
RBAC = "rbac.authorization.k8s.io"
READ = ["get", "list", "watch"]
RULES = [
    {"apiGroups": [""], "resources": ["services", "secrets", "configmaps", "namespaces"], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses", "ingressclasses"], "verbs": READ},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses/status"], "verbs": ["update"]},
]


def _controller(image: str, namespace: str) -> dict[str, Any]:
    """A Traefik that reads ingress-nginx's annotations in one namespace, in a pod that passes `restricted`."""
    pod = manifest(image, "nginx")
    pod["metadata"]["name"] = "nginx"
    pod["spec"] |= {"serviceAccountName": "nginx", "automountServiceAccountToken": True}
    [container] = pod["spec"]["containers"]
    container.pop("command", None)
    # Where it keeps what does not fit into its memory of a request, before the request goes on.
    container["volumeMounts"] = [{"name": "tmp", "mountPath": "/tmp"}]  # noqa: S108 - the container's own
    pod["spec"]["volumes"] = [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}]
    container["readinessProbe"] = {"httpGet": {"path": "/ping", "port": 8080}, "periodSeconds": 1}
    container["args"] = [
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        f"--entrypoints.web.address=:{HTTP}",
        f"--entrypoints.websecure.address=:{HTTPS}",
        "--entrypoints.traefik.address=:8080",
        "--ping=true",
        "--providers.kubernetesingressnginx=true",
        # As nginx does unasked. Without it Traefik has no limit, and heeds no annotation that sets one.
        "--providers.kubernetesingressnginx.proxyrequestbuffering=true",
        # The same IngressClass's controller may be at work elsewhere in the cluster.
        f"--providers.kubernetesingressnginx.watchnamespace={namespace}",
    ]
    return pod


@contextmanager
def _forwarded(cluster: TestCluster, namespace: str) -> Iterator[dict[int, int]]:
    """Ports of this machine's loopback that lead to the controller's, while the block runs."""
    command = [str(cluster.kubectl_program), f"--kubeconfig={cluster.kubeconfig}", f"--context={cluster.context}"]
    command += [f"--namespace={namespace}", "port-forward", "pod/nginx", f":{HTTP}", f":{HTTPS}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            ports: dict[int, int] = {}
            while len(ports) < 2:
                told = process.stdout.readline()
                assert told, "kubectl port-forward ended"
                if found := re.search(r"127\.0\.0\.1:(\d+) -> (\d+)", told):
                    ports[int(found[2])] = int(found[1])
            yield ports
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def ports(cluster: TestCluster, module_namespace: str) -> Iterator[dict[int, int]]:
    """A controller with an IngressClass of its own, and where it is reached."""
    own = f"timonier-{module_namespace}"
    account = {"kind": "ServiceAccount", "name": "nginx", "namespace": module_namespace}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": own}
    wide = [
        named("ClusterRole", own, f"{RBAC}/v1", rules=RULES),
        named("ClusterRoleBinding", own, f"{RBAC}/v1", roleRef=role, subjects=[account]),
        named("IngressClass", own, "networking.k8s.io/v1", spec={"controller": "k8s.io/ingress-nginx"}),
    ]
    with ExitStack() as stack:
        for one in wide:
            cluster.apply(one)
            stack.callback(cluster.delete, one["kind"].lower(), own, wait=False)
        inside = [named("ServiceAccount", "nginx"), _controller(ingress_image(cluster), module_namespace)]
        cluster.apply(*inside, namespace=module_namespace)
        cluster.kubectl("wait", "pod/nginx", "--for=condition=Ready", "--timeout=90s", namespace=module_namespace)
        yield stack.enter_context(_forwarded(cluster, module_namespace))


@pytest.fixture
def browse(ports: dict[int, int]) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers at the controller: `browse()`, `browse(keeps_cookies=False)`, `browse(SECURE, trust=path)`."""
    with ExitStack() as opened:

        def visit(host: str = HOST, *, trust: Path | None = None, **options: bool) -> Visitor:
            return opened.enter_context(Visitor(host, ports[HTTPS if trust else HTTP], trust=trust, **options))

        yield visit


@pytest.fixture(scope="module")
def web(module_eni_todo: Callable[..., Release], module_namespace: str, ports: dict[int, int]) -> Release:
    """Two pods with databases of their own behind it; their Service keeps nobody on a pod."""
    ingress = {"className": f"timonier-{module_namespace}", "controller": "nginx", "hosts": [{"host": HOST}]}
    installed = module_eni_todo(
        {"replicas": 2, "mariadb": {"enabled": False}, "ingress": {"enabled": True} | ingress},
    )
    pods = _names(installed)
    with Visitor(HOST, ports[HTTP], keeps_cookies=False) as stranger:
        wait_until(lambda: {stranger.page().pod for _ in range(4)} == pods, f"{HOST} to lead to {pods}")
    return installed


def _names(installed: Release) -> set[str]:
    return {pod["metadata"]["name"] for pod in installed.wait_ready("eni-todo", count=2)}


@pytest.mark.chapter("Ingress: application root")
@pytest.mark.usefixtures("web")
def test_nginx_root_leads_to_the_application(browse: Callable[..., Visitor]) -> None:
    """Who asks for the host alone is led to /eni-todo/ by the controller, and so without the cookie of a pod."""
    visitor = browse()
    answer = visitor.get("/", follow=False)
    assert (answer.status_code, visitor.cookies()) == (302, {})
    assert urljoin(f"{visitor.url}/", answer.headers["Location"]) == f"{visitor.url}/eni-todo/"


@pytest.mark.chapter("Ingress: sticky cookie")
def test_nginx_cookie_keeps_a_session_on_its_pod(web: Release, browse: Callable[..., Visitor]) -> None:
    """With the cookie a session stays on its pod and keeps its draft; sessions without it meet every pod."""
    visitor, stranger = browse(), browse(keeps_cookies=False)
    first, draft = visitor.page(), visitor.add(draft=True)
    assert visitor.cookies().keys() == {"JSESSIONID", "eni-todo-pod"}
    pages = [visitor.page() for _ in range(REQUESTS)]
    assert {page.pod for page in pages} == {first.pod}
    assert all(page.shows(draft) for page in pages)
    assert {stranger.page().pod for _ in range(REQUESTS)} == _names(web)


@pytest.mark.chapter("Ingress: body size")
def test_nginx_passes_the_largest_file_and_refuses_more_than_said(web: Release, browse: Callable[..., Visitor]) -> None:
    """A file of 1024 KB passes, more than such controllers let through unasked; with a lower limit it is refused."""
    largest, small = os.urandom(LARGEST), os.urandom(50 * 1024)
    visitor = browse()
    added = visitor.add(file=("largest.bin", largest))
    assert visitor.page().shows(added)
    assert visitor.get("/eni-todo/files/largest.bin").content == largest
    web.upgrade({"ingress": {"maxBodySize": "100k"}})
    send = partial(visitor.send, "refused")
    wait_until(lambda: send(file=("refused.bin", largest)).status_code == 413, "the lower limit to hold")
    added = visitor.add(file=("small.bin", small))
    assert visitor.page().shows(added)


@pytest.mark.chapter("Ingress: TLS")
def test_nginx_tls_answers_with_the_secrets_certificate(
    cluster: TestCluster, web: Release, ports: dict[int, int], browse: Callable[..., Visitor], tmp_path: Path
) -> None:
    """HTTPS shows the Secret's certificate; who comes by HTTP is led there, and the cookie is for HTTPS only."""
    signed, trusted = self_signed(SECURE), tmp_path / "trusted.pem"
    cluster.apply(signed.secret("todo-tls"), namespace=web.namespace)
    trusted.write_text(signed.pem)
    web.upgrade({"ingress": {"hosts": [{"host": SECURE}], "tls": [{"hosts": [SECURE], "secretName": "todo-tls"}]}})
    wait_until(lambda: certificate(SECURE, ports[HTTPS]) == signed.der, f"{SECURE} to show its certificate")
    visitor = browse(SECURE, trust=trusted)
    wait_until(visitor.page, f"{visitor.url} to lead to the application")
    assert visitor.cookies() == {"JSESSIONID": True, "eni-todo-pod": True}
    led = browse(SECURE).get("/eni-todo/", follow=False)
    assert (led.status_code, led.headers["Location"][:8]) == (308, "https://")
