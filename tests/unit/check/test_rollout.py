"""Rules about pods that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def workload(spec: str = "", *, pod: str = "containers: []", kind: str = "apps/v1/Deployment") -> str:
    """Return a workload whose pods are labelled `app: web`."""
    api, _, kind = kind.rpartition("/")
    template = f"template: {{metadata: {{labels: {{app: web}}}}, spec: {{{pod}}}}}"
    said = f"{spec}, {template}" if spec else template
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: web}}\nspec: {{{said}}}\n---\n"


def budget(said: str) -> str:
    """Return a budget for these pods."""
    return (
        "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: web}\n"
        f"spec: {{selector: {{matchLabels: {{app: web}}}}, {said}}}\n---\n"
    )


SCALER = (
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n"
    "spec: {minReplicas: %d, maxReplicas: %d, scaleTargetRef: {kind: Deployment, name: web}}\n---\n"
)


@pytest.mark.parametrize(
    ("said", "replicas", "blocks"),
    [
        ("minAvailable: 1", 1, True),
        ("minAvailable: 1", 2, False),
        ("minAvailable: 3", 2, True),
        ("minAvailable: 0", 1, False),
        ("minAvailable: 50%", 1, True),
        ("minAvailable: 51%", 2, True),
        ("minAvailable: 50%", 2, False),
        ("minAvailable: 100%", 9, True),
        ("maxUnavailable: 0", 3, True),
        ("maxUnavailable: 0%", 3, True),
        ("maxUnavailable: 1", 1, False),
        ("maxUnavailable: 1%", 1, False),
        ("minAvailable: 1", 0, False),
        ("unhealthyPodEvictionPolicy: AlwaysAllow", 1, False),
    ],
)
def test_a_budget_that_lets_nobody_go(found: Found, said: str, replicas: int, *, blocks: bool) -> None:
    """Percentages are rounded up, as the disruption controller does."""
    problems = found(rollout.disruption_blocked, budget(said) + workload(f"replicas: {replicas}"))
    assert bool(problems) is blocks
    for problem in problems:
        assert problem.manifest is not None
        assert problem.manifest.identity.kind == "PodDisruptionBudget"
        assert "no node with one of them can be drained" in problem.message


def test_a_budget_counts_what_an_autoscaler_leaves(found: Found) -> None:
    """And all the workloads it is for; those that run on every node do not count."""
    said = budget("minAvailable: 1")
    assert len(found(rollout.disruption_blocked, said + SCALER % (1, 5) + workload("replicas: 3"))) == 1
    assert found(rollout.disruption_blocked, said + SCALER % (2, 5) + workload("replicas: 1")) == []
    assert found(rollout.disruption_blocked, said + workload() + workload(kind="apps/v1/StatefulSet")) == []
    assert found(rollout.disruption_blocked, said + workload(kind="apps/v1/DaemonSet")) == []
    assert found(rollout.disruption_blocked, said) == []


CLAIM = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [%s]}\n---\n"
MOUNTING = "containers: [], volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]"
ROLLOUT = "A rollout starts the new pod while the old one holds the claim (ReadWriteOnce): it waits on another node."
SEVERAL = "Several pods share a claim that only one node can attach (ReadWriteOnce)."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (workload(pod=MOUNTING), ROLLOUT),
        (workload("strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}", pod=MOUNTING), ROLLOUT),
        (workload("replicas: 2, strategy: {type: Recreate}", pod=MOUNTING), SEVERAL),
        (workload("strategy: {type: Recreate}", pod=MOUNTING) + SCALER % (1, 3), SEVERAL),
        (workload(pod=MOUNTING, kind="apps/v1/DaemonSet"), SEVERAL),
        (workload("replicas: 2", pod=MOUNTING, kind="apps/v1/StatefulSet"), SEVERAL),
    ],
)
def test_a_volume_for_one_node(found: Found, text: str, message: str) -> None:
    """And pods that may be on two; fine when the claim is for many, or somebody else's."""
    [problem] = found(rollout.single_node_volume, text + CLAIM % "ReadWriteOnce")
    assert problem.message == message
    assert problem.path == "spec.template.spec.volumes[0].persistentVolumeClaim.claimName"
    fine = ("", CLAIM % "", CLAIM % "ReadWriteOnce, ReadWriteMany", CLAIM.replace("data", "other") % "ReadWriteOnce")
    volume = CLAIM.replace("PersistentVolumeClaim", "PersistentVolume") % "ReadWriteOnce"
    for other in (*fine, volume):
        assert found(rollout.single_node_volume, text + other) == []


