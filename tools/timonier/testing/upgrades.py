"""From a published version of a chart to the one that lies here, and back, on a cluster: what must be as it was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

_MARK = ".timonier-upgrade"
_WORKLOADS = ("deployments", "statefulsets", "daemonsets")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a release is made of at one moment.

    Attributes:
        secrets: A checksum of each key of each Secret, Helm's own left out.
        claims: Each claim's identity, and the volume it is bound to.
        templates: Each workload's pod template.
        pods: The identities of each workload's pods.
        restarts: How often the containers of each pod were restarted, by the pod's identity.
    """

    secrets: Mapping[tuple[str, str], str]
    claims: Mapping[str, tuple[str, str]]
    templates: Mapping[str, Any]
    pods: Mapping[str, frozenset[str]]
    restarts: Mapping[str, int]


@dataclass
class Upgrade:
    """A release that goes from one version of its chart to another, and back.

    Each step waits until all is ready, and fails when something is lost that no upgrade may lose.

    Attributes:
        release: The release, of the old version at first.
        new: The chart to upgrade to.
    """

    release: Release
    new: str
    _facts: Facts = field(init=False)
    _marks: dict[tuple[str, str], str] = field(init=False)

    def __post_init__(self) -> None:
        """Write a mark onto each claim that a pod with a shell has mounted, and remember how all is."""
        self._marks = dict(self._write_marks())
        self._facts = facts(self.release.cluster, self.release.namespace)

    @property
    def marked(self) -> list[str]:
        """The claims that hold a mark; those that no pod with a shell mounts hold none."""
        return sorted({claim for claim, _ in self._marks})

    def upgrade(self) -> None:
        """Upgrade to the new chart with the release's values, as `helm upgrade --reset-then-reuse-values` does.

        Raises:
            AssertionError: Helm or the API server refused it, it did not become ready, or something was lost.
        """
        self._step("upgrade", self.release.name, self.new, "--reset-then-reuse-values")

    def roll_back(self) -> None:
        """Go back to the first revision.

        Raises:
            AssertionError: As `upgrade`.
        """
        self._step("rollback", self.release.name, "1")

    def _step(self, *arguments: str) -> None:
        cluster, namespace = self.release.cluster, self.release.namespace
        try:
            cluster.helm(*arguments, "--wait", "--timeout=300s", namespace=namespace, timeout=330)
        except ClusterError as error:
            raise AssertionError(f"helm {arguments[0]} of {self.release.name} failed: {error}") from None
        now = facts(cluster, namespace)
        missing = [*lost(self._facts, now), *self._lost_marks()]
        if missing:
            told = "\n".join(f"  {one}" for one in missing)
            raise AssertionError(f"after helm {arguments[0]} of {self.release.name}:\n{told}")
        self._facts = now

    def _write_marks(self) -> Iterator[tuple[tuple[str, str], str]]:
        cluster, namespace = self.release.cluster, self.release.namespace
        for pod in cluster.list("pods", namespace):
            for claim, container, path in _mounts(pod):
                name = pod["metadata"]["name"]
                script = 'echo "$1" > "$0" && cat "$0"'
                told = _try(cluster, namespace, name, container, script, f"{path}/{_MARK}", claim)
                if told == claim:
                    yield (claim, f"{path}/{_MARK}"), container

    def _lost_marks(self) -> Iterator[str]:
        cluster, namespace = self.release.cluster, self.release.namespace
        found = {
            (claim, f"{path}/{_MARK}"): (pod["metadata"]["name"], container)
            for pod in cluster.list("pods", namespace)
            if "deletionTimestamp" not in pod["metadata"]
            for claim, container, path in _mounts(pod)
        }
        for (claim, path), (pod, container) in found.items():
            if (claim, path) in self._marks and _try(cluster, namespace, pod, container, 'cat "$0"', path) != claim:
                yield f"claim {claim}: what was written to {path} is gone"


def facts(cluster: TestCluster, namespace: str) -> Facts:
    """Look at all there is in a namespace.

    Raises:
        ClusterError: The cluster does not answer.
    """
    secrets = {
        (one["metadata"]["name"], key): hashlib.sha256(value.encode()).hexdigest()
        for one in cluster.list("secrets", namespace)
        if not one.get("type", "").startswith("helm.sh/")
        for key, value in (one.get("data") or {}).items()
    }
    claims = {
        one["metadata"]["name"]: (one["metadata"]["uid"], one["spec"].get("volumeName", ""))
        for one in cluster.list("persistentvolumeclaims", namespace)
    }
    workloads = [one for kind in _WORKLOADS for one in cluster.list(kind, namespace)]
    templates = {_name(one): one["spec"]["template"] for one in workloads}
    pods = [one for one in cluster.list("pods", namespace) if "deletionTimestamp" not in one["metadata"]]
    return Facts(secrets, claims, templates, dict(_pods_of(cluster, namespace, workloads, pods)), _restarts(pods))


