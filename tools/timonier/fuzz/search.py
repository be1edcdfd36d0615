"""The search: draws values within a budget, and makes those that show a defect small.

In rounds. Each ends with the first defect that was not known before, which hypothesis makes small; the next one takes
that defect for known, and searches on. So several defects are found in one run, each by values of its own.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timonier.fuzz.draw import hunt, values_strategy
from timonier.fuzz.judge import Kind, Verdict
from timonier.fuzz.shrink import holds, paths_set, pruned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hypothesis.strategies import SearchStrategy

    from timonier.fuzz.judge import Defect
    from timonier.fuzz.keys import Key

    Values = dict[str, Any]

_SHRINK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to search.

    Attributes:
        examples: How many values to draw.
        seconds: For how long; a defect found last is still made small.
        seed: What the values are drawn by: the same gives the same.
    """

    examples: int
    seconds: float
    seed: int


@dataclass(frozen=True, slots=True)
class Found:
    """A defect and the values that show it.

    Attributes:
        defect: What is wrong.
        values: As few and as simple as they were made.
        keys: The keys they set, dotted.
    """

    defect: Defect
    values: Mapping[str, Any]
    keys: frozenset[str]


@dataclass
class Result:
    """What a search came to.

    Attributes:
        seed: What the values were drawn by.
        found: The defects, in the order they were found in.
        rendered: How many values rendered.
        refused: How many were refused.
        seconds: How long it took.
        is_out_of_time: Whether the time ended the search before all values were drawn.
    """

    seed: int
    found: list[Found] = field(default_factory=list)
    rendered: int = 0
    refused: int = 0
    failed: int = 0
    seconds: float = 0.0
    is_out_of_time: bool = False

    @property
    def examples(self) -> int:
        """How many values were tried."""
        return self.rendered + self.refused + self.failed


class _Stop(BaseException):
    """The time is over."""


class _Shown(Exception):  # noqa: N818 - raised to tell hypothesis that the values show what is looked for
    """The values show the defect."""


