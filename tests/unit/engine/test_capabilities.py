"""Both engines tell a chart the same of the cluster it goes to: `.Capabilities`, and what `kubeVersion` allows."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from timonier.chart import load_chart
from timonier.engine import Release
from timonier.engine.capabilities import Use, use_in_chart, use_in_text
from timonier.engine.embedded import EmbeddedEngine
from timonier.errors import EngineError, RenderError, TimonierError, ValuesError
from timonier.render import render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.chart import Chart
    from timonier.engine import Engine
    from timonier.engine.program import ProgramEngine

    MakeChart = Callable[..., Path]

VERSIONS = ["1.25.0", "1.30", "v1.36.2", "v1.30.2-gke.100", "1.33.4+k3s1"]
TOLD = {
    "templates/_p.tpl": (
        '{{- define "p" }}{{ .Capabilities.KubeVersion.Version }}{{ $.Capabilities.KubeVersion.GitVersion }}{{ end }}'
    ),
    # The first line is empty, or an action that takes the blanks in front of it, or a comment.
    "templates/a.yaml": '\n\nkind: A\nv: {{ include "p" . }}\nm: "{{ .Capabilities.KubeVersion.Minor }}"\n',
    "templates/b.yaml": '  {{- with "x" }}\nkind: B\nv: {{ $.Capabilities.KubeVersion.Major }}\n{{- end }}\n',
    "templates/c.yaml": (
        "{{- /* of .Capabilities as a whole */ -}}\n\nkind: C\n"
        'new: {{ semverCompare ">=1.30-0" .Capabilities.KubeVersion.Version }}\n'
        'has: {{ .Capabilities.APIVersions.Has "apps/v1" }}\nd: {{ include "other" (dict "root" .) }}\n'
    ),
    "templates/d.yaml": 'kind: D\nsum: {{ include (print $.Template.BasePath "/a.yaml") . | sha256sum }}\n',
    "templates/e.yaml": 'kind: E\n{{- define "other" }}{{ .root.Capabilities.KubeVersion.Version }}{{ end }}\n',
    "templates/f.yaml": 'kind: F\nt: {{ tpl .Values.t . }}\nx: {{ include (print $.Template.BasePath "/g.txt") 1 }}\n',
    "templates/g.txt": '# {{ printf "%v" 3 }}\n',
    "charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
    "charts/part/templates/x.yaml": "kind: X\nv: {{ .Capabilities.KubeVersion.Version }}\n",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_templates_see_the_version_asked_for(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine, version: str
) -> None:
    """In every file, partial and subchart, and not a blank more than without."""
    chart = load_chart(make_chart(TOLD, values="t: '{{ .Capabilities.KubeVersion.Version }}'\n"))
    release = Release("shop", kube_version=version)
    ours = render(chart, {}, release, embedded)
    assert ours == render(chart, {}, release, program)
    full = f"v{version.removeprefix('v')}"
    by_kind = {manifest.identity.kind: manifest for manifest in ours}
    assert by_kind["A"].document["v"] == full * 2
    assert by_kind["F"].document["t"] == by_kind["X"].document["v"] == full
    assert "g.txt" not in by_kind["F"].text


def test_each_rendering_is_told_its_own(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """Versions in turn, and none: what one rendering is told does not reach the next."""
    chart = load_chart(make_chart({"templates/a.yaml": "kind: A\nv: {{ .Capabilities.KubeVersion.Version }}\n"}))

    def told(version: str) -> object:
        return render(chart, {}, Release("shop", kube_version=version), embedded)[0].document["v"]

    own = embedded.kube_version.text
    assert [told(version) for version in ("1.25.0", "", "1.30.0", "1.25.0", "")] == [
        "v1.25.0",
        own,
        "v1.30.0",
        "v1.25.0",
        own,
    ]


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("v: {{ .Capabilities.KubeVersion }}", {}),
        ("v: {{ .Capabilities.KubeVersion.String }}", {}),
        ("v: {{ with .Capabilities }}{{ .KubeVersion.Minor }}{{ end }}", {}),
        ('v: {{ (get . "Capabilities").KubeVersion.Minor }}', {}),
        ('v: {{ print "}}" .Capabilities.KubeVersion | len }}', {}),
        ('v: {{ .Capabilities.APIVersions.Has "example.org/v1" }}', {}),
        ("v: {{ tpl .Values.t . }}", {"t": "{{ .Capabilities.KubeVersion }}"}),
        (
            "v: {{ tpl (index .Values.l 0).t . }}",
            {"l": [{"t": '{{ .Capabilities.APIVersions.Has "example.org/v1" }}'}]},
        ),
        ("v: {{ .Subcharts.part.Capabilities.KubeVersion.Minor }}", {}),
    ],
)
def test_what_the_library_cannot_tell_the_program_does(
    make_chart: MakeChart, program: ProgramEngine, template: str, values: dict[str, object]
) -> None:
    """By itself where there is a program; one sentence where there is none."""
    files = {
        "templates/a.yaml": f"kind: A\n{template}\n",
        "charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
    }
    chart = load_chart(make_chart(files))
    release = Release("shop", kube_version="1.30.0", api_versions=("example.org/v1",))
    assert render(chart, values, release, EmbeddedEngine(lambda: program)) == render(chart, values, release, program)
    with pytest.raises(EngineError, match=r"cannot tell .*shop what it asks of \.Capabilities\. Install Helm"):
        render(chart, values, release, EmbeddedEngine())


def test_api_versions_that_nobody_asks_for_need_no_program(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """As most charts: they are rendered in process."""
    chart = load_chart(make_chart({"templates/a.yaml": "kind: A\nv: {{ .Capabilities.KubeVersion.Minor }}\n"}))
    [manifest] = render(chart, {}, Release("shop", kube_version="1.29.1", api_versions=("a/v1",)), embedded)
    assert manifest.document["v"] == 29


def test_a_word_in_a_comment_or_a_text_is_no_use() -> None:
    """Or charts that explain themselves would start a program."""
    assert (
        use_in_text("# reported by .Capabilities\n{{/* .Capabilities */}}\n{{- /* }} .Capabilities */ -}}") is Use.NONE
    )
    assert use_in_text("{{ .Capabilities.HelmVersion.Version }}") is Use.VERSION
    assert use_in_text("{{ .Capabilities.APIVersions }}") is Use.APIS
    assert use_in_text("{{ '\"' }}{{ .Capabilities.KubeVersion.Version }}") is Use.VERSION


def test_packed_subcharts_are_told_too(make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine) -> None:
    """Whose templates lie in an archive, two deep."""
    template = {"templates/x.yaml": "kind: X\nwho: {{ .Chart.Name }}\nv: {{ .Capabilities.KubeVersion.Version }}\n"}
    inner = make_chart(template, name="inner")
    middle = make_chart(template, name="middle")
    outer = make_chart(template, name="outer")
    for part, whole in ((inner, middle), (middle, outer)):
        (whole / "charts").mkdir()
        with tarfile.open(whole / "charts" / f"{part.name}-0.1.0.tgz", "w:gz") as tar:
            tar.add(part, part.name)
    chart = load_chart(outer)
    release = Release("shop", kube_version="1.25.3")
    ours = render(chart, {}, release, embedded)
    assert [(m.document["who"], m.document["v"]) for m in ours] == [
        (n, "v1.25.3") for n in ("inner", "middle", "outer")
    ]
    assert ours == render(chart, {}, release, program)


@pytest.mark.parametrize("template", ["{{ fail .Capabilities.KubeVersion.Version }}", "\n\n{{ .Values.a.b.c }}\n"])
def test_an_error_is_where_it_is_in_the_file(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine, template: str
) -> None:
    """What is put in front of the first line moves neither lines nor columns."""
    chart = load_chart(make_chart({"templates/a.yaml": template + "{{ .Capabilities.KubeVersion.Version }}"}))
    release = Release("shop", kube_version="1.25.3")
    said = []
    for engine in (embedded, program):
        with pytest.raises(RenderError) as failed:
            render(chart, {}, release, engine)
        said.append(str(failed.value))
    assert said[0] == said[1]
    assert "shop/templates/a.yaml:" in said[0]


CONSTRAINTS = [
    *(">=1.22.0-0", ">= 1.2, < 3", "^1.20", "~1.30", "1.x || >=2", ">=1.31 || <1.26", "1.25 - 1.29.9", "!=1.30.x"),
    *(">=1.30.0", ">1.29", "<=1.30", "=1.30.2", "nonsense", ">=1.31.0-0"),
]


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_kube_version_allows_what_helm_allows(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine, constraint: str
) -> None:
    """And refuses the rest in the same words."""
    metadata = f"apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: {constraint!r}\n"
    chart = load_chart(make_chart({"Chart.yaml": metadata, "templates/a.yaml": "kind: A\n"}))
    for version in ("1.25.0", "v1.30.2-gke.100", "1.36.0"):
        release = Release("shop", kube_version=version)
        assert outcome(chart, release, embedded) == outcome(chart, release, program)


def outcome(chart: Chart, release: Release, engine: Engine) -> object:
    """Return what a rendering gives: manifests, or a sentence."""
    try:
        return render(chart, {}, release, engine)
    except TimonierError as problem:
        return type(problem), str(problem)


def test_helms_own_version_counts_when_none_is_asked_for(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """As with `helm template`."""
    metadata = "apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: '<1.20'\n"
    chart = load_chart(make_chart({"Chart.yaml": metadata}))
    own = embedded.kube_version.text
    with pytest.raises(RenderError, match=rf"shop requires Kubernetes <1\.20, and {own} is not\. Choose another"):
        render(chart, {}, Release("shop"), embedded)


def test_a_subcharts_kube_version_is_not_asked(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine
) -> None:
    """Helm looks at the chart's own only."""
    part = "apiVersion: v2\nname: part\nversion: 1.0.0\nkubeVersion: '<1.20'\n"
    chart = load_chart(make_chart({"charts/part/Chart.yaml": part, "templates/a.yaml": "kind: A\n"}))
    release = Release("shop", kube_version="1.30.0")
    assert render(chart, {}, release, embedded) == render(chart, {}, release, program) != []


@pytest.mark.parametrize("version", ["latest", "1", "1.x", "01.2", "v"])
def test_what_is_no_version_is_refused(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine, version: str
) -> None:
    """In the same words by both engines, whether or not the chart asks."""
    for name, template in (("asks", "v: {{ .Capabilities.KubeVersion.Version }}\n"), ("silent", "kind: A\n")):
        chart = load_chart(make_chart({"templates/a.yaml": template}, name=name))
        for engine in (embedded, program):
            with pytest.raises(ValuesError, match=f"^'{version}' is no Kubernetes version"):
                render(chart, {}, Release("shop", kube_version=version), engine)


def test_use_is_found_in_every_file(make_chart: MakeChart) -> None:
    """But in Markdown, which nothing renders."""
    from timonier.chartfiles import read_chart_files

    text = "{{ .Capabilities }}"
    assert use_in_chart(read_chart_files(make_chart({"README.md": text}, name="readme"))) is Use.NONE
    assert use_in_chart(read_chart_files(make_chart({"files/x.conf": text}, name="file"))) is Use.WHOLE
    assert use_in_chart(read_chart_files(make_chart(values=f"a: '{text}'\n", name="values"))) is Use.WHOLE
