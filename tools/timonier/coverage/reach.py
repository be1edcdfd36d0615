"""Which places a rendering comes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from timonier.coverage.renders import ask
from timonier.coverage.templates import leave_values_alone, marks
from timonier.errors import RenderError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.coverage.renders import Outcome, Question
    from timonier.coverage.templates import Templates
    from timonier.engine import Engine


class Reach(NamedTuple):
    """Which places a rendering comes by.

    Attributes:
        certain: Those it surely does.
        possible: Those among which all others are; the same where the rendering succeeds.
        sources: By place, the templates that come by it; empty where one template may depend on what another one did.
    """

    certain: frozenset[int]
    possible: frozenset[int]
    sources: Mapping[int, frozenset[str]]


def reach(templates: Templates, engine: Engine, question: Question, outcome: Outcome, known: frozenset[int]) -> Reach:
    """Find out which places a rendering comes by.

    Args:
        templates: The chart.
        engine: What renders.
        question: What is rendered.
        outcome: What it rendered to when nothing was altered.
        known: The places that are known to be reached, which a rendering that fails is not asked about.
    """
    if isinstance(outcome, TimonierError) and not isinstance(outcome, RenderError):
        # Values that the schema refuses never come to a template.
        return Reach(frozenset(), frozenset(), {})
    if not isinstance(outcome, TimonierError):
        marked = ask(engine, templates.marked(), question)
        if not isinstance(marked, TimonierError):
            sources = marks(marked)
            reached = frozenset(sources)
            return Reach(reached, reached, sources if leave_values_alone(marked) else {})
    return _reach_before_failing(templates, engine, question, known)


def _reach_before_failing(templates: Templates, engine: Engine, question: Question, known: frozenset[int]) -> Reach:
    """Find out what a rendering reaches that writes nothing: by failing at one place after another."""
    lenient = ask(engine, templates.marked(lenient=True), question)
    possible = frozenset(range(len(templates.places)))
    if not isinstance(lenient, TimonierError):
        possible = frozenset(marks(lenient))
    certain: set[int] = set()
    while left := possible - known - certain:
        found = marks(ask(engine, templates.failing(left), question)).keys() & left
        if not found:
            break
        certain |= found
    return Reach(frozenset(certain), possible, {})
