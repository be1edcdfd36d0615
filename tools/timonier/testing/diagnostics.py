"""What to show of a namespace when a test failed: states, events, last log lines, the releases' status.

Secrets stay out of it: no manifest of a Secret, no environment, no values are printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.testing.cluster import Manifest, TestCluster

_LOG_LINES = 40


def describe(cluster: TestCluster, namespace: str) -> dict[str, str]:
    """The parts of a report on a namespace, by file name."""
    parts: dict[str, Callable[[], str]] = {
        "objects.txt": lambda: cluster.kubectl(
            "get", "all,ingresses,pvc,endpointslices", "--output=wide", namespace=namespace
        ),
        "events.txt": lambda: cluster.kubectl("get", "events", "--sort-by=.lastTimestamp", namespace=namespace),
        "pods.txt": lambda: _states(cluster, namespace),
        "logs.txt": lambda: _logs(cluster, namespace),
        "releases.txt": lambda: cluster.helm("list", namespace=namespace),
    }
    return {name: _told(part) for name, part in parts.items()}


def _told(part: Callable[[], str]) -> str:
    """A report that cannot be made says so: it must not hide the failure it is about."""
    try:
        return part()
    except ClusterError as error:
        return f"could not be had: {error}"


def _states(cluster: TestCluster, namespace: str) -> str:
    lines = []
    for pod in cluster.list("pods", namespace):
        lines.append(f"{pod['metadata']['name']}  {pod['status'].get('phase')}")
        lines += [f"  {one['type']}={one['status']} {one.get('message', '')}" for one in _conditions(pod)]
        for status in pod["status"].get("containerStatuses") or []:
            lines.append(f"  {status['name']}: restarts={status['restartCount']} state={status.get('state')}")
            if status.get("lastState"):
                lines.append(f"    before: {status['lastState']}")
    return "\n".join(lines)


def _conditions(pod: Manifest) -> list[Manifest]:
    return [one for one in pod["status"].get("conditions") or [] if one["status"] != "True"]


def _logs(cluster: TestCluster, namespace: str) -> str:
    parts = []
    for pod in cluster.list("pods", namespace):
        name = pod["metadata"]["name"]
        for before in (False, True):
            options = ["--all-containers", "--prefix", f"--tail={_LOG_LINES}", *(["--previous"] if before else [])]
            try:
                text = cluster.kubectl("logs", name, *options, namespace=namespace)
            except ClusterError:
                continue  # no earlier container, or none that started
            parts.append(f"== {name}{' (before its restart)' if before else ''}\n{text}")
    return "\n".join(parts)


def write(parts: dict[str, str], folder: Path, namespace: str) -> Path:
    """Write a report's parts to a folder of the namespace's name; returns that folder."""
    place = folder / namespace
    place.mkdir(parents=True, exist_ok=True)
    for name, text in parts.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


def folder_of(test: str) -> str:
    """A test's id as the name of a folder."""
    return re.sub(r"[^\w.-]+", "_", test).strip("_")[:120]
