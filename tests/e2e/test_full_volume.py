"""A backup onto a volume without room: the Job fails, and what counted before is all there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Shelf

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHART = Path(__file__).parents[2] / "charts" / "mariadb"
VALUES: dict[str, Any] = {
    "probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}},
    "tests": {"enabled": False},
    "persistence": {"enabled": False},
    # What cannot be compressed, and more of it than the volume has room for.
    "initdbScripts": {
        "noise.sql": "CREATE TABLE db_todo.noise SELECT seq, RANDOM_BYTES(1000) AS noise FROM seq_1_to_3000;"
    },
    "backup": {"enabled": True, "suspend": True, "backoffLimit": 0, "persistence": {"existingClaim": "cramped"}},
}
BEFORE = ["full-mariadb-20260101T000000Z-older.sql.gz", "full-mariadb-20260101T000000Z-older.sql.gz.sha256"]
WRITE_BEFORE = "echo older | gzip >{0}; sha256sum {0} >{1}".format(*BEFORE)


def administrator(node: str, folder: str) -> Manifest:
    """A pod that mounts a file system of 1 MiB on a node, for all to see, and takes it away when it goes."""
    script = f"""
    mkdir -p /node/{folder}
    trap 'umount /node/{folder}; rmdir /node/{folder}; exit 0' TERM
    mount -t tmpfs -o size=1m,uid=999,gid=999,mode=0770 tmpfs /node/{folder}
    while true; do sleep 3600 & wait $!; done
    """
    container = {
        "name": "administrator",
        "image": "busybox:stable",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-ec", script],
        "securityContext": {"privileged": True, "runAsUser": 0},
        "volumeMounts": [{"name": "node", "mountPath": "/node", "mountPropagation": "Bidirectional"}],
        "readinessProbe": {"exec": {"command": ["grep", f" /node/{folder} ", "/proc/mounts"]}, "periodSeconds": 1},
    }
    volumes = [{"name": "node", "hostPath": {"path": "/var/local", "type": "DirectoryOrCreate"}}]
    spec = {"nodeName": node, "containers": [container], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "administrator"}, "spec": spec}


def volume(node: str, folder: str, namespace: str) -> tuple[Manifest, Manifest]:
    """A volume in that file system, and its claim."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    common = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    return (
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": folder},
            "spec": {
                **common,
                "capacity": {"storage": "1Mi"},
                "hostPath": {"path": f"/var/local/{folder}"},
                "claimRef": {"namespace": namespace, "name": "cramped"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "cramped", "namespace": namespace},
            "spec": {**common, "volumeName": folder, "resources": {"requests": {"storage": "1Mi"}}},
        },
    )


@pytest.fixture(scope="module")
def cramped(cluster: TestCluster, module_namespace: str, module_shelf: Callable[[str], Shelf]) -> Iterator[Shelf]:
    """A claim of 1 MiB with one dump on it."""
    node = cluster.list("nodes")[-1]["metadata"]["labels"]["kubernetes.io/hostname"]
    with cluster.new_namespace("administrator") as own:
        cluster.kubectl("label", "--overwrite", "namespace", own, "pod-security.kubernetes.io/enforce=privileged")
        folder = f"timonier-{own}"
        cluster.apply(administrator(node, folder), namespace=own)
        cluster.kubectl("wait", "pod/administrator", "--for=condition=Ready", "--timeout=60s", namespace=own)
        held, claim = volume(node, folder, module_namespace)
        cluster.apply(held, claim)
        shelf = module_shelf("cramped")
        shelf.run(WRITE_BEFORE)
        yield shelf
        cluster.delete("pod", shelf.name, module_namespace)
        cluster.delete("pod", "administrator", own)
        cluster.delete("pv", folder, wait=False)


def test_a_full_volume_fails_the_dump(cramped: Shelf, module_release: Callable[..., Release]) -> None:
    """No space left in the middle: the half dump is removed, the one before stays, the Job says why it failed."""
    release = module_release(CHART, VALUES, name="full")
    jobs = Jobs(release.cluster, release.namespace)
    told = jobs.failed(jobs.start("full-mariadb-backup", "no-space"))
    assert "No space left on device" in told
    assert "the dump failed (exit codes of mariadb-dump and gzip: " in told
    assert cramped.files() == BEFORE
    assert cramped.dumps() == BEFORE[:1]
