"""What a chart's tests reach, and what they notice."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from timonier.chartfiles import read_chart_files
from timonier.coverage.alter import alterations
from timonier.coverage.measure import Asked, ask_cases
from timonier.coverage.reach import reach
from timonier.coverage.renders import Baseline, Question, ask
from timonier.coverage.result import Coverage, Measured, Tried
from timonier.coverage.session import with_suite
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from timonier.chart import Chart
    from timonier.chartfiles import ChartFiles
    from timonier.coverage.alter import Alteration
    from timonier.coverage.intercept import Call, Key
    from timonier.coverage.measure import Progress
    from timonier.coverage.renders import Outcome
    from timonier.coverage.session import Suite, TestRun
    from timonier.coverage.templates import Templates
    from timonier.engine import Engine


class Share(NamedTuple):
    """Which places one of several processes alters: every so manyeth, beginning with one of the first."""

    first: int
    of: int

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and number % self.of == self.first


def measure_tests(
    chart: Chart,
    templates: Templates,
    engine: Engine,
    paths: Sequence[str],
    progress: Progress,
    share: Share,
) -> Coverage:
    """Measure what cases and tests reach, and what the tests notice.

    Args:
        chart: The chart.
        templates: Its templates.
        engine: What renders the cases; the tests bring their own.
        paths: The tests, as pytest takes them.
        progress: Told how far it is.
        share: Which places are altered; of the others it is said by whom they are reached, and no more.

    Raises:
        TimonierError: A case does not render, or the tests do not pass as it is.
    """
    cases = ask_cases(chart, templates, engine)
    found: list[Coverage] = []

    def work(suite: Suite) -> None:
        measuring = _Measuring(templates, engine, cases, suite, progress)
        measuring.record()
        measured = measuring.measure(share)
        found.append(
            Coverage(
                chart=str(chart.path),
                cases=tuple(case.name for case in chart.cases),
                tests=sum(bool(test.keys) for test in suite.tests),
                measured=tuple(measured),
                sources={name: tree.text for name, tree in templates.trees.items()},
                unaltered=templates.unaltered(),
                deaf=tuple(measuring.deaf),
            )
        )

    with_suite(templates.files, paths, work)
    if read_chart_files(templates.files.path).files != templates.files.files:
        raise SourceError(f"{chart.path} changed while its tests were run.", hint="Run it once more.")
    return found[0]


class _Measuring:
    """Tests, what they rendered, and how it is with the places."""

    def __init__(
        self, templates: Templates, engine: Engine, cases: list[Asked], suite: Suite, progress: Progress
    ) -> None:
        self._templates = templates
        self._engine = engine
        self._cases = cases
        self._suite = suite
        self._progress = progress
        self._calls: dict[Key, tuple[Call, Outcome]] = {}
        self._asked: dict[Key, Asked] = {}
        self.deaf: dict[str, None] = {}

    def record(self) -> None:
        """Run every test once, unaltered, and see what it renders and which places that comes by."""
        failed = []
        tests = self._suite.tests
        for done, test in enumerate(tests, start=1):
            if self._suite.run(test, functools.partial(self._answer_and_record, test)):
                failed.append(test.item.nodeid)
            self._progress("running tests", done, len(tests))
        if failed:
            message = f"Of {len(tests)} tests {len(failed)} fail before anything is altered: {failed[0]}, for one."
            raise TimonierError(message, hint="Only tests that pass can notice something.")
        if not self._calls:
            message = f"None of {len(tests)} tests renders {self._templates.files.path}."
            raise TimonierError(message, hint="Name tests that render the chart as it lies there.")
        known = frozenset[int]().union(*(case.reach.certain for case in self._cases))
        for done, key in enumerate(self._calls, start=1):
            self._asked[key] = self._look_at(key, known)
            known |= self._asked[key].reach.certain
            self._progress("tracing renderings", done, len(self._calls))

    def _answer_and_record(self, test: TestRun, call: Call) -> Outcome:
        test.keys[call.key] = None
        if call.key not in self._calls:
            self._calls[call.key] = call, call.answer(None)
        return self._calls[call.key][1]

    def _look_at(self, key: Key, known: frozenset[int]) -> Asked:
        call, outcome = self._calls[key]
        test = next(test for test in self._suite.tests if key in test.keys)
        question = Question(test.item.nodeid, call.values, key.release, call.added)
        again = ask(call.engine, self._templates.quick(), question)
        reached = reach(self._templates, call.engine, question, outcome, known)
        return Asked(call.engine, question, Baseline(outcome, again), reached)

    def measure(self, share: Share) -> list[Measured]:
        """Alter every place of a share that is reached, and run the tests that could notice."""
        measured = []
        places = self._templates.places
        for number, place in enumerate(places):
            reached_by = next(
                (
                    asked.question.label
                    for asked in (*self._cases, *self._asked.values())
                    if number in asked.reach.certain
                ),
                "",
            )
            found = alterations(self._templates.trees[place.file], place) if reached_by and number in share else []
            tried = [self._try(number, alteration) for alteration in found]
            measured.append(Measured(place, reached_by, tuple(tried)))
            self._progress("altering templates", number + 1, len(places))
        return measured

    def _try(self, number: int, alteration: Alteration) -> Tried:
        """Run one test after another on an altered chart, the likeliest first, until one of them fails."""
        altered = _Altered(self._templates.altered(alteration, notes=False), number, self._asked)
        file = alteration.place.file
        left = [test for test in self._suite.tests if altered.is_reached_by(test.keys)]
        while left:
            test = max(left, key=lambda test: test.worth(file, altered.unanswered(test.keys)))
            left.remove(test)
            telling = [key for key in test.keys if altered.says_otherwise(key)]
            if not telling:
                continue
            test.tried[file] += 1
            if self._fails(test, altered, telling):
                test.noticed[file] += 1
                return Tried(alteration.what, has_effect=True, noticed_by=test.item.nodeid)
        return Tried(alteration.what, has_effect=altered.has_effect or self._shows(number, alteration), noticed_by="")

    def _fails(self, test: TestRun, altered: _Altered, telling: Sequence[Key]) -> bool:
        """Run a test; one that passes without rendering what is altered had it from somewhere else."""
        altered.heard.clear()
        if self._suite.run(test, altered.answer):
            return True
        if not altered.heard.issuperset(telling):
            self.deaf[test.item.nodeid] = None
        return False

    def _shows(self, number: int, alteration: Alteration) -> bool:
        """Whether an alteration that no test's rendering shows is to be seen in a case."""
        files = self._templates.altered(alteration)
        return any(
            case.baseline.says_otherwise(ask(self._engine, files, case.question))
            for case in self._cases
            if number in case.reach.certain
        )


