"""Sources: everything that yields manifests, under one name.

- `charts/eni-todo`: a chart directory
- `eni-todo-1.2.0.tgz`: a packaged chart
- `git:main:charts/eni-todo`: either of them, or a manifest file, at a revision of the repository
- `manifests.yaml`, `-`: plain manifests, from a file or from standard input
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from timonier.chart import Chart, is_chart, load_chart
from timonier.chartfiles import ChartFiles, read_chart_files
from timonier.engine.choose import AUTOMATIC, choose_engine
from timonier.errors import SourceError, ValuesError
from timonier.manifest import Manifest, read_manifests
from timonier.render import render
from timonier.revision import SCHEME, Revision, read_revision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.engine import Engine, Release, Template

STANDARD_INPUT = "-"
_SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+):")


class Source(Protocol):
    """Whatever yields manifests."""

    @property
    def label(self) -> str:
        """What to call it in a report."""

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Return the manifests, in the order of whoever wrote or rendered them."""


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart and the engine that renders it, anew each time."""

    chart: Chart
    engine: Engine

    @property
    def label(self) -> str:
        """What to call it in a report."""
        return str(self.chart.path)

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:
        """Render the chart; see `timonier.render.render`."""
        return render(self.chart, values, release, self.engine)

    def files(self) -> ChartFiles:
        """Read the chart's files.

        Raises:
            SourceError: They cannot be read.
        """
        if isinstance(self.engine, RevisionEngine):
            with self.engine.revision.laid_out() as path:
                return replace(read_chart_files(path), path=self.chart.path)
        return read_chart_files(self.chart.path)


@dataclass(frozen=True, slots=True)
class FileSource:
    """Manifests as they are written in a file, read once."""

    label: str
    content: tuple[Manifest, ...]

    def manifests(self, values: Mapping[str, Any], release: Release) -> list[Manifest]:  # noqa: ARG002 - of no use here
        """Return the file's manifests.

        Raises:
            ValuesError: When values are given, which plain manifests cannot heed.
        """
        if values:
            raise ValuesError(f"Values have no effect on {self.label}.", hint="Only a chart takes them.")
        return list(self.content)


@dataclass(frozen=True, slots=True)
class RevisionEngine:
    """Renders a chart of a revision: lays its files out for another engine, and takes them away again each time."""

    revision: Revision
    engine: Engine

    @property
    def name(self) -> str:
        """What renders, with its version."""
        return self.engine.name

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> Sequence[Template]:
        """Render the revision's chart; see `timonier.engine.Engine`."""
        if not isinstance(chart, Path):
            return self.engine.template(chart, values, release)
        with self.revision.laid_out() as path:
            return self.engine.template(path, values, release)


def open_source(name: str, engine: str = AUTOMATIC) -> ChartSource | FileSource:
    """Find out what a source is, and read what there is to read of it.

    Args:
        name: A chart's directory or archive, a manifest file, `git:REF:PATH` for either at a revision, or `-` for
            standard input.
        engine: What renders a chart; see `timonier.engine.choose.choose_engine`.

    Raises:
        SourceError: When it is nothing that yields manifests.
        EngineError: When it is a chart and there is no such engine.
    """
    if name == STANDARD_INPUT:
        return FileSource("standard input", tuple(read_manifests(sys.stdin.read(), origin="standard input")))
    if name.startswith(SCHEME):
        return _open_revision(read_revision(name), engine)
    path = Path(name)
    if path.is_dir() or is_chart(path):
        return ChartSource(load_chart(path), choose_engine(engine))
    return FileSource(name, tuple(read_manifests(_read(path), origin=name)))


def _open_revision(revision: Revision, engine: str) -> ChartSource | FileSource:
    """Open what a revision holds, under the revision's name."""
    with revision.laid_out() as path:
        if not (path.is_dir() or is_chart(path)):
            return FileSource(revision.label, tuple(read_manifests(_read(path), origin=revision.label)))
        chart = load_chart(path)
    cases = tuple(replace(case, origin=case.origin.replace(str(path), revision.label)) for case in chart.cases)
    return ChartSource(
        replace(chart, path=Path(revision.label), cases=cases), RevisionEngine(revision, choose_engine(engine))
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if match := _SCHEME.match(str(path)):
            raise SourceError(
                f"{path}: sources of the kind {match['scheme']}: are not known.",
                hint="A source is a chart directory or archive, a manifest file, git:REF:PATH, or - (standard input).",
            ) from None
        raise SourceError(f"{path} does not exist.", hint="Name a chart, a manifest file, or -.") from None
    except UnicodeDecodeError:
        raise SourceError(f"{path} is not text.", hint="A chart archive's name ends in .tgz.") from None
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem.strerror}.") from None
