"""What the tests on a cluster share: the to-do application as a pod beside it sees it, and as its users do."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from timonier.cluster import gobuild
from timonier.cluster.steps import Steps
from timonier.errors import ClusterError
from timonier.testing.browser import Browser
from timonier.testing.pod import manifest
from timonier.testing.release import merged
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from timonier.testing.cluster import TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

CHART = Path(__file__).parents[2] / "charts" / "eni-todo"
# Short pauses for tests that are about something else: nothing here is waited for by anybody but them.
QUICK: dict[str, Any] = {
    "lifecycle": {"preStopSleepSeconds": 1},
    "config": {"SHUTDOWN_DRAIN_SECONDS": 0},
    "terminationGracePeriodSeconds": 10,
    "probes": {"readiness": {"periodSeconds": 1}},
    "mariadb": {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}},
}
_DELETED = '{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}'
_HOST = re.compile(r"This app hostname is: <b>([^<]+)</b>")
_ITEM = re.compile(r'<td class="name">\s*<input [^>]+>\s*([^<]+?)\s*<')
_STATUS = re.compile(r"^\s*HTTP/1\.[01] (\d{3})", re.MULTILINE)
_BOUNDARY = "----eni-todo"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the cluster itself first: they end the container engine, and every cluster with it.

    Those that restart the nodes come last: what others share would go away in the middle.
    """
    places = {"test_cluster.py": -1, "test_restarted_nodes.py": 1}
    items.sort(key=lambda item: places.get(item.path.name, 0))


@dataclass(frozen=True)
class Todo:
    """The to-do application at an address inside the cluster.

    Attributes:
        client: The pod that asks.
        base: The address, without the context path: `http://eni-todo`.
    """

    client: Client
    base: str

    def page(self) -> str:
        """The list page.

        Raises:
            ClusterError: It was not answered by 200.
        """
        return self.client.fetch(f"{self.base}/eni-todo/")[0]

    def hosts(self, times: int) -> list[str]:
        """The names of the pods that answered so many requests, each over a connection of its own."""
        return [_HOST.findall(page)[0] for page in self.client.fetch(f"{self.base}/eni-todo/", times=times)]

    def items(self) -> list[str]:
        """The names of the items on the list page, in its order."""
        return [unescape(name) for name in _ITEM.findall(self.page())]

    def healthy(self) -> bool:
        """Whether /eni-todo/healthz answers 200 within a few seconds."""
        return not self.refusal("/eni-todo/healthz")

    def refusal(self, path: str = "/eni-todo/") -> str:
        """What became of a request that was not answered by 200, in wget's words; empty when it was."""
        try:
            self.client.fetch(f"{self.base}{path}")
        except ClusterError as error:
            return str(error)
        return ""

    def file(self, name: str) -> str:
        """An upload, as it comes back."""
        return self.client.fetch(f"{self.base}/eni-todo/files/{name}")[0]

    def add(self, name: str, category: str = "e2e", file: tuple[str, str] | None = None) -> None:
        """Add an item as the page's form does, and assert that the application led on to the list.

        Args:
            name: The item's name.
            category: Its category.
            file: Name and text of a file to upload with it.
        """
        fields = {'"name"': name, '"category"': category}
        fields |= {f'"file"; filename="{file[0]}"': file[1]} if file else {}
        parts = [
            f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name={field}\r\n\r\n{value}\r\n"
            for field, value in fields.items()
        ]
        # Status lines go to standard error. The failure at the end is busybox's own: it posts to the list as well.
        script = 'wget -S -q -O /dev/null --header "$1" --post-data "$(cat)" "$0" 2>&1; true'
        header = f"Content-Type: multipart/form-data; boundary={_BOUNDARY}"
        body = f"{''.join(parts)}--{_BOUNDARY}--"
        told = self.client.run("sh", "-c", script, f"{self.base}/eni-todo/add", header, stdin=body)
        assert _STATUS.findall(told)[:1] == ["302"], told


