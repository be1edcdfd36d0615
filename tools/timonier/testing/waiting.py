"""Waiting for a condition, with a bound: never for a time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_INTERVAL = 0.2


def wait_until(
    condition: Callable[[], T],
    what: str,
    *,
    timeout: float = 60,
    interval: float = _INTERVAL,
) -> T:
    """Ask again and again until a condition holds, and return what it returned.

    A condition that raises an `AssertionError`, an `OSError` (a connection refused) or a `TimonierError` (kubectl
    failed) counts as not holding yet; what it said last is part of the message.

    Args:
        condition: Returns something true when it holds.
        what: What is waited for, as the end of "waited … for": `"pod web-0 to be ready"`.
        timeout: The bound, in seconds.
        interval: The pause between two questions, in seconds.

    Raises:
        AssertionError: The condition did not hold within the bound.
    """
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            if value := condition():
                return value
            last = value
        except (AssertionError, OSError, TimonierError) as error:
            last = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout:g} s in vain for {what}; last seen: {last!r}")
        time.sleep(interval)


def holds_for(condition: Callable[[], object], what: str, *, seconds: float, interval: float = _INTERVAL) -> int:
    """Assert that a condition holds at every look during a time; returns how often it was looked at.

    Raises:
        AssertionError: It did not hold once.
    """
    deadline = time.monotonic() + seconds
    looks = 0
    while time.monotonic() < deadline:
        assert condition(), f"{what}: did not hold at look {looks + 1}"  # noqa: S101 - this is an assertion
        looks += 1
        time.sleep(interval)
    return looks
