"""What a validator says, as sentences for people: spec.replicas must be a whole number, not text ("3")."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import jsonschema_rs

    from timonier.check.schema.kubeschemas import KindSchema
    from timonier.manifest import Manifest

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_LONGEST_VALUE = 40
_SECRET = "Secret"  # noqa: S105 - a kind's name


def explain(kind: KindSchema, manifest: Manifest) -> Iterator[Problem]:
    """Yield what is wrong with an object, each place once.

    No value of a Secret is in any sentence.
    """
    hidden = manifest.identity.kind == _SECRET
    for error in kind.validator.iter_errors(manifest.document):
        yield from _explained(error, kind, hidden=hidden)


def dotted(parts: Iterable[str | int]) -> str:
    """Write a path as people do: `spec.containers[0].image`."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _explained(error: jsonschema_rs.ValidationError, kind: KindSchema, *, hidden: bool) -> Iterator[Problem]:
    here = dotted(error.instance_path)
    found: Any = error.kind
    match found.name:
        case "additionalProperties":
            known = _fields(error, kind)
            for name in found.unexpected:
                yield _no_such_field(here, name, known)
        case "required":
            yield Problem(f"{_below(here, found.property)} is missing.", path=_below(here, found.property))
        case "type":
            sentence = f"{here or 'The object'} must be {_wanted(found.types)}, {_not(error, hidden=hidden)}."
            yield Problem(sentence, here, hint=_remedy(found.types, error.instance))
        case "oneOf" | "anyOf" if error.instance is None:
            # Kubernetes takes null for "not set"; as text and as a number at once it is refused by the letter only.
            return
        case "oneOf" | "anyOf" if types := _types_of(found):
            yield Problem(f"{here} must be {_wanted(types)}, {_not(error, hidden=hidden)}.", here)
        case "enum":
            options = ", ".join(map(str, found.options))
            yield Problem(f"{here} must be one of {options}, {_not(error, hidden=hidden)}.", here)
        case name:
            yield Problem(f"{here or 'The object'}: {_reason(error, name, hidden=hidden)}.", here)


def _no_such_field(here: str, name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, n=1)
    # Close enough for people: only the case differs, or an ending.
    near = near or [field for field in known if field.lower() == name.lower() or field.startswith(name)][:1]
    hint = f"Did you mean {near[0]}?" if near else ""
    return Problem(f"There is no field {_below(here, name)}.", path=_below(here, name), hint=hint)


def _fields(error: jsonschema_rs.ValidationError, kind: KindSchema) -> list[str]:
    """Return the fields that may stand where one stands that may not."""
    around = kind.at(error.schema_path[:-1])
    return sorted(around.get("properties", {})) if isinstance(around, dict) else []


def _types_of(found: Any) -> list[str]:  # noqa: ANN401 - the kind of an error has no common class
    """Return the types that are allowed, when all there is to an alternative is its type."""
    types: list[str] = []
    for alternative in getattr(found, "context", []):
        for error in alternative:
            if error.kind.name != "type":
                return []
            types += error.kind.types
    return types


def _wanted(types: Iterable[str]) -> str:
    names = dict.fromkeys(_TYPES[name] for name in types if name in _TYPES)
    return " or ".join(names) or "null"


def _not(error: jsonschema_rs.ValidationError, *, hidden: bool) -> str:
    """Say what stands there instead; its value too when it is short and no secret."""
    value = error.instance
    if value is None:
        return "not null"
    written = json.dumps(value, ensure_ascii=False, default=str)
    shown = "" if hidden or isinstance(value, dict | list) or len(written) > _LONGEST_VALUE else f" ({written})"
    return f"not {_type_of(value)}{shown}"


def _remedy(types: Iterable[str], value: object) -> str:
    """Say what to do about the types that templates mostly get wrong; nothing where it is something else."""
    wanted = set(types) - {"null"}
    if wanted == {"string"} and isinstance(value, bool | int | float):
        return "Put it into quotes: in a template, `| quote`."
    if wanted <= {"integer", "number", "boolean"} and isinstance(value, str):
        return "Leave the quotes out, in the values or in the template."
    if wanted == {"array"} and isinstance(value, str):
        return "Write it as a list, with `- ` before each entry."
    return ""


def _type_of(value: object) -> str:
    # Python's True is an int as well, so it comes first.
    pairs = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (list, "array"))
    return next((_TYPES[name] for kind, name in pairs if isinstance(value, kind)), "a mapping")


def _reason(error: jsonschema_rs.ValidationError, name: str, *, hidden: bool) -> str:
    return f"not what `{name}` of the schema allows" if hidden else error.message.rstrip(".")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
