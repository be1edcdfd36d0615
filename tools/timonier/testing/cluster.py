"""The cluster a test session works on, as tests see it."""

from __future__ import annotations

import json
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timonier.cluster.process import output
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Manifest = dict[str, Any]
_LONGEST_PREFIX = 40


@dataclass(frozen=True)
class TestCluster:
    """A cluster that is ready, reached through kubectl and helm.

    Attributes:
        context: Its context.
        kubeconfig: The kubeconfig with that context.
        kubectl_program: The program kubectl.
        helm_program: The program helm.
        http_port: The port of 127.0.0.1 that leads to the ingress controller; None where it is not known.
        https_port: The same for TLS.
        pod_security: The Pod Security level that new namespaces enforce; empty for the cluster's own.
    """

    __test__ = False  # its name begins like a test's

    context: str
    kubeconfig: Path
    kubectl_program: Path
    helm_program: Path
    http_port: int | None = None
    https_port: int | None = None
    pod_security: str = ""
    _namespaces: list[str] = field(default_factory=list, repr=False)

    def kubectl(
        self, *arguments: str, namespace: str | None = None, stdin: str | None = None, timeout: float = 120
    ) -> str:
        """Run kubectl and return its output.

        Raises:
            ClusterError: It failed, or took longer than `timeout` seconds.
        """
        chosen = [f"--kubeconfig={self.kubeconfig}", f"--context={self.context}"]
        chosen += [f"--namespace={namespace}"] if namespace else []
        return output([self.kubectl_program, *chosen, *arguments], stdin=stdin, timeout=timeout)

    def helm(self, *arguments: str, namespace: str, timeout: float = 300) -> str:
        """Run helm and return its output."""
        chosen = [f"--kubeconfig={self.kubeconfig}", f"--kube-context={self.context}", f"--namespace={namespace}"]
        return output([self.helm_program, *arguments, *chosen], timeout=timeout)

    def get(self, kind: str, name: str, namespace: str | None = None) -> Manifest:
        """One object.

        Raises:
            ClusterError: There is no such object.
        """
        found: Manifest = json.loads(self.kubectl("get", kind, name, "--output=json", namespace=namespace))
        return found

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Manifest]:
        """The objects of a kind that match a label selector."""
        found = self.kubectl("get", kind, f"--selector={selector}", "--output=json", namespace=namespace)
        items: list[Manifest] = json.loads(found)["items"]
        return items

    def apply(self, *manifests: Manifest, namespace: str | None = None) -> None:
        """Create or change objects."""
        bundle = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "--filename=-", namespace=namespace, stdin=json.dumps(bundle))

    def delete(self, kind: str, name: str, namespace: str | None = None, *, wait: bool = True) -> None:
        """Delete an object; with `wait`, until it is gone."""
        self.kubectl("delete", kind, name, f"--wait={str(wait).lower()}", namespace=namespace)

    def execute(self, pod: str, *command: str, namespace: str, container: str = "", stdin: str | None = None) -> str:
        """Run a command in a pod and return what it wrote to standard output."""
        chosen = [f"--container={container}"] if container else []
        chosen += ["--stdin"] if stdin is not None else []
        return self.kubectl("exec", pod, *chosen, "--", *command, namespace=namespace, stdin=stdin)

    @contextmanager
    def new_namespace(self, prefix: str) -> Iterator[str]:
        """A namespace with a unique name, removed with everything in it afterwards."""
        name = f"{_dns_label(prefix)}-{secrets.token_hex(3)}"
        labels = {"timonier": "test"}
        if self.pod_security:
            labels["pod-security.kubernetes.io/enforce"] = self.pod_security
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        self._namespaces.append(name)
        try:
            yield name
        finally:
            # It goes while the next test runs; `settle` waits for it at the end of the session.
            self.delete("namespace", name, wait=False)

    def settle(self, timeout: float = 180) -> None:
        """Wait until the namespaces of this session are gone."""
        if not self._namespaces:
            return
        wait_until(
            lambda: not {one["metadata"]["name"] for one in self.list("namespaces")} & set(self._namespaces),
            f"the namespaces of the tests to go: {', '.join(self._namespaces)}",
            timeout=timeout,
            interval=1,
        )


def _dns_label(text: str) -> str:
    """A text as the beginning of a DNS label (RFC 1123)."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_PREFIX].strip("-") or "test"
