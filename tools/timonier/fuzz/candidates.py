"""Values for one key: what its schema allows, what lies at the bounds of that, and what it does not allow.

hypothesis-jsonschema draws the scalars, their patterns and formats. Maps and lists are put together here: its release
0.23 draws no maps with the hypothesis of today.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import strategies
from hypothesis.errors import HypothesisException
from hypothesis_jsonschema import from_schema

from timonier.fuzz.bounds import TEXTS, bounds, wrong
from timonier.fuzz.schemas import alternatives, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hypothesis.strategies import SearchStrategy

_LONGEST_TEXT = 40
_MOST_ITEMS = 3
_MOST_KEYS = 2

# YAML takes none of these, however they are quoted, and nobody can put them into a values file as they are.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_LETTERS = strategies.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff", include_characters="\n\t"
)


def candidates(schema: Mapping[str, Any], *, is_checked: bool) -> SearchStrategy[Any]:
    """Return what draws a key's value; null, which deletes a default, is always among them.

    Args:
        schema: What is allowed, as `standalone` gives it.
        is_checked: Whether the chart must refuse anything else, so that this is tried as well.
    """
    at_bounds = list(bounds(schema))
    options = [strategies.sampled_from(at_bounds)] if at_bounds else []
    if schema:
        options.append(allowed(schema))
    if is_checked:
        options.append(strategies.sampled_from(list(wrong(schema))))
    return strategies.one_of([*options, strategies.none()])


def allowed(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Return what draws values that a schema allows, or nearly so."""
    return strategies.one_of([_of_alternative(alternative) for alternative in alternatives(schema)])


def _of_alternative(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    if "enum" in schema or "const" in schema:
        return strategies.sampled_from(schema.get("enum") or [schema["const"]])
    return strategies.one_of([_of_type(schema, name) for name in types_of(schema)] or [strategies.just("x")])


def _of_type(schema: Mapping[str, Any], name: str) -> SearchStrategy[Any]:
    if name == "object":
        return _maps(schema)
    if name == "array":
        return _lists(schema)
    if name == "string" and not {"pattern", "format"} & schema.keys():
        return _texts(schema)
    return _scalars({**schema, "type": name})


def _maps(schema: Mapping[str, Any]) -> SearchStrategy[dict[str, Any]]:
    """Return what draws maps: keys that must be there, some that may, and some of the user's own."""
    properties = schema.get("properties") or {}
    must = {name: allowed(properties.get(name, {})) for name in schema.get("required") or ()}
    may = {name: allowed(part) for name, part in properties.items() if part and name not in must}
    named = strategies.fixed_dictionaries(must, optional=may)
    own = [strategies.dictionaries(names, allowed(part), max_size=_MOST_KEYS) for names, part in _own_keys(schema)]
    return strategies.tuples(named, *own).map(lambda maps: {name: value for one in maps for name, value in one.items()})


def _own_keys(schema: Mapping[str, Any]) -> list[tuple[SearchStrategy[str], Mapping[str, Any]]]:
    """Return what draws the keys that a user makes up, and the schema of what is below them."""
    found = [
        (_scalars({"type": "string", "pattern": pattern}), part)
        for pattern, part in (schema.get("patternProperties") or {}).items()
    ]
    if isinstance(others := schema.get("additionalProperties"), dict):
        named = schema.get("propertyNames")
        names = _scalars({"type": "string", **named}) if named else strategies.sampled_from(list(filter(None, TEXTS)))
        found.append((names, others))
    return found


def _lists(schema: Mapping[str, Any]) -> SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    most = max(min(schema.get("maxItems", _MOST_ITEMS), _MOST_ITEMS), least)
    items = schema.get("items")
    drawn = allowed(items) if isinstance(items, dict) else strategies.just("x")
    return strategies.lists(drawn, min_size=least, max_size=most)


def _texts(schema: Mapping[str, Any]) -> SearchStrategy[str]:
    least = schema.get("minLength", 0)
    most = max(min(schema.get("maxLength", _LONGEST_TEXT), _LONGEST_TEXT), least)
    return strategies.sampled_from(TEXTS) | strategies.text(_LETTERS, min_size=least, max_size=most)


def _scalars(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Return what draws scalars by their schema; those at the bounds alone when the schema cannot be drawn from."""
    try:
        drawn = from_schema(dict(schema), allow_x00=False)
        drawn.validate()
    except (HypothesisException, ValueError, TypeError, KeyError, RecursionError, re.error):
        return strategies.sampled_from([*bounds(schema), None])
    return drawn.map(_printable)


def _printable(value: Any) -> Any:  # noqa: ANN401 - any scalar
    """Take out what no YAML may hold, so that nothing is blamed on a chart that no user can write."""
    return _UNPRINTABLE.sub("", value) if isinstance(value, str) else value
