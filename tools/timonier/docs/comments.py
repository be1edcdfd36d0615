"""What the comments of a values.yaml say, and of which key.

A key's comment is the block of comment lines directly above it, at the key's own indentation, from the last line that
begins with `# --`. Lines after that one continue it. Which lines hold keys and which hold text comes from the parser,
so a `#` in a block of text is no comment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from timonier import yamlio
from timonier.errors import ValuesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_COMMENT = re.compile(r"(?P<indent>\s*)#+(?P<text>.*)$")
_BEGIN = re.compile(r"\s*--(?:\s+|$)")
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of values.yaml.

    Attributes:
        path: From the top.
        line: Where it stands, counted from 1.
        comment: What is said of it; empty when nothing is.
        default: Its value.
        keys: Those below it, when the value is a map.
    """

    path: tuple[str, ...]
    line: int
    comment: str
    default: Any
    keys: tuple[Key, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether a comment says something of it, or of a key below it."""
        return bool(self.comment) or any(key.is_told for key in self.keys)


@dataclass(frozen=True, slots=True)
class Outline:
    """A values.yaml, by its keys.

    Attributes:
        keys: At the top, in the file's order.
        stray: The lines, counted from 1, of comments that begin with `# --` and stand above no key.
    """

    keys: tuple[Key, ...]
    stray: tuple[int, ...]


def read_outline(text: str, origin: str) -> Outline:
    """Read a values.yaml with its comments.

    Raises:
        ValuesError: When it is not valid YAML, holds no map, or refers to itself.
    """
    with yamlio.nodes(text, origin=origin, error=ValuesError) as (root, construct):
        if root is None:
            return Outline((), ())
        if not isinstance(root, yaml.MappingNode):
            raise ValuesError(f"{origin} holds no mapping.", hint="Values are keys and what they are set to.")
        _check_finite(root, (), origin)
        reader = _Reader(_comment_lines(text, root), construct)
        keys = reader.keys(root, ())
        return Outline(keys, tuple(sorted(line + 1 for line in reader.begun - reader.used)))


class _Reader:
    """Goes through the nodes, and remembers which comments it came by."""

    def __init__(self, comments: dict[int, tuple[int, str]], construct: Callable[[yaml.Node], Any]) -> None:
        self._comments = comments
        self._construct = construct
        self.begun = {line for line, (_, text) in comments.items() if _BEGIN.match(text)}
        self.used: set[int] = set()

    def keys(self, node: yaml.MappingNode, path: tuple[str, ...]) -> tuple[Key, ...]:
        """The keys of a map; a key said twice is the last one, as Helm reads it."""
        found = {name: (key, value) for name, key, value in self._pairs(node)}
        return tuple(self._key((*path, name), key, value) for name, (key, value) in found.items())

    def _key(self, path: tuple[str, ...], key: yaml.Node, value: yaml.Node) -> Key:
        comment = self._comment(key.start_mark.line, key.start_mark.column)
        below = self.keys(value, path) if isinstance(value, yaml.MappingNode) else ()
        return Key(path, key.start_mark.line + 1, comment, self._construct(value), below)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Yield a map's keys, those first that it takes over by `<<`, for its own to replace them."""
        for key, value in node.value:
            if key.tag == _MERGE:
                for taken in reversed(value.value) if isinstance(value, yaml.SequenceNode) else [value]:
                    yield from self._pairs(taken)
        for key, value in node.value:
            if key.tag != _MERGE:
                yield _name(self._construct(key)), key, value

    def _comment(self, line: int, column: int) -> str:
        """Take the comment directly above a key, and only one that is indented like it."""
        said: list[str] = []
        for above in range(line - 1, -1, -1):
            indent, text = self._comments.get(above, (-1, ""))
            if indent != column:
                return ""
            if above in self.begun:
                self.used.add(above)
                return " ".join([_BEGIN.sub("", text), *reversed(said)]).strip()
            said.append(text.strip())
        return ""


def _name(key: object) -> str:
    """Return a key as JSON has it, the form in which Helm's templates see it."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _comment_lines(text: str, root: yaml.Node) -> dict[int, tuple[int, str]]:
    """Return the indentation and the text of each line, counted from 0, that holds a comment and nothing else."""
    inside = {line for scalar in _scalars(root) for line in _lines(scalar)}
    matches = ((line, _COMMENT.match(content)) for line, content in enumerate(text.splitlines()))
    return {line: (len(match["indent"]), match["text"]) for line, match in matches if match and line not in inside}


def _lines(scalar: yaml.ScalarNode) -> range:
    """Return the lines of a scalar; one that ends at a line's beginning has nothing in that line."""
    end = scalar.end_mark
    return range(scalar.start_mark.line, end.line + (end.column > 0))


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    for child in _children(node):
        yield from _scalars(child)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _check_finite(node: yaml.Node, above: Sequence[yaml.Node], origin: str) -> None:
    """Refuse an alias to what it stands in: YAML allows it, JSON and Helm do not."""
    if any(node is one for one in above):
        raise ValuesError(f"{origin}:{node.start_mark.line + 1}: this refers to itself.", hint="Values end somewhere.")
    for child in _children(node):
        _check_finite(child, (*above, node), origin)
