"""An example of each rule, `NAME.diff`: what breaks the rule, and the smallest change that mends it.

A file is written as people read a change: a line begins with `-` when only the wrong version has it, with `+` when only
the right one has it, and with a space when both have. `@@ templates/web.yaml @@` begins a file of a chart, whose
Chart.yaml may be left out; without any such line it is all one file of manifests. A file without a line in one of the
versions is not there in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFESTS = "manifests.yaml"
CHART_YAML = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
_FILE = re.compile(r"@@ (?P<file>\S+) @@")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Example:
    """A mistake, and the same without it.

    Attributes:
        text: As it is written down, to show it.
        bad: The files with the mistake, by their paths in the chart; `manifests.yaml` alone where there is no chart.
        good: The files without it.
    """

    text: str
    bad: Mapping[str, str]
    good: Mapping[str, str]


def names() -> set[str]:
    """Return the names of the rules there is an example of."""
    return {path.stem for path in _FOLDER.glob("*.diff")}


def example_of(name: str) -> Example | None:
    """Return the example of a rule, None when there is none."""
    path = _FOLDER / f"{name}.diff"
    return read_example(path.read_text(encoding="utf-8")) if path.is_file() else None


def read_example(text: str) -> Example:
    """Read an example; see the module's own description for its form.

    Raises:
        ValueError: A line begins with none of the signs.
    """
    bad: dict[str, list[str]] = {}
    good: dict[str, list[str]] = {}
    file = MANIFESTS
    for line in text.splitlines():
        if heading := _FILE.fullmatch(line):
            file = heading["file"]
            continue
        sign, rest = line[:1] or " ", line[1:]
        if sign not in " -+":
            message = f"A line of an example begins with a space, - or +, and not with {sign}: {line}"
            raise ValueError(message)
        for side, left_out in ((bad, "+"), (good, "-")):
            if sign != left_out:
                side.setdefault(file, []).append(f"{rest}\n")
    return Example(text, _files(bad), _files(good))


def _files(lines: Mapping[str, list[str]]) -> Mapping[str, str]:
    files = {file: "".join(each) for file, each in lines.items()}
    return files if MANIFESTS in files else {"Chart.yaml": CHART_YAML} | files
