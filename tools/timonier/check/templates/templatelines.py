"""A template's lines as YAML, as far as they can be told before it is rendered.

A template is no YAML, so this reads it as people do: by keys and indentation, with the actions taken out. What it says
may fall short of the exact line, and then it is the line of the nearest parent that was found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# An action with the strings and comments in it, in which `}}` does not end it.
_ACTION = re.compile(r"\{\{(?:/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|(?!\}\}).)*?\}\}", re.DOTALL)
_CONTROL = re.compile(r"\{\{-?\s*(?P<word>if|else|end|with|range|define|block|break|continue|/\*|\$\w+\s*(?::?=|,))")
_QUOTED = r"""\"[^\"]*\"|'[^']*'"""
_KEY = re.compile(rf"(?P<dashes> *(?:- +)*)(?P<key>{_QUOTED}|[^\s:#{{\[-][^:#]*?) *:(?= |$)")
_ITEM = re.compile(r"(?P<indent> *)- ?")
_INDENT = re.compile(r"\bn?indent\s+(\d+)")
_INCLUDED = re.compile(r'\b(?:include|template)\s+"([^"]+)"')
_OPENING = frozenset({"if", "with", "range", "define", "block"})
HOLE = "\0"
"""What stands where an action prints something."""


class Action(NamedTuple):
    """An action: its text, the line on which it begins (from 1), and its first word when it controls the flow."""

    text: str
    line: int
    word: str

    @property
    def included(self) -> list[str]:
        """The names of the partials it includes."""
        return _INCLUDED.findall(self.text)

    @property
    def variables(self) -> set[str]:
        """The variables it declares."""
        declared, found, _ = self.text.partition(":=")
        return set(re.findall(r"\$(\w+)", declared)) if found else set()


@dataclass(frozen=True)
class Line:
    """A line with its actions taken out.

    Attributes:
        number: Counted from 1.
        indent: Where its key or item stands; for a line that is nothing but an action, where what it prints will.
        key: The key; empty when it has none.
        is_item: Whether a list's item begins here.
        text: What is written, a hole for every action that prints.
        actions: The actions that print.
    """

    number: int
    indent: int
    key: str
    is_item: bool
    text: str
    actions: tuple[Action, ...] = field(default=())

    @property
    def value(self) -> str:
        """What is written behind the key."""
        return self.text.partition(":")[2].strip()

    @property
    def is_only_printed(self) -> bool:
        """Whether the line is nothing but what an action prints."""
        return self.text.strip() == HOLE

    @property
    def key_indent(self) -> int:
        """Where the key stands: behind the dash, when an item begins."""
        return self.indent + (len(self.text[self.indent :]) - len(self.text[self.indent :].lstrip("- "))) * self.is_item


@dataclass(frozen=True)
class TemplateText:
    """A file of templates.

    Attributes:
        lines: Those that say something.
        actions: All actions, in order.
        defined: The lines of each partial's body, first and last, by name.
    """

    lines: tuple[Line, ...]
    actions: tuple[Action, ...]
    defined: dict[str, tuple[int, int]]

    def between(self, first: int, last: int) -> list[Line]:
        """Return the lines from one to another, both included."""
        return [line for line in self.lines if first <= line.number <= last]

    def around(self, number: int) -> list[Action]:
        """Return the actions whose bodies a line is in, the innermost first."""
        open_actions: list[Action] = []
        for action in self.actions:
            if action.line > number:
                break
            if action.word == "end":
                del open_actions[-1:]
            elif action.word in _OPENING:
                open_actions.append(action)
        return open_actions[::-1]


def read_template(text: str) -> TemplateText:
    """Read a file of templates."""
    actions = tuple(_actions(text))
    bare = _ACTION.sub(_bare, text)
    printing: dict[int, list[Action]] = {}
    for action in actions:
        if not action.word:
            printing.setdefault(action.line, []).append(action)
    lines = (_line(number, line, tuple(printing.get(number, ()))) for number, line in enumerate(bare.split("\n"), 1))
    return TemplateText(tuple(line for line in lines if line), actions, _defined(actions))


def _actions(text: str) -> Iterator[Action]:
    at, line = 0, 1
    for match in _ACTION.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        control = _CONTROL.match(match[0])
        yield Action(match[0], line, control["word"] if control else "")


def _bare(match: re.Match[str]) -> str:
    """Take an action out and leave its line ends, and a hole where it prints."""
    return ("" if _CONTROL.match(match[0]) else HOLE) + "\n" * match[0].count("\n")


def _line(number: int, text: str, actions: tuple[Action, ...]) -> Line | None:
    bare = text.rstrip()
    stripped = bare.strip()
    if not stripped or stripped.startswith("#"):
        return None
    indent = len(bare) - len(bare.lstrip())
    if stripped == HOLE and actions and (told := _INDENT.search(actions[0].text)):
        return Line(number, int(told[1]), "", is_item=False, text=bare, actions=actions)
    item = _ITEM.match(bare)
    key = _KEY.match(bare)
    name = key["key"].strip("\"'") if key else ""
    return Line(number, indent, name, is_item=bool(item), text=bare, actions=actions)


def _defined(actions: Sequence[Action]) -> dict[str, tuple[int, int]]:
    """Find each partial's first and last line."""
    found: dict[str, tuple[int, int]] = {}
    stack: list[Action] = []
    for action in actions:
        if action.word in _OPENING:
            stack.append(action)
        elif action.word == "end" and stack:
            begun = stack.pop()
            name = re.search(r'"([^"]+)"', begun.text)
            if begun.word in {"define", "block"} and name:
                found[name[1]] = (begun.line, action.line)
    return found
