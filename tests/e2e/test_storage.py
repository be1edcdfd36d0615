"""The database's claim and its class: where and when a volume is made, what becomes of it, and how it grows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.errors import ClusterError
from timonier.testing import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
CHART = Path(__file__).parents[2] / "charts" / "mariadb"
LOCAL_PATH = "rancher.io/local-path"
QUICK: dict[str, Any] = {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}}
# No node has it: a pod that is there, and consumes nothing yet.
NOWHERE = {"nodeSelector": {"timonier.test/nowhere": "true"}}
CLAIM = "data-mariadb-0"
KEPT = "data-kept-mariadb-0"
GROWN = "2Gi"


@pytest.fixture(scope="module")
def nodes(cluster: TestCluster) -> list[str]:
    """The nodes that take pods."""
    return [str(node["metadata"]["name"]) for node in cluster.list("nodes") if not node["spec"].get("taints")]


@pytest.fixture(scope="module")
def node(nodes: list[str]) -> str:
    """The last of them."""
    return nodes[-1]


@pytest.fixture(scope="module")
def elsewhere(nodes: list[str]) -> dict[str, Any]:
    """Values by which a pod may run on another node only; on none, where there is no other."""
    return {"nodeSelector": {"kubernetes.io/hostname": nodes[0]}} if len(nodes) > 1 else NOWHERE


@pytest.fixture(scope="module")
def kept(storage: str, module_release: Callable[..., Release]) -> Release:
    """A class that keeps volumes, a claim that goes when the pod does; it starts while the other tests run."""
    own_class = {"create": True, "provisioner": LOCAL_PATH, "reclaimPolicy": "Retain"}
    values = {**QUICK, "storageClass": own_class, "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}
    assert storage
    return module_release(CHART, values, name="kept", wait=False)


@pytest.fixture(scope="module")
def own(
    storage: str, module_release: Callable[..., Release], node: str, elsewhere: dict[str, Any], kept: Release
) -> Release:
    """A class with all its fields, for volumes of one node; its pod may not run there yet."""
    topology = {"matchLabelExpressions": [{"key": "kubernetes.io/hostname", "values": [node]}]}
    own_class = {
        "create": True,
        "name": f"own.{storage}",
        "provisioner": LOCAL_PATH,
        "parameters": {"pathPattern": "{{ .PVC.Namespace }}/{{ .PVC.Name }}/rows"},
        "mountOptions": ["noatime"],
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowedTopologies": [topology],
        "allowVolumeExpansion": True,
        "annotations": {"storageclass.kubernetes.io/is-default-class": "false"},
    }
    claims = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"}}
    assert kept.namespace == storage
    return module_release(
        CHART, {**QUICK, **elsewhere, "storageClass": own_class, **claims}, name="mariadb", wait=False
    )


@pytest.fixture(scope="module")
def running(own: Release) -> Release:
    """The same, once its pod may run anywhere."""
    del own.values["nodeSelector"]
    own.upgrade()
    own.wait_ready()
    return own


def claim(release: Release, name: str) -> Manifest:
    """A claim of a release."""
    return release.get("pvc", name)


def volume_of(release: Release, name: str) -> Manifest:
    """The volume a claim is bound to."""
    return release.cluster.get("pv", claim(release, name)["spec"]["volumeName"])


def phase(manifest: Manifest) -> str:
    """How far a claim, a volume or a pod is: Pending, Bound, Released."""
    return str(manifest["status"]["phase"])


def missing(cluster: TestCluster, kind: str, name: str, namespace: str | None = None) -> bool:
    """Whether there is no such object (any more)."""
    return not cluster.kubectl("get", kind, name, "--ignore-not-found", "--output=name", namespace=namespace)


def reasons(release: Release, name: str) -> set[str]:
    """The reasons of the events on a claim."""
    events = release.cluster.list("events", release.namespace)
    return {event["reason"] for event in events if event["involvedObject"]["name"] == name}


def unschedulable(release: Release) -> bool:
    """Whether the scheduler looked for a node for a release's pod, and found none."""
    [pod] = release.pods("mariadb")
    conditions = pod["status"].get("conditions") or []
    return any(one["type"] == "PodScheduled" and one.get("reason") == "Unschedulable" for one in conditions)


