"""Engines agree: the embedded one with Helm 4, and Helm 3 with Helm 4, on every chart there is to try.

The charts in `tests/corpus/charts` are nasty on purpose; the first line of each Chart.yaml says how. A case of theirs
whose name begins with `refused` must not render: then the sentence has to be the same.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import helm_python
import pytest

from timonier.chart import Case, Chart, load_chart
from timonier.engine import Release
from timonier.engine.embedded import EmbeddedEngine
from timonier.errors import TimonierError
from timonier.render import render, render_documents
from timonier.report.text import documents_yaml, trimmed
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from timonier.engine import Engine
    from timonier.engine.program import ProgramEngine

ROOT = Path(__file__).parents[3]
OURS = [load_chart(path.parent) for path in sorted((ROOT / "charts").glob("*/Chart.yaml"))]
NASTY = [load_chart(path.parent) for path in sorted((ROOT / "tests/corpus/charts").glob("*/Chart.yaml"))]
RELEASE = Release("some-release", "some-namespace")
GENERATED = "<generated>"


def every_case(charts: Sequence[Chart]) -> list[Any]:
    """Return every case of every chart as a parameter."""
    return [pytest.param(chart, case, id=f"{chart.path.name}-{case.name}") for chart in charts for case in chart.cases]


class Piece(NamedTuple):
    """One manifest as an engine wrote it, or the sentence with which it refused."""

    what: str
    text: str


@dataclass(frozen=True)
class Difference:
    """What differs between Helm 3 and Helm 4, and is to differ.

    Attributes:
        objects: What it shows in.
        helm3: What Helm 3 wrote.
        helm4: What Helm 4 writes instead.
        why: The reason.
        source: Where Helm does it.
    """

    objects: frozenset[str]
    helm3: str
    helm4: str
    why: str
    source: str


HELM_3_DIFFERS = {
    "nulls": Difference(
        frozenset({"ConfigMap nulls", "ConfigMap part"}),
        helm3='\\"ownTable\\":{\\"gone\\":null,\\"m\\":1}',
        helm4='\\"ownTable\\":{\\"m\\":1}',
        why="Helm 4 takes null out of a chart's own values.yaml, and of what a chart sets there for its subchart; to "
        "Helm 3 it was a value, and deleted the subchart's default.",
        source="pkg/chart/common/util/coalesce.go, coalesceValues and cleanNilValues; "
        "pkg/chartutil/coalesce.go of Helm 3 has neither",
    ),
    "bare": Difference(
        frozenset({"ConfigMap bare"}),
        helm3='\\"apiVersion\\":\\"v1\\"',
        helm4='\\"APIVersion\\":\\"v1\\"',
        why="`.Chart` is a map in Helm 4, its keys the names of Go's fields, where Helm 3 hands on the struct, which "
        "writes itself with the keys of Chart.yaml; `.Values` is of another type, which `typeOf` tells.",
        source="pkg/chart/common.go, structToMap; pkg/chart/common/values.go",
    ),
}
EMBEDDED_DIFFERS = {
    ("files", "lines-of-nothing"): (
        "error calling Lines: runtime error: index out of range [-1]",
        "The library carries Helm 4.2.3, in which it fails on an empty file; see pkg/engine/files.go, Lines, of 4.3.0.",
    ),
}


def pieces(chart: Chart, values: Mapping[str, Any], engine: Engine, release: Release = RELEASE) -> list[Piece]:
    """Render, or take the sentence of what refuses."""
    try:
        manifests = render(chart, values, release, engine)
    except TimonierError as problem:
        return [Piece(type(problem).__name__, str(problem))]
    return [Piece(str(one.identity), f"# {one.source} {one.hooks}\n{one.text}") for one in manifests]


def settled(chart: Chart, values: Mapping[str, Any], engine: Engine) -> list[Piece]:
    """Render, this project's charts twice, and take out what is made up anew each time."""
    first = pieces(chart, values, engine)
    if chart in NASTY:
        return first
    second = pieces(chart, values, engine)
    return [Piece(one.what, _settled(one.text, other.text)) for one, other in zip(first, second, strict=True)]


def _settled(one: str, other: str) -> str:
    """Put `GENERATED` for each line that differs, and for every line where their number does."""
    pairs = list(zip_longest(one.splitlines(), other.splitlines()))
    return "\n".join(line if line == twin else GENERATED for line, twin in pairs if line is not None)


