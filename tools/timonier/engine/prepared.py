"""A chart as the embedded engine's library has it, kept as long as the chart's files are."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timonier.engine import capabilities

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

    import helm_python

    from timonier.chartfiles import ChartFiles
    from timonier.engine.capabilities import KubeVersion, Use

_STDERR = 2
_stderr_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A loaded chart.

    Attributes:
        chart: The library's own.
        metadata: What Chart.yaml says.
        present: The names of the subcharts that are there.
    """

    chart: helm_python.Chart
    metadata: Mapping[str, Any]
    present: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """The dependencies that Chart.yaml names and that are not there."""
        return [name for one in self.metadata.get("dependencies") or [] if (name := one["name"]) not in self.present]

    @property
    def reusable(self) -> bool:
        """Whether rendering leaves it as it is: dependencies are switched off, renamed and merged into in place."""
        return not self.present and not self.metadata.get("dependencies")


@dataclass(frozen=True)
class PreparedChart:
    """A chart's files, ready to be rendered.

    Attributes:
        helm: The library.
        files: The chart.
        version: The Kubernetes version its templates were told.
    """

    helm: ModuleType
    files: ChartFiles
    version: KubeVersion | None = None
    _told: dict[KubeVersion, PreparedChart] = field(default_factory=dict)
    _kept: list[Loaded] = field(default_factory=list)

    @functools.cached_property
    def use(self) -> Use:
        """What the chart does with `.Capabilities`."""
        return capabilities.use_in_chart(self.files)

    def told(self, version: KubeVersion) -> PreparedChart:
        """Return the chart with its templates told a Kubernetes version."""
        if version not in self._told:
            self._told[version] = PreparedChart(self.helm, capabilities.told(self.files, version), version)
        return self._told[version]

    def in_own_words(self, message: str) -> str:
        """Return a message of the library's with places as they are in the chart's own files."""
        return capabilities.place_in_file(message, self.version) if self.version else message

    @contextlib.contextmanager
    def loaded(self) -> Iterator[Loaded]:
        """Yield the chart for one rendering: the same one again where that does no harm.

        The library's charts may be rendered by several threads at a time.
        """
        if self._kept:
            yield self._kept[0]
            return
        with _silent_stderr():
            chart = self.helm.Chart.load_archive(self.files.archive)
        present = frozenset(str(dependency.get("name")) for dependency in chart.dependencies)
        loaded = Loaded(chart, chart.metadata, present)
        if loaded.reusable:
            self._kept.append(loaded)
            yield loaded
            return
        with chart:
            yield loaded


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep the library's log off standard error: Go's runtime writes it there, past Python.

    Only while a chart is loaded, which takes half a millisecond. What goes wrong comes back as an error.
    """
    with _stderr_lock, open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a path of ours
        try:
            saved = os.dup(_STDERR)
        except OSError:  # started without a standard error
            yield
            return
        try:
            os.dup2(nowhere.fileno(), _STDERR)
            yield
        finally:
            os.dup2(saved, _STDERR)
            os.close(saved)
