"""The rows of a values table, from a chart's values.yaml and values.schema.json."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.docs.comments import Key, Outline, read_outline
from timonier.docs.schema import allowed, read_schema
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from timonier.docs.schema import Schema

HEADER = ("| Key | Type | Default | Meaning |", "|---|---|---|---|")
_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_TYPES = frozenset({*_NAMES.values(), "null", "any"})


class Row(NamedTuple):
    """One value of a chart.

    Attributes:
        key: As `--set` takes it: `service.port`, a point within a name escaped.
        types: What it may be: names of types, and values as JSON where the schema names those.
        default: What it is when nothing is set.
        meaning: What its comment says; empty when there is none.
        line: Where it stands in values.yaml, counted from 1.
    """

    key: str
    types: tuple[str, ...]
    default: Any
    meaning: str
    line: int


class Gap(NamedTuple):
    """What is missing in the comments, and the line of values.yaml, counted from 1."""

    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Table:
    """The values of a chart.

    Attributes:
        chart: The chart's directory.
        rows: In the order of values.yaml.
        gaps: What the comments leave open, by line.
    """

    chart: Path
    rows: tuple[Row, ...]
    gaps: tuple[Gap, ...]

    def markdown(self) -> list[str]:
        """Write the table down, a line a row."""
        return [*HEADER, *map(_line, self.rows)]


def read_table(chart: Path) -> Table:
    """Read what a chart says of its values.

    Raises:
        SourceError: When there is no chart directory at `chart`, or a file of it cannot be read.
        ValuesError: When values.yaml is not valid YAML.
    """
    if not (chart / "Chart.yaml").is_file():
        raise SourceError(f"{chart} is not a chart's directory: it has no Chart.yaml.", hint="Name one that has.")
    return make_table(chart, _read(chart / "values.yaml"), read_schema(chart / "values.schema.json"))


def make_table(chart: Path, text: str, schema: Schema) -> Table:
    """Make the table of what a chart says of its values.

    Args:
        chart: The chart, for messages.
        text: Its values.yaml.
        schema: Its schema.

    Raises:
        ValuesError: When values.yaml is not valid YAML.
    """
    outline = read_outline(text, str(chart / "values.yaml"))
    rows = tuple(
        Row(_dotted(key.path), allowed(schema, key.path) or _type_of(key.default), key.default, key.comment, key.line)
        for key in _listed(outline.keys)
    )
    return Table(chart, rows, tuple(_gaps(rows, outline)))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist.", hint="A chart without values has no table of them.") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path} cannot be read: {problem}.") from None


def _listed(keys: tuple[Key, ...]) -> Iterator[Key]:
    """Yield the keys that get a row.

    A map is listed by its keys when comments tell them apart, and as one row when only its own comment tells of it, or
    none. Under a map with a comment of its own, keys without one are told by the map's.
    """
    for key in keys:
        apart = any(below.is_told for below in key.keys)
        if key.comment or not apart:
            yield key
        if apart:
            yield from _listed(tuple(below for below in key.keys if below.is_told) if key.comment else key.keys)


def _gaps(rows: tuple[Row, ...], outline: Outline) -> Iterator[Gap]:
    untold = [Gap(row.line, f"{row.key} has no comment `# -- …` above it") for row in rows if not row.meaning]
    stray = [
        Gap(line, "this comment `# -- …` stands directly above no key of its indentation") for line in outline.stray
    ]
    yield from sorted(untold + stray)


def _dotted(path: tuple[str, ...]) -> str:
    return ".".join(re.sub(r"([\\.,\[\]=])", r"\\\1", name) for name in path)


def _type_of(default: object) -> tuple[str, ...]:
    return (_NAMES.get(type(default), "any"),)


def _line(row: Row) -> str:
    types = " or ".join(word if word in _TYPES else _code(word) for word in row.types)
    # A pipe would end the cell, in a code span too; who wrote it as `\|` in a comment knew that.
    meaning = re.sub(r"(?<!\\)\|", r"\|", row.meaning)
    written = [cell.replace("|", r"\|") for cell in (_code(row.key), types, _default(row.default))]
    return f"| {' | '.join([*written, meaning])} |"


def _default(value: object) -> str:
    """Write a default as JSON on one line; text of several lines is for the file to show."""
    if isinstance(value, str) and "\n" in value:
        return "(see values.yaml)"
    return _code(json.dumps(value, ensure_ascii=False, default=str))


def _code(text: str) -> str:
    """Put text into a Markdown code span, whatever backticks are in it (CommonMark 6.1)."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{'`' * (longest + 1)}{space}{text}{space}{'`' * (longest + 1)}"
