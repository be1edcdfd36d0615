"""What a template is made of.

Every node knows its place: `start` and `end` are offsets in the text, in characters, and `line` is where it starts,
counted from 1. A statement's place is all of it, from the `{{` of its first action to the `}}` of its last one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Node:
    """Anything that has a place in a template."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`.Values.image.tag`: `names` is `("Values", "image", "tag")`."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """`$root.Values.a`: `name` is `$root`, `fields` is `("Values", "a")`; `$` alone is called `$`."""

    name: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`(…).a.b`: fields of what a parenthesis or a function without arguments gives."""

    node: Argument
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str


@dataclass(frozen=True, slots=True)
class Dot(Node):
    """`.`: the cursor."""


@dataclass(frozen=True, slots=True)
class Nil(Node):
    """`nil`."""


@dataclass(frozen=True, slots=True)
class String(Node):
    """Quoted or raw text; `value` is what it says. Bytes that are no UTF-8 are replaced by U+FFFD."""

    value: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number or a character constant, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Bool(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Command(Node):
    """One stage of a pipeline: a value, or a function and its arguments."""

    args: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Pipe(Node):
    """`$x := a | b c`. In parentheses it is an argument, and its place includes them.

    Attributes:
        declarations: What is declared or assigned to.
        commands: The stages, at least one.
        is_assignment: `=` rather than `:=`.
    """

    declarations: tuple[Variable, ...]
    commands: tuple[Command, ...]
    is_assignment: bool = False


Argument: TypeAlias = Field | Variable | Chain | Identifier | Dot | Nil | String | Number | Bool | Pipe


@dataclass(frozen=True, slots=True)
class Text(Node):
    """What stands outside of actions. `text` is what is left of it after the actions beside it trimmed it."""

    text: str


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`{{/* … */}}`; `text` is what stands between the asterisks."""

    text: str


@dataclass(frozen=True, slots=True)
class Action(Node):
    """`{{ pipe }}`."""

    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Body(Node):
    """The statements between two actions that belong together, without these actions."""

    nodes: tuple[Statement, ...]

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)


@dataclass(frozen=True, slots=True)
class _Control(Node):
    """What has a pipeline, a body and perhaps another body.

    Attributes:
        pipe: What decides.
        body: What is done with it, or when it is true.
        orelse: What is done otherwise; None where there is no `else`. Of an `else if` it is a body that holds just
            that `If`, which begins at `{{ else if` and ends before the `{{ end }}` they share.
        is_chained: Whether this one itself is written as `else if` or `else with`.
    """

    pipe: Pipe
    body: Body
    orelse: Body | None = None
    is_chained: bool = False


@dataclass(frozen=True, slots=True)
class If(_Control):
    """`{{ if }} … {{ else }} … {{ end }}`."""


@dataclass(frozen=True, slots=True)
class With(_Control):
    """`{{ with }} … {{ else }} … {{ end }}`."""


@dataclass(frozen=True, slots=True)
class Range(_Control):
    """`{{ range }} … {{ else }} … {{ end }}`."""


@dataclass(frozen=True, slots=True)
class Define(Node):
    """`{{ define "name" }} … {{ end }}`."""

    name: str
    body: Body


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`{{ block "name" pipe }} … {{ end }}`: a definition that is called on the spot."""

    name: str
    pipe: Pipe
    body: Body


@dataclass(frozen=True, slots=True)
class TemplateCall(Node):
    """`{{ template "name" pipe }}`; the pipe is None when left out."""

    name: str
    pipe: Pipe | None


@dataclass(frozen=True, slots=True)
class Break(Node):
    """`{{ break }}`."""


@dataclass(frozen=True, slots=True)
class Continue(Node):
    """`{{ continue }}`."""


Statement: TypeAlias = Text | Comment | Action | If | With | Range | Define | Block | TemplateCall | Break | Continue


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed template.

    Attributes:
        name: The file's name, as it was given.
        text: The whole text.
        body: The top-level statements: their places follow each other without a gap.
    """

    name: str
    text: str
    body: Body

    def source(self, node: Node) -> str:
        """Return what is written at a node's place."""
        return self.text[node.start : node.end]


def walk(root: Tree | Node) -> Iterator[Node]:
    """Yield a node and all below it, each before what it holds, in the order of the text."""
    stack: list[Node] = [root.body if isinstance(root, Tree) else root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(list(_children(node))))


def _children(node: Node) -> Iterator[Node]:
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, Node))
