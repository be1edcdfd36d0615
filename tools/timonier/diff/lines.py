"""Documents as lines: YAML in a normal form, which two documents that say the same have alike.

What identifies an object comes first, then keys by name, elements of lists beginning with their `name`.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier import yamlio
from timonier.diff.path import write
from timonier.diff.texts import compare_lines
from timonier.diff.tree import ABSENT, Changed, Kept, List, Map

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.diff.path import Steps
    from timonier.diff.tree import Node

_FIRST = {"apiVersion": 0, "kind": 1, "metadata": 2}
_FIRST_OF_ELEMENT = {"name": 0}
_LATER = 9
_NOT_FIRST = frozenset(" \t\n\r#")
_BLANKS = frozenset(" \t")
# What no reader of YAML takes for anything but text, and what is not to be looked up each time.
_PLAIN = re.compile(
    r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_/][A-Za-z0-9_./-]*(?:[ :][A-Za-z0-9_./-]+)*", re.IGNORECASE
)


class Line(NamedTuple):
    """One line of two documents laid over each other.

    Attributes:
        sign: A blank, `-` or `+`.
        text: What stands there.
        place: The map or list that it is in.
    """

    sign: str
    text: str
    place: Steps


def normal_lines(document: Mapping[str, Any] | None) -> list[str]:
    """Write a document in its normal form; no lines for no document."""
    return [] if document is None else [line.text for line in lines(Kept(document))]


def lines(node: Node, sign: str = " ") -> list[Line]:
    """Write two documents laid over each other, or one of them with a sign in front of each line."""
    writer = _Writer()
    writer.write(node, sign, "", "", ())
    return writer.lines


class _Writer:
    """Writes nodes down, line by line."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def write(self, node: Any, sign: str, lead: str, indent: str, place: Steps) -> None:  # noqa: ANN401 - a node, or a value
        """Write what comes behind a key or a dash.

        Args:
            node: A node, or a plain value.
            sign: What to put in front.
            lead: What stands on the first line before it: `    image:`, `  -`.
            indent: The indentation of what is below.
            place: Where it is.
        """
        if isinstance(node, Kept):
            node = node.value
        if type(node) is str and "\n" not in node:  # nearly all there is
            self._add(sign, f"{lead} {scalar(node)}" if lead else scalar(node), place)
            return
        order = node.order if isinstance(node, List) else None
        if isinstance(node, Map | List):
            node = node.items
        if isinstance(node, Changed):
            self._changed(node, lead, indent, place)
        elif isinstance(node, dict) and node:
            self._map(node, sign, lead, indent, place)
        elif isinstance(node, list) and node:
            self._list(node, sign, lead, indent, place, order)
        elif _is_block(node):
            self._add(sign, f"{lead} {_header(node)}", place)
            self.lines += [Line(sign, f"{indent}  {line}" if line else "", (*place, 0)) for line in _body(node)]
        else:
            self._add(sign, f"{lead} {scalar(node)}" if lead else scalar(node), place)

    def _add(self, sign: str, text: str, place: Steps) -> None:
        self.lines.append(Line(sign, text, place))

    def _changed(self, node: Changed, lead: str, indent: str, place: Steps) -> None:
        old, new = node.old, node.new
        if type(old) is str and type(new) is str and "\n" not in old and "\n" not in new:  # as in `write`
            blank = " " if lead else ""
            self.lines += (
                Line("-", f"{lead}{blank}{scalar(old)}", place),
                Line("+", f"{lead}{blank}{scalar(new)}", place),
            )
            return
        if _is_block(old) and _is_block(new):
            signs = (" ",) if _header(old) == _header(new) else ("-", "+")
            for sign, text in zip(signs, (old, new), strict=False):
                self._add(sign, f"{lead} {_header(text)}", place)
            below = compare_lines(_body(old), _body(new))
            self.lines += [Line(sign, f"{indent}  {line}" if line else "", (*place, 0)) for sign, line in below]
            return
        for sign, value in (("-", old), ("+", new)):
            if value is not ABSENT:
                self.write(value, sign, lead, indent, place)

    def _map(self, items: Mapping[str, Any], sign: str, lead: str, indent: str, place: Steps) -> None:
        first = _FIRST if not place else _FIRST_OF_ELEMENT if lead.endswith("-") else {}
        keys = sorted(items, key=lambda key: (first.get(key, _LATER), key))
        lead, indent = self._opened(sign, lead, indent, place, alone=_is_of_one_side(items[keys[0]]))
        for key in keys:
            self.write(items[key], sign, f"{lead}{_key(key)}", indent, (*place, key))
            lead = indent

    def _opened(self, sign: str, lead: str, indent: str, place: Steps, *, alone: bool) -> tuple[str, str]:
        """Begin a map below a key, or beside a dash, and return what its first and its other lines begin with.

        A dash stands alone where what would stand beside it is of one document only: it is the other's, too.
        """
        if lead.endswith(":") or (lead and alone):
            self._add(sign, lead, place)
            return f"{indent}  ", f"{indent}  "
        return (f"{lead} ", f"{indent}  ") if lead else ("", "")

    def _list(
        self,
        items: Sequence[Any],
        sign: str,
        lead: str,
        indent: str,
        place: Steps,
        order: tuple[list[str], list[str]] | None,
    ) -> None:
        if lead.endswith(":"):
            self._add(sign, lead, place)
            lead = indent
        elif lead and _is_of_one_side(items[0]):
            self._add(sign, lead, place)
            lead = indent = f"{indent}  "
        else:
            lead, indent = f"{lead} ", f"{indent}  "
        for mark, names in zip("-+", order or (), strict=False):
            self._add(mark, f"{indent}# order: {', '.join(names)}", place)
        for item in items:
            self.write(item, sign, f"{lead}-", indent, place)
            lead = indent


