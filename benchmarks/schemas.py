"""Standalone copies of the schemas that `timonier check` validates with: each with all it refers to in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from timonier.check.schema.kubeschemas import known_versions, schemas_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

VERSION = known_versions()[-1]
LOCATION = "{{.ResourceKind}}{{.KindSuffix}}.json"
"""How kubeconform finds a file: `deployment-apps-v1.json`."""


def write_standalone(kinds: Iterable[str], folder: Path) -> None:
    """Write the schemas of kinds, named as their files are: `deployment-apps-v1`."""
    schemas = schemas_of(VERSION)
    for kind in kinds:
        schema = json.loads((schemas.folder / f"{kind}.json").read_bytes())
        (folder / f"{kind}.json").write_text(json.dumps(_inlined(schema, schemas.definitions, ())), encoding="utf-8")


def _inlined(node: Any, definitions: Mapping[str, Any], inside: tuple[str, ...]) -> Any:  # noqa: ANN401 - any part of JSON
    """Put what is referred to in the place of each reference; what refers to itself allows anything there."""
    if isinstance(node, list):
        return [_inlined(one, definitions, inside) for one in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        name = reference.rpartition("/")[2]
        return {} if name in inside else _inlined(definitions[name], definitions, (*inside, name))
    return {key: _inlined(value, definitions, inside) for key, value in node.items()}
