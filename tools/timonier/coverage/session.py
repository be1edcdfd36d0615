"""A test suite in this process: each of its tests can be run again and again, on a chart that is altered."""

from __future__ import annotations

import contextlib
import functools
import io
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

import pytest

from timonier.coverage.intercept import Key, intercepted
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.coverage.intercept import Call, Handler
    from timonier.coverage.renders import Outcome


# timonier runs already, so pytest cannot rewrite the assertions of its plugin: nothing is lost, but it would warn.
_OPTIONS = ("-p", "no:cacheprovider", "-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
_CACHED = type(functools.cache(lambda: None))
_SECONDS_A_RENDERING = 0.01
_SHORTEST = 0.001
"""A test's seconds, so that what takes no time at all is not preferred to everything."""


@dataclass
class TestRun:
    """A test, and what is known of it.

    Attributes:
        item: pytest's.
        seconds: How long it took when nothing was altered.
        keys: What it rendered of the chart.
        tried: How many alterations of a file it was asked about.
        noticed: How many of them it noticed.
    """

    __test__ = False  # its name begins like a test's

    item: pytest.Item
    seconds: float = 0.0
    keys: dict[Key, None] = field(default_factory=dict)
    tried: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)

    def worth(self, file: str, renderings: int) -> float:
        """How much it probably notices of a file's alterations, in a second, with so many renderings to be made."""
        likely = (self.noticed[file] + 1) / (self.tried[file] + 2)
        return likely / (self.seconds + renderings * _SECONDS_A_RENDERING + _SHORTEST)


class Suite:
    """The collected tests."""

    def __init__(self, session: pytest.Session, files: ChartFiles) -> None:
        self._files = files
        self._caches = _caches(session)
        self._caches_of_renderings: dict[CodeType, Callable[[], None]] = {}
        self.tests = [TestRun(item) for item in session.items]

    def run(self, test: TestRun, handler: Handler) -> BaseException | None:
        """Run a test as if it were the only one: its fixtures are made for it, and gone afterwards.

        Args:
            test: Which one.
            handler: Answers for the engines meanwhile.

        Returns:
            Why it failed; None when it passed or was skipped.
        """
        for forget in self._caches_of_renderings.values():
            forget()
        start = time.perf_counter()
        with intercepted(self._files, lambda call: self._watched(call, handler)):
            failure = _run(test.item)
        test.seconds = time.perf_counter() - start
        return failure

    def _watched(self, call: Call, handler: Handler) -> Outcome:
        """Answer, and see which functions with a cache ask: what they keep is to be forgotten for the next test."""
        for frame, _ in traceback.walk_stack(None):
            if forget := self._caches.get(frame.f_code):
                self._caches_of_renderings[frame.f_code] = forget
        return handler(call)


def _caches(session: pytest.Session) -> dict[CodeType, Callable[[], None]]:
    """Find the functions of test modules and conftest files that have a `functools.cache`, and what empties it."""
    plugins = [plugin for plugin in session.config.pluginmanager.get_plugins() if isinstance(plugin, ModuleType)]
    modules = {getattr(item, "module", None) for item in session.items}
    return {
        value.__wrapped__.__code__: value.cache_clear
        for module in {*modules, *plugins} - {None}
        for value in vars(module).values()
        if isinstance(value, _CACHED) and hasattr(value.__wrapped__, "__code__")
    }


def _run(item: pytest.Item) -> BaseException | None:
    """Do what pytest's runner does for a test, without a report, which takes longer than most tests."""
    if getattr(item, "_request", None) is False:
        item._initrequest()  # type: ignore[attr-defined]  # noqa: SLF001 - as pytest's runner does for a second run
    setup = _phase(lambda: item.ihook.pytest_runtest_setup(item=item), "setup")
    if "tmp_path" in getattr(item, "fixturenames", ()):
        # This fixture is taken down by what a report has said of the test.
        item.ihook.pytest_runtest_makereport(item=item, call=setup)
    failure = _raised(setup)
    if failure is None:
        failure = _raised(_phase(lambda: item.ihook.pytest_runtest_call(item=item), "call"))
    torn_down = _raised(_phase(lambda: item.ihook.pytest_runtest_teardown(item=item, nextitem=None), "teardown"))
    if hasattr(item, "_request"):
        item._request = False  # noqa: SLF001 - as pytest's runner does
        item.funcargs = None  # type: ignore[attr-defined]
    failure = failure or torn_down
    return None if isinstance(failure, pytest.skip.Exception) else failure


def _phase(call: Callable[[], object], when: str) -> pytest.CallInfo[object]:
    return pytest.CallInfo.from_call(call, when=when, reraise=(KeyboardInterrupt,))  # type: ignore[arg-type]


def _raised(phase: pytest.CallInfo[object]) -> BaseException | None:
    return phase.excinfo.value if phase.excinfo else None


class _Plugin:
    """Takes the place of pytest's loop over the tests."""

    def __init__(self, files: ChartFiles, work: Callable[[Suite], None]) -> None:
        self._files = files
        self._work = work
        self.problem: BaseException | None = None
        self.has_run = False
        self.is_broken = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.is_broken = bool(session.testsfailed)
        if self.is_broken or not session.items:
            return True
        self.has_run = True
        try:
            self._work(Suite(session, self._files))
        except BaseException as problem:  # noqa: BLE001 - raised again once pytest has ended
            self.problem = problem
        return True


def with_suite(files: ChartFiles, paths: Sequence[str], work: Callable[[Suite], None]) -> None:
    """Collect tests, and do something with them while pytest is set up for it.

    Args:
        files: The chart that is measured.
        paths: What to collect: files, folders, node ids.
        work: What to do.

    Raises:
        TimonierError: There is nothing to collect, or it cannot be collected; or what `work` raises.
    """
    if missing := [path for path in paths if not Path(path.partition("::")[0]).exists()]:
        raise TimonierError(f"{missing[0]} does not exist.", hint="Name test files or folders.")
    plugin = _Plugin(files, work)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        pytest.main([*paths, *_OPTIONS], plugins=[plugin])
    if plugin.problem:
        raise plugin.problem
    if not plugin.has_run:
        what = "tests that cannot be collected" if plugin.is_broken else "no tests"
        raise TimonierError(f"{' '.join(paths)}: {what}.", hint=f"Run `pytest {' '.join(paths)}` to see.")
