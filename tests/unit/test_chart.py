"""Charts and their cases are read from directories and archives alike."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from timonier.chart import Case, load_chart
from timonier.errors import SourceError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CASES = {
    "ci/big-values.yaml": "---\n# Many pods,\n# for the load.\nreplicas: 9\n",
    "ci/bare-values.yaml": "replicas: 1\n# not what it is for\n",
    "ci/notes.yaml": "not: a case\n",
}


def test_cases_are_the_defaults_and_the_ci_files(make_chart: Callable[..., Path]) -> None:
    """A case's purpose is the file's first comment line, and only when it comes before the values."""
    path = make_chart(CASES)
    chart = load_chart(path)
    assert (chart.name, chart.version) == ("shop", "0.1.0")
    assert [case.name for case in chart.cases] == ["defaults", "bare", "big"]
    assert chart.case("big") == Case("big", "Many pods,", {"replicas": 9}, f"{path}/ci/big-values.yaml")
    assert chart.case("bare").purpose == ""


def test_an_archive_is_read_as_the_directory(make_chart: Callable[..., Path], tmp_path: Path) -> None:
    """Everything but the path is the same; a subchart's files are not taken for the chart's."""
    sub = {"charts/sub/Chart.yaml": "name: sub\nversion: 9\n", "charts/sub/ci/odd-values.yaml": "a: 1\n"}
    path = make_chart({**CASES, **sub, "more/odd-values.yaml": "a: 1\n"})
    archive = tmp_path / "shop-0.1.0.tgz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(path, "shop")
    packed, loose = load_chart(archive), load_chart(path)
    assert (packed.name, packed.version) == (loose.name, loose.version)
    assert [(case.name, case.values) for case in packed.cases] == [(case.name, case.values) for case in loose.cases]


def test_an_unknown_case_names_those_there_are(make_chart: Callable[..., Path]) -> None:
    """So that the next try succeeds."""
    with pytest.raises(ValuesError, match=r"no case 'small'. It has: defaults, bare, big\."):
        load_chart(make_chart(CASES)).case("small")


def test_what_is_no_chart_is_refused(make_chart: Callable[..., Path], tmp_path: Path) -> None:
    """Each with the sentence that fits."""
    with pytest.raises(SourceError, match=r"without a Chart\.yaml"):
        load_chart(tmp_path)
    (tmp_path / "fake.tgz").write_text("no archive")
    with pytest.raises(SourceError, match=r"fake\.tgz is not a chart archive"):
        load_chart(tmp_path / "fake.tgz")
    with tarfile.open(tmp_path / "empty.tgz", "w:gz"):
        pass
    with pytest.raises(SourceError, match=r"empty\.tgz holds no Chart\.yaml"):
        load_chart(tmp_path / "empty.tgz")
    with pytest.raises(SourceError, match=r"gone\.tgz does not exist"):
        load_chart(tmp_path / "gone.tgz")
    with pytest.raises(SourceError, match="lacks the chart's name or version"):
        load_chart(make_chart({"Chart.yaml": "name: shop\n"}))


def test_a_case_that_is_no_yaml_is_named(make_chart: Callable[..., Path]) -> None:
    """With file and line."""
    with pytest.raises(ValuesError, match=r"ci/x-values\.yaml:2: this is not valid YAML"):
        load_chart(make_chart({"ci/x-values.yaml": "a: [1\nb: 2\n"}))


def test_what_is_no_archive_is_one_line(tmp_path: Path) -> None:
    """Though Python tells of each form of archive it tried on a line of its own."""
    (tmp_path / "fake.tgz").write_text("no archive")
    with pytest.raises(SourceError, match="not a gzip file") as refused:
        load_chart(tmp_path / "fake.tgz")
    assert "\n" not in str(refused.value)
