"""Helm's own library in this process: no program to install, and a small chart renders in about a millisecond.

Everything of the SDK that this project relies on is in this module, because the SDK is young.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.engine import Release, Template
from timonier.engine.messages import explain
from timonier.errors import EngineError
from timonier.manifest import split_documents
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import helm_python

    from timonier.chartfiles import ChartFiles

_STDERR = 2
_stderr_lock = threading.Lock()


class EmbeddedEngine:
    """Renders with Helm's Go SDK.

    It cannot be told a Kubernetes version or API versions, and does not check a chart's `kubeVersion`: its capabilities
    are its own Helm's.
    """

    def __init__(self) -> None:
        try:
            import helm_python
        except ImportError:
            raise EngineError(
                "The embedded engine is not installed.", hint="Run `pip install 'timonier[embedded]'`."
            ) from None
        except Exception as problem:  # noqa: BLE001 - another libc, another architecture: the SDK's own classes
            message = f"The embedded engine does not load: {problem}."
            raise EngineError(message, hint="Use `--engine program`.") from None
        self._helm = helm_python

    @property
    def name(self) -> str:
        """What it is, with its version."""
        return f"helm {self._helm.helm_sdk_version().removeprefix('v')} (embedded)"

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> list[Template]:
        """Render a chart's templates; see `timonier.engine.Engine`."""
        to_json(values)
        path = chart if isinstance(chart, Path) else chart.path
        try:
            self._helm.validate_release_name(release.name)
            # Loaded anew each time: rendering takes a switched-off subchart out of the loaded chart for good.
            with self._load(chart) as loaded:
                _check_installable(loaded.metadata, loaded.dependencies, path)
                rendered = loaded.render(
                    dict(values),
                    name=release.name,
                    namespace=release.namespace,
                    is_install=not release.is_upgrade,
                    is_upgrade=release.is_upgrade,
                )
        except self._helm.HelmError as problem:
            raise explain(str(problem), path) from None
        return list(_documents(rendered))

    def _load(self, chart: Path | ChartFiles) -> helm_python.Chart:
        if not isinstance(chart, Path):
            return self._helm.Chart.load_archive(chart.archive)
        with _silent_stderr():
            return self._helm.Chart.load(chart)


def _check_installable(metadata: Mapping[str, Any], present: Sequence[Mapping[str, Any]], chart: Path) -> None:
    """Refuse what `helm template` refuses before it renders: library charts, and missing dependencies."""
    if metadata.get("type") == "library":
        raise explain("library charts are not installable", chart)
    names = {dependency.get("name") for dependency in present}
    declared = [dependency["name"] for dependency in metadata.get("dependencies") or []]
    if missing := [name for name in declared if name not in names]:
        advice = "run `helm dependency build`"
        raise explain(f"missing in charts/ directory: {', '.join(missing)}; {advice}", chart)


def _documents(rendered: Mapping[str, str]) -> Iterator[Template]:
    """Take the rendered files apart as Helm does: by path, without notes; partials are not rendered."""
    for path in sorted(rendered):
        if path.endswith("NOTES.txt"):
            continue
        for _, text, _ in split_documents(rendered[path]):
            yield Template(path, text)


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep the library's log off standard error: a line for each symbolic link in a chart, written by its Go runtime.

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
