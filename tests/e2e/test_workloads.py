"""The Deployment and the DaemonSet: where their pods are placed, how they are replaced, how many there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from timonier.errors import ClusterError
from timonier.testing.release import is_ready, merged
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
EMBEDDED: dict[str, Any] = {"mariadb": {"enabled": False}}
HOSTNAME = "kubernetes.io/hostname"
CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
WEB = "app.kubernetes.io/component=web"
DEADLINE_SECONDS = 8
MEMORY_MIB = 384


@pytest.fixture(scope="module")
def nodes(cluster: TestCluster) -> list[Manifest]:
    """The cluster's nodes; where a pod goes can be seen on several only."""
    found = cluster.list("nodes")
    if len(found) < 2:
        pytest.skip("this cluster has one node, where every pod goes anyway; `pytest --nodes 3` makes three")
    return found


@pytest.fixture(scope="module")
def web(module_eni_todo: Callable[..., Release], nodes: list[Manifest]) -> Release:
    """Two replicas, and the image on every node, the control plane's too."""
    assert nodes
    values = {
        "replicas": 2,
        "prepull": {"enabled": True},
        "tolerations": [{"operator": "Exists"}],
        "extraEnv": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "resources": {"limits": {"memory": f"{MEMORY_MIB}Mi"}},
    }
    return module_eni_todo(merged(EMBEDDED, values))


def name_of(found: Manifest) -> str:
    """An object's name."""
    name: str = found["metadata"]["name"]
    return name


def web_pods(release: Release) -> list[Manifest]:
    """The application's pods, without those that hold the image."""
    return [pod for pod in release.pods() if pod["metadata"]["labels"]["app.kubernetes.io/component"] == "web"]


def nodes_of(pods: list[Manifest]) -> list[str]:
    """The nodes that pods are on, one for each pod."""
    return sorted(pod["spec"].get("nodeName", "") for pod in pods)


@pytest.mark.chapter("DaemonSet: one pod a node", "Pod: tolerations")
def test_image_on_every_node(web: Release, nodes: list[Manifest]) -> None:
    """One pod of `prepull` on each node, the tainted one too as that is tolerated, with the application's image."""
    selector = f"app.kubernetes.io/instance={web.name},app.kubernetes.io/component=prepull"
    pods = web.cluster.list("pods", web.namespace, selector)
    assert any(node["spec"].get("taints") for node in nodes)
    assert nodes_of(pods) == sorted(name_of(node) for node in nodes)
    assert all(is_ready(pod) for pod in pods)
    [image] = {pod["status"]["containerStatuses"][0]["imageID"] for pod in [*pods, *web_pods(web)]}
    assert image
    assert web.endpoints(web.name) == {name_of(pod) for pod in web_pods(web)}


@pytest.mark.chapter("ReplicaSet: replicas")
def test_replicas_on_different_nodes(web: Release) -> None:
    """With nothing said two replicas are on two nodes: the loss of one leaves the other."""
    assert len(set(nodes_of(web_pods(web)))) == 2


@pytest.mark.chapter("Pod: topologySpreadConstraints")
def test_a_strict_constraint_is_kept(
    web: Release, nodes: list[Manifest], module_eni_todo: Callable[..., Release]
) -> None:
    """Told to have no two pods on one node, and more pods than nodes, the scheduler leaves one without."""
    wanted = len(nodes) + 1
    strict = {"maxSkew": 1, "topologyKey": HOSTNAME, "whenUnsatisfiable": "DoNotSchedule", "minDomains": wanted}
    values = {"replicas": wanted, "topologySpreadConstraints": [strict], "tolerations": web.values["tolerations"]}
    release = module_eni_todo(merged(EMBEDDED, values), name="spread", wait=False)

    def placed() -> bool:
        on = nodes_of(web_pods(release))
        return len(on) == wanted and on == ["", *sorted(name_of(node) for node in nodes)]

    wait_until(placed, "one pod on each node, and one on none")
    release.upgrade({"replicas": 0}, wait=False)


@pytest.mark.chapter("Pod: env", "Pod: resources")
def test_what_the_container_is_told_and_given(web: Release) -> None:
    """A variable of one's own, here its node's name, and the memory limit, which the JVM takes its heap from."""
    limits = "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true"
    for pod in web_pods(web):
        told = web.cluster.execute(name_of(pod), "printenv", "NODE", namespace=web.namespace)
        assert told.strip() == pod["spec"]["nodeName"]
        given = web.cluster.execute(name_of(pod), "sh", "-c", limits, namespace=web.namespace)
        assert given.split() == [str(MEMORY_MIB * 1024 * 1024)]


