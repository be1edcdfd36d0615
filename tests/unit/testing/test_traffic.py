"""Requests that go on: at their pace, with what failed, and never louder than a person would be."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from timonier.testing.traffic import Traffic
from timonier.testing.waiting import wait_until

EVERY = 0.05


def test_everybody_asks_at_the_pace() -> None:
    """Each asker asks once a pause, one spread after the other, and not once more after the end."""
    with Traffic([time.monotonic] * 5, every=EVERY) as traffic:
        traffic.go_on(10 * EVERY)
    asked = [[one.begun for one in traffic.answers if one.asker == number] for number in range(5)]
    # A busy machine may leave a request out or two; it never asks one too many.
    assert all(7 <= len(begun) <= 11 for begun in asked), asked
    assert all(later - earlier > EVERY / 5 for begun in asked for earlier, later in pairwise(begun))
    assert len(traffic.answers) == sum(len(begun) for begun in asked)
    assert traffic.failed == []


def test_who_waits_for_an_answer_does_not_ask() -> None:
    """The requests that were due meanwhile are left out: the next one comes at the next multiple of the pause."""
    with Traffic([lambda: time.sleep(2.5 * EVERY)], every=EVERY) as traffic:
        wait_until(lambda: len(traffic.answers) > 2, "three answers", timeout=10)
    assert all(one.seconds >= 2.5 * EVERY for one in traffic.answers)
    begun = [one.begun - one.late for one in traffic.answers]
    assert all(later - earlier > 2.9 * EVERY for earlier, later in pairwise(begun)), begun


def test_what_failed_is_told() -> None:
    """A wrong answer and none at all are failed requests; whoever got one asks on."""
    problems = iter([AssertionError("502 Bad Gateway"), ConnectionResetError("gone")])

    def ask() -> None:
        if problem := next(problems, None):
            raise problem

    with Traffic([ask], every=EVERY) as traffic:
        wait_until(lambda: len(traffic.answers) > 3, "four answers", timeout=10)
    assert [one.problem for one in traffic.failed] == ["AssertionError: 502 Bad Gateway", "ConnectionResetError: gone"]


def test_a_defect_of_the_test_itself_is_raised() -> None:
    """Anything else is no answer of the application's: it ends the traffic and is not lost in a thread."""
    told = {"page": "list"}
    with pytest.raises(KeyError, match="draft"), Traffic([lambda: told["draft"]], every=EVERY) as traffic:
        traffic.go_on(60)
    assert not [thread for thread in threading.enumerate() if "_ask" in thread.name]


def test_late_is_what_the_client_was() -> None:
    """An answer that takes its time does not make the client late."""
    with Traffic([lambda: time.sleep(EVERY / 2)], every=EVERY) as traffic:
        wait_until(lambda: len(traffic.answers) > 3, "four answers", timeout=10)
    assert sorted(one.late for one in traffic.answers)[1] < EVERY / 2
