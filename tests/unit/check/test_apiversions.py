"""API versions that Kubernetes takes away."""

from __future__ import annotations

import pytest

from timonier.chart import Case
from timonier.check.context import CaseContext
from timonier.check.rules import apiversions
from timonier.check.schema import kubeschemas
from timonier.check.schema.kubeschemas import Api
from timonier.engine import Release
from timonier.manifest import read_manifests


def found(api: str, version: str) -> list[str]:
    """Return what both rules say of an object of a kind, with the rule's severity."""
    api_version, kind = api.split(" ")
    (manifest,) = read_manifests(f"{{apiVersion: {api_version}, kind: {kind}, metadata: {{name: a}}}}", origin="test")
    context = CaseContext(Case("", ""), [manifest], version, Release("some"))
    return [
        f"{rule.severity}: {problem.message} {problem.hint}"
        for rule in apiversions.RULES
        for problem in rule.check(manifest, context)  # type: ignore[call-arg, arg-type]
    ]


@pytest.mark.parametrize(
    ("api", "version", "sentences"),
    [
        ("apps/v1 Deployment", "1.36.0", []),
        ("example.org/v1 Shop", "1.36.0", []),
        (
            "policy/v1beta1 PodDisruptionBudget",
            "1.25.0",
            [
                (
                    "error: policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.25. "
                    "Write policy/v1 PodDisruptionBudget."
                )
            ],
        ),
        (
            "policy/v1beta1 PodSecurityPolicy",
            "1.36.0",
            ["error: policy/v1beta1 PodSecurityPolicy was removed in Kubernetes 1.25. Nothing replaces it."],
        ),
        (
            "autoscaling/v2beta2 HorizontalPodAutoscaler",
            "1.25.0",
            [
                (
                    "warning: autoscaling/v2beta2 HorizontalPodAutoscaler is deprecated since Kubernetes 1.23 and "
                    "removed in 1.26. Write autoscaling/v2 HorizontalPodAutoscaler."
                )
            ],
        ),
        (
            "v1 Endpoints",
            "1.33.0",
            ["warning: v1 Endpoints is deprecated since Kubernetes 1.33. Write discovery.k8s.io/v1 EndpointSlice."],
        ),
        ("v1 Endpoints", "1.32.0", []),
        # From the schemas: beta since 1.31, stable and so deprecated since 1.34, gone in 1.37.
        ("storage.k8s.io/v1beta1 VolumeAttributesClass", "1.33.0", []),
        (
            "storage.k8s.io/v1beta1 VolumeAttributesClass",
            "1.34.0",
            [
                (
                    "warning: storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated since Kubernetes 1.34 and "
                    "removed in 1.37. Write storage.k8s.io/v1 VolumeAttributesClass."
                )
            ],
        ),
        (
            "storage.k8s.io/v1beta1 VolumeAttributesClass",
            "1.37.0",
            [
                (
                    "error: storage.k8s.io/v1beta1 VolumeAttributesClass was removed in Kubernetes 1.37. "
                    "Write storage.k8s.io/v1 VolumeAttributesClass."
                )
            ],
        ),
        (
            "networking.k8s.io/v1alpha1 ClusterCIDR",
            "1.36.0",
            ["error: networking.k8s.io/v1alpha1 ClusterCIDR was removed in Kubernetes 1.29. Nothing replaces it."],
        ),
    ],
)
def test_what_goes_away_is_said_before_and_after(api: str, version: str, sentences: list[str]) -> None:
    """A warning from the version that deprecates it, an error from the one that removes it, never both."""
    assert found(api, version) == sentences


def test_the_table_agrees_with_the_schemas() -> None:
    """Where schemas reach: a version has no kind from the one on that removes it, and has it just before."""
    known = kubeschemas.known_versions()
    for api, ending in apiversions._RETIRED.items():
        if not ending.removed or kubeschemas.version_key(ending.removed) <= kubeschemas.version_key(known[0]):
            continue
        there = kubeschemas.versions_of(api)
        assert there, api
        last = there[-1]
        assert kubeschemas.minor(known[known.index(last) + 1]) == ending.removed, api


def test_replacements_are_there() -> None:
    """Whoever follows the advice must not be told the next thing."""
    newest = kubeschemas.schemas_of(kubeschemas.known_versions()[-1])
    for api, ending in apiversions._RETIRED.items():
        if ending.replacement:
            version, _, kind = ending.replacement.partition(" ")
            assert newest.has(Api(version, kind or api.kind)), api
