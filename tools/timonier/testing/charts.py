"""Rendering charts for unit tests: what the fixture `render` does."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.engine import Release
from timonier.engine.folders import Folders
from timonier.errors import RenderError, TimonierError, ValuesError
from timonier.render import render_notes
from timonier.source import open_chart
from timonier.testing.objects import Documents, Lookup, Rendered
from timonier.values import Settings, merge, read_values, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from timonier.chart import Case, Chart
    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine

_REMEMBERED = 256
"""How many renderings of a chart are kept, each with other values."""


@dataclass(frozen=True, slots=True)
class LoadedChart:
    """A chart as its files are now.

    Attributes:
        chart: Its metadata and cases.
        files: What its files hold.
        rendered: What they rendered to, by values and release.
    """

    chart: Chart
    files: ChartFiles
    rendered: dict[tuple[str, Release], Documents] = field(default_factory=dict)


@dataclass
class Refusal:
    """How a chart refused, once it has.

    Attributes:
        message: All it said: `charts/shop refuses these values: replicas: minimum: got 0, want 1.`
        error: The error itself.
    """

    message: str = ""
    error: TimonierError | None = None


class Charts:
    """The charts of one test session, and what they rendered to: the same question is rendered once.

    A chart whose files have changed is read and rendered anew.
    """

    def __init__(self, root: Path, choose: Callable[[], Engine]) -> None:
        """Choose no engine yet.

        Args:
            root: What relative paths of charts are relative to.
            choose: Makes the engine, when there is something to render.
        """
        self._root = root
        self._choose = choose
        self._folders = Folders()

    @functools.cached_property
    def engine(self) -> Engine:
        """What renders."""
        return self._choose()

    def load(self, path: str | Path) -> LoadedChart:
        """Read a chart; again only when its files have changed.

        Raises:
            SourceError: There is no chart.
            ValuesError: A case is not valid YAML.
        """
        files = self._folders.read(_short(self._root / path))
        if self not in files.kept:
            chart = open_chart(str(files.path))
            files.kept[self] = LoadedChart(chart, chart.files or files)
        loaded: LoadedChart = files.kept[self]
        return loaded

    def render(self, loaded: LoadedChart, values: Mapping[str, Any], release: Release) -> Documents:
        """Render a chart, or remember what it rendered to.

        Raises:
            TimonierError: As `timonier.engine.Engine.template` does.
        """
        key = (to_json(values), release)
        if key not in loaded.rendered:
            if len(loaded.rendered) >= _REMEMBERED:
                del loaded.rendered[next(iter(loaded.rendered))]
            loaded.rendered[key] = self.render_anew(loaded, values, release)
        return loaded.rendered[key]

    def render_anew(self, loaded: LoadedChart, values: Mapping[str, Any], release: Release) -> Documents:
        """Render a chart, whatever is remembered."""
        return Documents(self.engine.template(loaded.files, values, release), str(loaded.files.path))


def _short(path: Path) -> Path:
    """Return a path as a user below whose folder it is would write it, for messages."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


class Render:
    """Renders a chart for one test: the fixture `render`.

    Attributes:
        lookups: What the test has asked rendered objects for, in order.
    """

    def __init__(self, charts: Charts, default: str = "") -> None:
        """Render nothing yet.

        Args:
            charts: The session's charts.
            default: The chart to render when none is named.
        """
        self._charts = charts
        self._default = default
        self._whole = False
        self.lookups: list[Lookup] = []

    def __call__(  # noqa: PLR0913 - as many as a chart can be told
        self,
        chart: str | Path | None = None,
        values: Mapping[str, Any] | None = None,
        *,
        case: str | Case | None = None,
        set: Sequence[str] = (),  # noqa: A002 - Helm's own word for it
        release: str | None = None,
        namespace: str = "default",
        is_upgrade: bool = False,
        kube_version: str = "",
        api_versions: Sequence[str] = (),
    ) -> Rendered:
        """Render a chart.

        Args:
            chart: Its directory or archive, relative to pytest's root folder; left out, the one that the marker
                `timonier_chart` or the option of that name says.
            values: What is set, over the case's values.
            case: Values to begin with, `ci/NAME-values.yaml`: the name, or what `timonier_cases` yields.
            set: `key=value`, as Helm's `--set`, over the values.
            release: The release's name; left out, the chart's.
            namespace: Where it would be installed.
            is_upgrade: Whether it is there already.
            kube_version: The cluster's Kubernetes version, `1.34.0`.
            api_versions: What the cluster has beside Kubernetes' own API versions.

        Raises:
            TimonierError: There is no such chart or case, or the chart refuses: see `raises`.
        """
        loaded = self._charts.load(self._named(chart))
        given = loaded.chart.case(case) if isinstance(case, str) else case
        merged = merge(given.values if given else {}, values or {})
        merged = read_values(Settings(set=tuple(set)), merged) if set else merged
        about = Release(release or loaded.chart.name, namespace, is_upgrade, kube_version, tuple(api_versions))
        documents = self._charts.render(loaded, merged, about)
        if self._whole:
            documents.manifests()
        return Rendered(
            documents,
            self.lookups,
            lambda: self._charts.render_anew(loaded, merged, about),
            lambda: render_notes(loaded.chart, merged, about, self._charts.engine),
        )

    @contextmanager
    def raises(self, *texts: str) -> Iterator[Refusal]:
        """Expect that a chart refuses: by its schema, by `fail` or `required`, or by failing otherwise.

        Args:
            texts: What its message must hold: `replicas: minimum: got 0, want 1`. A schema's finding begins with the
                key's path.

        Yields:
            What the chart said, once it has.
        """
        __tracebackhide__ = True
        if not texts:
            raise TypeError("render.raises needs a text: any mistake in the test would do otherwise.")
        refusal = Refusal()
        self._whole = True
        try:
            yield refusal
        except (RenderError, ValuesError) as error:
            refusal.message, refusal.error = str(error), error
        finally:
            self._whole = False
        _check_refusal(refusal, texts)

    def _named(self, chart: str | Path | None) -> str | Path:
        if chart or self._default:
            return chart or self._default
        raise ValuesError(
            "The test says of no chart to render.",
            hint="Name it in the call, by the marker timonier_chart, or by pytest's setting of that name.",
        )


def _check_refusal(refusal: Refusal, texts: Sequence[str]) -> None:
    __tracebackhide__ = True
    if not refusal.error:
        pytest.fail(f"The chart did not refuse; it was to say: {' … '.join(texts)}")
    if missing := [text for text in texts if text not in refusal.message]:
        pytest.fail(f"The chart said something else than {missing[0]!r}:\n{refusal.message}")
