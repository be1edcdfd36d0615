"""Two charts of 1,000 ConfigMaps with 20 keys each, all of them changed: rendered and compared, cold.

helm-diff is compared with where it is on PATH: its module cannot be built outside its own repository.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.measure import TIMONIER, Command, Row, peak_memory, run, scratch, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable

OBJECTS, KEYS = 1_000, 20
TEMPLATE = """\
{{- range $object := until OBJECTS }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: object-{{ $object }}
data:
  {{- range until KEYS }}
  key-{{ . }}: "{{ $.Values.word }} {{ . }} of object {{ $object }}"
  {{- end }}
{{- end }}
"""
LINES = "`helm template` of both, and `diff -u`"
PEER = "helm-diff local"


def write_chart(folder: Path, word: str) -> Path:
    """Write a chart whose every value holds a word."""
    chart = folder / word
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text(f"word: {word}\n", encoding="utf-8")
    template = TEMPLATE.replace("OBJECTS", str(OBJECTS)).replace("KEYS", str(KEYS))
    (chart / "templates" / "objects.yaml").write_text(template, encoding="utf-8")
    return chart


def rows(rounds: int) -> list[Row]:
    """Measure."""
    with scratch() as name:
        folder = Path(name)
        old, new = (write_chart(folder, word) for word in ("before", "after"))
        ours: Command = [*TIMONIER, "diff", old, new]
        helm_diff: Command = ["helm-diff", "local", old, new]
        there = shutil.which("helm-diff") is not None
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: run(ours, codes=(0, 1)),
            LINES: lambda: _lines(folder, old, new),
        }
        if there:
            contenders[PEER] = lambda: run(helm_diff, codes=(0, 1))
        times = take_turns(contenders, rounds)
        memory = peak_memory(["sh", "-c", '"$@"; true', "sh", *ours])
    what = f"two charts of {OBJECTS:,} ConfigMaps of {KEYS} keys, all changed ({memory:.0f} MiB)"
    note = "helm-diff is not on PATH"
    return [
        Row(what, times["ours"], PEER, times.get(PEER), 1.6, "" if there else note),
        Row(what, times["ours"], LINES, times[LINES], 4, "it compares lines, and nothing else"),
    ]


def _lines(folder: Path, old: Path, new: Path) -> None:
    """Do what people do without a tool for it."""
    files = []
    for chart in (old, new):
        file = folder / f"{chart.name}.yaml"
        file.write_text(run([peers.helm(), "template", "many", chart]), encoding="utf-8")
        files.append(file)
    run(["diff", "-u", *files], codes=(0, 1))
