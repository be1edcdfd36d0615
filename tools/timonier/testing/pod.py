"""A pod inside the cluster to send requests from: what other pods see, not what this machine sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timonier.testing.cluster import Manifest, TestCluster

NAME = "client"


@dataclass(frozen=True)
class Client:
    """A running pod with a shell and wget (busybox).

    Attributes:
        cluster: The cluster it is on.
        namespace: Its namespace.
        name: Its name.
    """

    cluster: TestCluster
    namespace: str
    name: str = NAME

    def run(self, *command: str, stdin: str | None = None) -> str:
        """Run a command in the pod and return its output.

        Raises:
            ClusterError: It exited with another code than 0.
        """
        return self.cluster.execute(self.name, *command, namespace=self.namespace, stdin=stdin)

    def fetch(self, url: str, *, times: int = 1, timeout: int = 5) -> list[str]:
        """The bodies of `times` requests, each over a connection of its own.

        Raises:
            ClusterError: One of them was refused, timed out (seconds), or was answered by an error.
        """
        mark = "--next-answer--"
        # `timeout`, not wget's own -T: Debian's busybox crashes on that.
        one = f'timeout {timeout} wget -q -O - "$0" || exit 1; echo; echo "{mark}"'
        script = f"i=0; while [ $i -lt {times} ]; do {one}; i=$((i+1)); done"
        return self.run("sh", "-c", script, url).split(f"\n{mark}\n")[:-1]


def manifest(image: str, name: str = NAME) -> Manifest:
    """The pod's manifest: it passes Pod Security `restricted`, and goes as soon as it is told to."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "client",
                    "image": image,
                    "imagePullPolicy": "IfNotPresent",
                    # A shell as process 1, and not sleep: it reaps what the commands run here leave behind.
                    "command": ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"],
                    "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}},
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }
