"""Values are merged as Helm merges them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.errors import ValuesError
from timonier.values import Settings, merge, read_values, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.engine.embedded import EmbeddedEngine


def test_maps_are_merged_and_lists_replaced() -> None:
    """The later one wins, key by key."""
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 1}
    assert merge(base, {"a": {"y": [3]}}, {"a": {"z": None}, "b": {"c": 1}}) == {
        "a": {"x": 1, "y": [3], "z": None},
        "b": {"c": 1},
    }
    assert base == {"a": {"x": 1, "y": [1, 2]}, "b": 1}


def test_files_then_settings_in_helms_order(tmp_path: Path) -> None:
    """Files first, then --set-json, --set, --set-string, --set-file, wherever they stand on the command line."""
    (tmp_path / "one.yaml").write_text("a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\n")
    (tmp_path / "two.yaml").write_text("b: 2\nc: 2\nd: 2\ne: 2\nf: 2\n")
    (tmp_path / "text").write_text("6")
    settings = Settings(
        files=(str(tmp_path / "one.yaml"), str(tmp_path / "two.yaml")),
        set_file=(f"f={tmp_path / 'text'}",),
        set_string=("e=5", "f=5"),
        set=("d=4", "e=4", "f=4"),
        set_json=("c=3", "d=3", "e=3", "f=3"),
    )
    assert read_values(settings) == {"a": 1, "b": 2, "c": 3, "d": 4, "e": "5", "f": "6"}


def test_a_case_is_not_written_into() -> None:
    """A setting goes into a list of the case's values; the next rendering of the case must not see it."""
    case: dict[str, Any] = {"hosts": [{"name": "a"}]}
    assert read_values(Settings(set=("hosts[0].name=b",)), case) == {"hosts": [{"name": "b"}]}
    assert case == {"hosts": [{"name": "a"}]}


def test_null_deletes_a_default(make_chart: Callable[..., Path], embedded: EmbeddedEngine) -> None:
    """The null has to reach Helm for that, rather than be merged away."""
    from timonier.chart import load_chart
    from timonier.engine import Release
    from timonier.render import render

    template = "kind: ConfigMap\ndata: {{ .Values.labels | toJson }}\n"
    chart = load_chart(make_chart({"templates/a.yaml": template}, values="labels: {a: '1', b: '2'}\n"))
    values = read_values(Settings(set=("labels.a=null",)))
    [manifest] = render(chart, values, Release("shop"), embedded)
    assert manifest.document["data"] == {"b": "2"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [1\nb: 2\n", r"values\.yaml:2: this is not valid YAML"),
        ("- a\n", r"values\.yaml holds no mapping"),
        ("a: 1\n---\nb: 1\n", r"values\.yaml: holds 2 YAML documents"),
        (b"\xff\xfe", r"values\.yaml cannot be read"),
        (None, r"values\.yaml does not exist"),
    ],
)
def test_a_bad_values_file_is_named(tmp_path: Path, content: str | bytes | None, sentence: str) -> None:
    """One sentence: which file, where in it, what is wrong."""
    path = tmp_path / "values.yaml"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ValuesError, match=sentence):
        read_values(Settings(files=(str(path),)))


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    """A values file with nothing but comments is a valid one."""
    (tmp_path / "values.yaml").write_text("# nothing yet\n")
    assert read_values(Settings(files=(str(tmp_path / "values.yaml"),))) == {}


def test_infinity_has_no_json() -> None:
    """Helm takes values as JSON, which cannot write it."""
    with pytest.raises(ValuesError, match="Quote it"):
        to_json({"a": float("inf")})
