"""An altered chart, and what it answers: of each rendering only the templates that come by the alteration are asked."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from timonier.coverage.renders import ask
from timonier.coverage.templates import NOTES, SHOWN_NOTES
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.coverage.calls import Calls
    from timonier.coverage.reach import Reach
    from timonier.coverage.renders import Baseline, Outcome, Question
    from timonier.engine import Engine, Template

# What Go's templates say when one that is included is not there.
_NO_TEMPLATE = "no template "


class Look(NamedTuple):
    """What a template rendered to, and which places it came by."""

    source: str
    texts: tuple[str, ...]
    places: frozenset[int]


@dataclass(frozen=True)
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

    @functools.cached_property
    def looks(self) -> Mapping[str, Look]:
        """How each template looks that came by a place."""
        texts: dict[str, list[str]] = {}
        for template in () if isinstance(self.baseline.outcome, TimonierError) else self.baseline.outcome:
            texts.setdefault(template.source, []).append(template.text)
        places: dict[str, list[int]] = {}
        for number, sources in self.reach.sources.items():
            for source in sources:
                places.setdefault(source, []).append(number)
        return {name: Look(name, tuple(texts.get(name, ())), frozenset(places[name])) for name in places}


class Altered:
    """A chart that is altered at one place.

    Where what is written instead follows from what was written before, templates that look alike are rendered once.
    """

    def __init__(self, files: ChartFiles, number: int, calls: Calls, *, follows: bool = False) -> None:
        """Render nothing yet.

        Args:
            files: The chart, altered.
            number: The place.
            calls: Which of its templates call which.
            follows: Whether what is written instead follows from what was written before.
        """
        self._follows = follows
        self._silent: set[Look] = set()
        self._answers: dict[int, Outcome] = {}
        self._calls = calls
        self.files = files
        self.number = number
        self._parts: dict[frozenset[str], ChartFiles] = {}

    def answer(self, asked: Asked) -> Outcome:
        """Render, as `ask` with the whole chart would: what no altered template has a part in is known already."""
        if self.number not in asked.reach.possible:
            return asked.baseline.outcome
        if id(asked) not in self._answers:
            self._answers[id(asked)] = self._answer(asked, asked.reach.sources.get(self.number, frozenset()))
        return self._answers[id(asked)]

    def says_otherwise(self, asked: Asked) -> bool:
        """Whether a rendering says something else than that of the unaltered chart."""
        if self.number not in asked.reach.possible:
            return False
        sources = asked.reach.sources.get(self.number, frozenset())
        # What is put beside a chart shows what does not show otherwise: the notes.
        silent = frozenset[Look]() if asked.question.added else self._silent
        left = frozenset(source for source in sources if asked.looks[source] not in silent)
        if sources and not left:
            return False
        answer = self._answer(asked, left)
        if asked.baseline.says_otherwise(answer):
            if left == sources:
                self._answers[id(asked)] = answer
            return True
        if self._follows:
            self._silent.update(asked.looks[source] for source in left)
        return False

    def _answer(self, asked: Asked, sources: frozenset[str]) -> Outcome:
        """Render some templates, or all when none is named, and put them together with what the others say."""
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