@functools.cache
def of_helm4(path: Path, case: str, engine: ProgramEngine) -> list[Piece]:
    """What Helm 4 makes of a case: both comparisons want it."""
    chart = load_chart(path)
    return settled(chart, chart.case(case).values, engine)


@pytest.mark.parametrize(("chart", "case"), every_case([*OURS, *NASTY]))
def test_the_embedded_engine_is_helm_4(
    chart: Chart, case: Case, embedded: EmbeddedEngine, helm4: ProgramEngine
) -> None:
    """Text, order, sources, hooks and sentences are the same, byte for byte."""
    ours = settled(chart, case.values, embedded)
    assert ours
    if known := EMBEDDED_DIFFERS.get((chart.path.name, case.name)):
        assert known[0] in ours[0].text, f"no longer true: {known[1]}"
        assert known[0] not in str(of_helm4(chart.path, case.name, helm4))
    else:
        assert ours == of_helm4(chart.path, case.name, helm4)


@pytest.mark.parametrize(("chart", "case"), every_case([*OURS, *NASTY]))
def test_helm_3_is_helm_4(chart: Chart, case: Case, helm3: ProgramEngine, helm4: ProgramEngine) -> None:
    """What a chart renders to does not depend on which of them its user has, but for what is in the table."""
    old, new = settled(chart, case.values, helm3), of_helm4(chart.path, case.name, helm4)
    differing = {one.what for pair in zip_longest(old, new) if pair[0] != pair[1] for one in pair if one}
    known = HELM_3_DIFFERS.get(chart.path.name)
    if not known:
        assert old == new
        return
    assert differing, f"no longer true: {known.why}"
    assert differing <= known.objects
    assert [one.what for one in old] == [one.what for one in new]
    assert known.helm3 in "".join(one.text for one in old)
    assert known.helm4 in "".join(one.text for one in new)


@pytest.mark.parametrize(("chart", "case"), every_case(NASTY))
def test_a_nasty_chart_is_refused_where_its_case_says_so(chart: Chart, case: Case, helm4: ProgramEngine) -> None:
    """Engines that agree because a chart does not even load would agree on nothing."""
    [first, *others] = of_helm4(chart.path, case.name, helm4)
    refused = first.what.endswith("Error") and not others
    assert refused is case.name.startswith("refused"), first.text
    assert "\n" not in first.text or not refused


RENDERED = [
    pytest.param(chart, case, id=f"{chart.path.name}-{case.name}")
    for chart in NASTY
    for case in chart.cases
    if not case.name.startswith("refused") and (chart.path.name, case.name) not in EMBEDDED_DIFFERS
]


@pytest.mark.parametrize(("chart", "case"), RENDERED)
def test_what_is_printed_is_what_helm_template_prints(
    chart: Chart, case: Case, embedded: EmbeddedEngine, helm4: ProgramEngine
) -> None:
    """White space, comments and separators too: nothing on the way from the template to the terminal is lost."""
    documents = trimmed(render_documents(chart, case.values, RELEASE, embedded))
    command = ["template", RELEASE.name, str(chart.path), "--namespace", RELEASE.namespace, "--skip-crds", "-f", "-"]
    assert documents_yaml(documents) == helm4._run(command, to_json(case.values).encode()).decode()


def test_what_is_compared(helm3: ProgramEngine, helm4: ProgramEngine) -> None:
    """A Helm 3 and a Helm 4, whatever is on PATH."""
    assert helm3.name.startswith("helm 3.")
    assert helm4.name.startswith("helm 4.")


def test_every_nasty_chart_says_how() -> None:
    """In the first line of its Chart.yaml, for the next reader."""
    assert len(NASTY) >= 12
    for chart in NASTY:
        first = (chart.path / "Chart.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# "), chart.path
        assert first.endswith("."), chart.path


STARTER_VALUES = {
    "defaults": {},
    "ingress": {"ingress": {"enabled": True, "tls": [{"secretName": "x", "hosts": ["a.example"]}]}},
    "autoscaling": {"autoscaling": {"enabled": True, "targetMemoryUtilizationPercentage": 70}},
    "httproute": {"httpRoute": {"enabled": True}},
    "all": {
        "ingress": {"enabled": True, "className": "nginx"},
        "autoscaling": {"enabled": True},
        "httpRoute": {"enabled": True},
        "serviceAccount": {"annotations": {"a": "b"}},
        "volumes": [{"name": "x", "emptyDir": {}}],
        "fullnameOverride": "y",
    },
}


