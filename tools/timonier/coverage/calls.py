"""Which templates of a chart call which: what has to be there when some of them are rendered alone."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from timonier.chartfiles import ChartFiles
from timonier.gotemplate import Block, Command, Define, Identifier, Pipe, String, TemplateCall, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from timonier.gotemplate import Argument, Tree

# What a rendering needs beside templates, where none of these reads the chart's other files.
_NEEDED = ("charts/", "Chart.yaml", "values.yaml", "values.schema.json")
ANY = ""
"""How any name begins."""


class Calls:
    """The definitions of a chart, and the calls of them."""

    def __init__(self, trees: Mapping[str, Tree]) -> None:
        """Read the templates, by their paths in the chart."""
        self._partials = {name for name in trees if PurePosixPath(name).name.startswith("_")}
        self._defined: dict[str, set[str]] = {}
        for file, tree in trees.items():
            for node in walk(tree):
                if isinstance(node, Define | Block):
                    self._defined.setdefault(node.name, set()).add(file)
        self._called = {file: frozenset(_called(tree)) for file, tree in trees.items()}
        self._readers = {file for file, tree in trees.items() if ".Files" in tree.text or "tpl " in tree.text}

    def only(self, files: ChartFiles, templates: Collection[str]) -> ChartFiles:
        """Return a chart with some of its templates, and with what they call by a name that is written out."""
        needed = self._needed(templates)
        left_out = {name for name in files.templates if name not in needed}
        reads_files = bool(needed & self._readers)
        kept = {
            name: held
            for name, held in files.files.items()
            if name not in left_out and (reads_files or name in needed or name.startswith(_NEEDED))
        }
        return ChartFiles(files.path, files.folder, kept)

    def _needed(self, templates: Collection[str]) -> set[str]:
        needed: set[str] = set()
        left = set(templates)
        while left:
            needed |= left
            left = {callee for file in left for callee in self._callees(file)} - needed
        return needed

    def _callees(self, file: str) -> Iterator[str]:
        for beginning in self._called.get(file, frozenset[str]({ANY})):
            if beginning == ANY:
                yield from self._partials
            for name, defining in self._defined.items():
                if name.startswith(beginning):
                    yield from defining


def _called(tree: Tree) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, TemplateCall):
            yield node.name
        elif isinstance(node, Command) and (name := beginning_of_call(node)) is not None:
            yield name


def beginning_of_call(command: Command) -> str | None:
    """Tell how the name begins that `include` or `tpl` calls; None when a command is neither.

    It is the name in full where that is written out, and `ANY` where it is not. A longer name that begins alike is
    taken along by whoever asks, which does no harm.
    """
    match command.args:
        case (Identifier(name="include"), name, *_):
            return _beginning(name)
        case (Identifier(name="include" | "tpl"), *_):
            return ANY
        case _:
            return None


def _beginning(argument: Argument) -> str:
    """Return what a name begins with: `"a.b"`, `(printf "a.%s" $x)`, `(print "a." $x)`."""
    match argument:
        case String(value=value):
            return value
        case Pipe(commands=(Command(args=(Identifier(name="printf" | "print"), String(value=value), *_)),)):
            return value.partition("%")[0]
        case _:
            return ANY
