"""Versions: which Kubernetes a chart is for, and whether an image is what `appVersion` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem, Rule, Severity, case_rule, chart_rule
from timonier.constraints import is_constraint, satisfies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from timonier.check.context import CaseContext, ChartContext
    from timonier.manifest import Manifest

_FILE = "Chart.yaml"
# Kubernetes as it was and will be for long: minor versions, and more patches than any had.
_KUBERNETES = tuple(f"1.{minor}.{patch}" for minor in range(100) for patch in (0, *range(1, 40, 3)))
_VENDORS_SUFFIX = "-gke.100"
_PLACES_OF_PODS = (
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)


@chart_rule("kube-version-missing", Severity.INFO)
def kube_version_missing(context: ChartContext) -> Iterator[Problem]:
    """Chart.yaml does not say which Kubernetes the chart is for.

    With `kubeVersion: ">=1.30.0-0"` Helm refuses an older cluster before it changes anything there; without it, the
    installation fails halfway, at the first object that cluster does not know.
    """
    if not context.metadata.get("kubeVersion") and context.metadata.get("type") != "library":
        yield _problem(context, "Chart.yaml has no kubeVersion.", 'Say for instance `kubeVersion: ">=1.30.0-0"`.')


@chart_rule("kube-version-impossible", Severity.ERROR)
def kube_version_impossible(context: ChartContext) -> Iterator[Problem]:
    """No Kubernetes meets the chart's `kubeVersion`.

    It cannot be read as a constraint, or its parts exclude each other: nobody can install the chart.
    """
    constraint = str(context.metadata.get("kubeVersion") or "")
    if not constraint:
        return
    if not is_constraint(constraint):
        yield _problem(context, f"kubeVersion {constraint!r} is no version constraint.", 'Say `">=1.30.0-0"`.')
    elif not any(satisfies(version, constraint) for version in _KUBERNETES):
        yield _problem(context, f"No Kubernetes meets kubeVersion {constraint!r}.", 'Say `">=1.30.0-0"`.')


@case_rule("kube-version-excluded", Severity.ERROR, per_version=True, of_failures=True)
def kube_version_excluded(context: CaseContext) -> Iterator[Problem]:
    """The chart's `kubeVersion` excludes a Kubernetes version it is checked for.

    Helm refuses to install the chart there. Either the constraint is too narrow, or the chart is checked for what it is
    not meant for.
    """
    if context.chart and is_excluded(context):
        yield _problem(
            context.chart,
            f"kubeVersion {context.chart.metadata['kubeVersion']!r} excludes a Kubernetes version it is checked for.",
            "Widen it, or check for other versions with --kube-version.",
        )


def is_excluded(context: CaseContext) -> bool:
    """Whether the chart is not for the Kubernetes version of a rendering."""
    constraint = str(context.chart.metadata.get("kubeVersion") or "") if context.chart else ""
    return bool(constraint) and is_constraint(constraint) and not satisfies(context.kube_version, constraint)


@chart_rule("kube-version-vendors", Severity.INFO)
def kube_version_vendors(context: ChartContext) -> Iterator[Problem]:
    """`kubeVersion` excludes the Kubernetes of cloud providers, for Helm releases that take their suffix seriously.

    `v1.33.4-gke.100` is a pre-release by the rules of Semantic Versioning, and `>=1.30.0` excludes pre-releases; Helm 4
    disregards the suffix, most of Helm 3 does not. `>=1.30.0-0` includes them for everyone.
    """
    constraint = str(context.metadata.get("kubeVersion") or "")
    if not constraint or not is_constraint(constraint):
        return
    met = [version for version in _KUBERNETES if satisfies(version, constraint)]
    if met and not any(satisfies(f"{version}{_VENDORS_SUFFIX}", constraint) for version in met):
        example = f"{met[-1]}{_VENDORS_SUFFIX}"
        message = f"kubeVersion {constraint!r} excludes versions with a provider's suffix, such as {example}."
        yield _problem(context, message, "Let the constraint's versions end in `-0`.")


def images(manifests: Iterable[Manifest]) -> list[str]:
    """Return the images of the containers that run for long, hooks and tests left out, each once."""
    found = [image for manifest in manifests if not manifest.hooks for image in _images(manifest.document)]
    return list(dict.fromkeys(found))


def _images(document: Mapping[str, Any]) -> Iterator[str]:
    for place in _PLACES_OF_PODS:
        there: Any = document
        for key in place:
            there = there.get(key) if isinstance(there, dict) else None
        containers = there.get("containers") if isinstance(there, dict) else None
        for container in containers if isinstance(containers, list) else []:
            if isinstance(container, dict) and isinstance(container.get("image"), str):
                yield container["image"]


def tag_of_main_image(found: Iterable[str], defaults: Mapping[str, Any]) -> str:
    """Return the tag of the image that `image.repository` names, else of the only image; empty when unclear.

    Args:
        found: The images of a rendering.
        defaults: The chart's values.
    """
    parts = dict(map(_name_and_tag, found))
    image = defaults.get("image")
    repository = str(image.get("repository") or "") if isinstance(image, dict) else ""
    named = [name for name in parts if repository and (name == repository or name.endswith(f"/{repository}"))]
    candidates = named or (list(parts) if not repository else [])
    return parts[candidates[0]] if len(candidates) == 1 else ""


def _name_and_tag(image: str) -> tuple[str, str]:
    name, _, _ = image.partition("@")
    before, _, tag = name.rpartition(":")
    return (before, tag) if before and "/" not in tag else (name, "")


def is_same_version(tag: str, version: str) -> bool:
    """Whether an image's tag is a version, or that with a suffix (`1.4.2-alpine`, `10.11.6` for `10.11`)."""
    tag, version = tag.removeprefix("v"), version.removeprefix("v")
    return tag == version or tag.startswith((f"{version}-", f"{version}.", f"{version}_"))


def _problem(context: ChartContext, message: str, hint: str) -> Problem:
    return Problem(message, file=_FILE, line=context.metadata_line("kubeVersion"), hint=hint)


RULES: tuple[Rule, ...] = (
    kube_version_missing,
    kube_version_impossible,
    kube_version_excluded,
    kube_version_vendors,
)
