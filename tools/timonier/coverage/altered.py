"""An altered chart, and what it answers: of each rendering only the templates that come by the alteration are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from timonier.coverage.renders import ask
from timonier.coverage.templates import NOTES, SHOWN_NOTES
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.coverage.calls import Calls
    from timonier.coverage.reach import Reach
    from timonier.coverage.renders import Baseline, Outcome, Question
    from timonier.engine import Engine, Template

# What Go's templates say when one that is included is not there.
_NO_TEMPLATE = "no template "


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


class Altered:
    """A chart that is altered at one place."""

    def __init__(self, files: ChartFiles, number: int, calls: Calls) -> None:
        """Render nothing yet.

        Args:
            files: The chart, altered.
            number: The place.
            calls: Which of its templates call which.
        """
        self._calls = calls
        self.files = files
        self.number = number
        self._parts: dict[frozenset[str], ChartFiles] = {}

    def answer(self, asked: Asked) -> Outcome:
        """Render, as `ask` with the whole chart would: what no altered template has a part in is known already."""
        if self.number not in asked.reach.possible:
            return asked.baseline.outcome
        sources = asked.reach.sources.get(self.number)
        if sources and not isinstance(asked.baseline.outcome, TimonierError):
            sources |= _added(asked.question, sources)
            part = ask(asked.engine, self._part(sources), asked.question)
            if not isinstance(part, TimonierError):
                return _put_together(asked.baseline.outcome, part, sources)
            if _NO_TEMPLATE not in part.message:
                return part
            # It includes another template, for its checksum say, and that one may include any other.
        return ask(asked.engine, self.files, asked.question)

    def _part(self, sources: frozenset[str]) -> ChartFiles:
        if sources not in self._parts:
            names = {source.partition("/")[2] for source in sources}
            self._parts[sources] = self._calls.only(self.files, {*names, NOTES} if SHOWN_NOTES in names else names)
        return self._parts[sources]


def _added(question: Question, sources: frozenset[str]) -> frozenset[str]:
    """Name what was put beside the chart to ask, and the notes with it: that they are shown is what it is put for."""
    chart = next(iter(sources)).partition("/")[0]
    return frozenset(f"{chart}/{name}" for name in (*question.added, SHOWN_NOTES) if question.added)


def _put_together(whole: Sequence[Template], part: Sequence[Template], sources: frozenset[str]) -> Outcome:
    """Return a rendering with the documents of some of its templates replaced."""
    kept = [template for template in whole if template.source not in sources]
    anew = [template for template in part if template.source in sources]
    return tuple(sorted((*kept, *anew), key=lambda template: template.source))
