"""What a schema allows at a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timonier.docs.schema import allowed, read_schema
from timonier.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: dict[str, Any] = {
    "definitions": {"port": {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "a/b": {"type": "boolean"}},
    "allOf": [{"properties": {"late": {"const": True}}}],
    "properties": {
        "port": {"$ref": "#/definitions/port"},
        "slash": {"$ref": "#/definitions/a~1b"},
        "second": {"$ref": "#/allOf/0/properties/late"},
        "kind": {"type": "string", "enum": ["", "A"]},
        "some": {"type": ["string", "null"]},
        "map": {
            "properties": {"own": {"type": "array"}},
            "patternProperties": {"^x-": {"type": "number"}, "(?<bad": {"type": "array"}},
            "additionalProperties": {"type": "string"},
        },
        "self": {"$ref": "#/properties/self"},
        "away": {"$ref": "https://example.org/x.json"},
        "lost": {"$ref": "#/no/where"},
        "yes": True,
    },
}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("port", ("integer", "string")),
        ("slash", ("boolean",)),
        ("second", ("true",)),
        ("late", ("true",)),
        ("kind", ('""', '"A"')),
        ("some", ("string", "null")),
        ("map.own", ("array",)),
        ("map.x-y", ("number",)),
        ("map.other", ("string",)),
        ("self", ()),
        ("away", ()),
        ("lost", ()),
        ("yes", ()),
        ("none.at.all", ()),
    ],
)
def test_it_says_types_or_values(key: str, words: tuple[str, ...]) -> None:
    """Through references, combinations and patterns; nothing where the schema says nothing."""
    assert allowed(SCHEMA, key.split(".")) == words


def test_no_schema_allows_everything(tmp_path: Path) -> None:
    """A chart need not have one."""
    assert read_schema(tmp_path / "values.schema.json") == {}


@pytest.mark.parametrize(("text", "sentence"), [("{", "is not valid JSON"), ("[]", "is no JSON object")])
def test_what_is_no_schema_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """With the file's name."""
    (tmp_path / "values.schema.json").write_text(text)
    with pytest.raises(SourceError, match=rf"values\.schema\.json {sentence}"):
        read_schema(tmp_path / "values.schema.json")
