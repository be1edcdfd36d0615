"""What a chart's cases reach, and what a look at their renderings would notice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.coverage.alter import alterations
from timonier.coverage.reach import Reach, reach
from timonier.coverage.renders import Baseline, Question, ask
from timonier.coverage.result import Coverage, Measured, Tried
from timonier.engine import Release

if TYPE_CHECKING:
    from timonier.chart import Chart
    from timonier.coverage.alter import Alteration
    from timonier.coverage.templates import Templates
    from timonier.engine import Engine

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

# The engine gives up Python's lock while it renders; more than that many at a time gain nothing on most machines.
_AT_A_TIME = 2


@dataclass(frozen=True, slots=True)
class Asked:
    """A rendering of the unaltered chart.

    Attributes:
        engine: What rendered.
        question: What was asked.
        baseline: What the answer is.
        reach: Which places it comes by.
    """

    engine: Engine
    question: Question
    baseline: Baseline
    reach: Reach


def ask_cases(chart: Chart, templates: Templates, engine: Engine) -> list[Asked]:
    """Render every case, and see which places it comes by.

    Raises:
        TimonierError: A case does not render.
    """
    asked = []
    for case in chart.cases:
        question = Question(f"case {case.name}", case.values, Release(chart.name))
        engine.template(templates.files, question.values, question.release)
        first, second = (ask(engine, templates.plain(), question) for _ in range(2))
        reached = reach(templates, engine, question, first, frozenset())
        asked.append(Asked(engine, question, Baseline(first, second), reached))
    return asked


def measure_cases(chart: Chart, templates: Templates, engine: Engine, progress: Progress) -> Coverage:
    """Measure what the cases reach, and what comparing their renderings with the last ones would notice.

    Args:
        chart: The chart.
        templates: Its templates.
        engine: What renders.
        progress: Told how far it is.

    Raises:
        TimonierError: A case does not render.
    """
    asked = ask_cases(chart, templates, engine)
    measured = []
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        found = pool.map(lambda number: _measure(number, templates, engine, asked), range(len(templates.places)))
        for done, each in enumerate(found, start=1):
            measured.append(each)
            progress("altering templates", done, len(templates.places))
    return Coverage(
        chart=str(chart.path),
        cases=tuple(case.name for case in chart.cases),
        tests=None,
        measured=tuple(measured),
        sources={name: tree.text for name, tree in templates.trees.items()},
        unaltered=templates.unaltered(),
    )


def _measure(number: int, templates: Templates, engine: Engine, asked: list[Asked]) -> Measured:
    place = templates.places[number]
    reaching = [each for each in asked if number in each.reach.certain]
    if not reaching:
        return Measured(place, "")
    tried = [
        _try(alteration, templates, engine, reaching) for alteration in alterations(templates.trees[place.file], place)
    ]
    return Measured(place, reaching[0].question.label, tuple(tried))


def _try(alteration: Alteration, templates: Templates, engine: Engine, asked: list[Asked]) -> Tried:
    """Render one case after another with an alteration, until one of them says something else."""
    files = templates.altered(alteration)
    for each in asked:
        if each.baseline.says_otherwise(ask(engine, files, each.question)):
            return Tried(alteration.what, has_effect=True, noticed_by=each.question.label)
    return Tried(alteration.what, has_effect=False, noticed_by="")
