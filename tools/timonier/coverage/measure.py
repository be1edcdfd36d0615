"""What a chart's cases reach, and what a look at their renderings would notice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from timonier.coverage.alter import alterations
from timonier.coverage.altered import Altered, Asked
from timonier.coverage.reach import reach
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
        found = pool.map(lambda number: _measure(number, templates, asked), range(len(templates.places)))
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


def _measure(number: int, templates: Templates, asked: list[Asked]) -> Measured:
    place = templates.places[number]
    reaching = [each for each in asked if number in each.reach.certain]
    if not reaching:
        return Measured(place, "")
    tried = [
        _try(alteration, number, templates, reaching) for alteration in alterations(templates.trees[place.file], place)
    ]
    return Measured(place, reaching[0].question.label, tuple(tried))


def _try(alteration: Alteration, number: int, templates: Templates, asked: list[Asked]) -> Tried:
    label = shown_by(alteration, number, templates, asked)
    return Tried(alteration.what, has_effect=bool(label), noticed_by=label)


def shown_by(alteration: Alteration, number: int, templates: Templates, cases: list[Asked]) -> str:
    """Render one case after another with an alteration; return the first that says something else, or nothing."""
    altered = Altered(templates.altered(alteration), number, templates.calls)
    return next((each.question.label for each in cases if each.baseline.says_otherwise(altered.answer(each))), "")
