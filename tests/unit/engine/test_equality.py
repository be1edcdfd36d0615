"""Both engines give the same manifests: the one in this process may stand in for the user's helm."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import helm_python
import pytest

from timonier.chart import Case, Chart, load_chart
from timonier.diff.generated import settle
from timonier.engine import Release
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from timonier.engine import Engine
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.engine.program import ProgramEngine
    from timonier.manifest import Manifest

CHARTS = [load_chart(path.parent) for path in sorted((Path(__file__).parents[3] / "charts").glob("*/Chart.yaml"))]
CASES = [pytest.param(chart, case, id=f"{chart.name}-{case.name}") for chart in CHARTS for case in chart.cases]
RELEASE = Release("some-release", "some-namespace")

NASTY = {
    "templates/_helpers.tpl": '{{- define "x.name" -}}x{{- end }}\n{{ "---\\nkind: Never" }}\n',
    "templates/b-list.yaml": "{{- range until 3 }}\n---\nkind: ConfigMap\nmetadata: {name: c{{ . }}}\n{{- end }}\n",
    "templates/a-scalar.yaml": "kind: ConfigMap\nmetadata: {name: scalar}\ndata:\n  text: |\n    a\n    b",
    "templates/c-joined.yaml": "---kind: Secret\nmetadata: {name: joined}\n--- \nkind: Secret\nmetadata: {name: x}\n\n",
    "templates/d-comment.yaml": "# only a comment\n---\n{{/* and this */}}\n---\n\n",
    "templates/e-hooks.yaml": (
        "kind: Job\nmetadata:\n  name: after\n  annotations: {helm.sh/hook: post-install, helm.sh/hook-weight: '1'}\n"
        "---\nkind: ConfigMap\nmetadata:\n  name: before\n  annotations: {helm.sh/hook: 'pre-install,pre-upgrade'}\n"
        "---\nkind: Job\nmetadata:\n  name: unknown\n  annotations: {helm.sh/hook: crd-install}\n"
    ),
    "templates/f-custom.yaml": "kind: Zebra\nmetadata: {name: z}\n---\nkind: Ant\nmetadata: {name: a}\n",
    "templates/g-values.yaml": "kind: ConfigMap\nmetadata: {name: v}\ndata: {{ .Values | toJson }}\n",
    "templates/h-release.yaml": "kind: ConfigMap\nmetadata: {name: r}\ndata: {{ .Release | toJson }}\n",
    "templates/i-unicode.yaml": "kind: ConfigMap\nmetadata: {name: u}\ndata: {é: 'ü\u2028', tab: \"a\\tb\"}\n",
    "templates/sub/NOTES.txt": "Not: a manifest\n",
    "templates/NOTES.txt": "Not: a manifest\n",
    "crds/crd.yaml": "kind: CustomResourceDefinition\nmetadata: {name: zebras.a}\n",
    "charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
    "charts/part/values.yaml": "who: part\n",
    "charts/part/templates/x.yaml": "kind: Service\nmetadata: {name: {{ .Values.who }}-{{ .Values.global.g }}}\n",
}
NASTY_VALUES = "global: {g: 1}\nint: 1000000\nfloat: 1.5\nbig: 1e21\ntext: '007'\nnone: null\nlist: [1, {a: b}]\n"


def rendered(chart: Chart, values: Mapping[str, object], engine: Engine) -> list[Manifest]:
    """Render, with what is generated taken out: it differs from one engine's run to the other's."""
    first, second = (render(chart, values, RELEASE, engine) for _ in range(2))
    settled = settle(first, second).manifests
    texts = [one.text if one.text == other.text else "" for one, other in zip(first, second, strict=True)]
    return [dataclasses.replace(manifest, text=text) for manifest, text in zip(settled, texts, strict=True)]


@pytest.mark.parametrize(("chart", "case"), CASES)
def test_both_charts_in_every_case(chart: Chart, case: Case, embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """Text, order, sources and hooks are the same, byte for byte."""
    ours = rendered(chart, case.values, embedded)
    assert ours
    assert ours == rendered(chart, case.values, program)


def test_a_nasty_chart(make_chart: Callable[..., Path], embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """Everything a template file can hold that is not one plain manifest."""
    chart = load_chart(make_chart(NASTY, values=NASTY_VALUES))
    values = {"text": "08", "float": 2.0, "none": None, "list": [], "part": {"who": "x"}, "date": "2001-01-01"}
    ours = rendered(chart, values, embedded)
    assert ours == rendered(chart, values, program)
    names = [manifest.identity.name for manifest in ours]
    assert names == ["joined", "x", "scalar", "c0", "c1", "c2", "v", "r", "u", "x-1", "a", "z", "before", "after"]


def test_helms_own_starter_chart(tmp_path: Path, embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """What `helm create` makes."""
    helm_python.Chart.create("starter", tmp_path).close()
    chart = load_chart(tmp_path / "starter")
    values = {"ingress": {"enabled": True}, "autoscaling": {"enabled": True}}
    assert rendered(chart, values, embedded) == rendered(chart, values, program)


def test_an_upgrade(make_chart: Callable[..., Path], embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """`.Release.IsUpgrade` and `.Release.IsInstall` are told."""
    template = (
        "kind: ConfigMap\nmetadata: {name: x}\ndata: {u: '{{ .Release.IsUpgrade }}', i: '{{ .Release.IsInstall }}'}\n"
    )
    chart = load_chart(make_chart({"templates/a.yaml": template}))
    upgrade = Release("shop", is_upgrade=True)
    [ours] = render(chart, {}, upgrade, embedded)
    assert [ours] == render(chart, {}, upgrade, program)
    assert ours.document["data"] == {"u": "true", "i": "false"}


def test_rendering_one_case_does_not_change_the_next(embedded: EmbeddedEngine) -> None:
    """The library takes a switched-off subchart out of a loaded chart for good."""
    chart = next(chart for chart in CHARTS if chart.name == "eni-todo")
    before = {m.identity for m in render(chart, {}, RELEASE, embedded)}
    without = {m.identity for m in render(chart, {"mariadb": {"enabled": False}}, RELEASE, embedded)}
    assert len(without) < len(before)
    assert {m.identity for m in render(chart, {}, RELEASE, embedded)} == before
