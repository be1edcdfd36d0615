"""What rules may look at."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.check.yamllines import line_of
from timonier.errors import SourceError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from timonier.chart import Case, Chart
    from timonier.chartfiles import ChartFiles
    from timonier.check.templates.chartvalues import ChartValues
    from timonier.engine import Engine, Release
    from timonier.errors import TimonierError
    from timonier.manifest import Manifest
    from timonier.settings import Ignore


@dataclass(frozen=True)
class RunContext:
    """All that was checked, for rules about what was found.

    Attributes:
        unused: The entries of the settings' `ignore` that matched nothing though they should have.
    """

    unused: Sequence[Ignore]


@dataclass(frozen=True)
class ChartContext:
    """A chart, for rules that look at its files. For plain manifests there is none.

    Attributes:
        chart: Its metadata and cases.
        files: What its files hold.
        engine: What renders it.
        release: The release it was rendered for.
        values: What each case sets (with the command line's settings), by the case's name.
        renderings: What each case renders to, by the case's name; a case that could not be rendered is missing.
    """

    chart: Chart
    files: ChartFiles
    engine: Engine
    release: Release
    values: Mapping[str, Mapping[str, Any]]
    renderings: Mapping[str, Sequence[Manifest]]

    @functools.cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What Chart.yaml says."""
        metadata = yamlio.load(self.files.text("Chart.yaml"), origin=f"{self.chart.path}/Chart.yaml", error=SourceError)
        return metadata if isinstance(metadata, dict) else {}

    def metadata_line(self, *path: str | int) -> int:
        """Return the line of Chart.yaml at which a key stands, or belongs: below the chart's name."""
        text = self.files.text("Chart.yaml")
        return line_of(text, path) or line_of(text, ("name",)) or 1

    @functools.cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What values.yaml says; empty when there is none."""
        if "values.yaml" not in self.files.files:
            return {}
        text = self.files.text("values.yaml")
        defaults = yamlio.load(text, origin=f"{self.chart.path}/values.yaml", error=ValuesError)
        return defaults if isinstance(defaults, dict) else {}

    @functools.cached_property
    def known_values(self) -> ChartValues:
        """What values.yaml, templates and schema say of values; see `timonier.check.templates.chartvalues`."""
        from timonier.check.templates.chartvalues import ChartValues

        return ChartValues(self.files, {}, [case.values for case in self.chart.cases])


@dataclass(frozen=True)
class CaseContext:
    """One rendering: a case of a chart for one Kubernetes version, or a file of manifests.

    Attributes:
        case: The case; its name is empty for plain manifests.
        manifests: In Helm's order, hooks included.
        kube_version: `1.34.0`: the version to check against.
        release: The release it was rendered for.
        chart: The chart; None for plain manifests.
        again: Renders the same once more, perhaps for another release: to see what differs.
        crds: The CustomResourceDefinitions that are known: of the chart, of files, of a cluster.
        failure: Why there are no manifests. Only rules that say so (`of_failures`) are asked then.
    """

    case: Case
    manifests: Sequence[Manifest]
    kube_version: str
    release: Release
    chart: ChartContext | None = None
    again: Callable[[Release], Sequence[Manifest]] | None = None
    crds: Sequence[Mapping[str, Any]] = field(default=())
    failure: TimonierError | None = None
