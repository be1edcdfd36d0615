"""The database in a directory of a node: a volume that the chart makes, and nobody deletes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import wait_until
from timonier.testing.release import restarts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHART = Path(__file__).parents[2] / "charts" / "mariadb"
QUICK = {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}}
SIZE = "192Mi"
MODES = ["ReadWriteOncePod"]
# What the README tells the administrator of a node to do.
GIVEN_AWAY = "mkdir -p {0} && chown 999:999 {0}"
QUERY = """
MYSQL_PWD="$(cat /run/secrets/mariadb/password)" exec mariadb --user="$MARIADB_USER" \
  --batch --skip-column-names --execute="$0" "$MARIADB_DATABASE"
"""


@dataclass(frozen=True)
class Directories:
    """Directories of a node, as its administrator sees them.

    Attributes:
        cluster: The cluster.
        namespace: A namespace where pods may be privileged.
        node: The node.
        folder: Where on that node they are.
    """

    cluster: TestCluster
    namespace: str
    node: str
    folder: str

    def run(self, script: str) -> str:
        """Run a script as root in the folder."""
        command = ("sh", "-euc", f'cd "/node{self.folder}"\n{script}')
        return self.cluster.execute(self.node, *command, namespace=self.namespace).strip()

    def volume(self, kind: str, name: str) -> dict[str, Any]:
        """Values for a static volume in one of them."""
        here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [self.node]}
        return {
            "enabled": True,
            "source": {kind: {"path": f"{self.folder}/{name}"}},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        }


def administrator(node: str) -> Manifest:
    """A pod that may do anything on a node."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": node},
        "spec": {
            "nodeName": node,
            "terminationGracePeriodSeconds": 0,
            "tolerations": [{"operator": "Exists"}],
            "containers": [
                {
                    "name": "shell",
                    "image": "busybox:stable",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 3600 & wait $!; done"],
                    "volumeMounts": [{"name": "var", "mountPath": "/node/var"}],
                }
            ],
            "volumes": [{"name": "var", "hostPath": {"path": "/var"}}],
        },
    }


@pytest.fixture(scope="module")
def directories(cluster: TestCluster, storage: str) -> Iterator[tuple[Directories, Directories]]:
    """Directories of two nodes that take pods; of the same one, twice, where there is only one."""
    nodes = [node["metadata"]["name"] for node in cluster.list("nodes") if not node["spec"].get("taints")]
    with cluster.new_namespace("administrator") as namespace:
        cluster.kubectl("label", "--overwrite", "namespace", namespace, "pod-security.kubernetes.io/enforce=privileged")
        pods = {node: administrator(node) for node in (nodes[0], nodes[-1])}
        cluster.apply(*pods.values(), namespace=namespace)
        for node in pods:
            cluster.kubectl("wait", f"pod/{node}", "--for=condition=Ready", "--timeout=60s", namespace=namespace)
        made = [Directories(cluster, namespace, node, f"/var/{storage}") for node in (nodes[0], nodes[-1])]
        for one in made:
            cluster.execute(one.node, "mkdir", "-p", f"/node{one.folder}", namespace=namespace)
        yield made[0], made[1]
        for one in made:
            cluster.execute(one.node, "rm", "-rf", f"/node{one.folder}", namespace=namespace)


@dataclass
class Database:
    """A database in a directory of a node."""

    release: Release
    folder: Directories

    @property
    def name(self) -> str:
        """The name of its claim; the volume's begins with it."""
        return f"data-{self.release.name}-mariadb-0"

    def pod(self) -> Manifest:
        """Its pod, ready."""
        [pod] = self.release.wait_ready("mariadb")
        return pod

    def volume(self) -> Manifest:
        """The volume the chart made."""
        return self.release.cluster.get("pv", f"{self.name}.{self.release.namespace}")

    def query(self, sql: str) -> list[str]:
        """Ask the database as the application's user; one line a row."""
        pod, namespace = self.pod()["metadata"]["name"], self.release.namespace
        return self.release.cluster.execute(pod, "sh", "-c", QUERY, sql, namespace=namespace).splitlines()

    def uninstall(self) -> None:
        """Take the release away, as its user does."""
        self.release.cluster.helm("uninstall", self.release.name, "--wait", namespace=self.release.namespace)


@pytest.fixture(scope="module")
def local(
    storage: str, module_release: Callable[..., Release], directories: tuple[Directories, Directories]
) -> Database:
    """A local directory of the second node that is root's, in a class without a provisioner; it is still starting."""
    _, there = directories
    there.run("mkdir -m 0755 local")
    persistence = {"size": SIZE, "staticVolume": there.volume("local", "local")}
    own_class = {"create": True, "provisioner": "kubernetes.io/no-provisioner"}
    values = {**QUICK, "persistence": persistence, "storageClass": own_class}
    assert storage
    return Database(module_release(CHART, values, name="local", wait=False), there)


@pytest.fixture(scope="module")
def unprepared(module_release: Callable[..., Release], local: Database) -> Database:
    """A directory that is not there, on the same node."""
    persistence = {"size": SIZE, "staticVolume": local.folder.volume("hostPath", "made/by/kubernetes")}
    release = module_release(CHART, {**QUICK, "persistence": persistence}, name="unprepared", wait=False)
    return Database(release, local.folder)


