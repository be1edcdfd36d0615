"""Rendering charts for unit tests: what the fixture `render` does."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from timonier.engine import Release
from timonier.engine.folders import Folders
from timonier.errors import RenderError, SourceError, TimonierError, ValuesError
from timonier.render import render_notes
from timonier.source import open_chart
from timonier.testing.objects import Documents, Lookup, Rendered, ends_in
from timonier.values import Settings, merge, read_values, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from timonier.chart import Case, Chart
    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine, Template

# What Go's templates say when one that is included is not there.
_NO_TEMPLATE = "no template "
_REMEMBERED = 256
"""How many renderings of a chart are kept, each with other values."""


@dataclass(frozen=True, slots=True)
class LoadedChart:
    """A chart as its files are now.

    Attributes:
        chart: Its metadata and cases.
        files: What its files hold.
        rendered: What they rendered to, by values, release and templates.
        parts: The same chart with some of its templates, by their names.
    """

    chart: Chart
    files: ChartFiles
    rendered: dict[tuple[str, Release, tuple[str, ...]], Documents] = field(default_factory=dict)
    parts: dict[tuple[str, ...], ChartFiles] = field(default_factory=dict)

    def part(self, templates: tuple[str, ...]) -> ChartFiles:
        """Return the chart with some templates only, and all partials.

        Raises:
            SourceError: There is no template of such a name.
        """
        if templates not in self.parts:
            self.parts[templates] = _with_only(self.files, templates)
        return self.parts[templates]


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
        self._paths: dict[str | Path, Path] = {}

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
        if path not in self._paths:
            self._paths[path] = _short(self._root / path)
        files = self._folders.read(self._paths[path])
        if self not in files.kept:
            chart = open_chart(str(files.path))
            files.kept[self] = LoadedChart(chart, chart.files or files)
        loaded: LoadedChart = files.kept[self]
        return loaded

    def render(
        self, loaded: LoadedChart, values: Mapping[str, Any], release: Release, templates: tuple[str, ...] = ()
    ) -> Documents:
        """Render a chart, or remember what it rendered to.

        Raises:
            TimonierError: As `timonier.engine.Engine.template` does.
        """
        key = (to_json(values), release, templates)
        if key not in loaded.rendered:
            if len(loaded.rendered) >= _REMEMBERED:
                del loaded.rendered[next(iter(loaded.rendered))]
            loaded.rendered[key] = self.render_anew(loaded, values, release, templates)
        return loaded.rendered[key]

    def render_anew(
        self, loaded: LoadedChart, values: Mapping[str, Any], release: Release, templates: tuple[str, ...] = ()
    ) -> Documents:
        """Render a chart, whatever is remembered."""
        rendered = self._rendered(loaded, values, release, templates)
        wanted = [one for one in rendered if not templates or _is_one_of(one.source, templates)]
        return Documents(wanted, str(loaded.files.path))

    def _rendered(
        self, loaded: LoadedChart, values: Mapping[str, Any], release: Release, templates: tuple[str, ...]
    ) -> Sequence[Template]:
        if templates:
            try:
                return self.engine.template(loaded.part(templates), values, release)
            except RenderError as problem:
                if _NO_TEMPLATE not in str(problem):
                    raise
                # It includes another template, for its checksum say, and that one may include any other.
        return self.engine.template(loaded.files, values, release)


def _with_only(files: ChartFiles, templates: tuple[str, ...]) -> ChartFiles:
    for name in templates:
        if not any(_is_one_of(one, (name,)) for one in files.templates):
            listed = ", ".join(one for one in files.templates if not _is_partial(one))
            raise SourceError(f"{files.path} has no template {name}.", hint=f"It has {listed}.")
    left_out = {one for one in files.templates if not (_is_partial(one) or _is_one_of(one, templates))}
    return replace(files, files={name: text for name, text in files.files.items() if name not in left_out}, kept={})


def _is_partial(template: str) -> bool:
    """Whether Helm renders nothing for a template: `pkg/engine/engine.go` goes by the underscore in front."""
    return PurePosixPath(template).name.startswith("_")


def _is_one_of(path: str, names: tuple[str, ...]) -> bool:
    return any(ends_in(path, name) for name in names)


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
        templates: Sequence[str] = (),
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
            templates: Render these only, named by the ends of their paths, `deployment.yaml`; left out, all. That is
                faster, and what another template refuses does not show.
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
        some = tuple(templates)
        documents = self._charts.render(loaded, merged, about, some)
        if self._whole:
            documents.manifests()
        return Rendered(
            documents,
            self.lookups,
            lambda: self._charts.render_anew(loaded, merged, about, some),
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
