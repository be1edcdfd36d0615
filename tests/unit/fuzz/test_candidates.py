"""What is drawn for one key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from timonier.chartfiles import ChartFiles, read_chart_files
from timonier.errors import SourceError
from timonier.fuzz.candidates import allowed
from timonier.fuzz.draw import hunt
from timonier.fuzz.keys import read_keys
from timonier.fuzz.schemas import alternatives, is_open, schema_of, standalone

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = {
    "definitions": {
        "port": {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "string", "pattern": "^[a-z]+$"}]},
        "tree": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"below": {"$ref": "#/definitions/tree"}},
        },
    }
}
SCHEMAS: list[dict[str, Any]] = [
    {"$ref": "#/definitions/port"},
    {"type": ["integer", "null"], "minimum": 3},
    {"enum": ["a", 1, None]},
    {"const": {"a": 1}},
    {"type": "array", "minItems": 2, "maxItems": 4, "items": {"$ref": "#/definitions/port"}},
    {"type": "object", "patternProperties": {"^[a-z]{1,3}$": {"type": "boolean"}}, "additionalProperties": False},
    {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "number"}},
        "additionalProperties": {"type": "null"},
    },
    {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}}, {"required": ["a"]}]},
    {"type": "string", "minLength": 2, "maxLength": 3, "pattern": "^[ab]*$"},
    {"type": "object"},
    {"type": "array"},
    {"$ref": "#/definitions/tree"},
]


def draw(schema: Mapping[str, Any], number: int = 40) -> list[Any]:
    """Return some of what is drawn from a schema."""
    drawn: list[Any] = []

    def remember(value: Any) -> None:  # noqa: ANN401 - any JSON
        drawn.append(value)

    hunt(remember, allowed(schema), examples=number, seed=1)
    return drawn


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_what_is_drawn_is_what_a_schema_allows(schema: dict[str, Any]) -> None:
    """References, combinations, patterns, lists and maps."""
    drawn = draw(standalone(schema, ROOT))
    assert drawn
    validator = jsonschema_rs.validator_for({**schema, **ROOT})
    assert [value for value in drawn if not validator.is_valid(value)] == []


def test_conditions_are_tried_both_ways() -> None:
    """Which is more than they allow: the rest must be refused."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "boolean"}},
        "if": {"required": ["a"]},
        "then": {"required": ["b"], "properties": {"b": {"const": 1}}},
        "else": {"required": ["c"], "properties": {"c": {"const": 2}}},
    }
    assert [sorted(one.get("required", [])) for one in alternatives(standalone(schema, {}))] == [[], ["b"], ["c"]]


def test_nothing_is_drawn_that_no_values_file_can_hold() -> None:
    """Control characters, halves of characters, and what YAML takes for the end of a line."""
    drawn = [*draw({"type": "string"}, 300), *draw({"type": "string", "pattern": "^.{1,9}$"}, 300)]
    assert len(set(drawn)) > 100
    assert [
        text for text in drawn if any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in text)
    ] == []
    assert [text for text in drawn if not text.isascii() and "\ufeff" in text] == []


@pytest.mark.parametrize(
    ("default", "schema"),
    [
        (None, {}),
        (1, {"type": "integer"}),
        (True, {"type": "boolean"}),
        (["a"], {"type": "array", "items": {"type": "string"}}),
    ],
)
def test_a_default_says_of_which_type_a_key_is(default: object, schema: dict[str, Any]) -> None:
    """Where no schema does; null says nothing."""
    assert schema_of(default) == schema


def test_what_a_schema_leaves_open_is_known() -> None:
    """A map or a list of which it says nothing, and one that takes other keys beside its own."""
    opened = [{"type": "object"}, {"type": "array"}, {"type": "array", "items": {"type": "object"}}, {}]
    opened.append({"type": "object", "properties": {"a": {"type": "string"}}})
    closed = [{"type": "object", "additionalProperties": {"type": "string"}}, {"type": "string"}]
    closed.append({"type": "object", "properties": {"a": {}}, "additionalProperties": False})
    assert [is_open(standalone(schema, {})) for schema in opened] == [True] * len(opened)
    assert [is_open(standalone(schema, {})) for schema in closed] == [False] * len(closed)


def chart(**files: str) -> ChartFiles:
    """Return a chart in memory; `__` in a name is a slash, `_` a dot."""
    written = {"Chart_yaml": "name: shop\nversion: 1.0.0\n", **files}
    named = {name.replace("__", "/").replace("_", "."): text.encode() for name, text in written.items()}
    return ChartFiles(Path("shop"), "shop", named)


def test_keys_come_from_the_schema_and_the_defaults() -> None:
    """Each once; the schema knows better."""
    schema = {
        "properties": {"a": {"type": "string"}, "b": {"$ref": "#/$defs/b"}},
        "$defs": {"b": {"properties": {"c": {}}}},
    }
    keys = read_keys(chart(values_yaml="a: 1\nd: {e: 2}\n", values_schema_json=json.dumps(schema)))
    assert {str(key): (key.default, key.is_checked) for key in keys} == {
        "a": (1, True),
        "d": ({"e": 2}, False),
        "d.e": (2, False),
        "b": (None, False),
        "b.c": (None, False),
    }
    assert {str(key): key.schema.get("type") for key in keys} == {
        "a": "string", "d": "object", "d.e": "integer", "b": None, "b.c": None
    }  # fmt: skip


def test_keys_of_the_projects_own_charts(charts_folder: Path) -> None:
    """The subchart's are there, with the defaults the parent gives them."""
    keys = {str(key): key for key in read_keys(read_chart_files(charts_folder / "eni-todo"))}
    assert keys["mariadb.replicas"].schema == {"enum": [0, 1]}
    assert keys["mariadb.replicas"].is_checked
    assert keys["probes.liveness.httpGet.port"].schema["oneOf"][0]["type"] == "integer"
    assert "mariadb.enabled" in keys


def test_a_schema_that_is_no_json() -> None:
    """One sentence, with the file."""
    with pytest.raises(SourceError, match=r"^shop/values\.schema\.json is not valid JSON"):
        read_keys(chart(values_schema_json="{"))
