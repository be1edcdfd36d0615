"""Helm's own library in this process: no program to install, and a small chart renders in about a millisecond.

Everything of the SDK that rendering relies on is in this module and in `timonier.engine.prepared`, because the SDK is
young.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.chartfiles import ChartFiles
from timonier.engine import Release, Template
from timonier.engine.capabilities import KubeVersion, Use, fits, read_kube_version, use_in_values
from timonier.engine.folders import Folders
from timonier.engine.messages import explain, incompatible, not_yaml
from timonier.engine.prepared import PreparedChart
from timonier.errors import EngineError
from timonier.manifest import pieces
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from timonier.engine import Engine
    from timonier.engine.prepared import Loaded

_NO_TEXT = "\N{REPLACEMENT CHARACTER}"
_PROBE = ChartFiles(
    Path("probe"),
    "probe",
    {
        "Chart.yaml": b"apiVersion: v2\nname: probe\nversion: 0.0.0\n",
        "templates/version": b"{{ .Capabilities.KubeVersion.Version }}",
    },
)


def _no_program() -> None:
    """Find none."""


class EmbeddedEngine:
    """Renders with Helm's Go SDK.

    Args:
        program: Finds the engine that takes over where this one cannot: for API versions, and for charts that do more
            with `.Capabilities` than to read the version. It returns None where there is none.
    """

    def __init__(self, program: Callable[[], Engine | None] = _no_program) -> None:
        if not importlib.util.find_spec("helm_python"):
            raise EngineError("The embedded engine is not installed.", hint="Run `pip install 'timonier[embedded]'`.")
        self._program_finder = program
        self._find_program = functools.cache(program)
        self._folders = Folders()

    def __reduce__(self) -> tuple[type[EmbeddedEngine], tuple[Callable[[], Engine | None]]]:
        """Another process makes its own: Go's runtime is not handed over."""
        return EmbeddedEngine, (self._program_finder,)

    @functools.cached_property
    def _helm(self) -> ModuleType:
        """The library, loaded when it is first needed: where a cluster has to answer, the program renders."""
        try:
            import helm_python
        except Exception as problem:  # noqa: BLE001 - another libc, another architecture: the SDK's own classes
            message = f"The embedded engine does not load: {problem}."
            raise EngineError(message, hint="Use `--engine program`.") from None
        return helm_python

    @functools.cached_property
    def _check_name(self) -> Callable[[str], None]:
        check: Callable[[str], None] = functools.lru_cache(self._helm.validate_release_name)
        return check

    @property
    def name(self) -> str:
        """What it is, with its version."""
        return f"helm {self._helm.helm_sdk_version().removeprefix('v')} (embedded)"

    @functools.cached_property
    def kube_version(self) -> KubeVersion:
        """The Kubernetes version that is rendered for when none is asked for."""
        with self._helm.Chart.load_archive(_PROBE.archive) as probe:
            return read_kube_version(probe.render()["probe/templates/version"])

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> Sequence[Template]:
        """Render a chart's templates; see `timonier.engine.Engine`."""
        to_json(values)
        prepared = self._prepared(chart)
        if release.kube_version or release.api_versions:
            use = max(prepared.use, use_in_values(values), key=list(Use).index)
            if _is_beyond(use, release):
                return self._program(prepared.files).template(chart, values, release)
            if release.kube_version and use is not Use.NONE:
                prepared = prepared.told(read_kube_version(release.kube_version))
        return self._render(prepared, values, release)

    def _prepared(self, chart: Path | ChartFiles) -> PreparedChart:
        files = self._folders.read(chart) if isinstance(chart, Path) else chart
        if self not in files.kept:
            files.kept[self] = PreparedChart(self._helm, files)
        prepared: PreparedChart = files.kept[self]
        return prepared

    def _program(self, chart: ChartFiles) -> Engine:
        if program := self._find_program():
            return program
        raise EngineError(
            f"The embedded engine cannot tell {chart.path} what it asks of .Capabilities.",
            hint="Install Helm 3 or 4: the program can.",
        )

    def _render(self, prepared: PreparedChart, values: Mapping[str, Any], release: Release) -> list[Template]:
        path = prepared.files.path
        try:
            self._check_name(release.name)
            with prepared.loaded() as loaded:
                _check_installable(loaded, path)
                rendered = self._rendered(loaded, values, release)
                _check_text(rendered, values, prepared.files)
                # Rendering took out the subcharts that are switched off, and their CRDs with them.
                crds = loaded.chart.crds if release.include_crds else []
                return [*(Template(crd["filename"], crd["data"]) for crd in crds), *_documents(rendered)]
        except self._helm.HelmError as problem:
            raise explain(prepared.in_own_words(str(problem)), path) from None

    def _rendered(self, loaded: Loaded, values: Mapping[str, Any], release: Release) -> Mapping[str, str]:
        try:
            rendered: Mapping[str, str] = loaded.chart.render(
                dict(values),
                name=release.name,
                namespace=release.namespace,
                is_install=not release.is_upgrade,
                is_upgrade=release.is_upgrade,
            )
        except self._helm.HelmRenderError:
            self._check_kube_version(loaded, release)
            raise
        self._check_kube_version(loaded, release)
        return rendered

    def _check_kube_version(self, loaded: Loaded, release: Release) -> None:
        """Refuse as Helm does, between the schema and the templates, what the chart does not support."""
        wanted = str(loaded.metadata.get("kubeVersion") or "")
        version = read_kube_version(release.kube_version) if release.kube_version else self.kube_version
        if not fits(version, wanted):
            raise self._helm.HelmChartInvalidError(incompatible(wanted, version.text))


def _is_beyond(use: Use, release: Release) -> bool:
    """Whether a chart asks what the library cannot be made to say."""
    return use is Use.WHOLE or (use is Use.APIS and bool(release.api_versions))


def _check_installable(loaded: Loaded, chart: Path) -> None:
    """Refuse what `helm template` refuses before it renders: library charts, and missing dependencies."""
    if loaded.metadata.get("type") == "library":
        raise explain("library charts are not installable", chart)
    if loaded.missing:
        raise explain(f"missing in charts/ directory: {', '.join(loaded.missing)}", chart)


def _check_text(rendered: Mapping[str, str], values: Mapping[str, Any], chart: ChartFiles) -> None:
    """Refuse manifests that are no text in UTF-8, as Helm does; such as what `.Files.Get` makes of an image.

    The library hands them over with U+FFFD in place of each byte that is none. Where chart or values have one
    themselves, or may have it in a packed subchart, that says nothing.
    """
    for path, text in rendered.items():
        before, found, _ = text.partition(_NO_TEXT)
        if found and not path.endswith("NOTES.txt") and not _may_have(_NO_TEXT, values, chart):
            raise not_yaml(chart.path, path, before.count("\n") + 1, "invalid leading UTF-8 octet")


def _may_have(character: str, values: Mapping[str, Any], chart: ChartFiles) -> bool:
    """Whether chart or values hold a character, as itself or as JSON and YAML may write it."""
    sought, escaped = character.encode(), json.dumps(character)[1:-1].encode()
    packed = any(name.endswith(".tgz") for name in chart.files)
    held = (to_json(values).encode(), *chart.files.values())
    return packed or any(sought in content or escaped in content.lower() for content in held)


def _documents(rendered: Mapping[str, str]) -> Iterator[Template]:
    """Take the rendered files apart as Helm does: by path, without notes; partials are not rendered."""
    for path in sorted(rendered):
        if path.endswith("NOTES.txt"):
            continue
        for text, _ in pieces(rendered[path]):
            yield Template(path, text)
