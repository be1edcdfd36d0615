"""The project's charts: what every one of them keeps to, in every one of its cases."""

from __future__ import annotations

import copy
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier import yamlio
from timonier.chart import Case, Chart, load_chart
from timonier.check.schema.crds import crds_of_paths, served
from timonier.check.schema.kubeschemas import Api, schemas_of
from timonier.engine import Release
from timonier.errors import SourceError, ValuesError
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    import jsonschema_rs

    from timonier.check.schema.crds import Served
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.manifest import Manifest

CHARTS = [load_chart(path.parent) for path in sorted((Path(__file__).parents[3] / "charts").glob("*/Chart.yaml"))]
CASES = [pytest.param(chart, case, id=f"{chart.name}-{case.name}") for chart in CHARTS for case in chart.cases]
RELEASE = Release("some", "somewhere")
# The oldest Kubernetes the charts promise, two of those the clusters of the tests run, and the newest with schemas.
VERSIONS = ("1.30.0", "1.34.0", "1.36.0", "1.37.0")
# Parts of a pod that the charts hand on as they are: Kubernetes says what may stand there.
HANDED_ON = {"global", "podSecurityContext", "securityContext", "resources"}
WORKLOADS = {"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}

every_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
every_case = pytest.mark.parametrize(("chart", "case"), CASES)


@functools.cache
def custom() -> dict[Api, Served]:
    """Return what the definitions in tests/crds say of kinds that Kubernetes does not bring along."""
    return served(crds_of_paths([Path(__file__).parents[2] / "crds"]))


@functools.cache
def validator(version: str, kind: str, api_version: str) -> jsonschema_rs.Validator:
    """Return the strict schema of a kind: a field it does not know is an error."""
    schemas, api = schemas_of(version), Api(api_version, kind)
    said = custom().get(api)
    known = schemas.compiled(dict(said.schema)) if said and said.schema else schemas.kind(api)
    assert known, f"Kubernetes {version} has no {api_version} {kind}"
    return known.validator


def maps(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 - any part of values
    """Yield the path of every map that has keys, where a misspelt one could stand; an empty one is free."""
    if isinstance(values, dict) and (values or not path):
        yield path
        for key, value in values.items():
            yield from maps(value, (*path, key))


def defaults(chart: Chart) -> dict[str, Any]:
    """Return a chart's own values."""
    text = (chart.path / "values.yaml").read_text(encoding="utf-8")
    values: dict[str, Any] = yamlio.load(text, origin=str(chart.path), error=SourceError)
    return values


def rendered(chart: Chart, case: Case, engine: EmbeddedEngine) -> list[Manifest]:
    """Render a case under a release's name that is not the chart's."""
    return render(chart, case.values, RELEASE, engine)


@every_chart
def test_a_chart_has_cases_and_each_says_what_it_is_for(chart: Chart) -> None:
    """A case without a purpose is one nobody dares to delete."""
    assert len(chart.cases) > 1
    assert [case.name for case in chart.cases if not case.purpose] == []


@every_case
@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_what_kubernetes_knows(
    chart: Chart, case: Case, version: str, embedded: EmbeddedEngine
) -> None:
    """Against the strict schemas: no unknown field, no wrong type."""
    findings = [
        f"{manifest.identity}: {error.instance_path}: {error.message}"
        for manifest in rendered(chart, case, embedded)
        for error in validator(version, manifest.identity.kind, str(manifest.document["apiVersion"])).iter_errors(
            manifest.document
        )
    ]
    assert findings == []


def test_the_schemas_are_strict() -> None:
    """A misspelt field must be found, or the test above could not fail; a custom kind's too."""
    route = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "x"}, "spec": {}}
    strict = validator("1.36.0", "HTTPRoute", "gateway.networking.k8s.io/v1")
    assert strict.is_valid(route)
    assert not strict.is_valid(route | {"spec": {"hostNames": []}})
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spce": {}}
    assert not validator("1.36.0", "Deployment", "apps/v1").is_valid(deployment)


@pytest.mark.chapter("Helm: strict schema")
@every_chart
def test_an_unknown_key_is_refused_wherever_it_stands(chart: Chart, embedded: EmbeddedEngine) -> None:
    """At the top and in every map with keys of the chart's own, the subchart's included."""
    values = defaults(chart)
    accepted = []
    for path in maps(values):
        wrong: dict[str, Any] = copy.deepcopy(values)
        functools.reduce(lambda part, key: part[key], path, wrong)["noSuchKey"] = 1
        try:
            render(chart, wrong, RELEASE, embedded)
        except ValuesError:
            continue
        accepted.append(path)
    assert [".".join(path) for path in accepted if not HANDED_ON & set(path)] == []


@every_case
def test_objects_carry_the_standard_labels(chart: Chart, case: Case, embedded: EmbeddedEngine) -> None:
    """`app.kubernetes.io/*` and the chart, on every object of the release."""
    for manifest in rendered(chart, case, embedded):
        labels = manifest.document["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == RELEASE.name, manifest.identity
        assert labels["app.kubernetes.io/managed-by"] == "Helm", manifest.identity
        assert {"app.kubernetes.io/name", "app.kubernetes.io/version", "helm.sh/chart"} <= labels.keys()


@every_case
def test_names_are_the_releases(chart: Chart, case: Case, embedded: EmbeddedEngine) -> None:
    """Two releases in one namespace do not meet: every name has the release's in it, and none comes twice."""
    named = [
        manifest.identity for manifest in rendered(chart, case, embedded) if manifest.identity.kind != "StorageClass"
    ]
    override = case.values.get("fullnameOverride", RELEASE.name)
    foreign = [str(i) for i in named if RELEASE.name not in i.name and override not in i.name]
    assert foreign == []
    assert len(set(named)) == len(named)


@pytest.mark.chapter("ReplicaSet: selector")
@every_case
def test_selectors_match_what_they_select(chart: Chart, case: Case, embedded: EmbeddedEngine) -> None:
    """A workload's selector is part of its pods' labels, and holds nothing that a new chart version changes."""
    for manifest in rendered(chart, case, embedded):
        if manifest.identity.kind not in {"Deployment", "StatefulSet", "DaemonSet"}:
            continue
        spec = manifest.document["spec"]
        selector = spec["selector"]["matchLabels"]
        assert selector.items() <= spec["template"]["metadata"]["labels"].items(), manifest.identity
        assert not {"helm.sh/chart", "app.kubernetes.io/version"} & selector.keys(), manifest.identity


@pytest.mark.chapter("Pod Security: restricted", "Pod Security: read-only root file system")
@every_case
def test_pods_are_restricted(chart: Chart, case: Case, embedded: EmbeddedEngine) -> None:
    """Pod Security "restricted", with a read-only root file system and small cpu requests."""
    for manifest in rendered(chart, case, embedded):
        if manifest.identity.kind not in WORKLOADS:
            continue
        spec = pod_spec(manifest.document)
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            security = {**spec.get("securityContext", {}), **container.get("securityContext", {})}
            where = f"{manifest.identity}: {container['name']}"
            assert security.get("runAsNonRoot") is True, where
            assert security.get("allowPrivilegeEscalation") is False, where
            assert security.get("readOnlyRootFilesystem") is True, where
            assert security.get("capabilities", {}).get("drop") == ["ALL"], where
            assert security.get("seccompProfile", {}).get("type") == "RuntimeDefault", where


def pod_spec(document: Any) -> dict[str, Any]:  # noqa: ANN401 - a document
    """Return the specification of the pods a workload makes."""
    spec = document["spec"]
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: dict[str, Any] = spec["template"]["spec"] if "template" in spec else spec
    return template
