"""Where the text goes that a place writes: straight into a document, or through a condition or a parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from timonier.coverage.calls import beginning_of_call
from timonier.gotemplate import Action, Command, Define, Identifier, Number, String, TemplateCall, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from timonier.coverage.places import Place
    from timonier.gotemplate import Node, Pipe, Tree

# What makes of the same text the same text, and of nothing else.
_OF_TEXT = frozenset(
    {"nindent", "indent", "trim", "trimSuffix", "trimPrefix", "trunc", "quote", "squote", "sha256sum", "b64enc"}
)
_FILE = ""
"""What a file itself is called among the definitions: it is written as it is."""


class _Call(NamedTuple):
    """A call whose text is written where it stands, in a definition."""

    callee: str
    caller: str


class Flow:
    """Which definitions of a chart are only ever written: nothing is decided by what they say."""

    def __init__(self, trees: Iterable[Tree]) -> None:
        """Read the templates."""
        written: list[_Call] = []
        decides: set[str] = set()
        self._defined: dict[str, list[Define]] = {}
        for tree in trees:
            defines = [node for node in walk(tree) if isinstance(node, Define)]
            self._defined[tree.name] = defines
            calls = dict(_written(tree))
            written += [_Call(callee, _around(defines, node)) for node, callee in calls.values()]
            decides |= {callee for number, callee in _called(tree) if number not in calls}
        self._decides = _all_that_decide(
            written, decides, {one.name for many in self._defined.values() for one in many}
        )

    def is_written_only(self, place: Place) -> bool:
        """Whether the text of a place comes into documents, whatever it is, and nowhere else."""
        return _around(self._defined[place.file], place.node) not in self._decides


def _all_that_decide(written: list[_Call], decides: set[str], defined: set[str]) -> set[str]:
    """Return the definitions that something is decided by, and those they call to say what they say."""
    found: set[str] = {name for name in (*defined, _FILE) if name.startswith(tuple(decides))}
    while more := {
        name
        for name in defined - found
        if any(name.startswith(call.callee) for call in written if call.caller in found)
    }:
        found |= more
    return found


def _written(tree: Tree) -> Iterator[tuple[int, tuple[Node, str]]]:
    """Yield the calls whose text is written, changed by no more than its form: by where they stand."""
    for node in walk(tree):
        if isinstance(node, TemplateCall):
            yield node.start, (node, node.name)
        elif isinstance(node, Action) and not node.pipe.declarations and _is_of_text(node.pipe):
            first = node.pipe.commands[0]
            if (callee := beginning_of_call(first)) is not None:
                yield first.start, (node, callee)


def _is_of_text(pipe: Pipe) -> bool:
    return all(
        isinstance(stage.args[0], Identifier)
        and stage.args[0].name in _OF_TEXT
        and all(isinstance(argument, String | Number) for argument in stage.args[1:])
        for stage in pipe.commands[1:]
    )


def _called(tree: Tree) -> Iterator[tuple[int, str]]:
    for node in walk(tree):
        if isinstance(node, TemplateCall):
            yield node.start, node.name
        elif isinstance(node, Command) and (callee := beginning_of_call(node)) is not None:
            yield node.start, callee


def _around(defines: list[Define], node: Node) -> str:
    """Name the definition that a node stands in."""
    return next((one.name for one in defines if one.start <= node.start < one.end), _FILE)
