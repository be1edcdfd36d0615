"""YAML is read as Helm reads it, and errors say where they are."""

from __future__ import annotations

import json
import re

import helm_python
import pytest

from timonier import yamlio
from timonier.errors import SourceError, ValuesError

SCALARS = (
    *("y", "n", "yes", "No", "on", "OFF", "true", "TRUE", "tRue", "~", "null", "Null", "nuLL", "=", "<<", "'x'"),
    *("1", "-1", "+1", "0", "00", "07", "08", "0o7", "0x1F", "0b11", "-0b11", "1_000", "1e3", "1.5E3", "1.", ".5"),
    *("-.5", "12:30", "1:2:3", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "1.2.3", "-0", "0777", "-07", "08.5"),
    *("e3", "1e", "0b2", "0xg", "+.", "!!binary aGk=", "!!str 1", "!!int '3'", "!!bool yes", '"\\u00e9"'),
)


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_plain_scalar_is_what_helm_takes_it_for(scalar: str) -> None:
    """Helm's own parser is the measure: dates and 12:30 are text, 1e3 and 0o7 are numbers, y is true."""
    text = f"key: {scalar}"
    parsed = yamlio.load(text, origin="test", error=ValuesError)
    assert json.loads(json.dumps(parsed)) == helm_python.values_from_yaml(text)
    assert isinstance(parsed["key"], bool) == isinstance(helm_python.values_from_yaml(text)["key"], bool)


def test_a_syntax_error_names_file_and_line() -> None:
    """The line is counted in the file, also when the document begins further down in it."""
    with pytest.raises(SourceError, match=r"^web\.yaml:12: this is not valid YAML: "):
        yamlio.load("a: 1\nb: [1\nc: 2", origin="web.yaml", error=SourceError, first_line=10)


def test_a_character_that_yaml_does_not_allow_is_one_sentence() -> None:
    """With its line, and its number, which can be shown."""
    sentence = "web.yaml:12: this is not valid YAML: control characters are not allowed, and U+0007 is one."
    with pytest.raises(SourceError, match=f"^{re.escape(sentence)}$"):
        yamlio.load("a: é\nb: 1\nc: \a", origin="web.yaml", error=SourceError, first_line=10)


def test_more_than_one_document_is_refused() -> None:
    """Helm would silently leave out all but the first."""
    with pytest.raises(ValuesError, match="holds 2 YAML documents"):
        yamlio.load("a: 1\n---\nb: 2\n", origin="values.yaml", error=ValuesError)


def test_an_impossible_number_is_an_error_with_a_file() -> None:
    """A tag that does not fit must not end in a traceback."""
    with pytest.raises(ValuesError, match=r"^values\.yaml: this is not valid YAML"):
        yamlio.load("a: !!int x", origin="values.yaml", error=ValuesError)


def test_dumped_text_reads_as_before() -> None:
    """What is written reads back as the same, texts that look like something else included."""
    document = {"no": "yes", "date": "2001-01-01", "time": "12:30", "script": "a\nb\n", "n": None, "x": [1, {"b": []}]}
    assert yamlio.load(yamlio.dump(document), origin="test", error=ValuesError) == document
    assert "script: |" in yamlio.dump(document)
