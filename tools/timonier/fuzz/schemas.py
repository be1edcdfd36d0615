"""A key's part of a values.schema.json by itself, in the form hypothesis-jsonschema draws from.

What is drawn may be more than the schema allows: such values must be refused, which is tried as well. So a part that
cannot be taken apart (a reference that leads out of the file, a recursion) is simply left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    Schema = Mapping[str, Any]

_COMBINED = ("allOf", "anyOf", "oneOf")
_CONDITIONAL = ("then", "else")
_MOST_ALTERNATIVES = 16
_DEEPEST = 12  # a schema that refers to itself ends here
# Words that say nothing of what is allowed, and `not`, which says only what is not.
_LEFT_OUT = frozenset({"$schema", "$id", "$ref", "$defs", "definitions", "title", "description", "default", "examples"})
_OPEN = "x-timonier-open"
_OBJECT_WORDS = ("properties", "patternProperties", "additionalProperties", "propertyNames", "maxProperties")
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def standalone(schema: object, root: Schema, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a schema with its references replaced by what they lead to, and with open places closed.

    An open place is one where the schema allows anything: `{"type": "object"}` and no more. Nobody can say which
    values make sense there, so nothing but the empty one is drawn.

    Args:
        schema: The schema, or what stands in the place of one.
        root: What its references are resolved in.
        seen: The references that led here: following one of them again would never end.
    """
    if not isinstance(schema, dict):
        return {}
    made = {word: _part(word, value, root, seen) for word, value in schema.items() if word not in _LEFT_OUT}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        made = {**standalone(resolve(reference, root), root, (*seen, reference)), **made}
    return _closed(made)


def _part(word: str, value: object, root: Schema, seen: tuple[str, ...]) -> object:
    """Return what one word of a schema says, with the schemas in it made standalone."""
    if word in {"properties", "patternProperties"} and isinstance(value, dict):
        return {name: standalone(part, root, seen) for name, part in value.items()}
    if word in {*_COMBINED, "prefixItems"} and isinstance(value, list):
        return [standalone(part, root, seen) for part in value]
    if word in {"additionalProperties", "items", "contains", "propertyNames", "not", "if", *_CONDITIONAL}:
        return standalone(value, root, seen) if isinstance(value, dict) else value
    return value


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """Close a map or a list that takes anything, and mark that it was open."""
    types = types_of(schema) if "type" in schema else ()
    if "object" in types and not any(word in schema for word in _OBJECT_WORDS):
        return {**schema, "maxProperties": 0, _OPEN: True}
    if "object" in types and schema.get("additionalProperties", True) in (True, {}):
        is_whole = "patternProperties" in schema or "propertyNames" in schema
        return {**schema, "additionalProperties": False, _OPEN: not is_whole}
    if "array" in types and is_open(schema.get("items", {})):
        return {**schema, "maxItems": 0, _OPEN: True}
    return schema


def is_open(schema: object) -> bool:
    """Whether a schema, already closed, takes what nobody has described."""
    return not schema or schema is True or (isinstance(schema, dict) and schema.get(_OPEN) is True)


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the types a schema names, `("string", "null")`, or those it means by what else it says."""
    types = schema.get("type")
    if isinstance(types, str):
        return (types,)
    if isinstance(types, list):
        return tuple(name for name in types if isinstance(name, str))
    if "properties" in schema or "additionalProperties" in schema:
        return ("object",)
    return ("array",) if "items" in schema else ()


def schema_of(value: object) -> dict[str, Any]:
    """Return what a default says of its key where no schema does: its type.

    Null, an empty map and an empty list say nothing of what may stand there.
    """
    if value is None:
        return {}
    schema: dict[str, Any] = {"type": _TYPES.get(type(value), "string")}
    if isinstance(value, list) and value:
        schema["items"] = schema_of(value[0])
    if isinstance(value, dict) and value:
        schema["properties"] = {str(key): schema_of(below) for key, below in value.items()}
    return _closed(schema)


def says_something(schema: Schema) -> bool:
    """Whether a schema tells right values from wrong ones by their type."""
    words = ("type", "enum", "const", "$ref")
    return any(word in schema for word in words) or any(
        isinstance(part, dict) and says_something(part) for word in _COMBINED for part in _list(schema.get(word))
    )


def alternatives(schema: Schema) -> list[Schema]:
    """Return a standalone schema as plain ones of which one holds: without combinations and conditions.

    Conditions are taken as alternatives too, which is more than they allow.
    """
    words = (*_COMBINED, "if", *_CONDITIONAL, "not")
    found: list[Schema] = [{word: value for word, value in schema.items() if word not in words}]
    for part in _list(schema.get("allOf")):
        found = _each(found, alternatives(part))
    for word in ("anyOf", "oneOf"):
        if options := [plain for part in _list(schema.get(word)) for plain in alternatives(part)]:
            found = _each(found, options)
    conditional = [schema[word] for word in _CONDITIONAL if isinstance(schema.get(word), dict)]
    under = [one for part in conditional for one in _each(found, alternatives(part))]
    return [*found, *under][:_MOST_ALTERNATIVES]


def _each(some: Sequence[Schema], others: Sequence[Schema]) -> list[Schema]:
    return [_both(one, other) for one in some for other in others]


def _both(one: Schema, other: Schema) -> Schema:
    made = {**one, **other}
    if "properties" in one or "properties" in other:
        made["properties"] = {**one.get("properties", {}), **other.get("properties", {})}
    if "required" in one or "required" in other:
        made["required"] = [*one.get("required", ()), *other.get("required", ())]
    return made


def parts(schema: object, root: Schema, depth: int = 0) -> Iterator[Schema]:
    """Yield a schema and those it is made of: by reference, by combination, under a condition."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return
    yield schema
    if isinstance(reference := schema.get("$ref"), str):
        yield from parts(resolve(reference, root), root, depth + 1)
    for word in _COMBINED:
        for part in _list(schema.get(word)):
            yield from parts(part, root, depth + 1)
    for word in _CONDITIONAL:
        yield from parts(schema.get(word), root, depth + 1)


def resolve(reference: str, root: Schema) -> object:
    """Follow a JSON pointer (RFC 6901) within the file; None for one that leads out of it, or nowhere."""
    if not reference.startswith("#"):
        return None
    there: object = root
    for step in unquote(reference[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        there = there.get(name) if isinstance(there, dict) else None
    return there


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
