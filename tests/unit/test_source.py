"""Whatever yields manifests is found out by its name."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from timonier.engine import Release
from timonier.errors import SourceError, ValuesError
from timonier.source import ChartSource, FileSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"
RELEASE = Release("shop")


def test_a_directory_an_archive_and_a_file_yield_the_same(make_chart: Callable[..., Path], tmp_path: Path) -> None:
    """One chart in three forms."""
    chart = make_chart({"templates/a.yaml": CONFIG})
    with tarfile.open(tmp_path / "shop-0.1.0.tgz", "w:gz") as tar:
        tar.add(chart, "shop")
    (tmp_path / "plain.yaml").write_text(CONFIG)
    forms = [chart, tmp_path / "shop-0.1.0.tgz", tmp_path / "plain.yaml"]
    sources = [open_source(str(form)) for form in forms]
    assert [type(source) for source in sources] == [ChartSource, ChartSource, FileSource]
    assert {source.manifests({}, RELEASE)[0].text for source in sources} == {CONFIG}


def test_standard_input_is_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """`helm template … | timonier diff - after.yaml`."""
    monkeypatch.setattr("sys.stdin", io.StringIO(CONFIG))
    source = open_source("-")
    assert [manifest.identity.kind for manifest in source.manifests({}, RELEASE)] == ["ConfigMap"]


def test_plain_manifests_take_no_values(tmp_path: Path) -> None:
    """They would be silently ignored."""
    (tmp_path / "plain.yaml").write_text(CONFIG)
    with pytest.raises(ValuesError, match="have no effect"):
        open_source(str(tmp_path / "plain.yaml")).manifests({"a": 1}, RELEASE)


def test_a_manifest_file_needs_no_engine(tmp_path: Path) -> None:
    """Comparing two files must work where nothing can render."""
    (tmp_path / "plain.yaml").write_text(CONFIG)
    assert open_source(str(tmp_path / "plain.yaml"), engine="/no/such/helm").manifests({}, RELEASE)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gone", "gone does not exist"),
        ("sftp:shop", r"sources of the kind sftp: are not known. A source is a chart directory .* oci://"),
        ("file:shop", r"sources of the kind file: are not known"),
    ],
)
def test_what_is_nothing_is_refused(name: str, sentence: str) -> None:
    """A sentence that says what would be something."""
    with pytest.raises(SourceError, match=sentence):
        open_source(name)


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    """An archive under another name, for instance."""
    (tmp_path / "chart.zip").write_bytes(b"PK\x03\x04\xff")
    with pytest.raises(SourceError, match="is not text"):
        open_source(str(tmp_path / "chart.zip"))
