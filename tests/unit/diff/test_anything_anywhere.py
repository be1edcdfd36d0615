"""Whatever stands wherever in a manifest, it is compared and reported: a slip of the hand ends in no traceback."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

import pytest

from timonier import yamlio
from timonier.diff.compare import Options, compare
from timonier.diff.generated import Side
from timonier.diff.redact import Redactor
from timonier.draft import drafts_of
from timonier.report.diff_html import difference_html
from timonier.report.diff_json import difference_json
from timonier.report.diff_markdown import difference_markdown
from timonier.report.diff_text import difference_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from timonier.testing import Render

CASES = (
    ("mariadb", "replication"),
    ("mariadb", "backup"),
    ("eni-todo", "session-replication"),
    ("eni-todo", "haproxy"),
)
ANYTHING: tuple[Any, ...] = (
    *(None, "", "x", "10", 0, -1, True, 1.5, [], {}, [1, 2], [[]], [None]),
    *([{"name": "a"}], [{"name": []}], {"a": [{}]}),
)
KEPT = {("apiVersion",), ("kind",), ("metadata",), *(("metadata", key) for key in ("name", "namespace", "annotations"))}
REPORTS = (difference_html, difference_json, difference_markdown, difference_text)


@pytest.fixture
def of_charts(charts_folder: Path, render: Render) -> list[list[dict[str, Any]]]:
    """The objects of some cases of both charts."""
    return [[dict(one.manifest.document) for one in render(charts_folder / chart, case=case)] for chart, case in CASES]


def places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any part of a document
    """Yield the path of everything in a document."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in below:
        yield (*steps, step)
        yield from places(one, (*steps, step))


def displaced(chance: random.Random, objects: list[dict[str, Any]]) -> str:
    """Write objects with something else in up to three places, but none where timonier says that it cannot be read."""
    documents = copy.deepcopy(objects)
    for _ in range(chance.randint(1, 3)):
        document = chance.choice(documents)
        *above, last = chance.choice([place for place in places(document) if place[:2] not in KEPT])
        holder = document
        for step in above:
            holder = holder[step]
        holder[last] = copy.deepcopy(chance.choice(ANYTHING))
    return "".join(f"---\n{yamlio.dump(one)}" for one in documents)


@pytest.mark.parametrize("seed", range(60))
def test_it_is_compared(of_charts: list[list[dict[str, Any]]], seed: int) -> None:
    """With every report of it written."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret: the same displacements at every run
    objects = chance.choice(of_charts)
    old, new = (Side(tuple(drafts_of(displaced(chance, objects), origin="test"))) for _ in range(2))
    difference = compare(old, new, Options(Redactor()))
    assert all(report(difference, "old", "new") for report in REPORTS)
