"""What objects are called and labelled: names that are taken, names that are refused, labels that are missing."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, NamedTuple

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import namespace_of, pod_of
from timonier.check.objects.reading import entries, join, mapping, pairs, string
from timonier.check.objects.scopes import CLUSTER_SCOPED
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

RBAC = "rbac.authorization.k8s.io"


class _Form(NamedTuple):
    """What names of a sort have to look like.

    Attributes:
        pattern: What they match, however long they are.
        longest: How many characters they may have.
        words: What the pattern allows.
    """

    pattern: re.Pattern[str]
    longest: int
    words: str


# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_SUBDOMAIN = _Form(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"),
    253,
    "lower case letters, digits, - and ., with a letter or digit at both ends and beside each dot",
)
_LABEL = _Form(
    re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    63,
    "lower case letters, digits and -, with a letter or digit at both ends",
)
_LABEL_1035 = _Form(
    re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?"),
    63,
    "lower case letters, digits and -, with a letter first and a letter or digit last",
)
_PATH_SEGMENT = _Form(re.compile(r"(?!\.\.?$)[^/%]+"), 253, "anything without / and %")
_PORT_NAME = _Form(
    re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    15,
    "lower case letters, digits and -, with a letter among them",
)
_NAMES = {
    ("", "Namespace"): _LABEL,
    ("", "Service"): _LABEL_1035,
    # What is left of the 63 characters of a label once the controller has put a revision's hash behind the name,
    # kubernetes#64023; and of those of a Job once it has put the time there.
    ("apps", "StatefulSet"): _LABEL._replace(longest=52),
    ("batch", "CronJob"): _SUBDOMAIN._replace(longest=52),
    ("batch", "Job"): _SUBDOMAIN._replace(longest=63),
}
_QUALIFIED = re.compile(r"(?P<prefix>[^/]+/)?(?P<name>[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LONGEST_VALUE = 63

_COUNTABLE = 30  # what is longer needs its length said

# https://helm.sh/docs/chart_best_practices/labels/, those that are marked as recommended.
_HELM_LABELS = ("app.kubernetes.io/name", "helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/instance")
_VERSION_LABELS = ("helm.sh/chart", "app.kubernetes.io/version", "chart")


@case_rule("duplicate-object", Severity.ERROR)
def duplicate_object(context: CaseContext) -> Iterator[Problem]:
    """Two manifests of a rendering are the same object: the same API group, kind, namespace and name.

    Helm creates the first and fails at the second (`already exists`), or the second silently replaces the first.
    Hooks are told apart by their events, because they are not there at the same time; the same name in another
    namespace is another object.

    Give one of them a name of its own, or render only one of the two.
    """
    yield from duplicates(context.manifests, context)


def duplicates(manifests: Sequence[Manifest], context: CaseContext) -> Iterator[Problem]:
    """Yield the objects that have been there before; see `duplicate_object`."""
    # By place: a document that is rendered twice to the letter may be one Manifest, read once.
    seen: dict[tuple[str, ...], int] = {}
    for place, manifest in enumerate(manifests):
        group, kind, _, name = manifest.identity
        if not name or not kind or name.endswith("*"):
            continue
        namespace = "" if kind in CLUSTER_SCOPED else namespace_of(manifest, context)
        firsts = [seen.setdefault((group, kind, namespace, name, event), place) for event in manifest.hooks or ("",)]
        if min(firsts) != place:
            other = manifests[min(firsts)].source
            said = other if other != manifest.source else "Another document"
            hint = "Give one of them another name, or render only one of them."
            yield Problem(f"{said} is called the same, {kind} {name}.", "metadata.name", manifest, hint=hint)


@object_rule("invalid-name", Severity.ERROR)
def invalid_name(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A name is none that the API server takes.

    Most objects are called by a DNS subdomain (lower case letters, digits, `-` and `.`, at most 253), Services,
    Namespaces, StatefulSets, containers and volumes by a DNS label (no `.`, at most 63), ports by at most 15
    characters with a letter among them. StatefulSets and CronJobs have 52 characters, because their controllers put
    some behind the name for a label or a Job. Schemas do not say so: the API server does, in the middle of an
    installation. See *Object Names and IDs* in the Kubernetes documentation.

    Names that come from values are best cut and cleaned by a helper: `trunc 63 | trimSuffix "-"`.
    """
    yield from name_problems(manifest)


def name_problems(manifest: Manifest) -> Iterator[Problem]:
    """Yield the names in an object that are refused; see `invalid_name`."""
    for path, name, form in _names(manifest):
        if len(name) > form.longest:
            yield Problem(f"{_shown(name)} is too long a name: it may have {form.longest} characters here.", path=path)
        elif not form.pattern.fullmatch(name):
            yield Problem(f"{_shown(name)} is refused as a name: it may be {form.words}.", path=path)


def _shown(name: str) -> str:
    """Quote a name for a message, and say how long it is where that is the matter."""
    return f'"{name}" ({len(name)} characters)' if len(name) > _COUNTABLE else f'"{name}"'


def _names(manifest: Manifest) -> Iterator[tuple[str, str, _Form]]:
    """Yield the path of every name in an object, the name, and what it has to look like."""
    group, kind = manifest.identity[:2]
    if name := string(manifest.document, "metadata", "name"):
        yield "metadata.name", name, _NAMES.get((group, kind), _PATH_SEGMENT if group == RBAC else _SUBDOMAIN)
    if pod := pod_of(manifest):
        for container in pod.containers:
            yield f"{container.path}.name", container.name, _LABEL
            for index, port in entries(container.spec, "ports"):
                yield f"{container.path}.ports[{index}].name", string(port, "name") or "unnamed", _PORT_NAME
        for index, volume in entries(pod.spec, "volumes"):
            yield f"{pod.spec_path}.volumes[{index}].name", string(volume, "name"), _LABEL


