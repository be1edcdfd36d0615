r"""The language of `--set`: `a.b=1,list[0].name=x,ports={80,443},text=one\,two`.

A port of Helm's `pkg/strvals/parser.go`, because writing into the middle of a list, which merging cannot express, has
to see the values that are there. It is stricter in one point: an empty name is an error, not ignored.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from timonier.errors import ValuesError

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_INDEX = 65536
_MAX_DEPTH = 30
_INTEGER = re.compile(r"[-+]?[1-9][0-9]*|[-+]0[0-9]*")
_INT64 = range(-(2**63), 2**63)


def typed(text: str) -> Any:  # noqa: ANN401 - that is the point of it
    """Give a setting its type: true, false, null, integers without a leading zero; everything else is text."""
    literal: dict[str, Any] = {"true": True, "false": False, "null": None, "0": 0}
    if text.lower() in literal:
        return literal[text.lower()]
    if _INTEGER.fullmatch(text) and int(text) in _INT64:
        return int(text)
    return text


def parse_set(
    text: str, values: dict[str, Any], *, option: str = "--set", convert: Callable[[str], Any] = typed
) -> None:
    """Write what one `--set` says into `values`.

    Args:
        text: One or more `key=value`, separated by commas.
        values: Where to write.
        option: The option's name, for messages.
        convert: What makes a value of the text after `=`.

    Raises:
        ValuesError: When the text cannot be understood, or a key goes through something that is no map or list.
    """
    _Parser(text, option, convert).write_into(values)


def parse_json(text: str, values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with what one `--set-json` says: `key=JSON,…`, or one JSON object that is merged.

    Raises:
        ValuesError: When the JSON is none, or the key cannot be understood.
    """
    if not text.lstrip().startswith("{"):
        _Parser(text, "--set-json", None).write_into(values)
        return values
    from timonier.values import merge

    try:
        return merge(values, json.loads(text))
    except ValueError as problem:
        raise ValuesError(f"--set-json {text}: this is not valid JSON: {problem}.") from None


class _Parser:
    """A cursor over one setting. Without `convert`, values are JSON."""

    def __init__(self, text: str, option: str, convert: Callable[[str], Any] | None) -> None:
        self.text = text
        self.position = 0
        self.option = option
        self.convert = convert

    def write_into(self, values: dict[str, Any]) -> None:
        while self.position < len(self.text):
            self._key(values, 0)

    def _fail(self, problem: str) -> ValuesError:
        return ValuesError(f"{self.option} {self.text}: {problem}.", hint=r"Write key=value; \, is a comma in a value.")

    def _until(self, stops: str) -> tuple[str, str]:
        """Read up to one of `stops`, which is consumed; a backslash takes the next character as it is."""
        taken: list[str] = []
        while self.position < len(self.text):
            character = self.text[self.position]
            self.position += 1
            if character in stops:
                return "".join(taken), character
            if character == "\\":
                character = self.text[self.position : self.position + 1]
                self.position += 1
            taken.append(character)
        return "".join(taken), ""

    def _key(self, values: dict[str, Any], depth: int) -> None:
        name, stop = self._until("=[,.")
        if stop in {"", ","}:
            raise self._fail(f'the key "{name}" has no value')
        if not name:
            raise self._fail(f"a key is missing before {stop}")
        if stop == "=":
            values[name] = self._value()
        elif stop == "[":
            values[name] = self._item(self._expect(values.get(name, []), list, name), depth)
        elif depth >= _MAX_DEPTH:
            raise self._fail(f"keys may be nested {_MAX_DEPTH} deep")
        else:
            values[name] = inner = self._expect(values.get(name, {}), dict, name)
            self._key(inner, depth + 1)

    def _expect(self, found: Any, kind: type, name: str) -> Any:  # noqa: ANN401 - whatever is there
        if not isinstance(found, kind):
            raise self._fail(f'"{name}" is {json.dumps(found)} and not a {"map" if kind is dict else "list"}')
        return found

    def _item(self, items: list[Any], depth: int) -> list[Any]:
        """Write into a list, just behind the `[`."""
        index = self._index()
        before, stop = self._until("[.=")
        if before or not stop:
            raise self._fail(f"after [{index}] comes = or . or [")
        present = items[index] if index < len(items) else None
        if stop == "=":
            value = self._value()
        elif stop == "[":
            value = self._item(self._expect([] if present is None else present, list, f"[{index}]"), depth)
        else:
            value = present if isinstance(present, dict) else {}
            self._key(value, depth)
        items.extend([None] * (index + 1 - len(items)))
        items[index] = value
        return items

    def _index(self) -> int:
        text, _ = self._until("]")
        if not text.isdecimal() or int(text) > _MAX_INDEX:
            raise self._fail(f"[{text}] is not an index from 0 to {_MAX_INDEX}")
        return int(text)

    def _value(self) -> Any:  # noqa: ANN401 - whatever the setting says
        if self.convert is None:
            return self._json()
        if self.text.startswith("{", self.position):
            self.position += 1
            return self._list()
        return self.convert(self._until(",")[0])

    def _list(self) -> list[Any]:
        convert = self.convert or typed
        items: list[Any] = []
        while True:
            item, stop = self._until(",}")
            if not stop:
                raise self._fail("a list ends with }")
            items.append(convert(item))
            if stop == "}":
                self.position += self.text.startswith(",", self.position)
                return items

    def _json(self) -> Any:  # noqa: ANN401 - JSON is anything
        if self._blank():
            return None
        try:
            value, self.position = json.JSONDecoder().raw_decode(self.text, self.position)
        except ValueError as problem:
            raise self._fail(f"the value is not valid JSON ({problem})") from None
        self._blank()
        return value

    def _blank(self) -> bool:
        """Skip blanks and one comma; whether that was all there is of the value."""
        rest = self.text[self.position :].lstrip()
        self.position = len(self.text) - len(rest)
        if rest.startswith(","):
            self.position += 1
            return True
        return not rest
