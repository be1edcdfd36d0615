"""A chart is loaded once and rendered often, and nobody notices but by the clock."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chartfiles import read_chart_files
from timonier.engine import Release
from timonier.engine.embedded import EmbeddedEngine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.chartfiles import ChartFiles

    MakeChart = Callable[..., Path]

RELEASE = Release("shop")
VALUES = "a: {b: 1, c: {d: 2}}\nlist: [1, 2]\nglobal: {g: 1}\n"
SHOW = {"templates/a.yaml": "kind: A\nvalues: {{ .Values | toJson }}\n"}
ASKED: list[dict[str, Any]] = [
    {},
    {"a": None},
    {"a": {"c": None, "x": [1]}},
    {"list": None, "global": {"g": 2}},
    {"a": {"b": {"deep": True}}},
    {"list": [{"x": 1}]},
]


def old(chart: Path) -> Path:
    """Return the chart with files that were written a while ago: what was just written is not relied on."""
    for path in chart.rglob("*"):
        os.utime(path, (1, 1))
    return chart


def text(engine: EmbeddedEngine, chart: Path | ChartFiles, values: dict[str, Any] | None = None) -> str:
    """Return what the chart's only template renders to."""
    [template] = engine.template(chart, values or {}, RELEASE)
    return template.text


@pytest.fixture
def loads(embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every load of a chart from here on."""
    seen: list[int] = []
    load = embedded._helm.Chart.load_archive

    def counted(data: bytes) -> object:
        seen.append(len(data))
        return load(data)

    monkeypatch.setattr(embedded._helm.Chart, "load_archive", counted)
    return seen


def test_renderings_in_turn_are_as_if_each_were_the_first(
    make_chart: MakeChart, embedded: EmbeddedEngine, loads: list[int]
) -> None:
    """Nothing that one sets, deletes or merges is there for the next; and the chart is loaded once."""
    chart = make_chart(SHOW, values=VALUES)
    alone = [text(embedded, read_chart_files(chart), values) for values in ASKED]
    assert len(set(alone)) == len(ASKED)
    files = read_chart_files(chart)
    loads.clear()
    for _ in range(3):
        assert [text(embedded, files, values) for values in ASKED] == alone
        assert [text(embedded, files, values) for values in reversed(ASKED)] == alone[::-1]
    assert len(loads) == 1


def test_a_chart_with_a_subchart_is_loaded_each_time(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """Switching it off takes it out of the loaded chart for good."""
    part = {"charts/part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n"}
    metadata = (
        "apiVersion: v2\nname: shop\nversion: 1.0.0\n"
        "dependencies: [{name: part, version: 1.0.0, condition: part.enabled, import-values: [data]}]\n"
    )
    given = {
        "Chart.yaml": metadata,
        "templates/a.yaml": "kind: A\nv: {{ .Values.x }}\n",
        "charts/part/templates/p.yaml": "kind: P\n",
        "charts/part/values.yaml": "exports: {data: {x: 1}}\n",
    }
    files = read_chart_files(make_chart(part | given))

    def kinds(enabled: bool) -> list[str]:  # noqa: FBT001 - what is asked for
        return [t.text.split("\n")[0] for t in embedded.template(files, {"part": {"enabled": enabled}}, RELEASE)]

    assert [kinds(enabled=on) for on in (True, False, True)] == [
        ["kind: P", "kind: A"],
        ["kind: A"],
        ["kind: P", "kind: A"],
    ]


def test_an_edit_is_seen_at_once(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """Also one of the same length right after the chart was read, in a file that a link leads to."""
    chart = make_chart(SHOW, values="a: 0\n")
    (chart / "values.yaml").rename(chart.parent / "elsewhere.yaml")
    (chart / "values.yaml").symlink_to("../elsewhere.yaml")
    for number in range(10):
        (chart.parent / "elsewhere.yaml").write_text(f"a: {number}\n")
        assert f'{{"a":{number}}}' in text(embedded, chart)


def test_a_file_that_was_just_written_is_not_relied_on(
    make_chart: MakeChart, embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one tick of the file system's clock, an edit of the same length leaves no trace."""
    chart = make_chart(SHOW, values="a: 1\n")
    now = time.time_ns()
    monkeypatch.setattr("timonier.engine.folders._states", lambda _: [(str(chart / "values.yaml"), (1, 5, now, now))])
    assert '{"a":1}' in text(embedded, chart)
    (chart / "values.yaml").write_text("a: 2\n")
    assert '{"a":2}' in text(embedded, chart)


def test_an_edit_of_a_chart_long_read_is_seen(
    make_chart: MakeChart, embedded: EmbeddedEngine, loads: list[int]
) -> None:
    """Changed, added, removed, and with the time put back as archives do."""
    chart = old(make_chart(SHOW, values="a: 1\n"))
    time.sleep(0.06)  # os.utime itself was a change
    assert '{"a":1}' in text(embedded, chart)
    text(embedded, chart)
    assert len(loads) == 1
    (chart / "values.yaml").write_text("a: 2\n")
    os.utime(chart / "values.yaml", (1, 1))
    assert '{"a":2}' in text(embedded, chart)
    (chart / "templates/b.yaml").write_text("kind: B\n")
    assert len(embedded.template(chart, {}, RELEASE)) == 2
    (chart / "templates/b.yaml").unlink()
    assert '{"a":2}' in text(embedded, chart)


def test_threads_render_one_chart_at_a_time_each_its_own(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """As `timonier check` does: the library lets go of Python's lock while it works."""
    chart = old(make_chart({**SHOW, "values.schema.json": '{"type": "object"}'}, values=VALUES))
    alone = [text(embedded, read_chart_files(chart), values) for values in ASKED]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda number: text(embedded, chart, ASKED[number % len(ASKED)]), range(300)))
    assert together == [alone[number % len(ASKED)] for number in range(300)]


def test_what_was_read_is_let_go_with_the_files(make_chart: MakeChart) -> None:
    """Or a thousand altered charts would stay in the library's memory."""
    import gc

    import helm_python

    engine = EmbeddedEngine()
    files = read_chart_files(make_chart(SHOW))
    gc.collect()
    before = helm_python.open_handles_count()
    for number in range(20):
        text(engine, files.replaced({"values.yaml": f"a: {number}\n".encode()}))
    gc.collect()
    assert helm_python.open_handles_count() == before