class _Altered:
    """An altered chart, and what it answers."""

    def __init__(self, files: ChartFiles, number: int, asked: dict[Key, Asked]) -> None:
        self._files = files
        self._number = number
        self._asked = asked
        self._answers: dict[Key, Outcome] = {}
        self._says_otherwise: dict[Key, bool] = {}
        self.heard: set[Key] = set()

    @property
    def has_effect(self) -> bool:
        """Whether anything that was rendered says something else."""
        return any(self._says_otherwise.values())

    def is_reached_by(self, keys: Iterable[Key]) -> bool:
        """Whether any of these renderings may come by what is altered."""
        return any(self._number in self._asked[key].reach.possible for key in keys)

    def unanswered(self, keys: Iterable[Key]) -> int:
        """Count the renderings that are still to be made to compare all of these."""
        return sum(key not in self._says_otherwise and self._number in self._asked[key].reach.possible for key in keys)

    def says_otherwise(self, key: Key) -> bool:
        """Whether a rendering says something else than that of the unaltered chart."""
        if self._number not in self._asked[key].reach.possible:
            return False
        if key not in self._says_otherwise:
            asked = self._asked[key]
            self._answers[key] = ask(asked.engine, self._files, asked.question)
            self._says_otherwise[key] = asked.baseline.says_otherwise(self._answers[key])
        return self._says_otherwise[key]

    def answer(self, call: Call) -> Outcome:
        """Answer a test."""
        self.heard.add(call.key)
        asked = self._asked.get(call.key)
        if asked and self._number not in asked.reach.possible:
            return asked.baseline.outcome
        if call.key not in self._answers:
            self._answers[call.key] = call.answer(self._files)
        return self._answers[call.key]
