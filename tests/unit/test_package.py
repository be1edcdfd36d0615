"""Packaging: the same bytes from the same files, and what Helm makes of them."""

from __future__ import annotations

import io
import os
import tarfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import read_archive, read_chart_files
from timonier.engine import Release
from timonier.errors import SourceError
from timonier.package import package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.program import ProgramEngine
    from timonier.package import Archive

    MakeChart = Callable[..., Path]

FILES = {
    "Chart.yaml": "# The shop.\napiVersion: v2\nname: shop\nversion: 0.1.0 # raised by hand\nappVersion: '1'\n",
    "templates/b.yaml": "kind: B\n",
    "templates/a.yaml": "kind: A\n",
    "README.md": "The shop.\n",
    "secret.txt": "no part of the chart\n",
    ".helmignore": "secret.txt\n",
}


def names(archive: Archive) -> list[str]:
    """List what is in an archive."""
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as opened:
        return opened.getnames()


def test_the_same_files_give_the_same_bytes(make_chart: MakeChart, tmp_path: Path) -> None:
    """Whatever their times, modes, the order they were made in, and the folder they lie in."""
    one = package(read_chart_files(make_chart(FILES)))
    other = tmp_path / "elsewhere" / "another-name"
    for name in reversed(FILES | {"values.yaml": ""}):
        path = other / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((FILES | {"values.yaml": ""})[name])
        path.chmod(0o600)
        os.utime(path, (1_700_000_000, 1_700_000_000))
    assert package(read_chart_files(other)) == one
    chart = read_chart_files(other)
    assert package(replace(chart, files=dict(reversed(list(chart.files.items()))))) == one
    assert one.digest.startswith("sha256:")


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="this Python compresses with zlib-ng, to other bytes")
def test_a_chart_has_one_digest_on_every_machine(make_chart: MakeChart) -> None:
    """The one that it had where this line was written: whoever packages a chart again can tell that it is the same."""
    lines = "".join(f"line {number * number % 977}\n" for number in range(20_000))
    packaged = package(read_chart_files(make_chart({**FILES, "files/lines.txt": lines})))
    assert packaged.digest == "sha256:396ebbec9892f51d05ed1ed8acf563ce24d1a89cff63aa4e8c36c1312d530ca5"


def test_what_helm_ignores_is_not_in_it_and_what_it_reads_first_comes_first(make_chart: MakeChart) -> None:
    """As `helm package` leaves it out; whoever lists an archive sees Chart.yaml at once."""
    assert names(package(read_chart_files(make_chart(FILES)))) == [
        "shop/Chart.yaml",
        "shop/values.yaml",
        "shop/.helmignore",
        "shop/README.md",
        "shop/templates/a.yaml",
        "shop/templates/b.yaml",
    ]


def test_a_version_replaces_that_of_the_chart_and_nothing_else(make_chart: MakeChart) -> None:
    """Comments, order and quotes stay; a key that is not there is put at the end."""
    chart = read_chart_files(make_chart(FILES))
    made = package(chart, version="1.2.3-rc.1", app_version="2.0")
    text = read_archive(io.BytesIO(made.content), chart.path).text("Chart.yaml")
    assert text == FILES["Chart.yaml"].replace("0.1.0", '"1.2.3-rc.1"').replace("'1'", '"2.0"')
    assert made.file_name == "shop-1.2.3-rc.1.tgz"
    bare = chart.replaced({"Chart.yaml": b"name: shop\nversion: 0.1.0"})
    assert package(bare, app_version="2.0").metadata["appVersion"] == "2.0"


def test_the_time_of_the_files_can_be_given(make_chart: MakeChart, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH, as everywhere; what is no time is refused."""
    chart = read_chart_files(make_chart(FILES))
    without = package(chart)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = package(chart)
    with tarfile.open(fileobj=io.BytesIO(made.content)) as opened:
        assert {member.mtime for member in opened} == {1_700_000_000}
    assert made.digest != without.digest
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(SourceError, match="SOURCE_DATE_EPOCH is 'yesterday', no time"):
        package(chart)


@pytest.mark.parametrize(
    ("chart_yaml", "message"),
    [
        ("name: shop\nversion: first\n", "version: first is no version"),
        ("name: shop\n", "version: nothing is no version"),
        ("name: my shop\nversion: 1.0.0\n", "name: my shop is no chart's name"),
        ("- name: shop\n", "name: nothing is no chart's name"),
    ],
)
def test_a_chart_that_helm_could_not_install_is_refused(make_chart: MakeChart, chart_yaml: str, message: str) -> None:
    """Before there is an archive of it."""
    chart = read_chart_files(make_chart(FILES)).replaced({"Chart.yaml": chart_yaml.encode()})
    with pytest.raises(SourceError, match=message):
        package(chart)


def test_a_file_that_helm_would_not_load_is_refused(make_chart: MakeChart) -> None:
    """It names the file, and what to do."""
    chart = read_chart_files(make_chart(FILES)).replaced({"files/big.bin": b"0" * (5 * 1024 * 1024 + 1)})
    with pytest.raises(SourceError, match=r"shop/files/big\.bin has 5,242,881 bytes") as refused:
        package(chart)
    assert ".helmignore" in refused.value.hint


def test_helm_loads_what_it_would_itself_have_packaged(
    make_chart: MakeChart, program: ProgramEngine, tmp_path: Path
) -> None:
    """A file of just the size it allows, a name of 120 characters, and a name in another script."""
    chart = read_chart_files(
        make_chart({"templates/a.yaml": '{{ range $path, $_ := .Files.Glob "files/*" }}\n# {{ $path }}\n{{ end }}'})
    )
    files = {"files/big.bin": b"0" * (5 * 1024 * 1024), f"files/{'n' * 120}": b"1", "files/чайка": b"2"}
    path = tmp_path / "made.tgz"
    path.write_bytes(package(chart.replaced(files)).content)
    [template] = program.template(path, {}, Release("one"))
    assert [line[2:] for line in template.text.split("\n") if line.startswith("# files")] == sorted(files)
