"""Two charts of 1,000 ConfigMaps with 20 keys each, all of them changed: rendered and compared, cold.

And two of ten times as many, and the preview of an upgrade of such a release where TIMONIER_BENCH_CONTEXT names a
context, in a namespace of its own. helm-diff is compared with where it is on PATH: its module is not to be had.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.measure import TIMONIER, Command, Row, peak_memory, run, scratch, take_turns

from timonier.cluster.programs import find
from timonier.cluster.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OBJECTS, MORE, KEYS = 1_000, 10_000, 20
CONTEXT = "TIMONIER_BENCH_CONTEXT"
NAMESPACE = "timonier-bench-diff"
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
LINES_OF_RELEASE = "`helm get manifest`, `helm template` and `diff -u`"
PEER = "helm-diff local"
PREVIEW = "helm-diff upgrade"
WHATEVER_CODE = '"$@"; true'
MISSING = "helm-diff is not on PATH"


def write_chart(folder: Path, word: str, objects: int = OBJECTS) -> Path:
    """Write a chart whose every value holds a word."""
    chart = folder / f"{word}-{objects}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text(f"word: {word}\n", encoding="utf-8")
    template = TEMPLATE.replace("OBJECTS", str(objects)).replace("KEYS", str(KEYS))
    (chart / "templates" / "objects.yaml").write_text(template, encoding="utf-8")
    return chart


def rows(rounds: int) -> list[Row]:
    """Measure."""
    with scratch() as name:
        folder = Path(name)
        old, new = (write_chart(folder, word) for word in ("before", "after"))
        return [*_local(folder, old, new, rounds), *_preview(folder, old, new, rounds)]


def _local(folder: Path, old: Path, new: Path, rounds: int) -> list[Row]:
    many = [write_chart(folder, word, MORE) for word in ("before", "after")]
    ours, more = _ours(old, new), _ours(*many)
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: run(ours, codes=(0, 1)),
        "more": lambda: run(more, codes=(0, 1)),
        LINES: lambda: _lines(folder, [peers.helm(), "template", "many", old], new),
    }
    if shutil.which("helm-diff"):
        contenders[PEER] = lambda: run(["helm-diff", "local", old, new], codes=(0, 1))
    times = take_turns(contenders, rounds)
    what = f"two charts of {OBJECTS:,} ConfigMaps of {KEYS} keys, all changed ({_memory(ours)})"
    ten_times = f"the same of {MORE:,} ({_memory(more)})"
    return [
        Row(what, times["ours"], PEER, times.get(PEER), 1.6, "" if PEER in times else MISSING),
        Row(what, times["ours"], LINES, times[LINES], 4, "it compares lines, and nothing else"),
        Row(ten_times, times["more"], f"timonier, {OBJECTS:,} of them", times["ours"], MORE / OBJECTS),
    ]


def _preview(folder: Path, old: Path, new: Path, rounds: int) -> list[Row]:
    """Measure what precedes an upgrade, where a cluster was named."""
    what = f"preview of the upgrade of a release of {OBJECTS:,} ConfigMaps, from a cluster"
    if not (context := os.environ.get(CONTEXT)):
        return [Row(what, 0, PREVIEW, None, 0.5, f"{CONTEXT} names no context")]
    place = f"--namespace={NAMESPACE}", f"--kube-context={context}"
    ours = [*_ours("release:many", new), *place]
    contenders: dict[str, Callable[[], object]] = {
        "ours": lambda: run(ours, codes=(0, 1)),
        LINES_OF_RELEASE: lambda: _lines(folder, [peers.helm(), "get", "manifest", "many", *place], new),
    }
    if shutil.which("helm-diff"):
        contenders[PREVIEW] = lambda: run([peers.helm(), "diff", "upgrade", "many", new, *place])
    with _installed(old, place):
        times = take_turns(contenders, rounds)
        what += f" ({_memory(ours)})"
    return [
        Row(what, times["ours"], PREVIEW, times.get(PREVIEW), 0.5, "" if PREVIEW in times else MISSING),
        Row(what, times["ours"], LINES_OF_RELEASE, times[LINES_OF_RELEASE], 4, "it compares lines, and nothing else"),
    ]


@contextmanager
def _installed(chart: Path, place: tuple[str, str]) -> Iterator[None]:
    run([peers.helm(), "install", "many", chart, "--create-namespace", *place])
    try:
        yield
    finally:
        run([peers.helm(), "uninstall", "many", *place])
        run(
            [
                find("kubectl", Steps()).path,
                "delete",
                "namespace",
                NAMESPACE,
                place[1].replace("kube-", ""),
                "--wait=false",
            ]
        )


def _ours(old: str | Path, new: Path) -> Command:
    return [*TIMONIER, "diff", old, new]


def _memory(command: Command) -> str:
    # A difference is no failure.
    return f"{peak_memory(['sh', '-c', WHATEVER_CODE, 'sh', *command]):.0f} MiB"


def _lines(folder: Path, old: Command, new: Path) -> None:
    """Do what people do without a tool for it."""
    files = []
    rendered: Command = [peers.helm(), "template", "many", new]
    for name, command in (("old", old), ("new", rendered)):
        file = folder / f"{name}.yaml"
        file.write_text(run(command), encoding="utf-8")
        files.append(file)
    run(["diff", "-u", *files], codes=(0, 1))
