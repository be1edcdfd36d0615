"""One measurement in two processes: pytest runs one test at a time, and a machine has more than one core."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from timonier.coverage.templates import open_templates
from timonier.coverage.tests import Share, measure_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from timonier.coverage.measure import Progress
    from timonier.coverage.result import Coverage

# A second process runs all tests once, too, before it is of use: with less than this many places it is not worth it.
_PLACES_WORTH_A_PROCESS = 100


def measure_in_shares(name: str, engine: str, paths: Sequence[str], progress: Progress, *, subcharts: bool) -> Coverage:
    """Measure as `timonier.coverage.tests.measure_tests` does, in two processes where there is enough to do.

    Raises:
        TimonierError: As `measure_tests` does.
    """
    source, templates = open_templates(name, engine, subcharts=subcharts)
    count = 2 if (os.cpu_count() or 1) > 1 and len(templates.places) >= _PLACES_WORTH_A_PROCESS else 1
    with _others(count, name, engine, paths, subcharts=subcharts) as others:
        own = measure_tests(source.chart, templates, source.engine, paths, progress, Share(0, count))
        parts = [own, *(other.result() for other in others)]
    return dataclasses.replace(
        own,
        measured=tuple(parts[number % count].measured[number] for number in range(len(own.measured))),
        deaf=tuple(dict.fromkeys(test for part in parts for test in part.deaf)),
    )


@contextlib.contextmanager
def _others(
    count: int, name: str, engine: str, paths: Sequence[str], *, subcharts: bool
) -> Iterator[list[Future[Coverage]]]:
    """Start the other processes' shares. They are started afresh: Go's runtime does not live through a fork."""
    if count == 1:
        yield []
        return
    with ProcessPoolExecutor(count - 1, mp_context=multiprocessing.get_context("spawn")) as pool:
        shares = [Share(number, count) for number in range(1, count)]
        yield [pool.submit(_measure_share, name, engine, tuple(paths), share, subcharts) for share in shares]


def _measure_share(name: str, engine: str, paths: tuple[str, ...], share: Share, subcharts: bool) -> Coverage:  # noqa: FBT001 - a call between processes
    source, templates = open_templates(name, engine, subcharts=subcharts)
    return measure_tests(source.chart, templates, source.engine, paths, lambda _what, _done, _all: None, share)
