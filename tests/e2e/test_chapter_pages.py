"""What docs/chapter tells its reader to type: some of the pages' commands, typed on a cluster."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import TestCluster

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
_COMMANDS = re.compile(r"^```shell\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MEMORY = "cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes"


def commands(page: str, heading: str) -> str:
    """The commands for a cluster in a section of a page."""
    text = (ROOT / "docs" / "chapter" / page).read_text(encoding="utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    [found] = _COMMANDS.findall(section)
    return str(found)


@pytest.fixture
def type_in(cluster: TestCluster, namespace: str, tmp_path: Path) -> Callable[[str, str], str]:
    """Types the commands of a section in the repository's folder, and returns what they print.

    The current namespace is the test's, `helm` and `kubectl` are the tests' own, and a command that fails ends it.
    """
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(cluster.kubectl("config", "view", "--raw", "--minify"), encoding="utf-8")
    for name, program in (("helm", cluster.helm_program), ("kubectl", cluster.kubectl_program)):
        (tmp_path / name).symlink_to(program.absolute())
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PATH": path}

    def run(script: str) -> str:
        command = ["/bin/sh", "-ec", script]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout

    run(f"kubectl config set-context --current --namespace={namespace}")
    return lambda page, heading: run(commands(page, heading))


@pytest.mark.chapter("Pod: env", "Pod: resources")
def test_pod(type_in: Callable[[str, str], str], cluster: TestCluster, namespace: str) -> None:
    """The variable is the container's, and so is the limit of its memory."""
    assert "TZ=Europe/Paris" in type_in("01-pods-and-probes.md", "Pod").splitlines()
    [pod] = cluster.list("pods", namespace, "app.kubernetes.io/name=eni-todo")
    limit = cluster.execute(pod["metadata"]["name"], "sh", "-c", _MEMORY, namespace=namespace)
    assert int(limit) == 512 * 1024 * 1024


@pytest.mark.chapter("Headless Service: pod DNS name", "Headless Service: clusterIP None")
def test_headless_service(type_in: Callable[[str, str], str], cluster: TestCluster, namespace: str) -> None:
    """The Service's name and the pod's own have the pod's address: there is none in between."""
    printed = type_in("03-services.md", "Headless")
    [pod] = cluster.list("pods", namespace)
    found = re.findall(rf"^(\S+)\s+(mariadb\S*)\.{namespace}\.svc", printed, re.MULTILINE)
    assert found == [(pod["status"]["podIP"], name) for name in ("mariadb", "mariadb-0.mariadb")]


@pytest.mark.chapter("Secret: base64", "Secret: files")
def test_secret(type_in: Callable[[str, str], str], cluster: TestCluster, namespace: str) -> None:
    """Base64 hides nothing, and the container has the passwords as files that no other user reads."""
    printed = type_in("05-secrets-and-configmaps.md", "Secret")
    assert "not-a-good-one" in printed
    files = ("sh", "-c", "cd /run/secrets/mariadb && stat -L -c '%n %a' * && cat password")
    told = cluster.execute("mariadb-0", *files, namespace=namespace)
    assert told.split() == ["password", "440", "root-password", "440", "not-a-good-one"]


@pytest.mark.chapter("Secret: keys")
def test_secret_that_exists(type_in: Callable[[str, str], str], cluster: TestCluster, namespace: str) -> None:
    """The database takes its passwords from other keys of a Secret that somebody else made, and the chart has none."""
    assert "springuser@%" in type_in("05-secrets-and-configmaps.md", "A Secret that exists").splitlines()
    secrets = {secret["metadata"]["name"] for secret in cluster.list("secrets", namespace)}
    assert {name for name in secrets if not name.startswith("sh.helm.")} == {"database-passwords"}


@pytest.mark.chapter("ConfigMap: literals", "ConfigMap: env references", "ConfigMap: checksum annotation")
def test_variables(type_in: Callable[[str, str], str]) -> None:
    """Variables come from the ConfigMap, and a changed one reaches the pods, because these are replaced."""
    printed = type_in("05-secrets-and-configmaps.md", "ConfigMap with variables").splitlines()
    told = [line for line in printed if re.match("(TZ|LOG_LEVEL)=", line)]
    assert sorted(told[:2]) == ["LOG_LEVEL=INFO", "TZ=Europe/Paris"]
    assert told[2:] == ["TZ=UTC"]


@pytest.mark.chapter("ConfigMap: file", "ConfigMap: mounts")
def test_files(type_in: Callable[[str, str], str], cluster: TestCluster, namespace: str) -> None:
    """A mounted snippet is what the database goes by, and a mounted script has run on the first start."""
    printed = type_in("05-secrets-and-configmaps.md", "ConfigMap with files")
    assert {"chart.cnf", "first-item.sql", "made on the first start"} <= set(printed.splitlines())
    ask = 'MYSQL_PWD=$(cat /run/secrets/mariadb/password) mariadb -uspringuser -Ne "SELECT @@max_connections"'
    assert cluster.execute("mariadb-0", "sh", "-c", ask, namespace=namespace).strip() == "50"
