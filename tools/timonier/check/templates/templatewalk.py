"""Following a path of a rendered object through the templates it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.check.templates.templatelines import HOLE, Line, TemplateText

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_INCLUDES = 12  # deeper than anybody nests partials; a partial may include itself


class Spot(NamedTuple):
    """How far a path was followed.

    Attributes:
        file: The template's file.
        line: The line, counted from 1.
        found: How many steps of the path were found.
        exact: Whether what the path leads to is written or printed on that line; the line of a parent otherwise.
    """

    file: str
    line: int
    found: int
    exact: bool


@dataclass(frozen=True)
class Walker:
    """Follows paths through a chart's templates.

    Attributes:
        texts: The templates by file.
        defined: The file of each partial by name.
    """

    texts: Mapping[str, TemplateText]
    defined: Mapping[str, str]

    def walk(self, file: str, lines: Sequence[Line], path: Sequence[str | int], document: object) -> Spot | None:
        """Follow a path through lines of a file; None when there are none.

        Args:
            file: The template.
            lines: The lines of the document.
            path: Keys and places in lists.
            document: The rendered object, to tell alternatives apart by what they say.
        """
        if not lines:
            return None
        block = _Block(file, tuple(lines), None)
        return self._follow(block, path, 0, document, _MOST_INCLUDES) or Spot(file, lines[0].number, 0, exact=False)

    def _follow(
        self,
        block: _Block,
        path: Sequence[str | int],
        done: int,
        value: object,
        depth: int,
    ) -> Spot | None:
        """Return the spot of the steps from `done` on, as far as they can be followed; None when not one can."""
        if done == len(path):
            return None
        step = path[done]
        below = child(value, step)
        reached = [
            self._follow(inner, path, done + 1, below, depth)
            or Spot(block.file, head.number, done + 1, done + 1 == len(path) or head.value.startswith(("[", "{")))
            for head, inner in (block.items(step, below) if isinstance(step, int) else block.keys(step, below))
        ]
        # The deepest; of equals the first.
        if reached:
            return max(reached, key=lambda spot: spot.found + spot.exact)
        return self._printed(block, path, done, value, depth)

    def _printed(
        self,
        block: _Block,
        path: Sequence[str | int],
        done: int,
        value: object,
        depth: int,
    ) -> Spot | None:
        """Look for a step in what actions print: in the partials they include, else on the only line that can be it."""
        printing = block.printing()
        for line in printing if depth else ():
            for name in (name for action in line.actions for name in action.included):
                inner = self._partial(name)
                spot = self._follow(inner, path, done, value, depth - 1) if inner else None
                # One that computes what it prints says less than the line that includes it, with its arguments.
                if spot and spot.found > done:
                    return spot
        if len(printing) == 1:
            return Spot(block.file, printing[0].number, done, exact=True)
        return None

    def _partial(self, name: str) -> _Block | None:
        file = self.defined.get(name)
        if not file:
            return None
        text = self.texts[file]
        return _Block(file, tuple(text.between(*text.defined[name])), None)


@dataclass(frozen=True)
class _Block:
    """The lines below a key or of an item.

    Attributes:
        file: The template.
        lines: The lines.
        head: The key's own line, on which what is below may be printed; None for an item, a partial or a document.
    """

    file: str
    lines: tuple[Line, ...]
    head: Line | None

    @property
    def indent(self) -> int:
        """Where the keys of this block stand; -1 when it has none."""
        return min((line.key_indent for line in self.lines if line.key or line.is_item), default=-1)

    def keys(self, name: str, value: object) -> list[tuple[Line, _Block]]:
        """Return the lines with a key, and what is below each; those that write the very value come first."""
        indent = self.indent
        here = [(at, line) for at, line in enumerate(self.lines) if line.key and line.key_indent == indent]
        heads = [(at, line) for at, line in here if line.key == name]
        # A key that an action prints may be any.
        heads = heads or [(at, line) for at, line in here if HOLE in line.key and _may_print(line.key, name)]
        found = [(line, self._below(at, line)) for at, line in heads]
        return sorted(found, key=lambda pair: not _says(pair[0], value))

    def _below(self, at: int, head: Line) -> _Block:
        inside = []
        for line in self.lines[at + 1 :]:
            edge = line.key_indent if line.key or line.is_item else line.indent
            outside = line.indent < head.key_indent or (edge <= head.key_indent and not line.is_item)
            if outside and not line.is_only_printed:
                break
            if not outside:
                inside.append(line)
        return _Block(self.file, tuple(inside), head)

    def items(self, index: int, value: object) -> list[tuple[Line, _Block]]:
        """Return the item of a list: at its place, among those that do not say anything else; none when all do."""
        edge = min((line.indent for line in self.lines if line.is_item), default=-1)
        starts = [at for at, line in enumerate(self.lines) if line.is_item and line.indent == edge]
        bounds = zip(starts, [*starts, len(self.lines)][1:], strict=True)
        items = [self._item(self.lines[start:end]) for start, end in bounds]
        fitting = [item for item in items if not item[1].contradicts(value)]
        named = [item for item in fitting if _is_named(item[1], value)]
        return named[:1] or [item for item in items[index : index + 1] if item in fitting] or fitting[-1:]

    def contradicts(self, value: object) -> bool:
        """Whether the block writes another text than the rendered one has."""
        if isinstance(value, str):
            written = self.lines[0].text.strip(" -\"'")
            return HOLE not in written and not written.startswith(("|", ">")) and written != value
        known = value if isinstance(value, dict) else {}
        own = [line for line in self.lines if line.key in known and line.key_indent == self.indent]
        return any(
            isinstance(known[line.key], str) and _is_literal(line) and not _says(line, known[line.key]) for line in own
        )

    def _item(self, lines: tuple[Line, ...]) -> tuple[Line, _Block]:
        """Return an item's first line, and the item without its dash."""
        first = lines[0]
        text = " " * first.key_indent + first.text[first.key_indent :]
        opened = Line(first.number, first.key_indent, first.key, is_item=False, text=text, actions=first.actions)
        return first, _Block(self.file, (opened, *lines[1:]), None)

    def printing(self) -> list[Line]:
        """Return the lines with actions that print what is directly in this block, and no key of their own."""
        own = [self.head] if self.head and self.head.value == HOLE else []
        indent = self.indent
        free = [line for line in self.lines if line.actions and not line.key and not line.is_item]
        return own + [line for line in free if indent < 0 or line.indent <= indent]


def child(value: Any, step: str | int) -> Any:  # noqa: ANN401 - any part of an object
    """Return what stands at a step in a part of an object, None when nothing does."""
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _may_print(key: str, name: str) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, key.split(HOLE))), name))


def _says(line: Line, value: object) -> bool:
    """Whether a line writes a value, literally."""
    return isinstance(value, str | int) and line.value.strip("\"'") == str(value)


def _is_literal(line: Line) -> bool:
    """Whether the line writes a value that no action and no other line has a part in."""
    return bool(line.value) and HOLE not in line.value and not line.value.startswith(("|", ">", "&", "*"))


def _is_named(block: _Block, value: object) -> bool:
    """Whether an item says the same name as the rendered one."""
    name = value.get("name") if isinstance(value, dict) else None
    return bool(name) and any(line.key == "name" and _says(line, name) for line in block.lines)
