"""Standing between tests and engines: to see what is rendered, and to answer as an altered chart would."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from timonier.engine.embedded import EmbeddedEngine
from timonier.engine.program import ProgramEngine
from timonier.errors import TimonierError
from timonier.testing.charts import Charts
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.coverage.renders import Outcome
    from timonier.engine import Engine, Release, Template


class Key(NamedTuple):
    """What tells renderings of one chart apart."""

    engine: str
    values: str
    release: Release
    added: frozenset[tuple[str, bytes]]


class Call(NamedTuple):
    """A rendering of the measured chart that a test asks for.

    Attributes:
        key: What tells it from others.
        engine: What is to render.
        values: What is set.
        added: Files that are put beside the chart's own.
        answer: Renders these files, or the chart as the test named it when there are none.
    """

    key: Key
    engine: Engine
    values: Mapping[str, Any]
    added: Mapping[str, bytes]
    answer: Callable[[ChartFiles | None], Outcome]


Handler: TypeAlias = "Callable[[Call], Outcome]"


@contextlib.contextmanager
def intercepted(files: ChartFiles, handler: Handler) -> Iterator[None]:
    """Let a handler answer for the engines, where it is this chart that is rendered, for as long as the context lasts.

    The classes themselves are changed, because a test gets its engine where it likes. The fixture `render` remembers
    nothing meanwhile.
    """
    with contextlib.ExitStack() as stack:
        for engine in EmbeddedEngine, ProgramEngine:
            stack.enter_context(_replaced(engine, "template", _handled(engine.template, files, handler)))
        stack.enter_context(_replaced(Charts, "render", Charts.render_anew))
        yield


@contextlib.contextmanager
def _replaced(owner: type, name: str, value: object) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _handled(original: Callable[..., Sequence[Template]], measured: ChartFiles, handler: Handler) -> object:
    path = measured.path.resolve()

    def template(
        engine: Engine, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release
    ) -> Sequence[Template]:
        added = _added(chart, path, measured)
        if added is None:
            return original(engine, chart, values, release)

        def answer(files: ChartFiles | None) -> Outcome:
            try:
                return tuple(original(engine, files.replaced(added) if files else chart, values, release))
            except TimonierError as problem:
                return problem

        key = Key(type(engine).__name__, to_json(values), release, frozenset(added.items()))
        outcome = handler(Call(key, engine, values, added, answer))
        if isinstance(outcome, TimonierError):
            # A new one each time: a traceback grows with every raising.
            raise type(outcome)(outcome.message, hint=outcome.hint)
        return list(outcome)

    return template


def _added(chart: Path | ChartFiles, path: Path, measured: ChartFiles) -> Mapping[str, bytes] | None:
    """Return what a test puts beside the chart's files; None when it is not this chart, or an altered one."""
    if isinstance(chart, Path):
        return {} if chart.resolve() == path else None
    if chart.path.resolve() != path or any(chart.files.get(name) != held for name, held in measured.files.items()):
        return None
    return {name: held for name, held in chart.files.items() if name not in measured.files}
