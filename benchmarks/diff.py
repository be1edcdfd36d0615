"""Two charts of 1,000 ConfigMaps with 20 keys each, all of them changed: rendered and compared, cold.

And two of ten times as many, two of the size of Bitnami's, and the preview of an upgrade of such releases where
TIMONIER_BENCH_CONTEXT names a context, in a namespace of its own. helm-diff is compared with where it is on PATH and,
for previews, Helm's plugin.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from benchmarks import peers
from benchmarks.measure import TIMONIER, Command, Row, peak_memory, run, scratch, take_turns, write_yaml

from timonier.cluster.programs import find
from timonier.cluster.steps import Steps
from timonier.testing.release import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
MARIADB = Path(__file__).parents[1] / "charts" / "mariadb"
LARGEST = "metrics-account"
DATABASES: dict[str, dict[str, Any]] = {
    "old": {},
    "new": {
        "image": {"registry": "registry.example"},
        "probes": {"readiness": {"periodSeconds": 7}},
        "updateStrategy": {"rollingUpdate": {"partition": 1}},
        "replication": {"replicas": 3},
    },
}


class Pair(NamedTuple):
    """Two charts, and what they are."""

    what: str
    old: Path
    new: Path


def write_chart(folder: Path, word: str, objects: int = OBJECTS) -> Path:
    """Write a chart whose every value holds a word."""
    chart = folder / f"{word}-{objects}"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: many\nversion: 0.1.0\n", encoding="utf-8")
    (chart / "values.yaml").write_text(f"word: {word}\n", encoding="utf-8")
    template = TEMPLATE.replace("OBJECTS", str(objects)).replace("KEYS", str(KEYS))
    (chart / "templates" / "objects.yaml").write_text(template, encoding="utf-8")
    return chart


def write_mariadb(folder: Path, name: str, more: Mapping[str, Any]) -> Path:
    """Write this project's chart of a database in its largest case, with other values on top, without a running pod."""
    chart = folder / name
    shutil.copytree(MARIADB, chart)
    files = (MARIADB / "values.yaml", MARIADB / "ci" / f"{LARGEST}-values.yaml")
    values = [*(yaml.safe_load(file.read_text(encoding="utf-8")) for file in files), {"replicas": 0}, more]
    write_yaml(chart / "values.yaml", reduce(merged, values))
    return chart


def rows(rounds: int) -> list[Row]:
    """Measure."""
    os.environ.setdefault("HELM_BIN", str(peers.helm()))  # what helm-diff renders with
    with scratch() as name:
        folder = Path(name)
        many = Pair(f"{OBJECTS:,} ConfigMaps", *(write_chart(folder, word) for word in ("before", "after")))
        database = Pair("the size of Bitnami's", *(write_mariadb(folder, *one) for one in DATABASES.items()))
        return [
            *_local(folder, many, 1.6, rounds),
            *_local(folder, database, 1.6, rounds),
            _growth(folder, many, rounds),
            *_preview(folder, many, 0.5, rounds),
            *_preview(folder, database, 1, rounds),
        ]


def _local(folder: Path, pair: Pair, goal: float, rounds: int) -> list[Row]:
    """Compare two charts on disk."""
    ours: Command = [*TIMONIER, "diff", pair.old, pair.new]
    theirs: Command = ["helm-diff", "local", pair.old, pair.new]
    rendered: Command = [peers.helm(), "template", "many", pair.old]
    lines = partial(_lines, folder, rendered, pair.new)
    return _rows(f"two charts of {pair.what}", (ours, PEER, theirs), (LINES, lines), goal, rounds)


def _preview(folder: Path, pair: Pair, goal: float, rounds: int) -> list[Row]:
    """Preview an upgrade, where a cluster was named."""
    what = f"preview of the upgrade of a release of {pair.what}"
    if not (context := os.environ.get(CONTEXT)):
        return [Row(what, 0, PREVIEW, None, goal, f"{CONTEXT} names no context")]
    place = f"--namespace={NAMESPACE}", f"--kube-context={context}"
    ours: Command = [*TIMONIER, "diff", "release:many", pair.new, *place]
    theirs: Command = [peers.helm(), "diff", "upgrade", "many", pair.new, *place]
    manifest: Command = [peers.helm(), "get", "manifest", "many", *place]
    lines = partial(_lines, folder, manifest, pair.new)
    with _installed(pair.old, place):
        return _rows(what, (ours, PREVIEW, theirs), (LINES_OF_RELEASE, lines), goal, rounds)


def _rows(
    what: str,
    both: tuple[Command, str, Command],
    lines: tuple[str, Callable[[], object]],
    goal: float,
    rounds: int,
) -> list[Row]:
    """Measure time and memory beside helm-diff, and time beside what reads lines alone."""
    ours, peer, theirs = both
    contenders: dict[str, Callable[[], object]] = {"ours": partial(run, ours, codes=(0, 1)), lines[0]: lines[1]}
    is_there = bool(shutil.which("helm-diff"))
    if is_there:
        contenders[peer] = partial(run, theirs)
    times = take_turns(contenders, rounds)
    note, memory = ("", _memory(theirs)) if is_there else (MISSING, None)
    return [
        Row(what, times["ours"], peer, times.get(peer), goal, note),
        Row(what, _memory(ours), peer, memory, 4, note, is_memory=True),
        Row(what, times["ours"], lines[0], times[lines[0]], 4, "it compares lines, and nothing else"),
    ]


def _growth(folder: Path, pair: Pair, rounds: int) -> Row:
    """Compare ten times as much."""
    more = [write_chart(folder, word, MORE) for word in ("before", "after")]
    commands = {"ours": [pair.old, pair.new], "more": more}
    contenders = {name: partial(run, [*TIMONIER, "diff", *charts], codes=(0, 1)) for name, charts in commands.items()}
    times = take_turns(contenders, rounds)
    what = f"two charts of {MORE:,} ConfigMaps ({_memory([*TIMONIER, 'diff', *more]):.0f} MiB)"
    return Row(what, times["more"], f"timonier, {pair.what}", times["ours"], MORE / OBJECTS)


@contextmanager
def _installed(chart: Path, place: tuple[str, str]) -> Iterator[None]:
    run([peers.helm(), "install", "many", chart, "--create-namespace", *place])
    try:
        yield
    finally:
        run([peers.helm(), "uninstall", "many", *place])
        kubectl, context = find("kubectl", Steps()).path, place[1].replace("kube-", "")
        run([kubectl, "delete", "namespace", NAMESPACE, context])


def _memory(command: Command) -> float:
    # A difference is no failure.
    return peak_memory(["sh", "-c", WHATEVER_CODE, "sh", *command])


def _lines(folder: Path, old: Command, new: Path) -> None:
    """Do what people do without a tool for it."""
    files = []
    rendered: Command = [peers.helm(), "template", "many", new]
    for name, command in (("old", old), ("new", rendered)):
        file = folder / f"{name}.yaml"
        file.write_text(run(command), encoding="utf-8")
        files.append(file)
    run(["diff", "-u", *files], codes=(0, 1))
