"""The values at the bounds of what a schema allows, and those that authors of charts do not think of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from timonier.fuzz.schemas import alternatives, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Longer than a label (63), a name with a suffix (54 and more), any name at all (253).
_LENGTHS = (54, 64, 300)
_LONGEST = 20_000
# 10^6 is where Go prints a number that came by way of JSON as 1e+06; 2^31 is where 32 bits end.
_INTEGERS = (0, 1, -1, 2, 80, 65535, 65536, 1_000_000, 2**31 - 1, 2**31)

# Text that YAML or a template may take for something else, the simplest first: hypothesis shrinks towards it.
TEXTS = (
    *("x", "", " ", "1", "yes", "no", "on", "null", "~", "true", "007", "1e3", "0x1F", ".5", "12:30", "2001-01-01"),
    *(": x", "x: y", "x:", "- x", "-", "?", "# x", "x # y", "'", '"', "it's", '"x"', "\\", "\\n", "%x", "@x", "`x`"),
    *("*x", "&x", "!x", "|", ">", "[", "]", "[]", "{", "}", "{}", "{{", "{{ .Values }}", '{{ fail "x" }}', ",", "<<"),
    *(" x", "x ", "\tx", "x\ty", "x\ny", "x\n", "\nx", "x\n  y: z\n", "---", "x\n---\ny: z", "...", "$(X)", "${X}"),
    *("é", "日本語", "🙂", "X", "a,b", "x.y", "x/y", "x_y", "-x", "x-", *("x" * length for length in _LENGTHS)),
)
_WRONG: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True, False],
    "integer": [0],
    "number": [1.5],
    "string": ["x", ""],
    "array": [[], ["x"]],
    "object": [{}, {"x": "y"}],
}


def bounds(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield values that a schema allows, or nearly so, the simplest first."""
    for alternative in alternatives(schema):
        if "enum" in alternative or "const" in alternative:
            yield from alternative.get("enum") or [alternative["const"]]
            continue
        for name in types_of(alternative):
            if name in _BOUNDS:
                yield from _BOUNDS[name](alternative)


def wrong(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a value or two of every type that a schema does not name."""
    right = {name for alternative in alternatives(schema) for name in types_of(alternative)}
    for name, values in _WRONG.items():
        if name not in right:
            yield from values


def _booleans(_: Mapping[str, Any]) -> Iterator[bool]:
    yield from (True, False)


def _numbers(schema: Mapping[str, Any]) -> Iterator[float]:
    least, most = schema.get("minimum"), schema.get("maximum")
    yield from (bound for bound in (least, most) if bound is not None)
    yield from (n for n in _INTEGERS if (least is None or n >= least) and (most is None or n <= most))


def _texts(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield texts that the schema allows, and the longest of them."""
    most = min(schema.get("maxLength", _LONGEST), _LONGEST)
    longest = [letter * most for letter in "x0"] if "maxLength" in schema else []
    for text in (*TEXTS, *longest):
        if schema.get("minLength", 0) <= len(text) <= most and _matches(schema.get("pattern", ""), text):
            yield text


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # JSON Schema's expressions are JavaScript's
        return True


def _lists(schema: Mapping[str, Any]) -> Iterator[list[Any]]:
    least = schema.get("minItems", 0)
    if not least:
        yield []
    if schema.get("maxItems") != 0 and isinstance(items := schema.get("items"), dict):
        yield from ([value] * max(least, 1) for value in bounds(items))


def _maps(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the empty map, and maps with a key of the user's own, which templates have to quote."""
    if not schema.get("required"):
        yield {}
    for names, part in _own_keys(schema):
        values = list(bounds(part))
        yield from ({names[0]: value} for value in values)
        yield from ({name: value} for name in names[1:] for value in values[:1])


def _own_keys(schema: Mapping[str, Any]) -> Iterator[tuple[list[str], Mapping[str, Any]]]:
    """Yield keys that a user makes up, and the schema of what is below them."""
    for pattern, part in (schema.get("patternProperties") or {}).items():
        yield list(_texts({"pattern": pattern})) or ["x"], part
    if isinstance(others := schema.get("additionalProperties"), dict):
        yield list(_texts(schema.get("propertyNames") or {"minLength": 1})) or ["x"], others


_BOUNDS = {
    "boolean": _booleans,
    "integer": _numbers,
    "number": _numbers,
    "string": _texts,
    "array": _lists,
    "object": _maps,
}