@pytest.mark.parametrize(
    "text",
    [
        workload("strategy: {type: Recreate}", pod=MOUNTING),
        workload("strategy: {rollingUpdate: {maxSurge: 0}}", pod=MOUNTING),
        workload("replicas: 0", pod=MOUNTING),
        workload("replicas: 1", pod=MOUNTING, kind="apps/v1/StatefulSet"),
        workload(pod=MOUNTING, kind="batch/v1/Job"),
        workload(),
    ],
)
def test_a_volume_for_one_pod(found: Found, text: str) -> None:
    """One that ends before the next begins."""
    assert found(rollout.single_node_volume, text + CLAIM % "ReadWriteOnce") == []


@pytest.mark.parametrize(
    ("strategy", "path"),
    [
        ("{type: Recreate, rollingUpdate: {maxSurge: 1}}", "spec.strategy.rollingUpdate"),
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 0%}}", "spec.strategy"),
        ("{type: Recreate}", ""),
        ("{type: Recreate, rollingUpdate: null}", ""),
        ("{rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}", ""),
        ("{rollingUpdate: {maxSurge: 0}}", ""),
        ("{rollingUpdate: {maxUnavailable: 0}}", ""),
    ],
)
def test_a_strategy_that_contradicts_itself(found: Found, strategy: str, path: str) -> None:
    """What is left out is no contradiction."""
    problems = found(rollout.invalid_strategy, workload(f"strategy: {strategy}"))
    assert [problem.path for problem in problems] == ([path] if path else [])


@pytest.mark.parametrize(
    ("kind", "policy", "message"),
    [
        ("batch/v1/Job", "", "A Job takes OnFailure or Never, which has to be said."),
        ("batch/v1/Job", "Always", "A Job takes OnFailure or Never, not Always."),
        ("apps/v1/Deployment", "Never", "A Deployment takes Always, not Never."),
        ("batch/v1/Job", "Never", ""),
        ("batch/v1/Job", "OnFailure", ""),
        ("apps/v1/Deployment", "", ""),
        ("apps/v1/Deployment", "Always", ""),
    ],
)
def test_restarting(found: Found, kind: str, policy: str, message: str) -> None:
    """Jobs end, others do not."""
    text = workload(pod=f"containers: []{f', restartPolicy: {policy}' if policy else ''}", kind=kind)
    assert [problem.message for problem in found(rollout.restart_policy, text)] == ([message] if message else [])


def test_a_pod_restarts_as_it_likes(found: Found) -> None:
    """It belongs to nobody."""
    assert (
        found(rollout.restart_policy, "apiVersion: v1\nkind: Pod\nspec: {containers: [], restartPolicy: Never}") == []
    )


@pytest.mark.parametrize(
    ("hook", "grace", "slept"),
    [
        ("{sleep: {seconds: 30}}", None, 30),
        ("{exec: {command: [sleep, '45']}}", None, 45),
        ("{exec: {command: [sh, -c, 'x; sleep 60; y']}}", 60, 60),
        ("{sleep: {seconds: 5}}", 0, 5),
        ("{sleep: {seconds: 29}}", None, 0),
        ("{sleep: {seconds: 60}}", 90, 0),
        ("{exec: {command: [nginx, -s, quit]}}", 0, 0),
    ],
)
def test_sleeping_for_as_long_as_there_is(found: Found, hook: str, grace: int | None, slept: int) -> None:
    """30 seconds unless the pod says otherwise."""
    given = "" if grace is None else f", terminationGracePeriodSeconds: {grace}"
    text = workload(pod=f"containers: [{{name: web, lifecycle: {{preStop: {hook}}}}}]{given}")
    expected = f"Container web sleeps {slept} seconds of the {30 if grace is None else grace} it is given to stop."
    assert [problem.message for problem in found(rollout.grace_period, text)] == ([expected] if slept else [])
