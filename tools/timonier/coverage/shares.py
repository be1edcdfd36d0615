"""One measurement in two processes: pytest runs one test at a time, and a machine has more than one core."""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
from typing import TYPE_CHECKING, Any

from timonier.coverage.recording import Share
from timonier.coverage.templates import open_templates
from timonier.coverage.tests import measure_tests
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection

    from timonier.coverage.measure import Progress
    from timonier.coverage.result import Coverage

# A second process takes two seconds to collect the tests: with less than this many places it is not worth it.
_PLACES_WORTH_A_PROCESS = 100


def measure_in_shares(name: str, engine: str, paths: Sequence[str], progress: Progress, *, subcharts: bool) -> Coverage:
    """Measure as `timonier.coverage.tests.measure_tests` does, in two processes where there is enough to do.

    Raises:
        TimonierError: As `measure_tests` does.
    """
    source, templates = open_templates(name, engine, subcharts=subcharts)
    count = 2 if (os.cpu_count() or 1) > 1 and len(templates.places) >= _PLACES_WORTH_A_PROCESS else 1
    with _others(count, name, engine, paths, subcharts=subcharts) as others:

        def gather(own: Any) -> list[Any]:  # noqa: ANN401 - whatever is exchanged
            everything = [own, *map(_received, others)]
            for other in others:
                other.send(everything)
            return everything

        share = Share(0, count)
        own = measure_tests(source.chart, templates, source.engine, paths, progress, share, gather)
        parts: list[Coverage] = [own, *map(_received, others)]
    return dataclasses.replace(
        own,
        measured=tuple(parts[number % count].measured[number] for number in range(len(own.measured))),
        deaf=tuple(dict.fromkeys(test for part in parts for test in part.deaf)),
    )


def _received(other: Connection) -> Any:  # noqa: ANN401 - whatever is exchanged
    """Return what another process sends; raise what went wrong in it."""
    try:
        received = other.recv()
    except EOFError:
        raise TimonierError("The second process that ran tests ended without a word.") from None
    if isinstance(received, BaseException):
        raise received
    return received


@contextlib.contextmanager
def _others(count: int, name: str, engine: str, paths: Sequence[str], *, subcharts: bool) -> Iterator[list[Connection]]:
    """Start the other processes' shares. They are started afresh: Go's runtime does not live through a fork."""
    context = multiprocessing.get_context("spawn")
    started = []
    try:
        for number in range(1, count):
            here, there = context.Pipe()
            arguments = (there, name, engine, tuple(paths), Share(number, count), subcharts)
            process = context.Process(target=_measure_share, args=arguments)
            process.start()
            there.close()
            started.append((process, here))
        yield [here for _, here in started]
    except BaseException:
        for process, _ in started:
            process.terminate()
        raise
    finally:
        for process, here in started:
            here.close()
            process.join()


def _measure_share(
    first: Connection,
    name: str,
    engine: str,
    paths: tuple[str, ...],
    share: Share,
    subcharts: bool,  # noqa: FBT001 - as above
) -> None:
    """Measure a share and send it to the first process, which ends this one when it hangs up."""

    def gather(own: Any) -> Any:  # noqa: ANN401 - whatever is exchanged
        first.send(own)
        return first.recv()

    with contextlib.suppress(EOFError, BrokenPipeError):
        try:
            source, templates = open_templates(name, engine, subcharts=subcharts)
            first.send(measure_tests(source.chart, templates, source.engine, paths, lambda *_: None, share, gather))
        except Exception as problem:  # noqa: BLE001 - raised again in the first process
            first.send(problem)
