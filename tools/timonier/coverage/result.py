"""What measuring a chart's coverage found."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from timonier.coverage.places import Place


class Standing(StrEnum):
    """How a place stands."""

    NOTICED = "noticed"
    UNNOTICED = "unnoticed"
    UNREACHED = "unreached"
    WITHOUT_EFFECT = "without effect"


@dataclass(frozen=True, slots=True)
class Tried:
    """An alteration that was tried.

    Attributes:
        what: What was done: `the condition is always true`.
        has_effect: Whether any rendering says something else then.
        noticed_by: The case or the test that notices it; empty when none does.
    """

    what: str
    has_effect: bool
    noticed_by: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A place, and what is known of it.

    Attributes:
        place: The place.
        reached_by: The first case or test that reaches it; empty when none does.
        tried: The alterations; none where it is not reached.
    """

    place: Place
    reached_by: str
    tried: tuple[Tried, ...] = ()

    @property
    def standing(self) -> Standing:
        """Noticed is what is noticed in every alteration that has an effect."""
        if not self.reached_by:
            return Standing.UNREACHED
        effective = [tried for tried in self.tried if tried.has_effect]
        if not effective:
            return Standing.WITHOUT_EFFECT
        return Standing.NOTICED if all(tried.noticed_by for tried in effective) else Standing.UNNOTICED


class Unaltered(NamedTuple):
    """Something that is no place, because nobody could say what else it might be."""

    file: str
    line: int
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of places. What could not be altered with effect counts neither as noticed nor as unnoticed."""

    places: int
    reached: int
    alterable: int
    noticed: int

    @property
    def reached_percent(self) -> float:
        """Of all places; 100 where there is none."""
        return _percent(self.reached, self.places)

    @property
    def noticed_percent(self) -> float:
        """Of the places that could be altered with effect and of those not reached; 100 where there is none."""
        return _percent(self.noticed, self.alterable)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was found.

    Attributes:
        chart: The chart, as the user named it.
        cases: The names of its cases.
        tests: How many tests were run; None when the cases alone were looked at.
        measured: Every place, in the order of files and lines.
        sources: The text of every measured template, by file.
        unaltered: What was not altered at all, and why.
        deaf: Tests that keep renderings where they cannot be made to forget them: they could notice nothing.
    """

    chart: str
    cases: tuple[str, ...]
    tests: int | None
    measured: tuple[Measured, ...]
    sources: Mapping[str, str]
    unaltered: tuple[Unaltered, ...] = ()
    deaf: tuple[str, ...] = ()

    @property
    def totals(self) -> Totals:
        """The counts of all files together."""
        return totals(self.measured)

    def by_file(self) -> dict[str, list[Measured]]:
        """Return the places of each file."""
        groups = itertools.groupby(self.measured, key=lambda measured: measured.place.file)
        return {name: list(group) for name, group in groups}


def totals(measured: Iterable[Measured]) -> Totals:
    """Count places."""
    standings = [each.standing for each in measured]
    return Totals(
        places=len(standings),
        reached=len(standings) - standings.count(Standing.UNREACHED),
        alterable=len(standings) - standings.count(Standing.WITHOUT_EFFECT),
        noticed=standings.count(Standing.NOTICED),
    )


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0
