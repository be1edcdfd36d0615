"""Objects of kind List, taken apart: a rule sees what the API server sees."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from timonier import yamlio
from timonier.errors import SourceError
from timonier.manifest import Manifest, read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def expanded(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return manifests with the items of a `v1 List` in its place, each with its own text and line."""
    return [item for manifest in manifests for item in (_items(manifest) if is_list(manifest) else (manifest,))]


def is_list(manifest: Manifest) -> bool:
    """Whether a manifest is nothing but an envelope around others."""
    document = manifest.document
    return (document.get("apiVersion"), document.get("kind")) == ("v1", "List") and isinstance(
        document.get("items"), list
    )


def _items(manifest: Manifest) -> Iterator[Manifest]:
    with yamlio.nodes(manifest.text, origin=str(manifest.identity), error=SourceError) as (root, _):
        nodes = _item_nodes(root)
    for node in nodes:
        if isinstance(node, yaml.MappingNode):
            item = read_manifest(
                _text_of(node, manifest.text), manifest.source, origin=manifest.source, first_line=node.start_mark.line
            )
            if item:
                yield replace(item, line=manifest.line + node.start_mark.line)


def _item_nodes(root: yaml.Node | None) -> list[yaml.Node]:
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return next((list(value.value) for key, value in pairs if key.value == "items"), [])


def _text_of(node: yaml.Node, text: str) -> str:
    """Return an item's own text, its lines where they were seen from its first."""
    lines = text.splitlines()
    start, end = node.start_mark, node.end_mark
    if start.line == end.line:
        return lines[start.line][start.column : end.column]
    last = lines[end.line][: end.column] if end.line < len(lines) else ""
    between = lines[start.line + 1 : end.line]
    return textwrap.dedent("\n".join([" " * start.column + lines[start.line][start.column :], *between, last]))
