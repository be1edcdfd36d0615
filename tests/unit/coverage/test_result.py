"""What the percentages are of."""

from __future__ import annotations

import pytest

from timonier.coverage.places import find_places
from timonier.coverage.result import Measured, Standing, Totals, Tried, totals
from timonier.gotemplate import parse

(PLACE,) = find_places(parse("{{ .a }}", "a.yaml"), {})
SEEN = Tried("seen", has_effect=True, noticed_by="test")
UNSEEN = Tried("unseen", has_effect=True, noticed_by="")
IDLE = Tried("idle", has_effect=False, noticed_by="")


@pytest.mark.parametrize(
    ("reached_by", "tried", "standing"),
    [
        ("", (), Standing.UNREACHED),
        ("case", (SEEN, SEEN), Standing.NOTICED),
        ("case", (SEEN, UNSEEN), Standing.UNNOTICED),
        ("case", (SEEN, IDLE), Standing.NOTICED),
        ("case", (UNSEEN, IDLE), Standing.UNNOTICED),
        ("case", (IDLE, IDLE), Standing.WITHOUT_EFFECT),
    ],
)
def test_a_place_is_noticed_when_everything_with_an_effect_is(
    reached_by: str, tried: tuple[Tried, ...], standing: Standing
) -> None:
    """One alteration that nobody notices is enough to be wrong unnoticed."""
    assert Measured(PLACE, reached_by, tried).standing is standing


def test_what_has_no_effect_is_reached_and_neither_noticed_nor_unnoticed() -> None:
    """It is left out of the share that is noticed; what is not reached is in it."""
    counts = totals(
        Measured(PLACE, reached_by, tried)
        for reached_by, tried in (("", ()), ("case", (SEEN,)), ("case", (UNSEEN,)), ("case", (IDLE,)))
    )
    assert counts == Totals(places=4, reached=3, alterable=3, noticed=1)
    assert (counts.reached_percent, round(counts.noticed_percent)) == (75, 33)


def test_a_chart_without_places_is_covered() -> None:
    """There is nothing that could be missing."""
    assert (totals([]).reached_percent, totals([]).noticed_percent) == (100, 100)
