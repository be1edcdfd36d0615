"""A chart's files are read as Helm reads them, and nothing in a chart keeps a reader from coming to an end."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles, matches_path, read_chart_files, unpack_subcharts, without_ignored
from timonier.engine import Release
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine import Engine
    from timonier.engine.embedded import EmbeddedEngine
    from timonier.engine.program import ProgramEngine

    MakeChart = Callable[..., Path]

IGNORED = {
    ".helmignore": "# why\n*.tmp\nlocal/\n/top.txt\nfiles/*.log\nanything?\n",
    "a.tmp": "",
    "files/b.tmp": "",
    "local/c.txt": "",
    "files/local/d.txt": "",
    "top.txt": "",
    "files/top.txt": "",
    "files/e.log": "",
    "files/deep/e.log": "",
    "anything1": "",
    "anything": "",
    "templates/.hidden": "kind: Hidden\n",
    "templates/list.yaml": 'files: {{ range $name, $_ := .Files.Glob "**" }}{{ $name }} {{ end }}\n',
}


def listed(engine: Engine, chart: Path | ChartFiles) -> str:
    """Return what a chart that lists its files renders to."""
    [template] = engine.template(chart, {}, Release("shop"))
    return template.text.strip()


def test_what_is_ignored_is_what_helm_ignores(
    make_chart: MakeChart, embedded: EmbeddedEngine, program: ProgramEngine
) -> None:
    """The program reads the folder itself; the same rules hold for a folder that is in memory."""
    chart = make_chart(IGNORED)
    theirs = listed(program, chart)
    assert theirs == "files: .helmignore anything files/deep/e.log files/top.txt"
    assert listed(embedded, chart) == theirs
    every = {path.relative_to(chart).as_posix(): path.read_bytes() for path in chart.rglob("*") if path.is_file()}
    assert listed(embedded, ChartFiles(chart, "shop", without_ignored(every))) == theirs
    assert listed(program, ChartFiles(chart, "shop", without_ignored(every))) == theirs


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("templates/*.yaml", "templates/a.yaml", True),
        ("templates/*.yaml", "templates/x/a.yaml", False),
        ("*", "templates/a.yaml", False),
        ("templates/[ab].yaml", "templates/b.yaml", True),
        ("templates/a.yaml", "templates/A.yaml", False),
    ],
)
def test_a_star_stops_at_a_slash(pattern: str, name: str, matches: bool) -> None:  # noqa: FBT001 - what is expected
    """As in Go."""
    assert matches_path(pattern, name) is matches


def test_links_are_followed(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """To files and to folders; two to the same one are no circle."""
    chart = make_chart({"templates/list.yaml": IGNORED["templates/list.yaml"], "files/a.txt": ""})
    (chart / "again").symlink_to("files")
    (chart / "more").symlink_to("files")
    (chart / "b.txt").symlink_to("files/a.txt")
    assert listed(embedded, chart) == "files: again/a.txt b.txt files/a.txt more/a.txt"


@pytest.mark.parametrize("target", [".", "..", "../other"])
def test_a_circle_comes_to_an_end(make_chart: MakeChart, embedded: EmbeddedEngine, target: str) -> None:
    """Of itself, of what it lies in, and by way of another."""
    other = make_chart(name="other")
    chart = make_chart()
    shutil.copytree(chart, other / "copy")
    (other / "back").symlink_to(chart)
    for number in range(3):  # one alone ends by itself, after forty rounds
        (chart / f"round{number}").symlink_to(target)
    with pytest.raises(SourceError, match="is a link that leads back to where it lies"):
        embedded.template(chart, {}, Release("shop"))


def test_a_pipe_is_not_waited_for(make_chart: MakeChart, embedded: EmbeddedEngine) -> None:
    """Nobody writes into it."""
    chart = make_chart()
    os.mkfifo(chart / "pipe")
    with pytest.raises(SourceError, match="pipe is no regular file"):
        embedded.template(chart, {}, Release("shop"))


def test_a_broken_link_is_named(make_chart: MakeChart) -> None:
    """As with Helm, which refuses it too."""
    chart = make_chart()
    (chart / "gone").symlink_to("nowhere")
    with pytest.raises(SourceError, match=r"cannot be read: .*No such file or directory: .*gone"):
        read_chart_files(chart)


def test_what_is_no_archive_stays_packed(make_chart: MakeChart) -> None:
    """Helm says what is wrong with it."""
    chart = make_chart({"charts/broken-1.0.0.tgz": "no archive"})
    files = read_chart_files(chart)
    assert unpack_subcharts(files).files == files.files
