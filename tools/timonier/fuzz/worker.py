"""A process that renders and judges, so that a rendering that never ends, or takes all memory, can be ended.

Helm's library renders inside the process, in Go, where nothing in Python can interrupt it. The process is started
afresh (spawn), not forked: a Go runtime does not survive a fork.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from timonier.check.schema.kubeschemas import schemas_of
from timonier.engine.choose import choose_engine
from timonier.errors import TimonierError
from timonier.fuzz.judge import Defect, Judge, Kind, Verdict
from timonier.fuzz.places import Asked, find_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.connection import Connection
    from types import TracebackType

    from timonier.chartfiles import ChartFiles
    from timonier.engine import Release

_MIB = 2**20
_START_SECONDS = 60.0
_END_SECONDS = 5.0


@dataclass(frozen=True)
class Task:
    """What a worker renders, and within which bounds.

    Attributes:
        files: The chart.
        release: What it is rendered for.
        engine: The engine's name.
        kube_version: Whose schemas objects are checked against; empty for the newest.
        known: The keys that can be set, dotted.
        timeout: Seconds one rendering may take.
        memory: Bytes the process may take.
    """

    files: ChartFiles
    release: Release
    engine: str
    kube_version: str
    known: frozenset[str]
    timeout: float = 5.0
    memory: int = 2048 * _MIB


class Worker:
    """Judges values in a process of its own, which is replaced when it hangs or dies."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._context = multiprocessing.get_context("spawn")
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Start the process.

        Raises:
            TimonierError: There is no engine to render with, or no schemas of that Kubernetes version.
        """
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, whatever it is at."""
        self._end()

    def judge(self, values: Mapping[str, Any]) -> Verdict:
        """Render values and say what came of it.

        Raises:
            TimonierError: The chart cannot be rendered at all, whatever the values.
        """
        connection = self._connection or self._start()
        try:
            connection.send(values)
            if not connection.poll(self._task.timeout):
                self._end()
                return _lost(Kind.HANG, f"Rendering takes longer than {self._task.timeout:g} seconds.")
            answer = connection.recv()
        except (EOFError, ConnectionError):
            self._end()
            limit = self._task.memory // _MIB
            return _lost(Kind.CRASH, f"Rendering ends the engine, or takes more than {limit} MiB of memory.")
        verdict: Verdict = _unwrapped(answer)
        return verdict

    def schemas_of_open_places(self, asked: Asked) -> dict[tuple[str, ...], dict[str, Any]]:
        """Return what Kubernetes takes in open places, by key; nothing when that takes too long to find out.

        Raises:
            TimonierError: The chart cannot be rendered at all, whatever the values.
        """
        connection = self._connection or self._start()
        connection.send(asked)
        try:
            if connection.poll(_START_SECONDS):
                found: dict[tuple[str, ...], dict[str, Any]] = _unwrapped(connection.recv())
                return found
        except (EOFError, ConnectionError):
            pass
        self._end()
        return {}

    def _start(self) -> Connection:
        mine, its = self._context.Pipe()
        self._process = self._context.Process(target=_serve, args=(self._task, its), daemon=True, name="timonier-fuzz")
        self._process.start()
        its.close()
        self._connection = mine
        if not mine.poll(_START_SECONDS):
            self._end()
            raise TimonierError("The process that renders did not start.", hint="The machine may be overloaded.")
        try:
            _unwrapped(mine.recv())
        except EOFError:
            raise TimonierError("The process that renders ended at once.", hint="Try another --engine.") from None
        return mine

    def _end(self) -> None:
        if self._connection:
            self._connection.close()
        if self._process:
            self._process.kill()
            self._process.join(_END_SECONDS)
        self._process = self._connection = None


def _lost(kind: Kind, message: str) -> Verdict:
    return Verdict((Defect(kind, "", message),))


def _unwrapped(answer: Any) -> Any:  # noqa: ANN401 - whatever was asked for, or an exception
    if isinstance(answer, Exception):
        raise answer
    return answer


def _serve(task: Task, connection: Connection) -> None:
    """Answer values with verdicts until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_DATA, (task.memory, task.memory))
    with contextlib.suppress(EOFError, ConnectionError, KeyboardInterrupt):
        try:
            answers = _Answers(task)
            connection.send(None)
        except TimonierError as error:
            connection.send(error)
            return
        _be_quiet()
        while True:
            connection.send(answers(connection.recv()))


class _Answers:
    """What the process knows, and says when it is asked."""

    def __init__(self, task: Task) -> None:
        from timonier.fuzz.objects import ObjectChecker

        self._task = task
        self._engine = choose_engine(task.engine)
        self._checker = ObjectChecker(task.files, task.release, task.kube_version)
        self._judge = Judge(task.files, task.release, self._engine, task.known, self._checker)

    def __call__(self, asked: Asked | Mapping[str, Any]) -> object:
        """Return an answer; what is raised goes to whoever asked, a defect of timonier's own as well."""
        try:
            return self._places(asked) if isinstance(asked, Asked) else self._judge(asked)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - raised again by whoever asked
            return error

    def _places(self, asked: Asked) -> dict[tuple[str, ...], dict[str, Any]]:
        schemas = schemas_of(self._checker.kube_version)
        return find_schemas(asked, self._task.files, self._task.release, self._engine, schemas)


def _be_quiet() -> None:
    """Close standard error: Helm's library logs a line there for each value of the wrong type, past Python."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