@pytest.fixture(scope="module")
def storage(cluster: TestCluster, module_namespace: str) -> Iterator[str]:
    """The module's namespace; the volumes and classes its releases made, which are in none, go when the module ends."""
    yield module_namespace
    for one in cluster.list("pv"):
        if one["spec"].get("claimRef", {}).get("namespace") == module_namespace:
            # What a provisioner made, it also takes away, files included, once it is told to: not before the claim is.
            cluster.kubectl("patch", "pv", one["metadata"]["name"], f"--patch={_DELETED}")
        if one["metadata"]["name"].endswith(f".{module_namespace}"):
            cluster.delete("pv", one["metadata"]["name"], wait=False)
    for one in cluster.list("storageclass"):
        if one["metadata"]["name"].endswith(f".{module_namespace}"):
            cluster.delete("storageclass", one["metadata"]["name"])


@pytest.fixture(scope="session")
def todo() -> Callable[[Client, str], Todo]:
    """The application at an address: `todo(client, "http://eni-todo")`."""
    return Todo


@pytest.fixture
def eni_todo(release: Callable[..., Release]) -> Callable[..., Release]:
    """Installs the application in the test's namespace, with short pauses: `eni_todo({"replicas": 2})`."""
    return _quick(release)


@pytest.fixture(scope="module")
def module_eni_todo(module_release: Callable[..., Release]) -> Callable[..., Release]:
    """The same in the module's namespace, for a release that several tests share."""
    return _quick(module_release)


def _quick(release: Callable[..., Release]) -> Callable[..., Release]:
    def install(values: dict[str, Any] | None = None, **options: Any) -> Release:  # noqa: ANN401 - release's own
        return release(CHART, merged(QUICK, values or {}), **options)

    return install


@pytest.fixture(scope="module")
def module_replicated(
    module_eni_todo: Callable[..., Release], module_namespace: str, visit: Callable[..., Visitor]
) -> Release:
    """Two pods with a database that copy their sessions to each other, behind Traefik with its cookie.

    As in the chart's case session-replication, in less time: readiness fails first, and the pod serves on until the
    ingress has heard of it.
    """
    host = f"todo.{module_namespace}.test"
    values = {
        "replicas": 2,
        "sessionReplication": {"enabled": True},
        "lifecycle": {"preStopSleepSeconds": 0},
        "config": {"SHUTDOWN_DRAIN_SECONDS": 8},
        "terminationGracePeriodSeconds": 30,
        "probes": {"readiness": {"failureThreshold": 1}},
        "ingress": {"enabled": True, "className": "traefik", "controller": "traefik", "hosts": [{"host": host}]},
    }
    installed = module_eni_todo(values)
    pods = {pod["metadata"]["name"] for pod in installed.wait_ready(count=2)}
    with visit(host, keeps_cookies=False) as stranger:
        wait_until(lambda: {stranger.page().pod for _ in range(4)} == pods, f"{host} to lead to {pods}")
    return installed


@dataclass(frozen=True)
class Shelf:
    """A claim with dumps, as a pod sees it that has nothing to do with them.

    Attributes:
        cluster: The cluster.
        namespace: The namespace of both.
        name: The pod.
    """

    cluster: TestCluster
    namespace: str
    name: str

    def run(self, script: str) -> str:
        """Run a shell script where the dumps are."""
        return self.cluster.execute(self.name, "sh", "-ec", f"cd /backups; {script}", namespace=self.namespace)

    def files(self) -> list[str]:
        """All files, hidden ones too, but those of the file system itself."""
        return [name for name in self.run("ls -A").split() if name != "lost+found"]

    def dumps(self) -> list[str]:
        """The dumps that count, oldest first, after asserting that each is what its checksum says."""
        self.run('for sum in *.sha256; do [ ! -e "$sum" ] || sha256sum -c "$sum"; done')
        return sorted(name for name in self.files() if name.endswith(".sql.gz"))


@pytest.fixture(scope="module")
def module_shelf(cluster: TestCluster, module_namespace: str) -> Callable[[str], Shelf]:
    """Opens a claim of the module's namespace to look at, as the user the database's jobs run as: `shelf("dumps")`."""

    def opened(claim: str) -> Shelf:
        pod = manifest("busybox:stable", f"shelf-{claim}")
        pod["spec"]["securityContext"] |= {"runAsUser": 999, "runAsGroup": 999, "fsGroup": 999}
        pod["spec"]["volumes"] = [{"name": "backups", "persistentVolumeClaim": {"claimName": claim}}]
        pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "backups", "mountPath": "/backups"}]
        cluster.apply(pod, namespace=module_namespace)
        name = pod["metadata"]["name"]
        cluster.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s", namespace=module_namespace)
        return Shelf(cluster, module_namespace, name)

    return opened