class Search:
    """A search in one chart."""

    def __init__(
        self,
        judge: Callable[[Mapping[str, Any]], Verdict],
        bases: Sequence[Mapping[str, Any]],
        keys: Sequence[Key],
        budget: Budget,
        progress: Callable[[Result], None],
    ) -> None:
        """Make a search.

        Args:
            judge: Says what comes of values.
            bases: Values that are tried as they are, and changed when they are well.
            keys: What may be changed.
            budget: How long to search.
            progress: Told after each of the values.
        """
        self._judge = judge
        self._bases = bases
        self._keys = keys
        self._known_keys = frozenset(key.path for key in keys)
        self._budget = budget
        self._progress = progress
        self._verdicts: dict[str, Verdict] = {}
        self._started = time.monotonic()
        self._result = Result(budget.seed)

    def run(self) -> Result:
        """Search until the budget is used up, or everything was tried."""
        try:
            drawn = values_strategy(self._try_bases(), self._keys)
            while self._left() > 0 and self._round(drawn):
                pass
        except _Stop:
            self._result.is_out_of_time = True
        self._result.seconds = time.monotonic() - self._started
        return self._result

    def _try_bases(self) -> list[Mapping[str, Any]]:
        """Try the values that are given, and return those that are worth changing: the ones that render, if any do."""
        well = []
        for base in self._bases:
            verdict = self.counted(base)
            if not verdict.defects and not verdict.is_refused:
                well.append(base)
            if defect := self.new_defect(base, verdict):
                self._keep(base, defect)
        return well or list(self._bases)

    def _round(self, drawn: SearchStrategy[Values]) -> bool:
        """Search for one more defect; return whether to go on."""
        hunter = _Hunter(self)
        before = self._result.examples
        seed = self._budget.seed * 1_000_003 + before
        try:
            hunt(hunter, drawn, examples=self._left(), seed=seed)
        except _Shown:
            pass
        except _Stop:
            if not hunter.defect:
                raise
        if hunter.defect:
            self._keep(hunter.values, hunter.defect)
        return self._result.examples > before

    def _left(self) -> int:
        return self._budget.examples - self._result.examples

    def _is_late(self) -> bool:
        return time.monotonic() - self._started > self._budget.seconds

    def counted(self, values: Mapping[str, Any]) -> Verdict:
        """Judge values and count them."""
        if self._is_late():
            raise _Stop
        verdict = self.judged(values)
        self._result.rendered += not verdict.is_refused and not verdict.defects
        self._result.refused += verdict.is_refused
        self._result.failed += bool(verdict.defects) and not verdict.is_refused
        self._progress(self._result)
        return verdict

    def judged(self, values: Mapping[str, Any]) -> Verdict:
        """Judge values, those that were judged before by what was said then.

        What made the process hang or die does so with other values beside it: that need not be waited for again.
        """
        for found in self._result.found:
            if found.defect.kind in {Kind.HANG, Kind.CRASH} and holds(values, found.values):
                return Verdict((found.defect,))
        written = json.dumps(values, sort_keys=True)
        if written not in self._verdicts:
            self._verdicts[written] = self._judge(values)
        return self._verdicts[written]

    def new_defect(self, values: Mapping[str, Any], verdict: Verdict) -> Defect | None:
        """Return the first defect that none of those found before explains."""
        set_here = self._keys_of(values)
        return next((defect for defect in verdict.defects if not self._is_known(defect, set_here)), None)

    def _is_known(self, defect: Defect, keys: frozenset[str]) -> bool:
        """Whether a defect like this was found with some of these keys."""
        return any(found.defect.cause == defect.cause and found.keys <= keys for found in self._result.found)

    def _keep(self, values: Mapping[str, Any], defect: Defect) -> None:
        """Make values small and keep them with their defect."""
        limit = time.monotonic() + _SHRINK_SECONDS

        def shows(fewer: Mapping[str, Any]) -> bool:
            if time.monotonic() > limit:
                return False
            new = self.new_defect(fewer, self.judged(fewer))
            return new is not None and new.cause == defect.cause

        small = pruned(values, shows)
        last = next(one for one in self.judged(small).defects if one.cause == defect.cause)
        self._result.found.append(Found(last, small, self._keys_of(small)))
        self._progress(self._result)

    def _keys_of(self, values: Mapping[str, Any]) -> frozenset[str]:
        """Return the keys that values set, dotted: as deep as the chart knows them."""
        return frozenset(".".join(_cut(path, self._known_keys)) for path in paths_set(values))


class _Hunter:
    """Looks for one defect, and remembers the smallest values that show it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._limit = 0.0
        self.defect: Defect | None = None
        self.values: Mapping[str, Any] = {}

    def __call__(self, values: Mapping[str, Any]) -> None:
        """Try values that were drawn.

        Raises:
            _Shown: They show the defect. Hypothesis tells failures apart by the line that raises, so there is one only.
            _Stop: The time is over.
        """
        if self._shows_less(values) if self.defect else self._shows_new(values):
            raise _Shown

    def _shows_new(self, values: Mapping[str, Any]) -> bool:
        """Whether values show a defect that was not known: the one to look for from then on."""
        self.defect = self._search.new_defect(values, self._search.counted(values))
        if self.defect:
            self.values = values
            self._limit = time.monotonic() + _SHRINK_SECONDS
        return self.defect is not None

    def _shows_less(self, values: Mapping[str, Any]) -> bool:
        """Whether simpler values still show the defect that was found."""
        if time.monotonic() > self._limit:
            raise _Stop
        new = self._search.new_defect(values, self._search.judged(values))
        if not new or not self.defect or new.cause != self.defect.cause:
            return False
        self.values = min(self.values, values, key=_size)
        return True


def _size(values: Mapping[str, Any]) -> tuple[int, str]:
    written = json.dumps(values, sort_keys=True)
    return len(written), written


def _cut(path: Sequence[str], known: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    for end in range(len(path), 0, -1):
        if tuple(path[:end]) in known:
            return tuple(path[:end])
    return tuple(path)
