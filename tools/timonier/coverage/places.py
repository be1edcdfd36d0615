"""Places: what a template has that a rendering reaches or not, and that can be altered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from timonier.gotemplate import (
    Action,
    Argument,
    Command,
    Field,
    Identifier,
    If,
    Node,
    Pipe,
    Range,
    TemplateCall,
    Tree,
    Variable,
    With,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Control: TypeAlias = If | With | Range
_LONGEST = 60


class Kind(StrEnum):
    """What a place belongs to."""

    BRANCH = "branch"
    LOOP = "loop"
    WITH = "with"
    DEFAULT = "default"
    ACTION = "action"


class Arm(StrEnum):
    """Which way of it the place is."""

    TAKEN = "taken"
    OTHERWISE = "otherwise"
    GIVEN = "value used"
    DEFAULT = "default used"
    OUTPUT = "output"


_WORDS = {
    (Kind.BRANCH, Arm.TAKEN): "true",
    (Kind.BRANCH, Arm.OTHERWISE): "not true",
    (Kind.LOOP, Arm.TAKEN): "with elements",
    (Kind.LOOP, Arm.OTHERWISE): "without elements",
    (Kind.WITH, Arm.TAKEN): "given",
    (Kind.WITH, Arm.OTHERWISE): "empty",
}
_ARMS = list(Arm)
_KINDS: dict[type[Node], Kind] = {If: Kind.BRANCH, With: Kind.WITH, Range: Kind.LOOP}


class Key(NamedTuple):
    """A place among those of its file: where its node begins, and the arm."""

    start: int
    arm: Arm


@dataclass(frozen=True, slots=True)
class Place:
    """One place.

    Attributes:
        file: The template, relative to the chart.
        line: From 1.
        kind: What it belongs to.
        arm: Which way of it this is.
        source: What is written there, on one line and shortened.
        node: The node it belongs to: a control, a `default` command, or an action.
        pipe: The pipeline a `default` stands in; None for other kinds.
    """

    file: str
    line: int
    kind: Kind
    arm: Arm
    source: str
    node: Control | Command | Action | TemplateCall
    pipe: Pipe | None = None

    @property
    def key(self) -> Key:
        """What tells it from others of its file."""
        return Key(self.node.start, self.arm)

    def __str__(self) -> str:
        """Say what it is: `if .Values.tls: not true`."""
        word = _WORDS.get((self.kind, self.arm), str(self.arm) if self.kind is Kind.DEFAULT else "")
        return f"{self.source}: {word}" if word else self.source


class DefaultUse(NamedTuple):
    """One `default`: the stage of the pipeline it is, what it falls back to, and its value where it is an argument."""

    stage: int
    fallback: Argument
    value: Argument | None


def find_places(tree: Tree, defaults: Mapping[str, Any]) -> list[Place]:
    """Find the places of a template, in the order of its text.

    Two kinds are left out, because nothing is decided there: a loop over a list that is written out is never without
    elements, and a `with` over a map of values that has keys by default is there to shorten what its body reads of it.

    Args:
        tree: The template.
        defaults: The chart's values.yaml.
    """
    places = (place for place in _find(tree) if not _is_decided(place, defaults))
    return sorted(places, key=lambda place: (place.line, place.node.start, _ARMS.index(place.arm)))


def _is_decided(place: Place, defaults: Mapping[str, Any]) -> bool:
    """Whether there is only one way, and this is the other one."""
    node = place.node
    if place.arm is not Arm.OTHERWISE or not isinstance(node, With | Range) or node.orelse is not None:
        return False
    match node.pipe.commands:
        case (Command(args=(Identifier(name="list" | "dict"), _, *_)),):
            return True
        case (Command(args=(Field(names=("Values", *keys)),)),) | (
            Command(args=(Variable(name="$", fields=("Values", *keys)),)),
        ):
            reads_fields = any(isinstance(inner, Field) for inner in walk(node.body))
            return reads_fields and _has_keys(defaults, keys)
        case _:
            return False


def _has_keys(values: object, keys: Sequence[str]) -> bool:
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
    return isinstance(values, dict) and bool(values)


def _find(tree: Tree) -> Iterator[Place]:
    for node in walk(tree):
        match node:
            case If() | With() | Range():
                yield from _arms(tree, node)
            case Action() if not declares(node):
                yield Place(tree.name, node.line, Kind.ACTION, Arm.OUTPUT, _short(tree, node.pipe), node)
            case TemplateCall():
                yield Place(tree.name, node.line, Kind.ACTION, Arm.OUTPUT, f'template "{node.name}"', node)
            case Pipe():
                yield from _defaults(tree, node)
            case _:
                pass


def declares(node: Action) -> bool:
    """Whether an action makes a variable, which writes nothing and cannot be left out."""
    return bool(node.pipe.declarations) and not node.pipe.is_assignment


def _arms(tree: Tree, node: Control) -> Iterator[Place]:
    kind = _KINDS[type(node)]
    word = type(node).__name__.lower()
    source = f"{'else ' if node.is_chained else ''}{word} {_short(tree, node.pipe)}"
    yield Place(tree.name, node.line, kind, Arm.TAKEN, source, node)
    if node.orelse is None:
        yield Place(tree.name, node.line, kind, Arm.OTHERWISE, source, node)
    elif not is_chain(node):
        line = tree.text.count("\n", 0, node.orelse.start) + 1
        yield Place(tree.name, line, kind, Arm.OTHERWISE, source, node)


def is_chain(node: Control) -> bool:
    """Whether an `else if` follows, whose arms are places of their own."""
    return node.orelse is not None and any(
        isinstance(inner, If | With | Range) and inner.is_chained for inner in node.orelse
    )


def _defaults(tree: Tree, pipe: Pipe) -> Iterator[Place]:
    for stage, command in enumerate(pipe.commands):
        if default_use(command, stage):
            source = _short(tree, pipe if stage else command)
            for arm in Arm.GIVEN, Arm.DEFAULT:
                yield Place(tree.name, command.line, Kind.DEFAULT, arm, source, command, pipe)


def default_use(command: Command, stage: int) -> DefaultUse | None:
    """Tell what a `default` falls back to; None when the command is none."""
    match command.args:
        case (Identifier(name="default"), fallback, value) if not stage:
            return DefaultUse(stage, fallback, value)
        case (Identifier(name="default"), fallback) if stage:
            return DefaultUse(stage, fallback, None)
        case _:
            return None


def _short(tree: Tree, node: Node) -> str:
    written = " ".join(tree.source(node).split())
    return written if len(written) <= _LONGEST else f"{written[: _LONGEST - 1]}…"
