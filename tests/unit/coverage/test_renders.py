"""Comparing renderings: what is generated anew each time, and what says the same in other words, is no difference."""

from __future__ import annotations

import pytest

from timonier.coverage.renders import Baseline
from timonier.engine import Template
from timonier.errors import RenderError


def answer(*texts: str) -> tuple[Template, ...]:
    """Return what an engine would: a document a text."""
    return tuple(Template(f"shop/templates/{at}.yaml", text) for at, text in enumerate(texts))


PLAIN = Baseline(answer("a: 1\nb: x\n"), answer("a: 1\nb: x\n"))
GENERATED = Baseline(answer("a: 1\npassword: one\n"), answer("a: 1\npassword: two\n"))


@pytest.mark.parametrize(
    ("text", "differs", "says_otherwise"),
    [
        ("a: 1\nb: x\n", False, False),
        ("a: 1\nb: 'x'\n", True, False),
        ("# why\nb: x\na: 1\n", True, False),
        ("a: 2\nb: x\n", True, True),
        ("a: 1\n", True, True),
        ("a: [\n", True, True),
    ],
)
def test_other_words_are_no_other_meaning(text: str, *, differs: bool, says_otherwise: bool) -> None:
    """Quotes, comments and the order of keys are not; what is no YAML any more is."""
    assert PLAIN.differs(answer(text)) is differs
    assert PLAIN.says_otherwise(answer(text)) is says_otherwise


def test_a_document_more_or_less_is_a_difference() -> None:
    """But not one that holds nothing."""
    assert PLAIN.says_otherwise(answer("a: 1\nb: x\n", "c: 1\n"))
    assert PLAIN.says_otherwise(())
    assert not PLAIN.says_otherwise(answer("a: 1\nb: x\n", "# nothing\n"))


def test_what_is_generated_is_not_compared() -> None:
    """The line that was another one when the same was rendered twice; the lines beside it are."""
    assert not GENERATED.says_otherwise(answer("a: 1\npassword: three\n"))
    assert GENERATED.says_otherwise(answer("a: 2\npassword: three\n"))
    assert GENERATED.says_otherwise(answer("a: 1\npassword: three\nmore: 1\n"))


def test_a_document_of_another_length_each_time_is_left_out() -> None:
    """Nobody could say which of its lines are meant."""
    longer = Baseline(answer("a: 1\n"), answer("a: 1\nb: 2\n"))
    assert not longer.says_otherwise(answer("c: 3\n"))


def test_errors_are_compared_by_what_they_say() -> None:
    """Not by the line in the template or what is written there, which an alteration moves."""
    broken = 'shop cannot be rendered: template: a.yaml:1:3: executing "a" at <{}>: error calling include: bad'
    assert not Baseline(RenderError(broken.format("include .x")), ()).differs(RenderError(broken.format("print .x")))
    failing = Baseline(RenderError("shop says, at shop/templates/a.yaml:3:4: no"), RenderError("the same"))
    assert not failing.says_otherwise(RenderError("shop says, at shop/templates/a.yaml:3:19: no"))
    assert failing.says_otherwise(RenderError("shop says, at shop/templates/a.yaml:3:4: yes"))
    assert failing.says_otherwise(answer("a: 1\n"))
    assert PLAIN.says_otherwise(RenderError("no"))
