"""Templates that tell which places a rendering came by, and render the same otherwise.

Every file and definition gets a map of its own, `$timonier`; at a place an entry is made in it, and at its end the
entries are written out as marks. Where `include` or `tpl` hands its result to something else, the marks are taken out
of the result and put into the caller's map, so that neither a condition nor a checksum ever sees one. What one
rendering reaches is so known from a single rendering, exactly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.coverage.places import Arm, Key, default_use
from timonier.gotemplate import (
    Action,
    Argument,
    Block,
    Body,
    Break,
    Chain,
    Command,
    Continue,
    Define,
    Identifier,
    If,
    Pipe,
    Range,
    Statement,
    TemplateCall,
    Text,
    Tree,
    With,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from timonier.coverage.places import Control

MARK = re.compile("⟦timonier:([0-9]+)⟧")
_BEGIN = '{{ $timonier := dict "marks" dict }}'
_END = '{{ join "" (keys $timonier.marks) }}'
_CAPTURED = frozenset({"include", "tpl"})
_LENIENT = {"fail": "print", "required": "coalesce"}


def mark(number: int) -> str:
    """What a rendering bears where it came by a place."""
    return f"⟦timonier:{number}⟧"


def marking(number: int) -> str:
    """Return an expression that makes a mark, and changes nothing."""
    return f'(set $timonier.marks "{mark(number)}" "")'


def failing(number: int) -> str:
    """Return an expression that fails and names the place."""
    return f'(fail "{mark(number)}")'


def instrument(
    tree: Tree, numbers: Mapping[Key, int], probe: Callable[[int], str] = marking, *, lenient: bool = False
) -> str:
    """Write a template down again, with probes at its places.

    Args:
        tree: The template.
        numbers: The places to watch, and their numbers.
        probe: Makes the expression that stands at a place.
        lenient: Whether `fail` and `required` let the rendering go on, to see at least what it might reach.
    """
    return _Writer(tree, numbers, probe, lenient=lenient).file()


class _Writer:
    """Writes nodes down as text; white space is trimmed already, so no trim markers are needed."""

    def __init__(self, tree: Tree, numbers: Mapping[Key, int], probe: Callable[[int], str], *, lenient: bool) -> None:
        self._tree = tree
        self._numbers = numbers
        self._probe = probe
        self._lenient = lenient
        self._captures = 0

    def file(self) -> str:
        return f"{_BEGIN}{self._body(self._tree.body)}{_END}"

    def _body(self, body: Body) -> str:
        return "".join(map(self._statement, body))

    def _statement(self, node: Statement) -> str:  # noqa: PLR0911 - one a kind of statement
        match node:
            case Text():
                return _text(node.text)
            case Action():
                return self._probe_at(node.start, Arm.OUTPUT) + f"{{{{ {self._pipe(node.pipe)} }}}}"
            case If() | With() | Range():
                return self._control(node)
            case TemplateCall():
                pipe = self._pipe(node.pipe) if node.pipe else ""
                return self._probe_at(node.start, Arm.OUTPUT) + f"{{{{ template {_quoted(node.name)} {pipe} }}}}"
            case Define():
                return f"{{{{ define {_quoted(node.name)} }}}}{_BEGIN}{self._body(node.body)}{_END}{{{{ end }}}}"
            case Block():
                opening = f"{{{{ block {_quoted(node.name)} {self._pipe(node.pipe)} }}}}"
                return f"{opening}{_BEGIN}{self._body(node.body)}{_END}{{{{ end }}}}"
            case Break() | Continue():
                return f"{{{{ {type(node).__name__.lower()} }}}}"
            case _:
                return ""

    def _control(self, node: Control) -> str:
        opening = f"{{{{ {type(node).__name__.lower()} {self._pipe(node.pipe)} }}}}"
        body = self._probe_at(node.start, Arm.TAKEN) + self._body(node.body)
        otherwise = self._probe_at(node.start, Arm.OTHERWISE) + (self._body(node.orelse) if node.orelse else "")
        return f"{opening}{body}{{{{ else }}}}{otherwise}{{{{ end }}}}"

    def _probe_at(self, start: int, arm: Arm) -> str:
        number = self._numbers.get(Key(start, arm))
        return "" if number is None else f"{{{{ $_ := {self._probe(number)} }}}}"

    def _pipe(self, pipe: Pipe) -> str:
        """Write a pipeline; its stages are put into each other's parentheses where one of them is probed."""
        names = ", ".join(variable.name for variable in pipe.declarations)
        declared = f"{names} {'=' if pipe.is_assignment else ':='} " if names else ""
        written = self._command(pipe.commands[0], "")
        for command in pipe.commands[1:]:
            written = self._command(command, written)
        return declared + written

    def _command(self, command: Command, before: str) -> str:
        """Write a stage of a pipeline after what comes before it, which is empty for the first one."""
        if use := default_use(command, int(bool(before))):
            value = self._argument(use.value) if use.value else f"({before})"
            return self._default(command, value, self._argument(use.fallback))
        plain = " ".join(map(self._argument, command.args))
        written = f"{before} | {plain}" if before else plain
        first = command.args[0]
        return self._capture(written) if isinstance(first, Identifier) and first.name in _CAPTURED else written

    def _default(self, command: Command, value: str, fallback: str) -> str:
        """Write a `default` that tells which of its two values it took; each of them is evaluated once."""
        given = self._numbers.get(Key(command.start, Arm.GIVEN))
        fell_back = self._numbers.get(Key(command.start, Arm.DEFAULT))
        if given is None and fell_back is None:
            return f"(default {fallback} {value})"
        name = f"v{command.start}"
        held = f"$timonier.{name}"
        steps = [f'(set $timonier "{name}" {value})']
        steps += [f"(or (empty {held}) {self._probe(given)})"] if given is not None else []
        steps += [f"(and (empty {held}) {self._probe(fell_back)})"] if fell_back is not None else []
        # The fallback is evaluated whatever the value is, and before it in Helm: no difference, unless it fails.
        return f"(index (list {' '.join(steps)} (default {fallback} {held})) {len(steps)})"

    def _capture(self, call: str) -> str:
        """Take the marks out of what a call gives, and keep them."""
        self._captures += 1
        name = f"c{self._captures}"
        pattern = '"⟦timonier:[0-9]+⟧"'
        kept = f'(set $timonier.marks (join "" (regexFindAll {pattern} $timonier.{name} -1 | uniq)) "")'
        clean = f'(regexReplaceAll {pattern} $timonier.{name} "")'
        return f'(index (list (set $timonier "{name}" ({call})) {kept} {clean}) 2)'

    def _argument(self, argument: Argument) -> str:
        match argument:
            case Pipe():
                return f"({self._pipe(argument)})"
            case Chain():
                return ".".join([self._argument(argument.node), *argument.fields])
            case Identifier() if self._lenient:
                return _LENIENT.get(argument.name, argument.name)
            case _:
                return self._tree.source(argument)


def _text(text: str) -> str:
    """Write text so that a brace at its end does not become part of the delimiter after it."""
    return f'{text[:-1]}{{{{ "{{" }}}}' if text.endswith("{") else text


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
