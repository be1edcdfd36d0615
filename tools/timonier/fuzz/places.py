"""What Kubernetes takes where a chart's schema is open.

A chart hands many values on as they are: `affinity: {"type": "object"}` is all that its schema says. Values drawn from
that would be junk, refused by the API server and nobody's defect. So the chart is asked where such a value ends up: it
is rendered with a marker in each open place, and what Kubernetes' schema says of the field in which the marker is
found is what is drawn there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from timonier.errors import RenderError, TimonierError
from timonier.fuzz.keys import set_at
from timonier.fuzz.schemas import is_open, standalone, types_of
from timonier.manifest import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.check.schema.kubeschemas import VersionSchemas
    from timonier.engine import Engine, Release
    from timonier.fuzz.keys import Key
    from timonier.manifest import Manifest

    Path = tuple[str, ...]

_MARKER = "timonierFuzz"
# Text in Kubernetes' schemas is mostly a name or a label: these are both, and some of them numbers if unquoted.
_NAMES = ["x", "yes", "1", "1e3"]
# What to draw where any value at all breaks the YAML, which says nothing of the field but is a defect to show.
_ANY_MAP = {"type": "object", "additionalProperties": {"enum": ["x"]}}
_BROKEN: dict[bool, dict[str, Any]] = {False: _ANY_MAP, True: {"type": "array", "items": _ANY_MAP}}


@dataclass(frozen=True)
class Asked:
    """A question: what Kubernetes takes in open places.

    Attributes:
        bases: Values to render with.
        keys: The open places.
    """

    bases: Sequence[Mapping[str, Any]]
    keys: Sequence[Key]


def open_keys(keys: Iterable[Key]) -> list[Key]:
    """Return the keys of which nobody says what a value must look like."""
    return [key for key in keys if is_open(key.schema) and types_of(key.schema)]


def find_schemas(
    asked: Asked, files: ChartFiles, release: Release, engine: Engine, schemas: VersionSchemas
) -> dict[Path, dict[str, Any]]:
    """Return what Kubernetes takes in open places, by key; those that are rendered nowhere are missing."""
    found: dict[Path, dict[str, Any]] = {}
    for base in asked.bases:
        left = [key for key in asked.keys if key.path not in found]
        # All at once is quick, but a template may choke on one of them.
        together = _rendered(_marked(base, left), files, release, engine) if left else []
        for key in left:
            manifests = together or _rendered(_marked(base, [key]), files, release, engine)
            schema = _BROKEN[_is_list(key)] if manifests is None else _schema_of(key, manifests, schemas)
            if schema:
                found[key.path] = schema
    return found


def with_schemas(keys: Iterable[Key], found: Mapping[Path, Mapping[str, Any]]) -> list[Key]:
    """Return keys with what was found of their open places."""
    return [replace(key, schema=found[key.path]) if key.path in found else key for key in keys]


def _marked(base: Mapping[str, Any], keys: Iterable[Key]) -> dict[str, Any]:
    """Return values with a marker in each of the open places, which says which one it is."""
    values = dict(base)
    for key in keys:
        marker = {_MARKER: str(key)}
        values = set_at(values, key.path, [marker] if _is_list(key) else marker)
    return values


def _rendered(values: Mapping[str, Any], files: ChartFiles, release: Release, engine: Engine) -> list[Manifest] | None:
    """Return what values render to: nothing when they are refused, None when it is no YAML."""
    try:
        templates = engine.template(files, values, release)
    except TimonierError:
        return []
    try:
        read = [read_manifest(text, source, origin=source, error=RenderError) for source, text in templates]
    except RenderError:
        return None
    return [manifest for manifest in read if manifest]


def _is_list(key: Key) -> bool:
    return "array" in types_of(key.schema)


def _schema_of(key: Key, manifests: Iterable[Manifest], schemas: VersionSchemas) -> dict[str, Any] | None:
    """Return the schema of the field in which a key's marker is found."""
    from timonier.check.rules.schemas import api_of

    for manifest in manifests:
        for path in _marks(manifest.document, str(key)):
            kind = schemas.kind(api) if (api := api_of(manifest)) else None
            is_list = _is_list(key)
            field = path[:-1] if is_list and path and isinstance(path[-1], int) else path
            part = _at(kind.schema, field, kind.definitions) if kind else None
            made = _drawable(standalone(part, {"$defs": kind.definitions})) if kind and part else {}
            if types_of(made) and ("array" in types_of(made)) == is_list:
                return made
    return None


def _marks(part: object, mark: str, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the paths of the maps in a document that hold a marker."""
    if isinstance(part, dict):
        if part.get(_MARKER) == mark:
            yield above
        for name, below in part.items():
            yield from _marks(below, mark, (*above, name))
    elif isinstance(part, list):
        for index, below in enumerate(part):
            yield from _marks(below, mark, (*above, index))


def _at(schema: Any, path: Iterable[str | int], definitions: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: ANN401 - any part
    """Return what a kind's schema says of a field."""
    schema = _resolved(schema, definitions)
    for step in path:
        below = schema.get("items") if isinstance(step, int) else (schema.get("properties") or {}).get(step)
        schema = _resolved(below if below is not None else schema.get("additionalProperties"), definitions)
    return schema or None


def _resolved(schema: object, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Follow references, all of which lead to a definition by its name."""
    while isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
        schema = definitions.get(reference.rpartition("/")[2])
    return schema if isinstance(schema, dict) else {}


def _drawable(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Draw names for text, and no null: Kubernetes takes it for `not set` everywhere."""
    if isinstance(schema, list):
        return [_drawable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    # What is empty refers to itself: there the map ends.
    made = {word: _drawable(part) for word, part in schema.items() if word != "format" and part != {}}
    if isinstance(made.get("additionalProperties"), dict):
        made["propertyNames"] = {"pattern": f"^({'|'.join(_NAMES)})$"}
    types = [name for name in types_of(made) if name != "null"]
    if types == ["string"] and "enum" not in made and isinstance(made.get("type"), str | list):
        return {"enum": _NAMES}
    return {**made, "type": types} if types and "type" in made else made
