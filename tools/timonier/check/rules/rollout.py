"""What happens to pods that come and go: rollouts, drains, shutdowns."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import PodIndex, autoscaled, namespace_of, pod_of, replicas_of
from timonier.check.objects.reading import at, entries, integer, mapping, string, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Container, Pod
    from timonier.manifest import Manifest

_GRACE = 30  # seconds, the API server's default
_ONE_NODE = {"ReadWriteOnce", "ReadWriteOncePod"}


@case_rule("disruption-blocked", Severity.WARNING)
def disruption_blocked(context: CaseContext) -> Iterator[Problem]:
    """A PodDisruptionBudget never lets a pod go, so that no node with one can be drained.

    A node's upgrade hangs until somebody deletes the budget. It is so with `maxUnavailable: 0`, and with a
    `minAvailable` as large as the number of pods: 1 of a single one. With an autoscaler its `minReplicas` count. See
    *Specifying a Disruption Budget* in the Kubernetes documentation.

    Render the budget only when there are several replicas, or use `maxUnavailable: 1`.
    """
    index, scaled = PodIndex(context), autoscaled(context)
    for budget in context.manifests:
        if budget.identity[:2] != ("policy", "PodDisruptionBudget"):
            continue
        namespace = namespace_of(budget, context)
        workloads = {
            id(p.manifest): p.manifest for p in index.selected(at(budget.document, "spec", "selector"), namespace)
        }
        counts = [
            replicas_of(workload, scaled.get((namespace, workload.identity.kind, workload.identity.name)))
            for workload in workloads.values()
            if workload.identity.kind not in ("DaemonSet", "Job", "CronJob")
        ]
        if sentence := _blocking(budget, sum(counts)):
            yield Problem(sentence, "spec", budget, hint="Use maxUnavailable: 1, or more replicas.")


def _blocking(budget: Manifest, pods: int) -> str:
    """Return how a budget blocks every drain of that many pods, nothing when it does not."""
    if pods < 1:
        return ""
    least = _share(at(budget.document, "spec", "minAvailable"), pods)
    most = _share(at(budget.document, "spec", "maxUnavailable"), pods)
    if least is not None and least >= pods:
        return f"{least} of {pods} have to stay: no node with one of them can be drained."
    return "None of them may go: no node with one of them can be drained." if most == 0 else ""


def _share(value: object, pods: int) -> int | None:
    """Return a number or percentage of pods, rounded up as the disruption controller does."""
    if isinstance(value, str) and (match := re.fullmatch(r"(\d{1,9})%", value)):
        return math.ceil(int(match[1]) * pods / 100)
    return value if isinstance(value, int) else None


@case_rule("single-node-volume", Severity.WARNING)
def single_node_volume(context: CaseContext) -> Iterator[Problem]:
    """Pods that may run on several nodes share a volume that only one node can attach.

    The second pod waits in `ContainerCreating` (`Multi-Attach error`). With one replica it is so during every rollout:
    `RollingUpdate` starts the new pod before the old one ends. Claims of a StatefulSet's `volumeClaimTemplates` are
    each pod's own, and fine.

    Use `strategy: {type: Recreate}` for a single replica, `ReadWriteMany` for several.
    """
    claims = {
        (namespace_of(claim, context), claim.identity.name)
        for claim in context.manifests
        if claim.identity[:2] == ("", "PersistentVolumeClaim") and _is_for_one_node(claim)
    }
    scaled = autoscaled(context) if claims else {}
    for manifest in context.manifests if claims else ():
        namespace = namespace_of(manifest, context)
        pod = pod_of(manifest)
        for path, name in _claimed(pod) if pod else ():
            scaler = scaled.get((namespace, manifest.identity.kind, manifest.identity.name))
            if (namespace, name) in claims and (sentence := _sharing(manifest, scaler)):
                yield Problem(sentence, path, manifest)


def _is_for_one_node(claim: Manifest) -> bool:
    modes = strings(claim.document, "spec", "accessModes")
    return bool(modes) and _ONE_NODE.issuperset(modes)


def _claimed(pod: Pod) -> Iterator[tuple[str, str]]:
    for index, volume in entries(pod.spec, "volumes"):
        name = string(volume, "persistentVolumeClaim", "claimName")
        yield f"{pod.spec_path}.volumes[{index}].persistentVolumeClaim.claimName", name


def _sharing(manifest: Manifest, scaler: Manifest | None) -> str:
    """Return how pods of a workload get into each other's way at a volume, nothing when they do not."""
    most = integer(scaler.document, "spec", "maxReplicas") if scaler else None
    replicas = replicas_of(manifest, None) if most is None else most
    if replicas > 1 or manifest.identity.kind == "DaemonSet":
        return "Several pods share a claim that only one node can attach (ReadWriteOnce)."
    strategy = mapping(manifest.document, "spec", "strategy")
    surges = at(strategy, "rollingUpdate", "maxSurge") not in (0, "0", "0%")
    if replicas == 1 and manifest.identity.kind == "Deployment" and strategy.get("type") != "Recreate" and surges:
        return (
            "A rollout starts the new pod while the old one holds the claim (ReadWriteOnce): it waits on another node."
        )
    return ""


