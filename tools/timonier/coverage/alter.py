"""Alterations: a template with one thing in it altered, as somebody might by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from timonier.coverage.places import Arm, Kind, default_use
from timonier.gotemplate import Action, Argument, Bool, Command, Identifier, If, Number, Pipe, Range, String, With

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.coverage.places import Control, Place
    from timonier.gotemplate import Tree

ALTERED = "timonier.altered"
"""The definition that alters what an action writes, and keeps its type: a number is another number."""

_HELPER = (
    '{{ define "timonier.altered" }}'
    '{{ if regexMatch "^-?[0-9]{1,15}$" . }}{{ add1 (int64 .) }}'
    '{{ else if eq . "true" }}false{{ else if eq . "false" }}true'
    '{{ else if contains "\\n" (trim .) }}'
    '{{ else if hasPrefix "[" . }}["altered"]{{ else if hasPrefix "{" . }}{"altered": "altered"}'
    '{{ else if regexMatch "^\\".*\\"$" . }}{{ trimSuffix "\\"" . }}-altered"'
    '{{ else if trim . }}{{ trimSuffix "\\n" . }}-altered{{ end }}'
    "{{ end }}"
)
# A stage without which the pipeline would mean something else altogether, or that has places of its own.
_KEPT_STAGES = frozenset({"default", "fail", "required", "include", "tpl", "fromYaml", "fromYamlArray", "fromJson"})
# A stage whose result tells what it was given: 7 and "7" are written alike without their quotes.
_REVERSIBLE = frozenset({"quote", "squote", "nindent", "indent"})


@dataclass(frozen=True, slots=True)
class Alteration:
    """One alteration.

    Attributes:
        place: Where.
        what: What was done: `the condition is always true`.
        text: The whole file, altered.
        follows: Whether what is written instead follows from the text that was written before, and from nothing else.
    """

    place: Place
    what: str
    text: str
    follows: bool


class _Edit(NamedTuple):
    """What is written instead of a part of the text."""

    what: str
    start: int
    end: int
    instead: str
    follows: bool = False


def alterations(tree: Tree, place: Place) -> list[Alteration]:
    """Return what is altered at a place; an altered file has as many places as before, but for the one."""
    helper = _HELPER if place.arm is Arm.OUTPUT else ""
    return [
        Alteration(
            place, edit.what, tree.text[: edit.start] + edit.instead + tree.text[edit.end :] + helper, edit.follows
        )
        for edit in _edits(tree, place)
    ]


def _edits(tree: Tree, place: Place) -> Iterator[_Edit]:
    node = place.node
    if place.kind is Kind.DEFAULT and isinstance(node, Command) and place.pipe:
        yield _default(tree, place, node, place.pipe)
    elif isinstance(node, If | With | Range):
        yield from _taken(tree, node) if place.arm is Arm.TAKEN else _otherwise(tree, node)
    elif isinstance(node, Action) and node.pipe.is_assignment:
        names = ", ".join("$_" for _ in node.pipe.declarations)
        begin = node.pipe.commands[0].start
        yield _Edit("the assignment is left out", node.pipe.start, begin, f"{names} := ")
    elif isinstance(node, Action):
        yield from _output(tree, node.pipe)
    else:
        yield _Edit("the call is left out", node.start, node.end, "")


def _taken(tree: Tree, node: Control) -> Iterator[_Edit]:
    pipe, body = node.pipe, node.body
    if isinstance(node, Range):
        yield _Edit("the body is left out", body.start, body.end, "")
        yield _Edit("the body is done twice", body.start, body.end, tree.source(body) * 2)
        return
    what = "the condition is never true" if isinstance(node, If) else "what is given counts as empty"
    yield _Edit(what, pipe.start, pipe.end, f"and ({tree.source(pipe)}) false")


def _otherwise(tree: Tree, node: Control) -> Iterator[_Edit]:
    pipe = node.pipe
    if isinstance(node, If):
        yield _Edit("the condition is always true", pipe.start, pipe.end, f"or ({tree.source(pipe)}) true")
    elif node.orelse is not None:
        yield _Edit("the body of the else is left out", node.orelse.start, node.orelse.end, "")
    else:
        # Where there is no else, the `with` or `range` is a guard: see whether it is missed.
        begin = pipe.commands[0].start
        instead, what = '"altered"', "what is empty counts as given"
        if isinstance(node, Range):
            instead, what = '(list "altered")', "the loop is done for no element"
        yield _Edit(what, begin, pipe.end, f"({tree.text[begin : pipe.end]}) | default {instead}")


def _default(tree: Tree, place: Place, command: Command, pipe: Pipe) -> _Edit:
    stage = pipe.commands.index(command)
    use = default_use(command, stage)
    assert use  # noqa: S101 - places of this kind are made of nothing else
    if place.arm is Arm.DEFAULT:
        return _Edit("the default is another one", use.fallback.start, use.fallback.end, _other(tree, use.fallback))
    if use.value:
        return _Edit("the value is ignored", use.value.start, use.value.end, '""')
    return _Edit("the value is ignored", pipe.commands[0].start, pipe.commands[stage - 1].end, '""')


def _other(tree: Tree, argument: Argument) -> str:
    """Return something else of the same type, as far as the template tells the type."""
    match argument:
        case Number(text=text) if text.isdecimal():
            return str(int(text) + 1)
        case Bool(value=value):
            return "false" if value else "true"
        case String(value=value) if value:
            return f'(print {tree.source(argument)} "-altered")'
        case Identifier(name="list") | Pipe(commands=(Command(args=(Identifier(name="list"), *_)),)):
            return '(list "altered")'
        case Identifier(name="dict") | Pipe(commands=(Command(args=(Identifier(name="dict"), *_)),)):
            return '(dict "altered" "altered")'
        case _:
            return '"altered"'


def _output(tree: Tree, pipe: Pipe) -> Iterator[_Edit]:
    first, last = (_function(pipe.commands[index]) for index in (0, -1))
    if "fail" in {first, last}:
        yield _Edit("it does not fail", pipe.start, pipe.end, '""')
        return
    other = f'include "{ALTERED}" (print ({tree.source(pipe)}))'
    yield _Edit("it writes something else", pipe.start, pipe.end, other, follows=True)
    if first in {"include", "tpl"}:
        yield _Edit("the call is left out", pipe.start, pipe.end, '""', follows=True)
    for before, command in zip(pipe.commands, pipe.commands[1:], strict=False):
        if (name := _function(command)) not in _KEPT_STAGES:
            follows = command is pipe.commands[-1] and name in _REVERSIBLE
            yield _Edit(f"{name} is left out", before.end, command.end, "", follows=follows)


def _function(command: Command) -> str:
    first = command.args[0]
    return first.name if isinstance(first, Identifier) else ""