@pytest.fixture(scope="module")
def static(
    storage: str,
    module_release: Callable[..., Release],
    directories: tuple[Directories, Directories],
    unprepared: Database,
) -> Database:
    """A directory of the first node that is the database's, wanted by another claim already when it comes."""
    here, _ = directories
    here.run(GIVEN_AWAY.format("rows"))
    own_class = f"by-hand.{storage}"
    here.cluster.apply(other_claim(own_class), namespace=storage)
    persistence = {"size": SIZE, "accessModes": MODES, "storageClass": own_class}
    values = {**QUICK, "persistence": {**persistence, "staticVolume": here.volume("hostPath", "rows")}}
    assert unprepared.release.namespace == storage
    return Database(module_release(CHART, values, name="static"), here)


def other_volume(name: str, own_class: str) -> Manifest:
    """A volume for anybody's claim; no pod ever mounts it."""
    spec = {
        "capacity": {"storage": SIZE},
        "accessModes": MODES,
        "storageClassName": own_class,
        "hostPath": {"path": "/nowhere"},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}


def other_claim(own_class: str) -> Manifest:
    """A claim that the chart's volume would fit."""
    spec = {"accessModes": MODES, "storageClassName": own_class, "resources": {"requests": {"storage": SIZE}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "other"}, "spec": spec}


@pytest.mark.chapter(
    "PersistentVolume: capacity",
    "PersistentVolume: accessModes",
    "PersistentVolume: claimRef",
    "PersistentVolume: storageClassName",
    "PersistentVolumeClaim: volumeName",
)
def test_its_claim_gets_it_and_no_other_does(static: Database) -> None:
    """Another claim of the same size, modes and class was there first, and waits; until it gets a volume of its own."""
    release = static.release
    claim, volume = release.get("pvc", static.name), static.volume()
    assert volume["status"]["phase"] == claim["status"]["phase"] == "Bound"
    assert volume["spec"]["claimRef"]["uid"] == claim["metadata"]["uid"]
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
    assert claim["status"]["capacity"] == volume["spec"]["capacity"] == {"storage": SIZE}
    assert claim["status"]["accessModes"] == volume["spec"]["accessModes"] == MODES

    assert release.get("pvc", "other")["status"]["phase"] == "Pending"
    release.cluster.apply(other_volume(f"other.{release.namespace}", volume["spec"]["storageClassName"]))
    wait_until(lambda: release.get("pvc", "other")["status"]["phase"] == "Bound", "the other claim to be bound")
    assert release.get("pvc", "other")["spec"]["volumeName"] == f"other.{release.namespace}"


@pytest.mark.chapter("PersistentVolume: nodeAffinity")
def test_the_pod_runs_where_its_volume_is(static: Database, local: Database) -> None:
    """Each pod on its volume's node, though the pod itself names none."""
    for database in (static, local):
        spec = database.pod()["spec"]
        assert "nodeSelector" not in spec
        assert "affinity" not in spec
        assert spec["nodeName"] == database.folder.node


def test_a_release_installed_again_finds_its_rows(static: Database) -> None:
    """`helm uninstall` leaves volume, claim and passwords, and the next installation takes all of them up."""
    static.query("CREATE TABLE kept (id INT); INSERT INTO kept VALUES (7)")
    before = static.volume()["metadata"]["uid"]
    static.uninstall()
    assert static.volume()["status"]["phase"] == "Bound"
    static.release.upgrade()
    assert static.volume()["metadata"]["uid"] == before
    assert static.query("SELECT * FROM kept") == ["7"]


@pytest.mark.chapter("PersistentVolume: reclaimPolicy")
def test_a_volume_without_its_claim_keeps_its_files(static: Database) -> None:
    """Retain: it is Released and nothing is deleted; with the volume made anew, the rows are there again."""
    static.query("CREATE TABLE IF NOT EXISTS kept (id INT); REPLACE INTO kept VALUES (7)")
    static.uninstall()
    static.release.cluster.delete("pvc", static.name, static.release.namespace)
    wait_until(lambda: static.volume()["status"]["phase"] == "Released", "the volume to be released")
    assert "db_todo" in static.folder.run("ls rows")

    static.release.cluster.delete("pv", static.volume()["metadata"]["name"])
    static.release.upgrade()
    assert static.query("SELECT DISTINCT id FROM kept") == ["7"]


@pytest.mark.chapter("Pod: hostPath", "PersistentVolume: hostPath DirectoryOrCreate")
def test_a_directory_that_kubernetes_made_must_be_given_away(unprepared: Database) -> None:
    """It is made, as root's, where the database may not write; what the README says to do on the node mends it."""
    owner = wait_until(lambda: unprepared.folder.run("stat -c %u:%g made/by/kubernetes"), "the directory to be made")
    assert owner == "0:0"
    wait_until(
        lambda: any(restarts(pod) for pod in unprepared.release.pods("mariadb")),
        "the database to end, as it may not write",
    )
    readme = (CHART / "README.md").read_text(encoding="utf-8")
    assert GIVEN_AWAY.format("/srv/mariadb") in readme
    unprepared.folder.run(GIVEN_AWAY.format("made/by/kubernetes"))
    # The next attempt of the same pod would do, after a pause that grows with each.
    unprepared.release.cluster.delete("pod", "unprepared-mariadb-0", unprepared.release.namespace)
    assert unprepared.query("SELECT 1") == ["1"]


def test_a_local_directory_is_given_to_the_database(local: Database) -> None:
    """It was root's, and nobody but Kubernetes changed that."""
    assert local.query("SELECT 1") == ["1"]
    assert local.folder.run("stat -c %u:%g local") == "0:999"