@pytest.mark.chapter("StorageClass: volumeBindingMode Immediate")
def test_immediate_binds_before_there_is_a_consumer(storage: str, module_release: Callable[..., Release]) -> None:
    """The claim has its volume while its pod can run nowhere; one that fits, chosen by its label."""
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": f"soon-mariadb.{storage}",
        "hostPath": {"path": "/nowhere"},
    }
    metadata = {"name": f"soon.{storage}", "labels": {"for": storage}}
    values = {
        **NOWHERE,
        "persistence": {"selector": {"matchLabels": {"for": storage}}},
        "storageClass": {
            "create": True,
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "Immediate",
        },
    }
    release = module_release(CHART, values, name="soon", wait=False)
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
    release.cluster.apply(volume)
    wait_until(lambda: phase(claim(release, "data-soon-mariadb-0")) == "Bound", "the claim to be bound")
    assert volume_of(release, "data-soon-mariadb-0")["metadata"]["name"] == f"soon.{storage}"
    [pod] = release.pods("mariadb")
    assert phase(pod) == "Pending"


@pytest.mark.chapter("StorageClass: volumeBindingMode WaitForFirstConsumer", "StorageClass: allowedTopologies")
def test_wait_for_first_consumer_binds_where_the_pod_can_run(
    own: Release, node: str, request: pytest.FixtureRequest
) -> None:
    """No volume where the pod may run but the class allows none; then one where it does, and the pod with it."""
    wait_until(
        lambda: reasons(own, CLAIM) & {"WaitForFirstConsumer", "WaitForPodScheduled"},
        "the claim to say what it waits for",
    )
    wait_until(lambda: unschedulable(own), "no node to be found for the pod")
    assert phase(claim(own, CLAIM)) == "Pending"
    assert "volumeName" not in claim(own, CLAIM)["spec"]

    [pod] = request.getfixturevalue("running").wait_ready()
    assert phase(claim(own, CLAIM)) == "Bound"
    assert pod["spec"]["nodeName"] == node
    assert "nodeSelector" not in pod["spec"]


