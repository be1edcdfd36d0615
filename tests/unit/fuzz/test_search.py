"""The search itself, with a judge made up on the spot: what is drawn, what is found, when it ends."""

from __future__ import annotations

import importlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from timonier.fuzz.bounds import TEXTS
from timonier.fuzz.judge import Defect, Kind, Verdict
from timonier.fuzz.keys import Key
from timonier.fuzz.search import Budget, Result, Search
from timonier.fuzz.shrink import holds, pruned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Values = Mapping[str, Any]

NAME = Key(("name",), {"type": "string"}, "a", is_checked=True)
PORT = Key(("web", "port"), {"type": "integer", "minimum": 1, "maximum": 65535}, 80, is_checked=True)
DEBUG = Key(("debug",), {"type": "boolean"}, default=False, is_checked=True)
KEYS = (NAME, PORT, DEBUG)
FINE = Verdict()


def run(
    judge: Callable[[Values], Verdict], *, bases: Sequence[Values] = ({},), examples: int = 300, seconds: float = 600
) -> Result:
    """Search with a judge."""
    return Search(judge, bases, KEYS, Budget(examples, seconds, 7), lambda _: None).run()


def failing(place: str, kind: Kind = Kind.NIL) -> Verdict:
    """Return a verdict with one defect."""
    return Verdict((Defect(kind, place, "It fails."),))


def drawn(seed: int, examples: int = 100) -> list[str]:
    """Return what a search draws that finds nothing."""
    seen: list[str] = []

    def judge(values: Values) -> Verdict:
        seen.append(json.dumps(values))
        return FINE

    Search(judge, [{}], KEYS, Budget(examples, 600, seed), lambda _: None).run()
    return seen


def test_what_else_is_loaded_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hypothesis would draw what stands in the modules of whoever calls it, and the same seed give other values."""
    first = drawn(1, examples=1500)
    (tmp_path / "constants_of_others.py").write_text("\n".join(f"x{n} = {n * 7 + 1000}" for n in range(500)))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("constants_of_others")
    assert drawn(1, examples=1500) == first


def test_the_same_seed_draws_the_same_values() -> None:
    """What one machine finds, another one finds too."""
    first = drawn(1)
    assert len(set(first)) > 50
    assert drawn(1) == first
    assert drawn(2) != first


def test_right_and_wrong_values_are_drawn() -> None:
    """At the bounds, of another type, null, and text that looks like YAML."""
    seen: dict[tuple[str, ...], set[str]] = {key.path: set() for key in KEYS}

    def judge(values: Values) -> Verdict:
        for key in KEYS:
            part: Any = values
            for name in key.path:
                part = part.get(name, ...) if isinstance(part, dict) else ...
            seen[key.path].add(repr(part))
        return FINE

    run(judge, examples=800)
    wrong = {"True", "False", "'x'", "''", "[]", "['x']", "{}", "1.5"}
    assert {"1", "65535", "None"} <= seen["web", "port"]
    assert len(wrong & seen["web", "port"]) > 3
    assert len({repr(text) for text in TEXTS} & seen["name",]) > 20
    assert len((wrong - {"'x'", "''"}) & seen["name",]) > 2
    assert {"True", "False"} <= seen["debug",]


def test_several_defects_are_found_each_by_its_smallest_values() -> None:
    """Two at different places, and two keys at the same."""

    def judge(values: Values) -> Verdict:
        if "web" in values and values["web"] is None:
            return failing("a:1")
        if values.get("name", "a") is None:
            return failing("a:1")
        if len(str(values.get("name", ""))) > 3 and values.get("debug") is True:
            return failing("b:2")
        return FINE

    web = Key(("web",), {"type": "object"}, {}, is_checked=True)
    result = Search(judge, [{}], (*KEYS, web), Budget(600, 600, 1), lambda _: None).run()
    found = {(one.defect.place, json.dumps(one.values)) for one in result.found}
    assert {place for place, _ in found} == {"a:1", "b:2"}
    assert {("a:1", '{"web": null}'), ("a:1", '{"name": null}')} <= found
    [both] = [one for one in result.found if one.defect.place == "b:2"]
    assert set(both.values) == {"name", "debug"}


def test_a_case_is_changed_and_only_what_is_needed_of_it_is_shown() -> None:
    """The case switches on what fails; its other keys have nothing to do with it."""

    def judge(values: Values) -> Verdict:
        switched = values.get("debug") is True and values.get("size") == 3
        return failing("a:1") if switched and values.get("name") == "yes" else FINE

    result = run(judge, bases=({}, {"debug": True, "size": 3, "web": {"port": 81}}), examples=5000)
    assert [one.values for one in result.found] == [{"debug": True, "size": 3, "name": "yes"}]


def test_what_fails_as_it_is_is_found_first_and_changed_no_more() -> None:
    """Or every one of the values would show it again."""
    changed: list[Values] = []

    def judge(values: Values) -> Verdict:
        changed.append(values)
        return failing("a:1") if values.get("size") else FINE

    result = run(judge, bases=({}, {"size": 3}), examples=50)
    assert [one.values for one in result.found] == [{"size": 3}]
    assert not any("size" in values for values in changed[3:])


def test_what_hangs_is_not_waited_for_again() -> None:
    """Whatever else is set beside it."""
    hung: list[Values] = []

    def judge(values: Values) -> Verdict:
        if values.get("debug") is True:
            hung.append(values)
            return failing("", Kind.HANG)
        return FINE

    result = run(judge, examples=500)
    assert [one.values for one in result.found] == [{"debug": True}]
    assert len(hung) < 20


def test_the_budget_in_examples_is_kept() -> None:
    """Values are counted by what came of them."""

    def judge(values: Values) -> Verdict:
        return Verdict(is_refused=True) if "name" in values else FINE

    result = run(judge, examples=200)
    assert result.examples == result.rendered + result.refused == 200
    assert result.rendered > 20 < result.refused
    assert not result.is_out_of_time


def test_the_budget_in_time_is_kept() -> None:
    """And what was found until then is there."""

    def judge(values: Values) -> Verdict:
        time.sleep(0.01)
        return failing("a:1") if values.get("debug") is True else FINE

    start = time.monotonic()
    result = run(judge, examples=100_000, seconds=1)
    assert result.is_out_of_time
    assert time.monotonic() - start < 10
    assert [one.values for one in result.found] == [{"debug": True}]


def test_what_the_judge_raises_ends_the_search() -> None:
    """A defect of the tool itself is none of the chart's."""

    def judge(values: Values) -> Verdict:
        if values:
            raise RuntimeError
        return FINE

    with pytest.raises(RuntimeError):
        run(judge)


def test_pruning_takes_away_what_is_not_needed() -> None:
    """Whole branches, and what is below."""
    values = {"a": {"b": 1, "c": {"d": 2, "e": 3}}, "f": 4}
    assert pruned(values, lambda fewer: fewer.get("a", {}).get("c", {}).get("e") == 3) == {"a": {"c": {"e": 3}}}
    assert pruned(values, lambda _: True) == {}
    assert pruned(values, lambda _: False) == values


@pytest.mark.parametrize(
    ("fewer", "expected"),
    [({}, False), ({"a": {"b": 1}}, True), ({"a": {"b": True}}, False), ({"a": {}}, False), ({"c": 1}, False)],
)
def test_values_hold_others(fewer: Values, *, expected: bool) -> None:
    """By type too: true is not 1, and an empty map is not one with keys."""
    assert holds({"a": {"b": 1, "x": 2}}, fewer) is expected