@dataclass(frozen=True)
class Page:
    """The list as one pod showed it.

    Attributes:
        pod: The name of the pod.
        text: The HTML.
    """

    pod: str
    text: str

    def shows(self, item: str) -> bool:
        """Whether an item of that (unique) name is on it."""
        return item in self.text


class Visitor(Browser):
    """A user of the application, with a browser of their own outside the cluster."""

    def page(self) -> Page:
        """The list.

        Raises:
            AssertionError: Another answer than a list.
            requests.RequestException: No answer.
        """
        return _page(self.get("/eni-todo/"))

    def add(self, *, draft: bool = False, file: tuple[str, bytes] | None = None) -> str:
        """Add an item, or a draft that only the session keeps; returns its name, a unique one.

        Raises:
            AssertionError: The list did not come back.
            requests.RequestException: No answer.
        """
        item = f"item-{secrets.token_hex(6)}"
        _page(self.send(item, draft=draft, file=file))
        return item

    def send(self, item: str, *, draft: bool = False, file: tuple[str, bytes] | None = None) -> requests.Response:
        """Send the form, and return the answer whatever it is."""
        fields = {"name": item, "category": "e2e"} | ({"onlyinsession": "true"} if draft else {})
        return self.post("/eni-todo/add", fields, file)


def _page(answer: requests.Response) -> Page:
    assert answer.status_code == requests.codes.ok, f"{answer.url}: {answer.status_code} {answer.text[:200]!r}"
    pod = _HOST.search(answer.text)
    assert pod, f"{answer.url}: no pod's name in {answer.text[:500]!r}"
    return Page(pod[1], answer.text)


@pytest.fixture(scope="session")
def visit(cluster: TestCluster) -> Iterator[Callable[..., Visitor]]:
    """Opens browsers: `visit("todo.test")`, `visit(host, keeps_cookies=False)`, `visit(host, trust=certificate)`."""
    if cluster.http_port is None or cluster.https_port is None:
        pytest.skip("no port of this machine's loopback leads to this cluster's ingress controller")
    http, https = cluster.http_port, cluster.https_port
    with ExitStack() as opened:

        def browse(host: str, *, keeps_cookies: bool = True, trust: Path | None = None) -> Visitor:
            port = https if trust else http
            return opened.enter_context(Visitor(host, port, keeps_cookies=keeps_cookies, trust=trust))

        yield browse


@dataclass
class Served:
    """A registry that runs on this machine: distribution's own program, the one clusters get their images from.

    Attributes:
        address: `127.0.0.1:PORT`.
        process: The program.
        trust: The certificate it shows; None without TLS.
    """

    address: str
    process: subprocess.Popen[bytes]
    trust: Path | None = None


@pytest.fixture(scope="session")
def serve_registry() -> Callable[..., AbstractContextManager[Served]]:
    """What runs registries on this machine, in a folder of their own; with TLS and logins when they are given those."""
    return _registry


@contextmanager
def _registry(folder: Path, *, tls: tuple[str, str] | None = None, logins: str = "") -> Iterator[Served]:
    program = gobuild.built(gobuild.REGISTRY, Steps()) / "registry"
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    files = {"tls.crt": tls[0], "tls.key": tls[1]} if tls else {}
    for name, text in (files | {"htpasswd": logins}).items():
        (folder / name).write_text(text)
    config: dict[str, Any] = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address},
    }
    if tls:
        config["http"]["tls"] = {"certificate": str(folder / "tls.crt"), "key": str(folder / "tls.key")}
    if logins:
        config["auth"] = {"htpasswd": {"realm": "here", "path": str(folder / "htpasswd")}}
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([program, "serve", folder / "config.yml"], stdout=log, stderr=log)
    try:
        _await_registry(address, running, folder / "log")
        yield Served(address, running, folder / "tls.crt" if tls else None)
    finally:
        running.terminate()
        running.wait(timeout=20)


def _await_registry(address: str, running: subprocess.Popen[bytes], log: Path) -> None:
    host, _, port = address.partition(":")

    def listens() -> bool:
        assert running.poll() is None, f"the registry ended: {log.read_text()}"
        with suppress(OSError), closing(socket.create_connection((host, int(port)), timeout=5)):
            return True
        return False

    wait_until(listens, f"the registry at {address} listens", timeout=20)
