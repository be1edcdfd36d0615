"""Requests that go on while something happens to what answers them: does anybody notice a rollout?"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Asker = Callable[[], object]

_STOP_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """What came of one request.

    Attributes:
        asker: The number of who asked, from 0.
        begun: When it was sent, in seconds since the traffic began.
        seconds: How long the answer took.
        late: By how many seconds the client itself was late to send it.
        problem: What was wrong with the answer; empty when nothing was.
    """

    asker: int
    begun: float
    seconds: float
    late: float
    problem: str


class Traffic:
    """Askers that each ask again and again at a pace of their own, from `with` to its end, each in a thread.

    The beginnings are spread over the pause, so that the requests come evenly. Who is still waiting for an answer when
    the next request is due leaves that one out, as a person would.

        with Traffic([browser.read for browser in browsers], every=0.5) as traffic:
            cluster.kubectl("rollout", "restart", "deployment/web", namespace=namespace)
            ...
        assert traffic.failed == []
    """

    def __init__(self, askers: Sequence[Asker], *, every: float) -> None:
        """Begin nothing yet.

        Args:
            askers: What asks. An `AssertionError` or an `OSError` (no answer) is a failed request; anything else ends
                the traffic, and is raised where `with` ends.
            every: The seconds from one request of an asker to its next one.
        """
        self._every = every
        self._ended = threading.Event()
        self._answers: list[list[Answer]] = [[] for _ in askers]
        self._threads = [
            threading.Thread(target=self._ask, args=(number, asker, every * number / len(askers)), daemon=True)
            for number, asker in enumerate(askers)
        ]
        self._began = 0.0
        self._broken: Exception | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        deadline = time.monotonic() + _STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._broken and kind is None:
            raise self._broken

    def elapsed(self) -> float:
        """Seconds since the traffic began."""
        return time.monotonic() - self._began

    def go_on(self, seconds: float) -> None:
        """Let the traffic flow until it has flowed for so many seconds in all."""
        self._ended.wait(max(0.0, seconds - self.elapsed()))

    @property
    def answers(self) -> list[Answer]:
        """What came of every request so far, in the order of their beginnings."""
        return sorted((one for mine in self._answers for one in mine), key=lambda one: one.begun)

    @property
    def failed(self) -> list[Answer]:
        """The answers that something was wrong with."""
        return [one for one in self.answers if one.problem]

    def _ask(self, number: int, asker: Asker, due: float) -> None:
        while not self._ended.wait(max(0.0, due - self.elapsed())):
            begun = self.elapsed()
            try:
                problem = _problem(asker)
            except Exception as error:  # noqa: BLE001 - it is raised where the traffic ends
                self._broken = error
                self._ended.set()
                return
            ended = self.elapsed()
            self._answers[number].append(Answer(number, begun, ended - begun, begun - due, problem))
            due += self._every * (1 + max(0.0, ended - due) // self._every)


def _problem(asker: Asker) -> str:
    try:
        asker()
    except (AssertionError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
