"""Which values the templates of a chart read, found by going through them without rendering.

Everything is gone through once with every branch taken, so that what is found is all that any values could make the
templates read. Where that cannot be known it errs on the side of "read".
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from timonier.check.templates.reads import Read
from timonier.check.templates.templatefunctions import LENIENT, call
from timonier.check.templates.things import ANYTHING, HOLE, NOTHING, Path, Thing, below, either, elements, parts, text
from timonier.errors import TimonierError
from timonier.gotemplate import (
    Action,
    Block,
    Chain,
    Command,
    Dot,
    Field,
    Identifier,
    If,
    Number,
    Pipe,
    Range,
    String,
    TemplateCall,
    Variable,
    With,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from timonier.check.templates.reads import Definition
    from timonier.gotemplate import Argument, Body, Node, Statement

_MOST_ROUNDS = 4
_SUBCHARTS = "charts/"


class Reader:
    """Goes through templates, and gathers what they read.

    Attributes:
        reads: What is read.
        written: Values that templates set themselves.
        included: The names of definitions that are included.
        is_complete: Whether every inclusion could be followed.
        is_asked_by_constants: Whether a library reads values whose names are constants somewhere in the chart.
    """

    def __init__(self, definitions: Mapping[str, Definition], has_default: Callable[[Path], bool]) -> None:
        """Prepare to read, with what can be included, and whether values.yaml has a value."""
        self.reads: set[Read] = set()
        self.written: set[Path] = set()
        self.included: set[str] = set()
        self.is_complete = True
        self.is_asked_by_constants = False
        self._definitions = definitions
        self._has_default = has_default
        self._done: dict[tuple[str, Thing, frozenset[Path]], list[Path]] = {}
        # The values without default that were read, in order: a part of it is what a condition asks for.
        self._journal: list[Path] = []
        self._file = ""
        self._dot = NOTHING
        self._scopes: list[dict[str, Thing]] = []
        self._guards: frozenset[Path] = frozenset()
        self._is_lenient = False

    def read(self, file: str, body: Body, dot: Thing) -> None:
        """Go through a template, or the body of a definition, as if it were called with `dot`."""
        outer = self._file, self._dot, self._scopes
        self._file, self._dot, self._scopes = file, dot, [{"$": dot}]
        self._body(body)
        self._file, self._dot, self._scopes = outer

    # Statements

    def _body(self, body: Body | None) -> None:
        for statement in body or ():
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        if isinstance(statement, Action):
            result = self.pipe(statement.pipe)
            if not statement.pipe.declarations:
                self.use(result, statement.pipe)
        elif isinstance(statement, If | With | Range):
            self._control(statement)
        elif isinstance(statement, Block | TemplateCall):
            dot = self.pipe(statement.pipe) if statement.pipe else NOTHING
            self.include(text(statement.name), dot)

    def _control(self, node: If | With | Range) -> None:
        """Take both ways, with what the condition asks for known to be asked for."""
        outer = self._guards, self._dot
        self._scopes.append({})
        before = len(self._journal)
        with self.lenient():
            # A loop binds its variables to elements, an `if` or a `with` to the whole.
            result = self._commands(node.pipe) if isinstance(node, Range) else self.pipe(node.pipe)
        asked = {path for path in result.paths if not self._has_default(path)}
        self._guards = self._guards.union(self._journal[before:], asked)
        if isinstance(node, Range):
            self._range(node, result)
        else:
            self._dot = result if isinstance(node, With) else self._dot
            self._body(node.body)
        self._dot = outer[1]
        self._body(node.orelse)
        self._guards = outer[0]
        self._scopes.pop()

    def _range(self, node: Range, over: Thing) -> None:
        """Go through the body until no variable may be anything more: a loop may walk down a map step by step."""
        self.use(over, node.pipe, only_itself=True)
        self._dot = elements(over)
        keys = either(
            text(*(name for name, _ in over.fields)), NOTHING if over == Thing(fields=over.fields) else ANYTHING
        )
        for variable, thing in zip(reversed(node.pipe.declarations), (self._dot, keys), strict=False):
            self._scopes[-1][variable.name] = thing
        for _ in range(_MOST_ROUNDS):
            before = [dict(scope) for scope in self._scopes]
            self._body(node.body)
            if before == self._scopes:
                return

    # Expressions

    @contextlib.contextmanager
    def lenient(self, *, really: bool = True) -> Iterator[None]:
        """Take what is read meanwhile for something the template can do without."""
        outer, self._is_lenient = self._is_lenient, self._is_lenient or really
        yield
        self._is_lenient = outer

    def pipe(self, pipe: Pipe) -> Thing:
        """Return what a pipeline gives, and declare its variables."""
        with self.lenient(really=bool(pipe.declarations)):
            result = self._commands(pipe)
        for variable in pipe.declarations:
            self._bind(variable.name, result, is_assignment=pipe.is_assignment)
        return result

    def _commands(self, pipe: Pipe) -> Thing:
        """Run the stages; what a later one can do without, an earlier one reads leniently."""
        given: Thing | None = None
        for place, command in enumerate(pipe.commands):
            later = [each.args[0] for each in pipe.commands[place + 1 :]]
            forgiving = any(isinstance(first, Identifier) and first.name in LENIENT for first in later)
            with self.lenient(really=forgiving):
                given = self._command(command, given)
        return given if given is not None else NOTHING

    def _command(self, command: Command, given: Thing | None) -> Thing:
        first, *rest = command.args
        if isinstance(first, Identifier):
            forgiving = first.name in LENIENT
            with self.lenient(really=forgiving):
                things = [self.argument(each) for each in rest]
            return call(first.name, self, command, [*things, given] if given is not None else things)
        result = self.argument(first)
        for handed_over in [*map(self.argument, rest), *([given] if given is not None else [])]:
            self.use(handed_over, command)
        return result

    def argument(self, node: Argument) -> Thing:
        """Return what an argument may be."""
        match node:
            case Field() | Variable() | Chain() | Dot():
                return self._place(node)
            case String(value=constant) | Number(text=constant):
                return text(constant)
            case Pipe():
                return self.pipe(node)
            case Identifier():
                return self._command(Command(node.start, node.end, node.line, (node,)), None)
        return NOTHING

    def _place(self, node: Field | Variable | Chain | Dot) -> Thing:
        match node:
            case Field(names=names):
                return self.fields(self._dot, names, node)
            case Variable(name=name, fields=names):
                return self.fields(self._variable(name), names, node)
            case Chain(node=inner, fields=names):
                return self.fields(self.argument(inner), names, node)
        return self._dot

    def fields(self, thing: Thing, names: Sequence[str], node: Node) -> Thing:
        """Return what a thing holds below some names, one after the other; values among it are read."""
        known = max(map(len, thing.paths), default=0)
        is_sure = thing == Thing(thing.paths) or not thing.paths
        for name in names:
            thing = below(thing, name)
        if names:
            with self.lenient(really=not is_sure or len(thing.paths) > 1):
                self.found(thing, node, known=known)
        return thing

    def found(self, thing: Thing, node: Node, *, known: int = 0) -> Thing:
        """Note that a thing is read, not what it holds, and return it."""
        for path in thing.paths:
            self._record(path, node, known=known)
        return thing

    def _variable(self, name: str) -> Thing:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), ANYTHING)

    def _bind(self, name: str, thing: Thing, *, is_assignment: bool) -> None:
        """Declare a variable, or let one be something more: what it was may be what it is."""
        if not is_assignment:
            self._scopes[-1][name] = thing
            return
        for scope in reversed(self._scopes):
            if name in scope:
                scope[name] = either(scope[name], thing)
                return

    def change(self, node: Argument, thing: Thing) -> None:
        """Note that a function changed what a variable holds."""
        if isinstance(node, Variable) and not node.fields:
            self._bind(node.name, thing, is_assignment=True)

    # What is found

    def use(self, thing: Thing, node: Node, *, only_itself: bool = False) -> None:
        """Note that a thing is read with all it holds. The chart's values within a context do not count: `tpl x $`."""
        for each in [thing] if only_itself else [thing, *parts(thing)]:
            for path in each.paths:
                if path or each is thing:
                    with self.lenient():
                        self._record(path, node, is_whole=True)

    def plausible(self, thing: Thing) -> Thing:
        """Return a thing without the values that lie in nothing values.yaml has: a loop could go down for ever."""
        return replace(thing, paths=frozenset(path for path in thing.paths if self._has_default(path[:-1])))

    def use_any_key(self, thing: Thing, node: Node) -> None:
        """Note that a key is read that is not known.

        A library's helper gets it from who includes it, as a constant: `include "lib.get" (dict "key" "auth.user")`.
        """
        if () in thing.paths and self._file.startswith(_SUBCHARTS):
            self.is_asked_by_constants = True
            thing = Thing(thing.paths - {()})
        self.use(thing, node)

    def _record(self, path: Path, node: Node, *, is_whole: bool = False, known: int = 0) -> None:
        if not self._has_default(path):
            self._journal.append(path)
        self.reads.add(Read(path, is_whole, self._file, node.line, self._is_lenient, self._guards, known))

    def include(self, name: Thing, dot: Thing) -> None:
        """Go through the definitions that may be meant."""
        if name.paths or not name.texts or HOLE in name.texts:
            self.is_complete = False
        for wanted in name.texts:
            for found in [wanted] if HOLE not in wanted else self._matching(wanted):
                self._include(found, dot)

    def _matching(self, wanted: str) -> list[str]:
        pattern = re.compile(".*".join(map(re.escape, wanted.split(HOLE))))
        return [name for name in self._definitions if pattern.fullmatch(name)]

    def _include(self, name: str, dot: Thing) -> None:
        self.included.add(name)
        if definition := self._definitions.get(name):
            self._once(f"include {name}", definition.file, definition.body, dot)

    def template_text(self, content: str, dot: Thing, file: str = "") -> None:
        """Go through a text that is a template, as `tpl` does; one that is none says nothing."""
        if "{{" not in content or HOLE in content:
            return
        with contextlib.suppress(TimonierError):
            tree = parse(content, file or self._file)
            self._once(f"tpl {content}", file or self._file, tree.body, dot)

    def _once(self, what: str, file: str, body: Body, dot: Thing) -> None:
        """Go through a body unless that was done with the same; either way, what it reads has been asked for."""
        key = (what, dot, self._guards)
        if key in self._done:
            self._journal += self._done[key]
            return
        self._done[key] = []
        before = len(self._journal)
        outer, self._is_lenient = self._is_lenient, False
        self.read(file, body, dot)
        self._is_lenient = outer
        self._done[key] = list(set(self._journal[before:]))