@object_rule("invalid-label", Severity.ERROR)
def invalid_label(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A label's key or value is none that the API server takes.

    A value is empty or at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends. What breaks
    the rule is mostly a version with a `+` (which SemVer allows, and Helm's best practices replace by `_`), an image's
    tag or digest, or a name cut in the middle.
    """
    yield from label_problems(manifest)


def label_problems(manifest: Manifest) -> Iterator[Problem]:
    """Yield the labels of an object, its pods and its claims that are refused; see `invalid_label`."""
    for path, labels in _label_maps(manifest):
        for key, value in labels.items():
            if not _QUALIFIED.fullmatch(key):
                yield Problem(f"{_shown(key)} is refused as a label's key.", path=join(path, key))
            elif len(value) > _LONGEST_VALUE:
                yield Problem(
                    f"{_shown(value)} is too long for a label: it may have {_LONGEST_VALUE} characters.",
                    join(path, key),
                )
            elif not _LABEL_VALUE.fullmatch(value):
                hint = 'Helm\'s own way: replace "+" "_" | trunc 63 | trimSuffix "-".'
                yield Problem(f"{_shown(value)} is refused as a label's value.", path=join(path, key), hint=hint)


def _label_maps(manifest: Manifest) -> Iterator[tuple[str, dict[str, str]]]:
    yield "metadata.labels", pairs(manifest.document, "metadata", "labels")
    if pod := pod_of(manifest):
        if pod.path:
            yield join(pod.path, "metadata.labels"), pod.labels
        for index, claim in entries(manifest.document, "spec", "volumeClaimTemplates"):
            yield f"spec.volumeClaimTemplates[{index}].metadata.labels", pairs(claim, "metadata", "labels")


@object_rule("helm-labels", Severity.INFO)
def helm_labels(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """An object lacks labels that Helm's best practices recommend.

    `app.kubernetes.io/name`, `app.kubernetes.io/instance`, `app.kubernetes.io/managed-by` and `helm.sh/chart` tell
    people and dashboards what belongs together and where it comes from. See *Labels and Annotations* among Helm's best
    practices. A helper that every template includes gives them to all objects.
    """
    if context.chart is None:
        return
    labels = mapping(manifest.document, "metadata", "labels")
    if missing := [label for label in _HELM_LABELS if label not in labels]:
        yield Problem(f"Recommended labels are missing: {', '.join(missing)}.", path="metadata.labels")


@case_rule("version-in-immutable-field", Severity.ERROR)
def version_in_immutable_field(context: CaseContext) -> Iterator[Problem]:
    """A version is part of what cannot be changed: of a selector, of volumeClaimTemplates, of a Job's pod.

    The chart installs, and the next version of it cannot be installed over it: the API server answers `field is
    immutable`, and whoever operates it has to delete the workload. This has bitten many charts that put the common
    labels, `helm.sh/chart` among them, wherever labels are. Jobs are left out when they are hooks, when they are not
    part of an upgrade, or when they are gone or called otherwise by then.

    Use a second helper of labels that never change (`app.kubernetes.io/name` and `app.kubernetes.io/instance`).
    """
    for manifest in context.manifests:
        for path, labels in _immutable_labels(manifest):
            # `chart` alone may be anybody's label; as Helm 2 had it, it ends in the chart's version.
            versions = [
                k for k in _VERSION_LABELS if k in labels and (k != "chart" or re.search(r"-\d+\.\d+", labels[k]))
            ]
            if versions and not (manifest.identity.kind == "Job" and _is_for_install_only(manifest, context)):
                sentence = f"{' and '.join(versions)} may change with the next version, and this field never can."
                yield Problem(sentence, join(path, versions[0]), manifest, hint="Leave it out: the upgrade is refused.")


def _is_for_install_only(manifest: Manifest, context: CaseContext) -> bool:
    """Whether an upgrade leaves an object out."""
    if context.again is None:
        return False
    try:
        upgraded = context.again(dataclasses.replace(context.release, is_upgrade=True))
    except TimonierError:
        return False
    return all(other.identity != manifest.identity for other in upgraded)


def _immutable_labels(manifest: Manifest) -> Iterable[tuple[str, dict[str, str]]]:
    group, kind = manifest.identity[:2]
    document = manifest.document
    if group == "apps":
        yield "spec.selector.matchLabels", pairs(document, "spec", "selector", "matchLabels")
    if (group, kind) == ("apps", "StatefulSet"):
        for index, claim in entries(document, "spec", "volumeClaimTemplates"):
            yield f"spec.volumeClaimTemplates[{index}].metadata.labels", pairs(claim, "metadata", "labels")
    if (group, kind) == ("batch", "Job") and not manifest.hooks and not _is_short_lived(manifest):
        yield "spec.template.metadata.labels", pairs(document, "spec", "template", "metadata", "labels")


def _is_short_lived(manifest: Manifest) -> bool:
    """Whether an upgrade may find a Job gone, or under another name: one that counts revisions or dates."""
    name = manifest.identity.name
    return "ttlSecondsAfterFinished" in mapping(manifest.document, "spec") or bool(re.search(r"\d$|\*$", name))


RULES: tuple[Rule, ...] = (
    duplicate_object,
    invalid_name,
    invalid_label,
    helm_labels,
    version_in_immutable_field,
)
