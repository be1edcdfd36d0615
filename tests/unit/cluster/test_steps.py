"""Steps: a line when one begins and one when it ends, in a log; on standard error, with the time it took."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from timonier.cluster.steps import Steps


def steps(*, terminal: bool = False) -> tuple[Steps, io.StringIO]:
    """Steps, and where they are printed to."""
    told = io.StringIO()
    return Steps(Console(file=told, force_terminal=terminal, width=80, color_system=None)), told


def test_a_step_is_told_with_its_note_and_time() -> None:
    """Also one whose line is longer than the terminal is wide: it stays one line."""
    under_test, told = steps()
    with under_test.step("Pull " + "x" * 90) as step:
        step.advance(1, 2)
        step.note = "from a mirror"
    began, ended = told.getvalue().splitlines()
    assert began == "… Pull " + "x" * 90
    assert re.fullmatch(r"✓ Pull x{90} \(from a mirror\)  \d+\.\d s", ended)


def test_a_step_that_fails_is_told_as_failed() -> None:
    """And what failed goes on to whoever asked for it."""
    under_test, told = steps()
    with pytest.raises(KeyError), under_test.step("Build"):
        raise KeyError
    assert re.search(r"^✗ Build  \d+\.\d s$", told.getvalue(), re.MULTILINE)


def test_a_step_within_a_step_has_a_bar_of_its_own() -> None:
    """On a terminal both are shown by one display, and both are told when they end, the inner one first."""
    under_test, told = steps(terminal=True)
    with under_test.step("Outer"), under_test.step("Inner") as inner:
        inner.advance(3, 2)  # a count that overshoots its total is no error
    text = told.getvalue()
    assert text.index("✓ Inner") < text.index("✓ Outer")
