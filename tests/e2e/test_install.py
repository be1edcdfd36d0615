"""A first installation, as its user goes about it: with no values, and then what NOTES.txt says."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import socket
import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from timonier.errors import ClusterError
from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from timonier.testing import TestCluster
    from timonier.testing.pod import Client

pytestmark = pytest.mark.e2e
NAME = "eni-todo"
LOCAL_PORT = "8080"


@dataclass(frozen=True)
class Installed:
    """A release, what Helm printed of it, and the environment its user types in."""

    cluster: TestCluster
    namespace: str
    chart: str
    notes: str
    environment: dict[str, str]

    def commands(self, part: str, notes: str = "") -> list[str]:
        """The lines of NOTES.txt that are indented, as commands are, and hold some text."""
        lines = (notes or self.notes).splitlines()
        return [line.strip() for line in lines if line.startswith("  ") and part in line]

    def run(self, command: str, timeout: float = 200) -> str:
        """Type a command into a shell; returns its standard output, and asserts that it succeeded."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def upgrade(self, *values: str) -> str:
        """Change values; returns what Helm printed."""
        options = [f"--set={value}" for value in values]
        return self.cluster.helm("upgrade", NAME, self.chart, "--reuse-values", *options, namespace=self.namespace)


@pytest.fixture(scope="module")
def chart(request: pytest.FixtureRequest) -> str:
    """The chart's folder."""
    return str(request.config.rootpath / "charts" / NAME)


@pytest.fixture(scope="module")
def environment(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `kubectl` and `helm` are the tests' own, and the current context is the cluster's."""
    folder = tmp_path_factory.mktemp("user")
    kubeconfig = folder / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(cluster.kubectl("config", "view", "--raw", "--minify"), encoding="utf-8")
    linked(folder / "kubectl", cluster.kubectl_program)
    linked(folder / "helm", cluster.helm_program)
    return {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def linked(link: Path, program: Path) -> None:
    """Give a program the name its user calls it by."""
    link.symlink_to(program.absolute())


@pytest.fixture(scope="module")
def installed(cluster: TestCluster, module_namespace: str, chart: str, environment: dict[str, str]) -> Installed:
    """`helm install eni-todo charts/eni-todo`, with no values, and without waiting for anything."""
    printed = cluster.helm("install", NAME, chart, namespace=module_namespace)
    return Installed(cluster, module_namespace, chart, printed.partition("NOTES:")[2], environment)


@contextlib.contextmanager
def forwarded(installed: Installed) -> Iterator[str]:
    """Run the notes' port-forward while the block runs; gives the address they name.

    Where something else has the local port already, another one takes its place in both.
    """
    [command] = installed.commands(" port-forward ")
    [address] = re.findall(r"http://127\.0\.0\.1:\S+", installed.notes)
    if taken(int(LOCAL_PORT)):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        command, address = (text.replace(LOCAL_PORT, port) for text in (command, address))
    with subprocess.Popen(shlex.split(command), env=installed.environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield address
        finally:
            process.terminate()


def taken(port: int) -> bool:
    """Whether something listens on a port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def port_of(address: str) -> int:
    """The port an address names."""
    return urlsplit(address).port or 80


@pytest.mark.chapter("Helm: NOTES.txt", "Helm: helm test")
def test_notes(installed: Installed) -> None:
    """With no values, what NOTES.txt prints works as printed: waiting, opening the page, `helm test`."""
    rollouts = installed.commands(" rollout status ")
    assert [command.split()[-1] for command in rollouts] == [f"statefulset/{NAME}-mariadb", f"deployment/{NAME}"]
    for command in rollouts:
        installed.run(command)
    with forwarded(installed) as address:
        # An error would be an answer, too: only the port may need a moment.
        wait_until(lambda: taken(port_of(address)), "the port-forward to listen")
        answer = requests.get(address, timeout=10)
        assert answer.status_code == HTTPStatus.OK
        assert "This app hostname is" in answer.text
    [test] = installed.commands(" test ")
    tested = installed.run(test)
    assert tested.count("Phase:          Succeeded") == 2, tested


def test_notes_node_port(installed: Installed, module_client: Client) -> None:
    """With a NodePort, the address that the printed command prints is the page's."""
    notes = installed.upgrade("service.type=NodePort")
    [command] = installed.commands("echo ", notes)
    address = installed.run(command).strip()
    [page] = wait_until(lambda: module_client.fetch(address), "the page to answer where NOTES.txt says")
    assert "This app hostname is" in page


@pytest.mark.chapter("Helm: helm test")
def test_helm_test_fails(installed: Installed) -> None:
    """The control: `helm test` fails, naming what does not answer, when the database is gone."""
    installed.upgrade("mariadb.replicas=0", "tests.attempts=2", "mariadb.tests.enabled=false")
    pods = "app.kubernetes.io/component=database"
    wait_until(lambda: not installed.cluster.list("pods", installed.namespace, pods), "the database to go")
    with pytest.raises(ClusterError):
        installed.cluster.helm("test", NAME, namespace=installed.namespace)
    log = installed.cluster.kubectl("logs", f"{NAME}-test", namespace=installed.namespace)
    assert "/eni-todo/healthz answers" in log
    assert "/eni-todo/: not there" in log