@pytest.mark.chapter("ServiceAccount: token")
def test_no_token(web: Release) -> None:
    """Nothing in the pods could talk to the API server: no token is mounted."""
    for pod in web.pods():
        assert not any("projected" in volume for volume in pod["spec"].get("volumes", [])), name_of(pod)
    [pod, *_] = web_pods(web)
    look = ("sh", "-c", "ls /var/run/secrets/kubernetes.io 2>&1 || true")
    assert "No such file" in web.cluster.execute(name_of(pod), *look, namespace=web.namespace)


def evict(release: Release, pod: str) -> str:
    """Ask for a pod's eviction as `kubectl drain` does; what the API server says against it, or nothing."""
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    path = f"/api/v1/namespaces/{release.namespace}/pods/{pod}/eviction"
    try:
        release.cluster.kubectl("create", "--raw", path, "--filename=-", stdin=json.dumps(eviction))
    except ClusterError as error:
        return str(error)
    return ""


@pytest.mark.chapter("PodDisruptionBudget: never blocks a drain")
def test_one_eviction_at_a_time(web: Release) -> None:
    """A drain may evict one pod, has to wait with the other until that one is replaced, and then gets it too."""
    first, second = (name_of(pod) for pod in web_pods(web))

    def settled() -> bool:
        budget = web.get("poddisruptionbudget", web.name)["status"]
        return bool(budget["disruptionsAllowed"] == 1 and budget["currentHealthy"] == 2)

    wait_until(settled, "the budget to count both pods")
    assert evict(web, first) == ""
    assert "disruption budget" in evict(web, second)
    wait_until(settled, "the evicted pod to be replaced", timeout=90)
    assert evict(web, second) == ""
    wait_until(settled, "the other one to be replaced too", timeout=90)
    evicted = {first, second}
    wait_until(lambda: not evicted & {name_of(pod) for pod in web_pods(web)}, "both to be gone", timeout=90)


