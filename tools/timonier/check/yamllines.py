"""Where in a YAML file a key stands, for rules that know its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from timonier import yamlio
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def line_of(text: str, path: Sequence[str | int]) -> int:
    """Return the line of a key, or of the last one above it that is there.

    Args:
        text: The YAML of one document.
        path: Names of keys and places in lists, from the top.

    Returns:
        Counted from 1; 0 when not even the first key is there, or the text is no YAML.
    """
    try:
        with yamlio.nodes(text, origin="", error=SourceError) as (root, construct):
            line = 0
            node: yaml.Node | None = root
            for step in path:
                node, line = _below(node, step, line, construct)
            return line
    except SourceError:
        return 0


def _below(
    node: yaml.Node | None, step: str | int, line: int, construct: Callable[[yaml.Node], object]
) -> tuple[yaml.Node | None, int]:
    """Return what stands at a step and its line; nothing, and the line there was, when there is nothing."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if construct(key) == step:
                return value, key.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step].start_mark.line + 1
    return None, line
