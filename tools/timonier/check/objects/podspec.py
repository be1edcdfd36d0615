"""The pods that manifests ask for: where each kind keeps its pod template, and what is in one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timonier.check.objects.reading import at, entries, integer, join, mapping, pairs, sequence, string

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
_TEMPLATES = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_TEMPLATE = ("spec", "template")
_BATCH = (("batch", "Job"), ("batch", "CronJob"))


@dataclass(frozen=True, slots=True)
class Container:
    """A container of a pod.

    Attributes:
        path: Where in the object it is, dotted.
        group: The list it is in: `containers`, `initContainers`, `ephemeralContainers`.
        spec: What is said of it.
    """

    path: str
    group: str
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        """Its name, empty when it has none."""
        return string(self.spec, "name")

    @property
    def is_running(self) -> bool:
        """Whether it runs as long as the pod does: a container, or a sidecar among the init containers."""
        return self.group == "containers" or (
            self.group == "initContainers" and string(self.spec, "restartPolicy") == "Always"
        )


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod template, or a pod.

    Attributes:
        manifest: The object that asks for the pod.
        path: Where in the object the template is, dotted; empty for a pod.
        template: `metadata` and `spec` of the pod.
    """

    manifest: Manifest
    path: str
    template: dict[str, Any]

    @property
    def spec(self) -> dict[str, Any]:
        """What is said of the pod."""
        return mapping(self.template, "spec")

    @property
    def spec_path(self) -> str:
        """Where in the object the pod's spec is, dotted."""
        return join(self.path, "spec")

    @property
    def labels(self) -> dict[str, str]:
        """The pod's labels."""
        return pairs(self.template, "metadata", "labels")

    @property
    def is_batch(self) -> bool:
        """Whether the pod ends by itself."""
        return self.manifest.identity[:2] in _BATCH

    @property
    def is_service(self) -> bool:
        """Whether the pod is there to stay: no job, no hook, no test."""
        return not self.is_batch and not self.manifest.hooks

    @property
    def containers(self) -> list[Container]:
        """All its containers, init and ephemeral ones included."""
        return [
            Container(f"{self.spec_path}.{group}[{index}]", group, spec)
            for group in _CONTAINERS
            for index, spec in entries(self.spec, group)
        ]

    @property
    def running(self) -> list[Container]:
        """The containers that run as long as the pod does."""
        return [container for container in self.containers if container.is_running]


def pod_of(manifest: Manifest) -> Pod | None:
    """Return the pod an object asks for, None for an object that asks for none.

    Custom resources that keep a pod template where Deployments do, such as Argo's Rollout, count.
    """
    keys = _TEMPLATES.get((manifest.identity.group, manifest.identity.kind), _TEMPLATE)
    template = at(manifest.document, *keys)
    if not isinstance(template, dict) or not isinstance(at(template, "spec", "containers"), list):
        return None
    return Pod(manifest, ".".join(keys), template)


def pods_of(manifests: Iterable[Manifest]) -> list[Pod]:
    """Return the pods that some objects ask for."""
    return [pod for manifest in manifests if (pod := pod_of(manifest))]


def namespace_of(manifest: Manifest, context: CaseContext) -> str:
    """Return the namespace an object goes to: its own, or the release's."""
    return manifest.identity.namespace or context.release.namespace


# What controllers put on pods themselves, so that no template has it.
_GIVEN_LABELS = (
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
)


def selects(selector: object, labels: Mapping[str, str]) -> bool:
    """Whether a LabelSelector (`matchLabels`, `matchExpressions`) selects an object with these labels.

    Labels that controllers add to pods count as given.
    """
    wanted = pairs(selector, "matchLabels")
    return all(is_given(key) or labels.get(key) == value for key, value in wanted.items()) and all(
        _fulfils(expression, labels) for _, expression in entries(selector, "matchExpressions")
    )


def is_given(key: str) -> bool:
    """Whether controllers put a label on pods themselves, so that no template has it."""
    return key.startswith(_GIVEN_LABELS)


def _fulfils(expression: dict[str, Any], labels: Mapping[str, str]) -> bool:
    key = string(expression, "key")
    among = [str(value) for value in sequence(expression, "values")]
    match string(expression, "operator"):
        case "In":
            return is_given(key) or labels.get(key) in among
        case "NotIn":
            return labels.get(key) not in among
        case "Exists":
            return is_given(key) or key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True


class PodIndex:
    """The pods of a rendering, found by selector without looking at each: there may be thousands."""

    def __init__(self, context: CaseContext) -> None:
        self._all: dict[str, list[Pod]] = defaultdict(list)
        self._labelled: dict[tuple[str, str, str], list[Pod]] = defaultdict(list)
        for pod in pods_of(context.manifests):
            namespace = namespace_of(pod.manifest, context)
            self._all[namespace].append(pod)
            for key, value in pod.labels.items():
                self._labelled[namespace, key, value].append(pod)

    def selected(self, selector: object, namespace: str) -> list[Pod]:
        """Return the pods that a LabelSelector selects in a namespace."""
        wanted = {key: value for key, value in pairs(selector, "matchLabels").items() if not is_given(key)}
        candidates = [self._labelled.get((namespace, key, value), []) for key, value in wanted.items()]
        fewest = min(candidates, key=len, default=self._all.get(namespace, []))
        return [pod for pod in fewest if selects(selector, pod.labels)]


def autoscaled(context: CaseContext) -> dict[tuple[str, str, str], Manifest]:
    """Return the HorizontalPodAutoscalers of a rendering, by namespace, kind and name of what they scale."""
    return {
        (namespace_of(scaler, context), string(target, "kind"), string(target, "name")): scaler
        for scaler in context.manifests
        if scaler.identity.kind == "HorizontalPodAutoscaler"
        for target in [mapping(scaler.document, "spec", "scaleTargetRef")]
    }


def replicas_of(manifest: Manifest, scaler: Manifest | None) -> int:
    """Return the least number of pods of a workload: what its autoscaler may go down to, or what it says itself."""
    said = integer(scaler.document, "spec", "minReplicas") if scaler else integer(manifest.document, "spec", "replicas")
    return 1 if said is None else said