@pytest.mark.chapter("Pod: nodeSelector", "Pod: nodeAffinity", "Pod: nodeName", "Pod: tolerations")
def test_pods_go_where_they_are_sent(
    web: Release, nodes: list[Manifest], module_eni_todo: Callable[..., Release]
) -> None:
    """By a node's label to that node, tainted as it is; by affinity to any node but that one."""
    [tainted, *_] = (name_of(node) for node in nodes if CONTROL_PLANE in node["metadata"]["labels"])
    tolerated = {"tolerations": web.values["tolerations"]}
    elsewhere = {"matchExpressions": [{"key": HOSTNAME, "operator": "NotIn", "values": [tainted]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [elsewhere]}}
    sent: dict[str, dict[str, Any]] = {
        "there": {"nodeSelector": {HOSTNAME: tainted}} | tolerated,
        "away": {"affinity": {"nodeAffinity": required}} | tolerated,
        "refused": {"nodeSelector": {HOSTNAME: tainted}},
    }
    releases = {
        name: module_eni_todo(merged(EMBEDDED, {"replicas": 2, **values}), name=name, wait=False)
        for name, values in sent.items()
    }
    assert set(nodes_of(releases["there"].wait_ready(count=2))) == {tainted}
    assert tainted not in nodes_of(releases["away"].wait_ready(count=2))
    # The control: without the toleration the same selector finds no node.
    wait_until(lambda: unschedulable(releases["refused"]), "the scheduler to say that no node will do")
    for release in releases.values():
        release.upgrade({"replicas": 0}, wait=False)


def unschedulable(release: Release) -> bool:
    """Whether every pod of a release is one that no node takes."""
    told = [condition for pod in web_pods(release) for condition in pod["status"].get("conditions", [])]
    return len(told) == 2 and all(condition.get("reason") == "Unschedulable" for condition in told)


def generations(release: Release) -> list[set[str]]:
    """Change a variable, and return which ReplicaSets had pods at each look until the rollout was over."""
    number = release.values["config"].get("ROLLOUT", 0) + 1
    release.upgrade({"config": {"ROLLOUT": number}}, wait=False)
    looks: list[set[str]] = []

    def done() -> bool:
        # A pod whose containers have ended is still listed for a moment.
        alive = [pod for pod in web_pods(release) if pod["status"]["phase"] in {"Pending", "Running"}]
        looks.append({pod["metadata"]["labels"]["pod-template-hash"] for pod in alive})
        status = release.get("deployment", release.name)
        current = status["metadata"]["generation"] == status["status"].get("observedGeneration")
        replaced = status["status"].get("updatedReplicas") == status["status"].get("availableReplicas") == 2
        return current and replaced and len(web_pods(release)) == 2

    wait_until(done, "the rollout to end", timeout=120, interval=0.1)
    return looks


@pytest.mark.chapter(
    "Deployment: strategy RollingUpdate",
    "ConfigMap: checksum annotation",
    "ConfigMap: env references",
    "ConfigMap: literals",
)
def test_rolling_update(web: Release) -> None:
    """A changed variable replaces the pods, which have it then; old and new ones are there side by side meanwhile."""
    before = {name_of(pod) for pod in web_pods(web)}
    looks = generations(web)
    assert any(len(look) == 2 for look in looks)
    assert all(looks), "for a moment nobody was there"
    assert not before & {name_of(pod) for pod in web_pods(web)}
    for pod in web_pods(web):
        told = web.cluster.execute(name_of(pod), "printenv", "ROLLOUT", namespace=web.namespace)
        assert told.strip() == str(web.values["config"]["ROLLOUT"])


@pytest.mark.chapter("Deployment: strategy Recreate")
def test_recreate(web: Release) -> None:
    """With Recreate no new pod is there before the last old one is gone."""
    web.upgrade({"strategy": {"type": "Recreate"}})
    looks = generations(web)
    web.upgrade({"strategy": {"type": ""}})
    assert [look for look in looks if len(look) > 1] == []
    assert looks[0] != looks[-1]


@pytest.mark.chapter("Deployment: revisionHistoryLimit")
def test_former_replica_sets_are_pruned(web: Release) -> None:
    """Of the ReplicaSets without pods as many stay as revisionHistoryLimit says."""
    selector = f"app.kubernetes.io/instance={web.name},{WEB}"

    def former() -> list[Manifest]:
        sets = web.cluster.list("replicasets", web.namespace, selector)
        return [one for one in sets if one["spec"]["replicas"] == 0]

    assert len(former()) > 1, "two rollouts left less than two ReplicaSets, so nothing could be pruned"
    web.upgrade({"revisionHistoryLimit": 1})
    wait_until(lambda: len(former()) == 1, "the former ReplicaSets to be pruned but for one")


@pytest.mark.chapter("Deployment: progressDeadlineSeconds", "Pod: imagePullPolicy", "Pod: image")
def test_a_rollout_that_does_not_get_on_is_reported(web: Release) -> None:
    """After progressDeadlineSeconds the Deployment says so, and why, while the old pods serve on."""
    before = {name_of(pod) for pod in web_pods(web)}
    missing = {"image": {"tag": "no-such-tag", "pullPolicy": "Never"}}
    web.upgrade({**missing, "progressDeadlineSeconds": DEADLINE_SECONDS, "prepull": {"enabled": False}}, wait=False)

    def reported() -> bool:
        conditions = web.get("deployment", web.name)["status"]["conditions"]
        return any(one.get("reason") == "ProgressDeadlineExceeded" for one in conditions)

    assert not reported()
    wait_until(reported, "the Deployment to report it", timeout=DEADLINE_SECONDS + 60)
    [stuck] = [pod for pod in web_pods(web) if not is_ready(pod)]
    # Never: not even asked for. A pull that was tried would be ErrImagePull.
    assert stuck["status"]["containerStatuses"][0]["state"]["waiting"]["reason"] == "ErrImageNeverPull"
    assert web.endpoints(web.name) == before
    web.upgrade({"image": {"tag": "", "pullPolicy": "IfNotPresent"}})
    wait_until(
        lambda: {name_of(pod) for pod in web_pods(web)} == before, "the stuck pod to go, and the old ones to stay"
    )


@pytest.mark.chapter("HorizontalPodAutoscaler: scales")
def test_autoscaler_keeps_its_bounds(web: Release) -> None:
    """The number of pods is the autoscaler's: up to minReplicas, and down to maxReplicas when set by hand."""
    web.upgrade({"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 4}}, wait=False)

    def replicas() -> int:
        count: int = web.get("deployment", web.name)["spec"]["replicas"]
        return count

    wait_until(lambda: replicas() == 3, "the autoscaler to scale up to its minimum", timeout=90)
    web.scale(f"deployment/{web.name}", 6)
    wait_until(lambda: replicas() == 4, "the autoscaler to scale down to its maximum", timeout=90)
