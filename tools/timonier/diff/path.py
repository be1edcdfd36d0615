"""Where something is in an object: `spec.template.spec.containers[name=web].image`.

The syntax is that of `timonier.testing.paths`, with selectors of several fields: `[port=80,protocol=UDP]`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Element(NamedTuple):
    """The element of a list that its merge keys name: pairs of a key and a value, as text."""

    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """Write it as in a path, without brackets."""
        return ",".join(f"{key}={value}" for key, value in self.fields)


Step = str | int | Element
Steps = tuple[Step, ...]

_PLAIN = re.compile(r"[^.\[\]*\"'~\s]+")


def write(steps: Iterable[Step]) -> str:
    """Write steps as a path."""
    path = ""
    for step in steps:
        if isinstance(step, str):
            if _PLAIN.fullmatch(step):
                path += f".{step}" if path else step
            else:
                path += f'["{step}"]'
        else:
            path += f"[{step}]"
    return path
