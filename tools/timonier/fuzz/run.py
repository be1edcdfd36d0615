"""One search from beginning to end: reads the chart, starts the process that renders, and searches."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from timonier.chartfiles import read_chart_files
from timonier.cluster.cache import folder
from timonier.errors import EngineError
from timonier.source import open_chart
from timonier.values import Settings, read_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from timonier.fuzz.search import Budget, Result

_SEEDS = 10**6


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        chart: A chart's directory or archive.
        settings: What every set of values sets.
        extra: Values to try first, beside the chart's cases.
        engine: What renders, by name.
        kube_version: Whose schemas objects are checked against; empty for the newest known.
        timeout: Seconds one rendering may take.
    """

    chart: Path
    settings: Settings
    extra: Sequence[Mapping[str, Any]] = ()
    engine: str = "auto"
    kube_version: str = ""
    timeout: float = 5.0


def fuzz_chart(request: Request, budget: Budget, progress: Callable[[Result], None]) -> Result:
    """Search a chart for values that neither render nor are refused.

    Raises:
        TimonierError: The chart cannot be read, or there is nothing to render or to draw with.
    """
    _prepare_hypothesis()
    from timonier.engine import Release
    from timonier.fuzz.keys import read_keys
    from timonier.fuzz.places import Asked, open_keys, with_schemas
    from timonier.fuzz.search import Search
    from timonier.fuzz.worker import Task, Worker

    chart = open_chart(str(request.chart))
    files = chart.files or read_chart_files(chart.path)
    keys = read_keys(files)
    bases = [read_values(request.settings, values) for values in (*(c.values for c in chart.cases), *request.extra)]
    known = frozenset(map(str, keys))
    release = Release(chart.name, kube_version=request.kube_version)
    task = Task(files, release, request.engine, request.kube_version, known, request.timeout)
    with Worker(task) as worker:
        keys = with_schemas(keys, worker.schemas_of_open_places(Asked(bases, open_keys(keys))))
        return Search(worker.judge, bases, keys, budget, progress).run()


def any_seed() -> int:
    """Return a seed nobody chose."""
    return random.SystemRandom().randrange(_SEEDS)


def _prepare_hypothesis() -> None:
    """Import hypothesis, with what it remembers kept out of the folder the user is in.

    Raises:
        EngineError: It is not installed.
    """
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(folder() / "hypothesis"))
    try:
        import hypothesis_jsonschema  # noqa: F401 - to see whether it is there
    except ImportError:
        raise EngineError(
            "What draws values is not installed.", hint="Run `pip install 'timonier[fuzz,check]'`."
        ) from None
