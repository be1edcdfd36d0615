"""Both engines give the same manifests: the one in this process may stand in for the user's helm.

Whole charts are compared in `test_corpus`; here is what takes a chart made on the spot.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from timonier.chart import load_chart
from timonier.engine import Release
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.engine.embedded import EmbeddedEngine
    from timonier.engine.program import ProgramEngine

CHARTS = [load_chart(path.parent) for path in sorted((Path(__file__).parents[3] / "charts").glob("*/Chart.yaml"))]
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


def test_a_nasty_chart(make_chart: Callable[..., Path], embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """Everything a template file can hold that is not one plain manifest."""
    chart = load_chart(make_chart(NASTY, values=NASTY_VALUES))
    values = {"text": "08", "float": 2.0, "none": None, "list": [], "part": {"who": "x"}, "date": "2001-01-01"}
    ours = render(chart, values, RELEASE, embedded)
    assert ours == render(chart, values, RELEASE, program)
    names = [manifest.identity.name for manifest in ours]
    assert names == ["joined", "x", "scalar", "c0", "c1", "c2", "v", "r", "u", "x-1", "a", "z", "before", "after"]


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
