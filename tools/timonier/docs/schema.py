"""What a values.schema.json allows at a key, in a few words.

Reads what JSON Schema's drafts have in common: `type`, `enum`, `const`, references within the file, `allOf`, `anyOf`
and `oneOf`. Conditions (`if`) and what lies in other files are left out: they say when, and elsewhere.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    Schema = dict[str, Any]

_COMBINED = ("allOf", "anyOf", "oneOf")


def read_schema(path: Path) -> Schema:
    """Read a chart's schema; one that is not there allows everything.

    Raises:
        SourceError: When it cannot be read, or is no JSON object.
    """
    try:
        schema = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem.strerror}.") from None
    except ValueError as problem:
        raise SourceError(f"{path} is not valid JSON: {problem}.") from None
    if not isinstance(schema, dict):
        raise SourceError(f"{path} is no JSON object.", hint="A chart's schema is one.")
    return schema


def allowed(schema: Schema, path: Sequence[str]) -> tuple[str, ...]:
    """Return what a schema allows at a key: names of types, and values as JSON where it names those.

    Args:
        schema: The whole schema.
        path: The key, from the top.

    Returns:
        `("integer", "null")`, or `('"None"', '"ClientIP"')`; nothing when the schema does not say.
    """
    return tuple(dict.fromkeys(word for part in schemas_at(schema, path) for word in _words(part)))


def schemas_at(schema: Schema, path: Sequence[str]) -> list[Schema]:
    """Return the schemas that have a say about a key: its own, and those they are made of.

    Args:
        schema: The whole schema.
        path: The key, from the top; nothing for the whole.
    """
    there = list(_parts(schema, schema))
    for key in path:
        there = [part for above in there for below in _below(above, key) for part in _parts(below, schema)]
    return there


def names(schema: Schema, key: str) -> bool:
    """Whether a map's schema knows a key by its name or by a pattern."""
    return key in _map(schema.get("properties")) or any(
        _matches(pattern, key) for pattern in _map(schema.get("patternProperties"))
    )


def _parts(schema: object, root: Schema, seen: tuple[int, ...] = ()) -> Iterator[Schema]:
    """Yield a schema and those it is made of, each of them once."""
    if not isinstance(schema, dict) or id(schema) in seen:
        return
    yield schema
    seen = (*seen, id(schema))
    if isinstance(reference := schema.get("$ref"), str):
        yield from _parts(_resolve(reference, root), root, seen)
    for combined in _COMBINED:
        for part in _list(schema.get(combined)):
            yield from _parts(part, root, seen)


def _resolve(reference: str, root: Schema) -> object:
    """Follow a JSON pointer (RFC 6901) within the file; one that leads out of it, or nowhere, says nothing."""
    if not reference.startswith("#"):
        return None
    there: object = root
    for step in unquote(reference[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(there, list):
            there = there[int(name)] if name.isdigit() and int(name) < len(there) else None
        else:
            there = there.get(name) if isinstance(there, dict) else None
    return there


def _below(schema: Schema, key: str) -> Iterator[object]:
    """Yield the schemas of a key: its own and those of its pattern, else that of all other keys."""
    properties, patterns = _map(schema.get("properties")), _map(schema.get("patternProperties"))
    found = [properties[key]] if key in properties else []
    found += [below for pattern, below in patterns.items() if _matches(pattern, key)]
    yield from found or [schema.get("additionalProperties")]


def _matches(pattern: str, key: str) -> bool:
    try:
        return bool(re.search(pattern, key))
    except re.error:  # JSON Schema's expressions are JavaScript's
        return False


def _words(schema: Schema) -> list[str]:
    if "const" in schema:
        return [json.dumps(schema["const"], ensure_ascii=False)]
    if values := _list(schema.get("enum")):
        return [json.dumps(value, ensure_ascii=False) for value in values]
    types = schema.get("type")
    return [types] if isinstance(types, str) else [word for word in _list(types) if isinstance(word, str)]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
