"""Charts of 10 to 10,000 objects, cold: rendered and strictly validated. Draws how time and memory grow."""

from __future__ import annotations

from pathlib import Path

from benchmarks import peers
from benchmarks.growth import Growth, Series, write_plot
from benchmarks.measure import TIMONIER, Command, Row, peak_memory, run, run_piped, scratch, take_turns
from benchmarks.schemas import LOCATION, VERSION, write_standalone

SIZES = (10, 100, 1_000, 10_000)
COMPARED = (1_000, 10_000)
PEER = "`helm template \\| kubeconform -strict`"
PLOT = Path(__file__).parent / "growth.svg"

TEMPLATE = """\
{{- range $number := until (int .Values.objects) }}
---
{{- if eq (mod $number 3) 0 }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: object-{{ $number }}
  labels: {app.kubernetes.io/name: many, app.kubernetes.io/instance: {{ $.Release.Name }}}
data:
  number: {{ $number | quote }}
  text: |
    {{- range until 10 }}
    line {{ . }} of object {{ $number }}
    {{- end }}
{{- else if eq (mod $number 3) 1 }}
apiVersion: v1
kind: Service
metadata:
  name: object-{{ $number }}
  labels: {app.kubernetes.io/name: many, app.kubernetes.io/instance: {{ $.Release.Name }}}
spec:
  selector: {app.kubernetes.io/name: many}
  ports:
    - {name: http, port: 80, targetPort: http, protocol: TCP}
{{- else }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: object-{{ $number }}
  labels: {app.kubernetes.io/name: many, app.kubernetes.io/instance: {{ $.Release.Name }}}
spec:
  replicas: {{ mod $number 5 }}
  selector:
    matchLabels: {app.kubernetes.io/name: many}
  template:
    metadata:
      labels: {app.kubernetes.io/name: many}
    spec:
      containers:
        - name: web
          image: "example.com/web:{{ $number }}"
          ports:
            - {name: http, containerPort: 8080}
          resources:
            requests: {cpu: 10m, memory: 16Mi}
            limits: {memory: 64Mi}
          readinessProbe:
            httpGet: {path: /, port: http}
{{- end }}
{{- end }}
"""


def write_chart(folder: Path, objects: int) -> Path:
    """Write a chart that renders to so many objects."""
    chart = folder / f"many-{objects}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text(f"objects: {objects}\n", encoding="utf-8")
    (chart / "templates" / "objects.yaml").write_text(TEMPLATE, encoding="utf-8")
    return chart


def rows(rounds: int) -> list[Row]:
    """Measure, and draw."""
    with scratch() as name:
        folder = Path(name)
        write_standalone(("configmap-v1", "service-v1", "deployment-apps-v1"), folder)
        found = [_measured(folder, size, rounds) for size in SIZES]
    ours, theirs = zip(*found, strict=True)
    write_plot(PLOT, [Series("timonier check", ours), Series("helm template | kubeconform", theirs)])
    return [
        Row(f"a chart of {mine.objects:,} objects, cold, validated", mine.seconds, PEER, other.seconds, 2)
        for mine, other in found
        if mine.objects in COMPARED
    ]


def _measured(folder: Path, size: int, rounds: int) -> tuple[Growth, Growth]:
    """Measure one size: ours, and the peers'."""
    chart = write_chart(folder, size)
    check: Command = [*TIMONIER, "check", chart, "--only", "schema", "--kube-version", VERSION]
    template: Command = [peers.helm(), "template", "many", chart]
    judge: Command = [peers.get(peers.KUBECONFORM), "-strict", "-kubernetes-version", VERSION]
    judge += ["-schema-location", f"{folder}/{LOCATION}"]
    times = take_turns({"ours": lambda: run(check, cwd=folder), PEER: lambda: run_piped(template, judge)}, rounds)
    rendered = folder / "rendered.yaml"
    rendered.write_text(run(template), encoding="utf-8")
    # The two of a pipeline are there at the same time.
    memory = peak_memory(template) + peak_memory([*judge, rendered])
    return Growth(size, times["ours"], peak_memory(check)), Growth(size, times[PEER], memory)