@pytest.mark.parametrize("values", STARTER_VALUES.values(), ids=STARTER_VALUES)
@pytest.mark.parametrize("made_by", ["embedded", "helm3"])
def test_charts_that_helm_create_makes(
    made_by: str,
    values: dict[str, Any],
    tmp_path: Path,
    embedded: EmbeddedEngine,
    helm3: ProgramEngine,
    helm4: ProgramEngine,
) -> None:
    """The starter of Helm 4, and the one of Helm 3."""
    if made_by == "embedded":
        helm_python.Chart.create("starter", tmp_path).close()
    else:
        helm3._run(["create", str(tmp_path / "starter")])
    chart = load_chart(tmp_path / "starter")
    ours = pieces(chart, values, embedded)
    assert len(ours) > 3
    assert ours == pieces(chart, values, helm4) == pieces(chart, values, helm3)
    assert ("Ingress some-release-starter" in {one.what for one in ours}) is (values.keys() == {"ingress"})


def test_two_megabytes_of_output(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, helm3: ProgramEngine, helm4: ProgramEngine
) -> None:
    """Past every buffer: one object of 2 MB, and a thousand small ones after it."""
    line = '{{ repeat 99 "x" }}'
    large = "kind: ConfigMap\nmetadata: {name: large}\ndata:\n  text: |\n"
    large += f"    {{{{- range until 20000 }}}}\n    {line}\n    {{{{- end }}}}\n"
    many = "{{- range until 1000 }}\n---\nkind: Secret\nmetadata: {name: s{{ . }}}\n{{- end }}\n"
    chart = load_chart(make_chart({"templates/large.yaml": large, "templates/many.yaml": many}))
    ours = pieces(chart, {}, embedded)
    assert [len(ours), max(len(one.text) for one in ours) > 2_000_000] == [1001, True]
    assert ours == pieces(chart, {}, helm4) == pieces(chart, {}, helm3)


def test_a_large_template(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, helm3: ProgramEngine, helm4: ProgramEngine
) -> None:
    """Two megabytes of template, most of them in branches that are not taken, nested a hundred deep."""
    branches = "".join(
        f"{{{{- if eq (int .Values.number) {n} }}}}\n  k{n}: {'v' * 190}\n{{{{- end }}}}\n" for n in range(9000)
    )
    nested = "{{- if .Values.number }}" * 100 + "\n  deep: yes\n" + "{{- end }}" * 100
    template = f"kind: ConfigMap\nmetadata: {{name: x}}\ndata:\n  a: b\n{branches}{nested}\n"
    assert len(template) > 2_000_000
    chart = load_chart(make_chart({"templates/a.yaml": template}, values="number: 8999\n"))
    ours = pieces(chart, {}, embedded)
    assert "k8999" in ours[0].text
    assert ours == pieces(chart, {}, helm4) == pieces(chart, {}, helm3)


CAPABILITIES = next(chart for chart in NASTY if chart.name == "capabilities")
CLUSTERS = {
    "old": Release("some-release", kube_version="1.24.0"),
    "vendor": Release("some-release", kube_version="v1.30.2-gke.100"),
    "with APIs": Release("some-release", kube_version="1.34.0", api_versions=("monitoring.coreos.com/v1", "x/v1/Y")),
    "refused": Release("some-release", kube_version="1.19.3"),
    "no version": Release("some-release", kube_version="one"),
}


@pytest.mark.parametrize("release", CLUSTERS.values(), ids=CLUSTERS)
def test_what_a_cluster_can_do(release: Release, helm3: ProgramEngine, helm4: ProgramEngine) -> None:
    """A chart is told of a Kubernetes version and of APIs, and refuses a version it does not support, alike.

    Helm 3 takes off what a vendor puts behind the numbers: ParseKubeVersion in its pkg/chartutil/capabilities.go, and
    in pkg/chart/common/capabilities.go of Helm 4.
    """
    new, old = (pieces(CAPABILITIES, {"exact": True}, helm, release) for helm in (helm4, helm3))
    vendor = [Piece(one.what, one.text.replace("v1.30.2-gke.100", "v1.30.2")) for one in new]
    assert (vendor != new) is (release is CLUSTERS["vendor"])
    assert vendor == old
    assert new == pieces(CAPABILITIES, {"exact": True}, EmbeddedEngine(lambda: helm4), release)
    assert (new[0].what == "ConfigMap capabilities") is (release not in {CLUSTERS["refused"], CLUSTERS["no version"]})