@pytest.mark.chapter(
    "StorageClass: provisioner",
    "StorageClass: parameters",
    "StorageClass: mountOptions",
    "PersistentVolumeClaim: request",
    "PersistentVolumeClaim: storageClassName",
    "PersistentVolumeClaim: accessModes",
    "StatefulSet: one volume each",
)
def test_the_volume_is_as_its_class_says(running: Release) -> None:
    """Its provisioner made it, where the parameters say; mount options, which this one ignores, are the class's."""
    made, bound = volume_of(running, CLAIM), claim(running, CLAIM)
    name = f"own.{running.namespace}"
    assert made["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == LOCAL_PATH
    assert made["spec"]["hostPath"]["path"].endswith(f"/{running.namespace}/{CLAIM}/rows")
    assert made["spec"]["storageClassName"] == bound["spec"]["storageClassName"] == name
    assert made["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
    assert made["spec"]["accessModes"] == bound["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert made["spec"]["capacity"] == bound["spec"]["resources"]["requests"] == {"storage": "1Gi"}
    assert running.cluster.get("storageclass", name)["mountOptions"] == ["noatime"]


def documented(heading: str, namespace: str, cluster: TestCluster) -> list[Callable[[], str]]:
    """The README's commands under a heading, ready to be run in a namespace."""
    text = (CHART / "README.md").read_text(encoding="utf-8")
    section = text.partition(f"### {heading}\n")[2].partition("\n#")[0]
    [block] = re.findall(r"```console\n(.+?)```", section, re.DOTALL)
    programs = {"kubectl": cluster.kubectl, "helm": cluster.helm}

    def command(line: str) -> Callable[[], str]:
        program, *arguments = shlex.split(line.replace("charts/mariadb", str(CHART)))
        return lambda: programs[program](*arguments, namespace=namespace)

    return [command(line) for line in block.splitlines()]


@pytest.mark.chapter("PersistentVolumeClaim: resize", "StorageClass: allowVolumeExpansion")
def test_a_claim_grows_as_the_readme_says(running: Release) -> None:
    """With a class that allows it: Kubernetes takes the request, and the pod never stops. Otherwise it says why not."""
    [pod] = running.wait_ready()
    ask, orphan, upgrade = documented("More room", running.namespace, running.cluster)
    # The control: what the README says is refused, is.
    with pytest.raises(AssertionError, match=r"updates to statefulset spec .* are forbidden"):
        running.upgrade({"persistence": {"size": GROWN}})
    ask()
    orphan()
    upgrade()
    assert claim(running, CLAIM)["spec"]["resources"]["requests"] == {"storage": GROWN}
    templates = running.get("statefulset", "mariadb")["spec"]["volumeClaimTemplates"]
    assert templates[0]["spec"]["resources"]["requests"] == {"storage": GROWN}
    [after] = running.wait_ready()
    assert after["metadata"]["uid"] == pod["metadata"]["uid"]
    wait_until(
        lambda: running.get("statefulset", "mariadb")["status"].get("readyReplicas") == 1,
        "the StatefulSet to find its pod",
    )


def test_a_claim_of_a_class_that_does_not_allow_it_stays_as_it_is(kept: Release) -> None:
    """The README's first command is refused, with the words that the README gives."""
    kept.wait_ready()
    patch = f'{{"spec":{{"resources":{{"requests":{{"storage":"{GROWN}"}}}}}}}}'
    with pytest.raises(ClusterError) as refused:
        kept.cluster.kubectl("patch", "pvc", KEPT, "--patch", patch, namespace=kept.namespace)
    told = re.findall(r"only dynamically provisioned pvc .* must support resize", str(refused.value))
    assert told
    assert told[0] in (CHART / "README.md").read_text(encoding="utf-8")


def test_a_class_is_changed_as_the_readme_says(kept: Release) -> None:
    """In place it is refused; made anew under its name, it is as asked, and the claim notices nothing."""
    kept.wait_ready()
    name, before = f"kept-mariadb.{kept.namespace}", claim(kept, KEPT)["metadata"]["uid"]
    change = {"storageClass": {"parameters": {"pathPattern": "{{ .PVC.Namespace }}/{{ .PVC.Name }}"}}}
    with pytest.raises(AssertionError, match=r"parameters: .*(immutable|forbidden)"):
        kept.upgrade(change)
    kept.cluster.delete("storageclass", name)
    kept.upgrade(change)
    assert kept.cluster.get("storageclass", name)["parameters"] == change["storageClass"]["parameters"]
    assert (phase(claim(kept, KEPT)), claim(kept, KEPT)["metadata"]["uid"]) == ("Bound", before)


@pytest.mark.chapter("StatefulSet: updateStrategy")
def test_pods_are_replaced_when_the_strategy_says_so(kept: Release) -> None:
    """Not below the partition, not with OnDelete, and at once without either."""
    [first] = kept.wait_ready()
    partition = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    for strategy in (partition, {"type": "OnDelete", "rollingUpdate": None}):
        kept.upgrade({"updateStrategy": strategy, "podAnnotations": {"changed": strategy["type"]}}, wait=False)
        wait_until(lambda: outdated(kept), "the controller to know the new template")
        assert uid(kept) == first["metadata"]["uid"]
    kept.upgrade({"updateStrategy": {"type": "RollingUpdate"}})
    assert uid(kept) != first["metadata"]["uid"]
    assert not outdated(kept)


def outdated(release: Release) -> bool:
    """Whether the pod is not of the revision that pods are to have."""
    server = release.get("statefulset", f"{release.name}-mariadb")
    [pod] = release.pods("mariadb")
    observed = server["status"]["observedGeneration"] == server["metadata"]["generation"]
    current: str = pod["metadata"]["labels"]["controller-revision-hash"]
    return bool(observed and server["status"]["updateRevision"] != current)


def uid(release: Release) -> str:
    """What tells the pod from others of its name."""
    [pod] = release.pods("mariadb")
    return str(pod["metadata"]["uid"])


@pytest.mark.chapter("StorageClass: reclaimPolicy Retain", "StatefulSet: persistentVolumeClaimRetentionPolicy")
def test_a_volume_is_kept_when_its_claim_goes(kept: Release) -> None:
    """`whenScaled: Delete` takes the claim with the last pod; Retain keeps its volume, as Released."""
    kept.wait_ready()
    volume = volume_of(kept, KEPT)
    # A volume that is to be deleted is Released for a moment, too.
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    kept.upgrade({"replicas": 0})
    wait_until(lambda: missing(kept.cluster, "pvc", KEPT, kept.namespace), "the claim to go")
    made = volume["metadata"]["name"]
    wait_until(lambda: phase(kept.cluster.get("pv", made)) == "Released", "the volume to be released")


@pytest.mark.chapter("StorageClass: reclaimPolicy Delete", "StatefulSet: persistentVolumeClaimRetentionPolicy")
def test_a_volume_goes_with_its_claim(running: Release) -> None:
    """`whenScaled: Retain` keeps the claim without a pod, `whenDeleted: Delete` takes it, Delete its volume, too."""
    made = volume_of(running, CLAIM)["metadata"]["name"]
    running.scale("statefulset/mariadb", 0)
    wait_until(lambda: not running.pods(), "the pod to go")
    assert phase(claim(running, CLAIM)) == "Bound"
    running.cluster.helm("uninstall", running.name, "--wait", namespace=running.namespace)
    wait_until(lambda: missing(running.cluster, "pvc", CLAIM, running.namespace), "the claim to go")
    wait_until(lambda: missing(running.cluster, "pv", made), "the volume to go")


@pytest.mark.chapter("StatefulSet: podManagementPolicy")
def test_an_upgrade_replaces_a_pod_that_never_was_ready(module_release: Callable[..., Release]) -> None:
    """With Parallel, the default. With OrderedReady the pod stays as it is."""
    broken = {**QUICK, "persistence": {"enabled": False}, "image": {"tag": "none", "pullPolicy": "Never"}}
    releases = {
        policy: module_release(CHART, {**broken, "podManagementPolicy": policy}, name=policy.lower(), wait=False)
        for policy in ("Parallel", "OrderedReady")
    }
    for release in releases.values():
        await_pod(release)
        release.upgrade({"image": {"tag": ""}}, wait=False)
    releases["Parallel"].wait_ready()
    [stuck] = releases["OrderedReady"].pods()
    assert stuck["spec"]["containers"][0]["image"].endswith(":none")


@pytest.mark.chapter("StatefulSet: order")
def test_pods_are_made_in_order_or_at_once(module_release: Callable[..., Release]) -> None:
    """With OrderedReady a replica waits for the one before it to be ready. With Parallel, the default, none does."""
    values = {**NOWHERE, "architecture": "replication"}
    ordered = module_release(CHART, {**values, "podManagementPolicy": "OrderedReady"}, name="one", wait=False)
    parallel = module_release(CHART, values, name="all", wait=False)
    wait_until(lambda: replica_ordinals(parallel) == {"1", "2"}, "all replicas to be made")
    wait_until(lambda: replica_ordinals(ordered), "the first replica to be made")
    assert replica_ordinals(ordered) == {"1"}


def replica_ordinals(release: Release) -> set[str]:
    """The ordinals of the replicas that were made."""
    names = {pod["metadata"]["name"] for pod in release.cluster.list("pods", release.namespace)}
    prefix = f"{release.name}-mariadb-replica-"
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def await_pod(release: Release) -> None:
    """Wait until a release's pod is there, whatever becomes of it."""
    wait_until(lambda: release.pods("mariadb"), "the pod to be made")
