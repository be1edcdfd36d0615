"""Values drawn by hypothesis: one of the chart's cases, with a few keys set to something else.

Values drawn from a whole schema are almost always refused, or switch nothing on. What finds defects is a working case
of which little was changed, and changed to what authors of charts forget: the empty string, text that looks like
YAML, the largest number, a section of which every line is commented out (null).
"""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings, strategies
from hypothesis import seed as seeded
from hypothesis.internal.conjecture import providers

from timonier.fuzz.candidates import candidates
from timonier.fuzz.keys import set_at
from timonier.fuzz.schemas import types_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hypothesis.strategies import DrawFn, SearchStrategy

    from timonier.fuzz.keys import Key

    Values = dict[str, Any]

_MOST_CHANGES = 5
_MOST_SWITCHES = 3


def values_strategy(bases: Sequence[Mapping[str, Any]], keys: Sequence[Key]) -> SearchStrategy[Values]:
    """Return what draws values.

    Args:
        bases: Values that work, the simplest first: one of them is changed.
        keys: What may be changed.
    """
    switches = [key.path for key in keys if types_of(key.schema) == ("boolean",)]
    changes = _changes(keys)

    @strategies.composite
    def draw_values(draw: DrawFn) -> Values:
        values = dict(draw(strategies.sampled_from(bases)))
        for path in draw(switched) if switches else ():
            values = set_at(values, path, value=True)
        for path, value in draw(strategies.lists(changes, max_size=_MOST_CHANGES)) if keys else ():
            values = set_at(values, path, value)
        return values

    switched = strategies.lists(strategies.sampled_from(switches or [()]), max_size=_MOST_SWITCHES, unique=True)
    return draw_values()


def _changes(keys: Sequence[Key]) -> SearchStrategy[tuple[tuple[str, ...], Any]]:
    """Return what draws a key and a value for it; a key's strategy is made when it is first drawn from."""
    made = functools.cache(lambda number: candidates(keys[number].schema, is_checked=keys[number].is_checked))

    @strategies.composite
    def draw_change(draw: DrawFn) -> tuple[tuple[str, ...], Any]:
        number = draw(strategies.integers(0, len(keys) - 1))
        return keys[number].path, draw(made(number))

    return draw_change()


def hunt(test: Callable[[Mapping[str, Any]], None], drawn: SearchStrategy[Values], *, examples: int, seed: int) -> None:
    """Give drawn values to a function until it raises, then ever simpler ones that make it raise again.

    Args:
        test: Raises when the values show what is looked for.
        drawn: What draws.
        examples: How many values to draw at most.
        seed: The same gives the same values.

    Raises:
        Exception: What `test` raised last.
    """

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
    )
    @seeded(seed)
    @given(drawn)
    def one(values: Values) -> None:
        test(values)

    with _nothing_from_loaded_modules():
        one()


@contextlib.contextmanager
def _nothing_from_loaded_modules() -> Iterator[None]:
    """Keep hypothesis from drawing the constants of whatever modules are loaded: a seed gives the same values anywhere.

    It has no setting for that. Where it is built otherwise, the search is as good, and a seed less faithful.
    """
    found, cache = providers._get_local_constants, providers.CONSTANTS_CACHE  # noqa: SLF001 - no setting, as said
    nothing = type(found())()
    providers._get_local_constants = lambda: nothing  # noqa: SLF001 - as above
    providers.CONSTANTS_CACHE = type(cache)(cache.max_size)
    try:
        yield
    finally:
        providers._get_local_constants, providers.CONSTANTS_CACHE = found, cache  # noqa: SLF001 - as above