def _name(workload: Manifest) -> str:
    return f"{workload['kind']} {workload['metadata']['name']}"


def _pods_of(
    cluster: TestCluster, namespace: str, workloads: list[Manifest], pods: list[Manifest]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the pods of each workload, those of a Deployment by way of its ReplicaSets."""
    sets = {one["metadata"]["uid"]: _owners(one) for one in cluster.list("replicasets", namespace)}
    for workload in workloads:
        own = workload["metadata"]["uid"]
        yield (
            _name(workload),
            frozenset(
                pod["metadata"]["uid"]
                for pod in pods
                if own in _owners(pod) or any(own in sets.get(owner, ()) for owner in _owners(pod))
            ),
        )


def _owners(one: Manifest) -> set[str]:
    return {owner["uid"] for owner in one["metadata"].get("ownerReferences") or []}


def _restarts(pods: list[Manifest]) -> dict[str, int]:
    return {
        pod["metadata"]["uid"]: sum(one["restartCount"] for one in pod["status"].get("containerStatuses") or [])
        for pod in pods
    }


def lost(before: Facts, now: Facts) -> Iterator[str]:
    """Yield what an upgrade took away or changed though it must not."""
    yield from _lost_secrets(before, now)
    for claim, identity in before.claims.items():
        if now.claims.get(claim) != identity:
            what = "is another one" if claim in now.claims else "is gone"
            yield f"claim {claim} {what}, and what it held with it"
    for workload, template in before.templates.items():
        # A pod is replaced for a reason: another template. That it went because fewer are wanted is no replacement.
        came = now.pods.get(workload, frozenset()) - before.pods[workload]
        if now.templates.get(workload) == template and came and before.pods[workload] - now.pods[workload]:
            yield f"{workload}: pods were replaced, though their template is the same"
    for pod, times in before.restarts.items():
        if now.restarts.get(pod, times) > times:
            yield f"pod {pod}: a container was restarted"


def _lost_secrets(before: Facts, now: Facts) -> Iterator[str]:
    for (secret, key), checksum in before.secrets.items():
        if (secret, key) not in now.secrets:
            yield f"Secret {secret}: key {key} is gone"
        elif now.secrets[secret, key] != checksum:
            yield f"Secret {secret}: key {key} has another value"


def _mounts(pod: Manifest) -> Iterator[tuple[str, str, str]]:
    """Yield claim, container and path of each claim that a running pod mounts to write to."""
    if pod["status"].get("phase") != "Running":
        return
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in pod["spec"].get("volumes") or []
        if "persistentVolumeClaim" in volume
    }
    for container in pod["spec"]["containers"]:
        for mount in container.get("volumeMounts") or []:
            if mount["name"] in claims and not mount.get("readOnly"):
                yield claims[mount["name"]], container["name"], mount["mountPath"]


def _try(cluster: TestCluster, namespace: str, pod: str, container: str, script: str, *arguments: str) -> str:
    """Run a script in a container; empty where there is no shell, or where it fails."""
    try:
        return cluster.execute(pod, "sh", "-c", script, *arguments, namespace=namespace, container=container).strip()
    except ClusterError:
        return ""


def packed(source: str, folder: Path) -> Path:
    """Write what a source of a chart holds as an archive, with the dependencies it lacks.

    Args:
        source: A chart's directory or archive, `git:REF:PATH`, or `oci://HOST/PATH/CHART:VERSION`.
        folder: Where to write it.

    Raises:
        TimonierError: There is no such chart.
    """
    from timonier.chartfiles import read_chart_files
    from timonier.package import package
    from timonier.source import open_chart

    chart = open_chart(source)
    archive = package(chart.files or read_chart_files(chart.path))
    path = folder / archive.file_name
    path.write_bytes(archive.content)
    return path


def read_values(path: str) -> dict[str, Any]:
    """Read the values that the command line left for the tests; none without a path."""
    found: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    return found
