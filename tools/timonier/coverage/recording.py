"""What tests render of a chart when nothing is altered: each of them is run once, by one of several processes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from timonier.coverage.altered import Asked
from timonier.coverage.reach import reach
from timonier.coverage.renders import Baseline, Question, ask
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from timonier.coverage.intercept import Call, Key
    from timonier.coverage.measure import Progress
    from timonier.coverage.renders import Outcome
    from timonier.coverage.session import Suite, TestRun
    from timonier.coverage.templates import Templates
    from timonier.engine import Engine

Gather: TypeAlias = Callable[[Any], list[Any]]
"""Hands something to the other processes, and returns what each has handed over, its own included, in their order."""


class Share(NamedTuple):
    """What one of several processes does: every so manyeth, beginning with one of the first."""

    first: int
    of: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number % self.of == self.first


@dataclasses.dataclass
class _Ran:
    """What the tests did that one process ran.

    Attributes:
        failed: The tests that failed.
        tests: How many seconds each took, and what it rendered.
        calls: What was rendered: by which engine, what was asked, and what it answered.
    """

    failed: list[str] = dataclasses.field(default_factory=list)
    tests: dict[str, tuple[float, dict[Key, None]]] = dataclasses.field(default_factory=dict)
    calls: dict[Key, tuple[Engine, Question, Outcome]] = dataclasses.field(default_factory=dict)


def record(
    suite: Suite, templates: Templates, known: frozenset[int], share: Share, gather: Gather, progress: Progress
) -> dict[Key, Asked]:
    """Run every test once, unaltered, and see what it renders and which places that comes by.

    Args:
        suite: The tests; what each rendered is kept with it.
        templates: The chart.
        known: The places that are reached anyway.
        share: Which of the tests are run here.
        gather: Exchanges with the processes that run the others.
        progress: Told how far it is.

    Returns:
        What was rendered, in the order of the tests.

    Raises:
        TimonierError: A test fails, or none renders the chart.
    """
    calls = _calls(suite, gather(_run(suite, share, progress)), templates)
    traced: dict[Key, Asked] = {}
    for number, (key, call) in enumerate(calls.items()):
        if number in share:
            traced[key] = _trace(templates, *call, known)
            known |= traced[key].reach.certain
            progress("tracing renderings", number + 1, len(calls))
    found = {key: asked for part in gather(traced) for key, asked in part.items()}
    return {key: dataclasses.replace(found[key], engine=engine) for key, (engine, _, _) in calls.items()}


def _run(suite: Suite, share: Share, progress: Progress) -> _Ran:
    ran = _Ran()
    for number, test in enumerate(suite.tests):
        if number not in share:
            continue
        keys: dict[Key, None] = {}
        if suite.run(test, functools.partial(_answer, test, keys, ran)):
            ran.failed.append(test.item.nodeid)
        ran.tests[test.item.nodeid] = test.seconds, keys
        progress("running tests", number + 1, len(suite.tests))
    return ran


def _answer(test: TestRun, keys: dict[Key, None], ran: _Ran, call: Call) -> Outcome:
    keys[call.key] = None
    if call.key not in ran.calls:
        question = Question(test.item.nodeid, call.values, call.key.release, call.added)
        ran.calls[call.key] = call.engine, question, call.answer(None)
    return ran.calls[call.key][-1]


def _calls(suite: Suite, parts: list[_Ran], templates: Templates) -> dict[Key, tuple[Engine, Question, Outcome]]:
    """Put together what each process ran, in the order of the tests, and of engines of a kind take one."""
    if failed := [name for part in parts for name in part.failed]:
        message = f"Of {len(suite.tests)} tests {len(failed)} fail before anything is altered: {failed[0]}, for one."
        raise TimonierError(message, hint="Only tests that pass can notice something.")
    found = {key: call for part in reversed(parts) for key, call in part.calls.items()}
    if not found:
        message = f"None of {len(suite.tests)} tests renders {templates.files.path}."
        raise TimonierError(message, hint="Name tests that render the chart as it lies there.")
    told = {name: test for part in parts for name, test in part.tests.items()}
    for test in suite.tests:
        test.seconds, test.keys = told[test.item.nodeid]
    engines: dict[str, Engine] = {}
    keys = dict.fromkeys(key for test in suite.tests for key in test.keys)
    return {key: (engines.setdefault(key.engine, found[key][0]), *found[key][1:]) for key in keys}


def _trace(templates: Templates, engine: Engine, question: Question, outcome: Outcome, known: frozenset[int]) -> Asked:
    again = ask(engine, templates.quick(), question)
    return Asked(engine, question, Baseline(outcome, again), reach(templates, engine, question, outcome, known))
