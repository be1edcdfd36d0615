"""Dotted paths into objects: `spec.template.spec.containers[name=app].image`.

A step is a key, `[0]` (an element by its place, from the end when negative), `[name=app]` (the one element whose field
says that), or `["app.kubernetes.io/name"]` (a key that holds dots or brackets).
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Selector(NamedTuple):
    """The element of a list whose field has a value, as text: `[containerPort=80]`."""

    key: str
    value: str


Step = str | int | Selector

_STEP = re.compile(
    r"""(?:^|(?<!^)\.)(?P<key>[^.\[\]]+)
    |\[(?P<index>-?\d+)\]
    |\[(?P<quote>["'])(?P<quoted>(?s:.)+?)(?P=quote)\]
    |\[(?P<field>[^=\[\]"']+)=(?P<value>[^\]]*)\]""",
    re.VERBOSE,
)
_NAMES = {dict: "a map", list: "a list", str: "text", bool: "a boolean", int: "a number", float: "a number"}


class NoSuchStepError(LookupError):
    """A path leads nowhere.

    Attributes:
        reached: How many of its steps there are.
        problem: What is there instead: `spec has replicas, selector, template.`
    """

    def __init__(self, reached: int, problem: str) -> None:
        super().__init__(problem)
        self.reached = reached
        self.problem = problem


@functools.lru_cache(maxsize=4096)
def parse(path: str) -> tuple[Step, ...]:
    """Take a path apart; the empty one is the whole object.

    Raises:
        ValueError: It cannot be understood.
    """
    steps: list[Step] = []
    position = 0
    while position < len(path):
        if not (match := _STEP.match(path, position)):
            raise ValueError(f"The path {path!r} cannot be understood from {path[position:]!r} on.")
        steps.append(_step(match))
        position = match.end()
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    if match["field"] is not None:
        return Selector(match["field"], match["value"])
    return match["quoted"] or match["key"]


def write(steps: Iterable[Step]) -> str:
    """Write steps as the path that `parse` reads."""
    path = ""
    for step in steps:
        if isinstance(step, Selector):
            path += f"[{step.key}={step.value}]"
        elif isinstance(step, int):
            path += f"[{step}]"
        elif (quoted := _quoted(step)) != step:
            path += quoted
        else:
            path += f".{step}" if path else step
    return path


def follow(document: object, steps: tuple[Step, ...]) -> Any:  # noqa: ANN401 - whatever is there
    """Return what a path leads to.

    Raises:
        NoSuchStepError: There is nothing.
    """
    value: Any = document
    for reached, step in enumerate(steps):
        try:
            value = value[_place(value, step)]
        except (LookupError, TypeError):
            raise NoSuchStepError(reached, _missing(value, steps[:reached], step)) from None
    return value


def _place(value: Any, step: Step) -> Any:  # noqa: ANN401 - any part of a document
    """Return the key or index a step means; text has places too, but is no list of anything."""
    if isinstance(value, str):
        raise TypeError
    return _selected(value, step) if isinstance(step, Selector) else step


def _selected(elements: object, step: Selector) -> int:
    found = [index for index, element in enumerate(_elements(elements)) if _said(element, step.key) == step.value]
    if len(found) != 1:
        raise LookupError
    return found[0]


def _elements(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _said(element: object, key: str) -> str:
    """Return a field of an element as YAML writes it."""
    value = element.get(key) if isinstance(element, dict) else None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _missing(value: object, before: tuple[Step, ...], step: Step) -> str:
    """Say what is there, without a value of it: the object may be a Secret."""
    where = write(before) or "The object"
    if isinstance(value, dict):
        keys = ", ".join(_quoted(str(key)) for key in value)
        return f"{where} has {keys or 'no keys'}."
    if not isinstance(value, list):
        return f"{where} is {_NAMES.get(type(value), 'null')}."
    if not isinstance(step, Selector):
        return f"{where} is a list of {len(value)}."
    said = [_said(element, step.key) for element in value]
    count = said.count(step.value)
    fault = f"{count} elements" if count else "no element"
    return f"{where} has {fault} with {step.key}={step.value}, it has: {', '.join(said) or 'none'}."


def _quoted(key: str) -> str:
    return f'["{key}"]' if any(sign in key for sign in ".[]") else key


def numbered(document: object, steps: tuple[Step, ...]) -> list[str | int]:
    """Return a path with selections turned into the places they mean, as far as there is something."""
    value: Any = document
    found: list[str | int] = []
    for step in steps:
        try:
            place = _place(value, step)
            value = value[place]
        except (LookupError, TypeError):
            break
        found.append(place)
    return found
