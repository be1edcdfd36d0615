"""Where in the templates what was rendered comes from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import load_chart
from timonier.check.catalogue import Selection
from timonier.check.collect import Collector
from timonier.check.model import Finding, Problem, Severity, object_rule
from timonier.check.place import line_in, split_path
from timonier.check.printed import line_of
from timonier.check.renderings import Matrix, Subject, subject_of_chart, subject_of_manifests
from timonier.check.schema.schemaerrors import dotted
from timonier.engine import Release
from timonier.manifest import read_manifests
from timonier.report.text import documents_yaml, trimmed
from timonier.source import ChartSource, FileSource
from timonier.values import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from timonier.check.context import CaseContext
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.manifest import Manifest

DEPLOYMENT = """\
{{- /* Not a key:
spec: */}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "shop.labels" . | nindent 4 }}
    literal: "yes"
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      {{- include "shop.pod" . | nindent 6 }}
      {{- with include "shop.pull" . }}
      imagePullSecrets:
        {{- . | nindent 8 }}
      {{- end }}
"""
HELPERS = """\
{{- define "shop.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
{{- end }}

{{- define "shop.pull" -}}
{{- toYaml .Values.pull }}
{{- end }}

{{- define "shop.image" -}}
{{ .Values.image.name }}:{{ .Values.image.tag }}
{{- end }}

{{- define "shop.pod" -}}
containers:
  {{- if .Values.helper }}
  - name: helper
    image: helper
  {{- end }}
  - name: web
    image: {{ include "shop.image" . }}
    {{- with .Values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  {{- if .Values.sidecar }}
  - name: sidecar
    image: {{ .Values.sidecar.image | quote }}
  {{- end }}
  {{- range .Values.more }}
  - name: {{ .name }}
    image: {{ .image }}
  {{- end }}
{{- end }}

{{- define "shop.notes" -}}
team: {{ .Values.team }}
{{- end }}
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
{{ include "shop.notes" . | indent 2 }}
"""
SERVICES = """\
apiVersion: v1
kind: Service
metadata:
  name: a
spec:
  {{- if .Values.port }}
  type: NodePort
  {{- else }}
  type: ClusterIP
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  name: b
  annotations:
    {{- range $key, $value := .Values.annotations }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
spec: {type: ClusterIP}
"""
VALUES = """\
replicas: 1
image: {name: web, tag: "1"}
resources: {limits: {cpu: 1}}
sidecar: {image: side}
more: [{name: x, image: y}]
annotations: {example.org/a.b: c}
port: 0
pull: [{name: key}]
team: red
"""
FILES = {
    "templates/deployment.yaml": DEPLOYMENT,
    "templates/_helpers.tpl": HELPERS,
    "templates/services.yaml": SERVICES,
    "templates/config.yaml": CONFIG,
}


@object_rule("anything", Severity.ERROR)
def anything(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Finds whatever a test wants."""
    yield from ()


def subject(path: Path, engine: EmbeddedEngine) -> Subject:
    """Render a chart in all its cases."""
    return subject_of_chart(ChartSource(load_chart(path), engine), Matrix(Settings(), (), ("1.36.0",), Release("")))


def placed(of: Subject, paths: list[tuple[str, str]]) -> list[Finding]:
    """Return findings at paths of the first objects of a kind, or `KIND/NAME`."""
    collector = Collector(of, Selection({"anything": Severity.ERROR}))
    context = of.renderings[0].context
    for kind, path in paths:
        manifest = next(
            m for m in context.manifests if kind in (m.identity.kind, f"{m.identity.kind}/{m.identity.name}")
        )
        collector.add(anything, Problem("Something.", path=path), context, ("1.36.0",), manifest)
    return collector.findings()


@pytest.mark.parametrize(
    ("kind", "path", "place", "value"),
    [
        ("Deployment", "spec.replicas", "templates/deployment.yaml:10", "replicas"),
        ("Deployment", "metadata.labels.literal", "templates/deployment.yaml:8", ""),
        ("Deployment", "metadata.labels.app.kubernetes.io/name", "templates/_helpers.tpl:2", ""),
        ("Deployment", "metadata.namespace", "templates/deployment.yaml:5", ""),
        ("Deployment", "spec.template.spec.containers[0].image", "templates/_helpers.tpl:20", "image"),
        (
            "Deployment",
            "spec.template.spec.containers[0].resources.limits.cpu",
            "templates/_helpers.tpl:23",
            "resources",
        ),
        ("Deployment", "spec.template.spec.containers[1].image", "templates/_helpers.tpl:27", "sidecar.image"),
        ("Deployment", "spec.template.spec.containers[2].image", "templates/_helpers.tpl:31", "more"),
        ("Deployment", "spec.template.spec.containers[0].livenessProbe", "templates/_helpers.tpl:19", ""),
        ("Deployment", "spec.template.spec.imagePullSecrets[0].name", "templates/deployment.yaml:16", "pull"),
        ("Deployment", "spec.template.spec.containers[2].livenessProbe", "templates/_helpers.tpl:30", ""),
        ("ConfigMap", "data.team", "templates/_helpers.tpl:36", "team"),
        ("Service/a", "spec.type", "templates/services.yaml:9", ""),
        ("Service/b", "spec.type", "templates/services.yaml:20", ""),
        ("Service/b", "metadata.annotations.example.org/a.b", "templates/services.yaml:18", "annotations"),
        ("Service/b", "spec.ports", "templates/services.yaml:20", ""),
    ],
)
def test_the_line_and_the_value_are_found(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, kind: str, path: str, place: str, value: str
) -> None:
    """Through includes, conditions, loops and several documents; a parent's line when there is nothing better."""
    chart = make_chart(FILES, values=VALUES)
    (finding,) = placed(subject(chart, embedded), [(kind, path)])
    assert (str(finding.place), finding.values_path) == (f"{chart}/{place}", value)


def test_a_subchart_has_its_own_file_and_values(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """By its folder, where an alias renames it, and by the alias in the parent's values."""
    dependency = "dependencies: [{name: store, version: 0.1.0, alias: db}]\n"
    metadata = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
    service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  type: {{ .Values.type }}\n"
    files = {
        "Chart.yaml": metadata + dependency,
        "charts/store/Chart.yaml": metadata.replace("shop", "store"),
        "charts/store/values.yaml": "type: ClusterIP\n",
        "charts/store/templates/service.yaml": service,
    }
    chart = make_chart(files)
    (finding,) = placed(subject(chart, embedded), [("Service", "spec.type")])
    assert str(finding.place) == f"{chart}/charts/store/templates/service.yaml:6"
    assert finding.values_path == "db.type"


def test_the_manifests_line_is_that_of_render(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, run: Callable[..., tuple[int, str, str]]
) -> None:
    """As `timonier render` prints the case, counted from 1."""
    chart = make_chart(FILES, values=VALUES)
    lines = run("render", chart)[1].splitlines()
    for finding in placed(subject(chart, embedded), [("Deployment", "spec.replicas"), ("Service/b", "spec.type")]):
        assert finding.path.rpartition(".")[2] in lines[finding.manifest_line - 1]


@pytest.mark.parametrize("name", ["mariadb", "eni-todo"])
def test_every_manifest_is_where_render_prints_it(charts_folder: Path, embedded: EmbeddedEngine, name: str) -> None:
    """In every case, hooks included."""
    for made in subject(charts_folder / name, embedded).renderings:
        lines = documents_yaml(trimmed(made.documents)).splitlines()
        for manifest in made.context.manifests:
            assert lines[line_of(manifest, made.documents) - 1] == manifest.text.splitlines()[0]


def test_an_item_of_a_list_is_where_render_prints_it(
    make_chart: Callable[..., Path], embedded: EmbeddedEngine, run: Callable[..., tuple[int, str, str]]
) -> None:
    """Also behind documents that are nothing but hooks."""
    hook = "kind: A\nmetadata:\n  annotations: {helm.sh/hook: test}\n\n\n"
    text = "kind: List\napiVersion: v1\nmetadata:\n  annotations: {helm.sh/hook: test}\nitems:\n- kind: B\n  spec: {}\n"
    chart = make_chart({"templates/a.yaml": hook, "templates/b.yaml": text})
    lines = run("render", chart)[1].splitlines()
    (finding,) = placed(subject(chart, embedded), [("B", "spec")])
    assert lines[finding.manifest_line - 1] == "  spec: {}"


def test_plain_manifests_have_their_own_lines() -> None:
    """Also behind a comment, in the second document, and for an item of a list."""
    first = "# why\nkind: A\nmetadata:\n  name: a\n"
    text = f"{first}---\n# why\nkind: List\napiVersion: v1\nitems:\n  - kind: B\n    spec: {{}}\n"
    source = FileSource("all.yaml", text)
    of = subject_of_manifests(source, Matrix(Settings(), (), ("1.36.0",), Release("")))
    findings = placed(of, [("A", "metadata.name"), ("B", "spec.type")])
    assert [str(finding.place) for finding in findings] == ["all.yaml:4", "all.yaml:11"]


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("a.b[0].c", ["a", "b", 0, "c"]),
        ("a.x.y/z.d", ["a", "x.y/z", "d"]),
        ("a.no.such", ["a", "no", "such"]),
        ("[1]", [1]),
        ("", []),
    ],
)
def test_a_path_is_taken_apart(path: str, steps: list[str | int]) -> None:
    """With the object at hand, because keys may have dots in them."""
    assert split_path(path, {"a": {"b": [{"c": 1}], "x.y/z": {"d": 1}}}) == steps


def test_the_second_of_two_equal_keys_is_meant() -> None:
    """It is the one that counts."""
    (manifest,) = read_manifests("kind: A\nx: 1\nx: 2\n", origin="test")
    assert line_in(manifest, "x") == 3


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:  # noqa: ANN401 - any object
    """Yield the path of everything that is no list and no mapping."""
    if isinstance(value, dict | list) and value:
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*path, key))
    else:
        yield path


@pytest.mark.parametrize("name", ["mariadb", "eni-todo"])
def test_every_leaf_of_the_projects_charts_has_its_line(
    charts_folder: Path, embedded: EmbeddedEngine, name: str
) -> None:
    """Most to the key itself, the others to the action that prints it, and hardly any to a line that shows neither."""
    of = subject(charts_folder / name, embedded)
    collector = Collector(of, Selection({"anything": Severity.ERROR}))
    for made in of.renderings:
        for manifest in made.context.manifests:
            for path in leaves(manifest.document):
                problem = Problem("Something.", path=dotted(path))
                collector.add(anything, problem, made.context, made.versions, manifest)
    lines: dict[str, list[str]] = {}
    seen: Counter[str] = Counter()
    for finding in collector.findings():
        file = finding.place.file
        lines.setdefault(file, (charts_folder.parent / file).read_text().splitlines())
        line = lines[file][finding.place.line - 1]
        key = finding.path.rpartition(".")[2].rpartition("/")[2].partition("[")[0]
        seen["key" if key in line else "printed" if "{{" in line or "- " in line else "parent"] += 1
    assert seen["parent"] < 0.01 * seen.total(), seen
    assert seen["key"] > 0.5 * seen.total(), seen
