"""Pairs of manifests, one file a case in `tests/corpus/diff`, each with what is to be said about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from timonier.diff.compare import Options, compare
from timonier.diff.filters import Filter, read_rules
from timonier.diff.generated import Side
from timonier.diff.model import Renames
from timonier.diff.redact import Redactor
from timonier.draft import drafts_of
from timonier.report.diff_html import difference_html
from timonier.report.diff_json import difference_json
from timonier.report.diff_markdown import difference_markdown
from timonier.report.diff_text import difference_text

if TYPE_CHECKING:
    from timonier.diff.model import Difference

CASES = sorted((Path(__file__).parents[2] / "corpus" / "diff").glob("*.yaml"))


def read(path: Path) -> dict[str, Any]:
    """Read a case."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def difference(case: dict[str, Any]) -> Difference:
    """Compare a case's two sides, as the command does."""
    old, new = (Side(tuple(drafts_of(case[side], origin=side))) for side in ("old", "new"))
    rules = Filter(read_rules(case.get("ignore", ()), ()), read_rules(case.get("only", ()), ()))
    how = Options(Redactor(), namespace="here", renames=Renames(case.get("renames", "kind")), filter=rules)
    return compare(old, new, replace(how, by_client=case.get("by_client", False)))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_answer_is_right(path: Path) -> None:
    """Which objects differ and what an upgrade makes of it, in which fields, and in which words."""
    case = read(path)
    found = difference(case)
    said = [f"{change.action} {change.identity}: {change.effect.outcome}" for change in found.changes if change.effect]
    assert said == case["changes"]
    if "fields" in case:
        assert sorted(field.path for change in found.changes for field in change.fields) == sorted(case["fields"])
    told = difference_text(found, "old", "new")
    for words in case.get("said", ()):
        assert words in told


@pytest.mark.parametrize("path", [path for path in CASES if "hidden" in read(path)], ids=lambda path: path.stem)
def test_no_report_shows_a_secret(path: Path) -> None:
    """Whatever its form; with secrets shown they are there, or this test could not fail."""
    case = read(path)
    found = difference(case)
    for write in (difference_text, difference_json, difference_markdown, difference_html):
        for hidden in case["hidden"]:
            assert hidden not in write(found, "old", "new")
    old, new = (Side(tuple(drafts_of(case[side], origin=side))) for side in ("old", "new"))
    shown = difference_json(compare(old, new, Options()), "old", "new")
    assert not case["changes"] or any(hidden in shown for hidden in case["hidden"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_side_is_the_same_as_itself(path: Path) -> None:
    """And so is the same file with Windows' line ends: to YAML a line end is a line end."""
    case = read(path)
    for side in ("old", "new"):
        windows = case[side].replace("\n", "\r\n")
        for text, other in ((case[side], case[side]), (windows, windows), (case[side], windows)):
            assert difference({"old": text, "new": other}).changes == ()


def test_large_ones_are_compared_in_time() -> None:
    """A ConfigMap of a megabyte whose every tenth line differs: whole, and not after a minute (helm-diff #139)."""
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  big: |\n"
    old, new = (
        head
        + "".join(f"    line {number} of {size if number % 10 == 0 else 0} {'x' * 30}\n" for number in range(20_000))
        for size in (1, 2)
    )
    assert len(old) > 900_000
    [change] = difference({"old": old, "new": new}).changes
    assert [line[0] for line in change.lines].count("+") == 2_000
    assert [line[0] for line in change.lines].count("-") == 2_000


def test_ten_thousand_objects_are_compared() -> None:
    """And the one that differs is found; nothing is cut."""
    objects = [
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{a: x}}\n" for number in range(10_000)
    ]
    found = difference(
        {"old": "---\n".join(objects), "new": "---\n".join([*objects[1:], objects[0].replace("x", "y")])}
    )
    assert [str(change.identity) for change in found.changes] == ["ConfigMap c0"]
    assert found.unchanged == 9_999


def test_a_comment_on_a_pull_request_says_what_was_cut() -> None:
    """There is room for 65,536 characters, and everything that is not there is said to be missing."""
    texts = [
        "---\n".join(
            f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{number}}}\ndata: {{a: {letter * 500}}}\n"
            for number in range(200)
        )
        for letter in "xy"
    ]
    found = difference({"old": texts[0], "new": texts[1]})
    written = difference_markdown(found, "old", "new")
    assert len(written) <= 65_536
    shown = written.count("<details>")
    assert 10 < shown < 200
    assert f"The lines of {200 - shown} of the objects are left out:" in written
    whole = difference_markdown(found, "old", "new", longest=1_000_000)
    assert "left out" not in whole
    assert whole.count("<details>") == 200


def test_json_is_what_the_text_says() -> None:
    """The same lines, for programs."""
    case = read(CASES[0])
    found = difference(case)
    written = json.loads(difference_json(found, "old", "new"))
    assert [change["diff"] for change in written["changes"]] == [list(change.lines) for change in found.changes]