@object_rule("invalid-strategy", Severity.ERROR)
def invalid_strategy(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A Deployment's strategy contradicts itself, which the API server refuses.

    `Recreate` takes no `rollingUpdate`; mostly values that set the type are merged into a default that has one, which
    needs `rollingUpdate: null` beside it. And `maxSurge` and `maxUnavailable` cannot both be 0.
    """
    if manifest.identity[:2] != ("apps", "Deployment"):
        return
    strategy = mapping(manifest.document, "spec", "strategy")
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        yield Problem("Recreate takes no rollingUpdate.", "spec.strategy.rollingUpdate")
    elif all(at(rolling, key) in (0, "0%") for key in ("maxSurge", "maxUnavailable")):
        yield Problem("maxSurge and maxUnavailable are both 0: no pod could ever be replaced.", "spec.strategy")


@object_rule("restart-policy", Severity.ERROR)
def restart_policy(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Pods of a Job that restart for ever, or pods of another workload that do not: the API server refuses both.

    A Job needs `restartPolicy: OnFailure` or `Never`, because what is left out means `Always`; all others take nothing
    but `Always`.
    """
    pod = pod_of(manifest)
    if pod is None or manifest.identity.group not in ("apps", "batch"):
        return
    policy = string(pod.spec, "restartPolicy")
    if pod.is_batch and policy not in ("OnFailure", "Never"):
        said = f"not {policy}" if policy else "which has to be said"
        yield Problem(f"A Job takes OnFailure or Never, {said}.", f"{pod.spec_path}.restartPolicy")
    elif not pod.is_batch and policy not in ("", "Always"):
        yield Problem(f"A {manifest.identity.kind} takes Always, not {policy}.", f"{pod.spec_path}.restartPolicy")


@object_rule("grace-period", Severity.WARNING)
def grace_period(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A container sleeps before it stops for as long as it is given to stop.

    `terminationGracePeriodSeconds` (30 when left out) counts from before `preStop`. When that takes all of it, the
    process gets no time to end what it does: two seconds more, then it is killed.
    """
    pod = pod_of(manifest)
    for container in pod.running if pod else ():
        said = integer(pod.spec, "terminationGracePeriodSeconds") if pod else None
        grace = _GRACE if said is None else said
        slept = _slept(container)
        if slept and slept >= grace:
            sentence = f"Container {container.name} sleeps {slept} seconds of the {grace} it is given to stop."
            yield Problem(sentence, f"{container.path}.lifecycle.preStop", hint="Raise terminationGracePeriodSeconds.")


def _slept(container: Container) -> int:
    """Return for how many seconds a container sleeps before it stops."""
    hook = mapping(container.spec, "lifecycle", "preStop")
    if match := re.search(r"\bsleep\s+(\d{1,9})", " ".join(strings(hook, "exec", "command"))):
        return int(match[1])
    return integer(hook, "sleep", "seconds") or 0


RULES: tuple[Rule, ...] = (
    disruption_blocked,
    single_node_volume,
    invalid_strategy,
    restart_policy,
    grace_period,
)
