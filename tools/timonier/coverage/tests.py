"""What a chart's tests reach, and what they notice."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from timonier.chartfiles import read_chart_files
from timonier.coverage.alter import alterations
from timonier.coverage.altered import Altered
from timonier.coverage.measure import ask_cases, shown_by
from timonier.coverage.recording import record
from timonier.coverage.result import Coverage, Measured, Tried
from timonier.coverage.session import with_suite
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.chart import Chart
    from timonier.coverage.alter import Alteration
    from timonier.coverage.altered import Asked
    from timonier.coverage.intercept import Call, Key
    from timonier.coverage.measure import Progress
    from timonier.coverage.recording import Gather, Share
    from timonier.coverage.renders import Outcome
    from timonier.coverage.session import Suite, TestRun
    from timonier.coverage.templates import Templates
    from timonier.engine import Engine


def measure_tests(
    chart: Chart,
    templates: Templates,
    engine: Engine,
    paths: Sequence[str],
    progress: Progress,
    share: Share,
    gather: Gather,
) -> Coverage:
    """Measure what cases and tests reach, and what the tests notice.

    Args:
        chart: The chart.
        templates: Its templates.
        engine: What renders the cases; the tests bring their own.
        paths: The tests, as pytest takes them.
        progress: Told how far it is.
        share: Which places are altered; of the others it is said by whom they are reached, and no more.
        gather: Exchanges with the processes that have the other shares.

    Raises:
        TimonierError: A case does not render, or the tests do not pass as it is.
    """
    cases = ask_cases(chart, templates, engine)
    found: list[Coverage] = []

    def work(suite: Suite) -> None:
        known = frozenset[int]().union(*(case.reach.certain for case in cases))
        asked = record(suite, templates, known, share, gather, progress)
        measuring = _Measuring(templates, cases, suite, asked)
        measured = measuring.measure(share, progress)
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


class _Candidate(NamedTuple):
    """A test that may notice what is altered at a place, and those of its renderings that may come by it."""

    test: TestRun
    keys: list[Key]


class _Measuring:
    """Tests, what they rendered, and how it is with the places."""

    def __init__(self, templates: Templates, cases: list[Asked], suite: Suite, asked: dict[Key, Asked]) -> None:
        self._templates = templates
        self._cases = cases
        self._suite = suite
        self._asked = asked
        self.deaf: dict[str, None] = {}

    def measure(self, share: Share, progress: Progress) -> list[Measured]:
        """Alter every place of a share that is reached, and run the tests that could notice."""
        measured = []
        places = self._templates.places
        for number, place in enumerate(places):
            everything = (*self._cases, *self._asked.values())
            reached_by = next((asked.question.label for asked in everything if number in asked.reach.certain), "")
            found = alterations(self._templates.trees[place.file], place) if reached_by and number in share else []
            candidates = self._candidates(number) if found else []
            tried = [self._try(number, alteration, candidates) for alteration in found]
            measured.append(Measured(place, reached_by, tuple(tried)))
            progress("altering templates", number + 1, len(places))
        return measured

    def _candidates(self, number: int) -> list[_Candidate]:
        reaching = {key for key, asked in self._asked.items() if number in asked.reach.possible}
        found = [_Candidate(test, [key for key in test.keys if key in reaching]) for test in self._suite.tests]
        return [candidate for candidate in found if candidate.keys]

    def _try(self, number: int, alteration: Alteration, candidates: list[_Candidate]) -> Tried:
        """Run one test after another on an altered chart, the likeliest first, until one of them fails."""
        files = self._templates.altered(alteration, notes=False)
        follows = alteration.follows and self._templates.flow.is_written_only(alteration.place)
        answers = _Answers(Altered(files, number, self._templates.calls, follows=follows), self._asked)
        file = alteration.place.file
        for test, keys in sorted(candidates, key=lambda one: -one.test.worth(file, len(one.keys))):
            telling = [key for key in keys if answers.says_otherwise(key)]
            if not telling:
                continue
            test.tried[file] += 1
            if self._fails(test, answers, telling):
                test.noticed[file] += 1
                return Tried(alteration.what, has_effect=True, noticed_by=test.item.nodeid)
        has_effect = answers.has_effect or bool(self._shown_by(number, alteration))
        return Tried(alteration.what, has_effect=has_effect, noticed_by="")

    def _fails(self, test: TestRun, answers: _Answers, telling: Sequence[Key]) -> bool:
        """Run a test; one that passes without rendering what is altered had it from somewhere else."""
        answers.heard.clear()
        if self._suite.run(test, answers.answer):
            return True
        if not answers.heard.issuperset(telling):
            self.deaf[test.item.nodeid] = None
        return False

    def _shown_by(self, number: int, alteration: Alteration) -> str:
        """Name a case that shows an alteration which no test's rendering does."""
        cases = [case for case in self._cases if number in case.reach.certain]
        return shown_by(alteration, number, self._templates, cases)


class _Answers:
    """What an altered chart answers to tests.

    Attributes:
        heard: What they have asked it for.
    """

    def __init__(self, altered: Altered, asked: dict[Key, Asked]) -> None:
        self._altered = altered
        self._asked = asked
        self._others: dict[Key, Outcome] = {}
        self._says_otherwise: dict[Key, bool] = {}
        self.heard: set[Key] = set()

    @property
    def has_effect(self) -> bool:
        """Whether anything that was rendered says something else."""
        return any(self._says_otherwise.values())

    def says_otherwise(self, key: Key) -> bool:
        """Whether a rendering says something else than that of the unaltered chart."""
        if key not in self._says_otherwise:
            self._says_otherwise[key] = self._altered.says_otherwise(self._asked[key])
        return self._says_otherwise[key]

    def answer(self, call: Call) -> Outcome:
        """Answer a test."""
        self.heard.add(call.key)
        if asked := self._asked.get(call.key):
            return self._altered.answer(asked)
        if call.key not in self._others:
            self._others[call.key] = call.answer(self._altered.files)
        return self._others[call.key]
