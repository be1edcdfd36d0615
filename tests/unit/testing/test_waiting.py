"""Waiting: until a condition holds, within a bound, with what was seen last."""

from __future__ import annotations

import pytest

from timonier.errors import ClusterError
from timonier.testing import wait_until
from timonier.testing.waiting import holds_for


def test_the_first_true_answer_is_returned() -> None:
    """Failures that mean "not yet" are waited over."""
    answers = iter([0, AssertionError("not yet"), ConnectionRefusedError(), ClusterError("no"), "there"])

    def ask() -> object:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert wait_until(ask, "it", interval=0) == "there"


def test_the_bound_is_kept_and_the_last_answer_is_told() -> None:
    """The message says for what, how long, and what was seen last."""

    def ask() -> bool:
        raise AssertionError("the page said 503")

    with pytest.raises(AssertionError, match=r"waited 0\.1 s in vain for the page.*the page said 503"):
        wait_until(ask, "the page", timeout=0.1, interval=0.01)


def test_a_defect_is_not_waited_for() -> None:
    """A mistake in the test itself is no "not yet"."""
    with pytest.raises(ZeroDivisionError):
        wait_until(lambda: 1 / 0, "nothing", timeout=5)


def test_holds_for_counts_its_looks() -> None:
    """A condition that breaks once is told at that look."""
    assert holds_for(lambda: True, "it", seconds=0.05, interval=0.01) > 1
    answers = iter([True, False])
    with pytest.raises(AssertionError, match="it: did not hold at look 2"):
        holds_for(lambda: next(answers), "it", seconds=5, interval=0)