def _is_of_one_side(node: Any) -> bool:  # noqa: ANN401 - a node, or a value
    return isinstance(node, Changed) and (node.old is ABSENT or node.new is ABSENT)


@functools.lru_cache(maxsize=4096)
def _scalar(value: str) -> str:
    if "\n" in value:
        return json.dumps(value, ensure_ascii=False)  # is YAML, on one line
    return yamlio.dump(value).removesuffix("\n").removesuffix("\n...")


@functools.lru_cache(maxsize=4096)
def _key(key: str) -> str:
    return f"{scalar(key)}:"


def scalar(value: object) -> str:
    """Write a value as YAML on one line."""
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) else _scalar(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else yamlio.dump(value).removesuffix("\n").removesuffix("\n...")


def _is_block(value: object) -> bool:
    """Whether a value is text of several lines that YAML can have as such."""
    if not isinstance(value, str) or "\n" not in value or value[0] in _NOT_FIRST:
        return False
    # What a line of blanks at the end is, readers of YAML do not agree on.
    return value.rstrip("\n")[-1:] not in _BLANKS


def _header(text: str) -> str:
    return "|" if text.endswith("\n") and not text.endswith("\n\n") else "|+" if text.endswith("\n") else "|-"


def _body(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def unified(lines: Sequence[Line], context: int) -> Iterator[str]:
    """Yield the hunks of a unified diff.

    Line numbers of a normal form would tell nobody anything, so the header of a hunk says where in the document it is:
    `@@ spec.template.spec @@`.
    """
    for low, high in _hunks(lines, context):
        first = next(line for line in lines[low:high] if line.sign != " ")
        place = write(first.place[:-1])
        yield f"@@ {place} @@" if place else "@@ @@"
        yield from (f"{line.sign}{line.text}" for line in lines[low:high])


def _hunks(lines: Sequence[Line], context: int) -> Iterator[tuple[int, int]]:
    """Yield where hunks begin and end."""
    start = end = -1
    for place, line in enumerate(lines):
        if line.sign == " ":
            continue
        if start >= 0 and place - context <= end:
            end = place + 1 + context
            continue
        if start >= 0:
            yield start, min(end, len(lines))
        start, end = max(place - context, 0), place + 1 + context
    if start >= 0:
        yield start, min(end, len(lines))
