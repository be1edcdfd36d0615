"""Which keys get a row, and how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.docs.table import Gap, Row, read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = 2


def test_a_row_has_key_type_default_and_meaning(make_chart: Callable[..., Path]) -> None:
    """The type is the schema's, else the default's."""
    schema = '{"properties": {"size": {"enum": ["s", "m"]}, "count": {"type": ["integer", "string"]}}}'
    values = "# -- How big\nsize: s\n# -- How many\ncount: 1\n# -- Where\nwhere: null\n"
    table = read_table(make_chart({"values.schema.json": schema}, values=values))
    assert table.rows[0] == Row("size", ('"s"', '"m"'), "s", "How big", 2)
    assert table.gaps == ()
    assert table.markdown() == [
        "| Key | Type | Default | Meaning |",
        "|---|---|---|---|",
        '| `size` | `"s"` or `"m"` | `"s"` | How big |',
        "| `count` | integer or string | `1` | How many |",
        "| `where` | any | `null` | Where |",
    ]


@pytest.mark.parametrize(
    ("values", "keys"),
    [
        ("a:\n  # -- X\n  b: 1\n  # -- Y\n  c: {}\n", ["a.b", "a.c"]),
        ("# -- X\na:\n  b: 1\n  c: {d: 1}\n", ["a"]),
        ("# -- X\na:\n  # -- Y\n  b: 1\n  c: 2\n", ["a", "a.b"]),
        ("# -- X\na:\n  - b: 1\n", ["a"]),
        ("# -- X\na: {}\n# -- Y\nb: []\n", ["a", "b"]),
        ("a:\n  b:\n    # -- X\n    c.d/e: 1\n", [r"a.b.c\.d/e"]),
        ("", []),
    ],
)
def test_a_map_is_listed_as_its_comments_tell_it(make_chart: Callable[..., Path], values: str, keys: list[str]) -> None:
    """By its keys when they are told apart; as one row when only its own comment tells of it."""
    table = read_table(make_chart(values=values))
    assert [row.key for row in table.rows] == keys
    assert table.gaps == ()


def test_what_no_comment_tells_is_a_gap(make_chart: Callable[..., Path]) -> None:
    """It is listed all the same; so is a comment that tells of nothing."""
    table = read_table(make_chart(values="a:\n  # -- X\n  b: 1\n  c: 2\n# -- Lost\n\nd:\n  e: 1\n  f: 2\n"))
    assert [(row.key, row.meaning) for row in table.rows] == [("a.b", "X"), ("a.c", ""), ("d", "")]
    assert table.gaps == (
        Gap(4, "a.c has no comment `# -- …` above it"),
        Gap(5, "this comment `# -- …` stands directly above no key of its indentation"),
        Gap(7, "d has no comment `# -- …` above it"),
    )


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ("# -- a | b\na: x|y\n", r'`a` | string | `"x\|y"` | a \| b'),
        ("# -- a \\| b\na: 1\n", r"`a` | integer | `1` | a \| b"),
        ("# -- T\na: '`x`'\n", '`a` | string | ``"`x`"`` | T'),
        ("# -- T\na: |\n  x\n  y\n", "`a` | string | (see values.yaml) | T"),
        ("# -- T\na: [é, {b: 1.5}]\n", '`a` | array | `["é", {"b": 1.5}]` | T'),
    ],
)
def test_no_value_breaks_the_table(make_chart: Callable[..., Path], values: str, cells: str) -> None:
    """Pipes, backticks and line ends stay within their cell."""
    assert read_table(make_chart(values=values)).markdown()[HEADER:] == [f"| {cells} |"]
