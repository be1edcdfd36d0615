"""A chart's dependencies that are missing in its `charts/`, resolved into memory: the working tree stays as it is.

As `helm dependency build` does with a Chart.lock, and `helm dependency update` without. What a registry or repository
has of an exact version is fetched once and kept in the cache.
"""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import ChartFiles, read_archive, read_chart_files, unpack_subcharts
from timonier.constraints import satisfies
from timonier.errors import SourceError
from timonier.pull import SCHEME, Wanted, pull

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from timonier.chart import Chart

_FILE = "file://"
_ALIASES = ("@", "alias:")
_DEEPEST = 30
# Charts of apiVersion v1 have files of their own for it.
_DECLARED_IN = ("Chart.yaml", "requirements.yaml")
_LOCKED_IN = ("Chart.lock", "requirements.lock")


@dataclass(frozen=True, slots=True)
class Dependency:
    """What a chart declares it depends on.

    Attributes:
        name: The other chart's.
        version: A constraint.
        repository: Where it is: `file://…`, `oci://…`, `https://…`, `@NAME`; empty when it has to be in `charts/`.
    """

    name: str
    version: str
    repository: str


def with_dependencies(chart: Chart, beside: Callable[[Chart, str], Chart], *, plain_http: bool = False) -> Chart:
    """Return the chart with its missing dependencies, or as it is when none is missing.

    Args:
        chart: The chart.
        beside: Opens the chart at a path that is relative to another's folder.
        plain_http: Whether registries are asked over HTTP.

    Raises:
        SourceError: A dependency cannot be had, or Chart.lock has another version than Chart.yaml allows. One without
            a repository is left missing: the engine says so.
        EngineError: There is no Helm to fetch one with.
    """
    return _complete(chart, beside, plain_http=plain_http, depth=0)


def _complete(chart: Chart, beside: Callable[[Chart, str], Chart], *, plain_http: bool, depth: int) -> Chart:
    if chart.files is None and not _declares_any(chart.path):
        return chart
    files = chart.files or read_chart_files(chart.path)
    present = _names_in(files)
    missing = [one for one in _declared(files) if one.repository and one.name not in present]
    if not missing:
        return chart
    if depth == _DEEPEST:
        raise SourceError(
            f"{chart.path} depends on itself, by way of others.", hint="Look at the file:// repositories."
        )
    added = {}
    for dependency in missing:
        if dependency.repository.startswith(_FILE):
            inner = beside(chart, dependency.repository.removeprefix(_FILE))
            _check_version(chart, dependency, inner.version)
            inner = _complete(inner, beside, plain_http=plain_http, depth=depth + 1)
            archive = (inner.files or read_chart_files(inner.path)).archive
        else:
            archive = _fetched(chart, files, dependency, plain_http=plain_http)
        added[f"charts/{dependency.name}-{_version_of(archive, dependency)}.tgz"] = archive
    return replace(chart, files=files.replaced(added))


def _declares_any(path: Path) -> bool:
    """Whether a chart on disk may have dependencies at all: most have none, and are not read for it."""
    if not path.is_dir():
        return True
    return any(
        file.is_file() and b"dependencies" in file.read_bytes() for file in (path / name for name in _DECLARED_IN)
    )


def _names_in(files: ChartFiles) -> set[str]:
    """Return the names of the charts in `charts/`, which are not those of their folders."""
    names = set()
    unpacked = unpack_subcharts(files)
    for name in unpacked.files:
        if name.startswith("charts/") and name.endswith("/Chart.yaml") and name.count("/") == 2:  # noqa: PLR2004 - charts/X/Chart.yaml
            names.add(str(_mapping(unpacked, name).get("name")))
    return names


def _declared(files: ChartFiles) -> Iterator[Dependency]:
    for name in _DECLARED_IN:
        for one in _mapping(files, name).get("dependencies") or []:
            yield Dependency(*(str(one.get(key) or "") for key in ("name", "version", "repository")))


def _mapping(files: ChartFiles, name: str) -> Mapping[str, Any]:
    """Return what a YAML file of a chart says; nothing when there is no such file."""
    if name not in files.files:
        return {}
    said = yamlio.load(files.text(name), origin=f"{files.path}/{name}", error=SourceError)
    return said if isinstance(said, dict) else {}


def _fetched(chart: Chart, files: ChartFiles, dependency: Dependency, *, plain_http: bool) -> bytes:
    version = _locked(chart, files, dependency) or dependency.version
    repository = _url(chart, dependency)
    if repository.startswith(SCHEME):
        wanted = Wanted(f"{repository.rstrip('/')}/{dependency.name}", version)
    else:
        wanted = Wanted(dependency.name, version, repository)
    return _cached(wanted, plain_http=plain_http)


def _locked(chart: Chart, files: ChartFiles, dependency: Dependency) -> str:
    """Return the version that Chart.lock has of a dependency; empty when there is none.

    Raises:
        SourceError: Chart.yaml was changed since, and allows it no longer.
    """
    for name in _LOCKED_IN:
        for one in _mapping(files, name).get("dependencies") or []:
            if one.get("name") == dependency.name and one.get("repository") == dependency.repository:
                version = str(one.get("version") or "")
                _check_version(chart, dependency, version, source=name)
                return version
    return ""


def _check_version(chart: Chart, dependency: Dependency, version: str, source: str = "") -> None:
    if satisfies(version, dependency.version) or version == dependency.version or not dependency.version:
        return
    where = f"{source} has" if source else f"{dependency.repository} holds"
    raise SourceError(
        f"{chart.path} depends on {dependency.name} {dependency.version}, and {where} {version or 'none'}.",
        hint="Run `helm dependency update`." if source else "Change the version in one of them.",
    )


def _url(chart: Chart, dependency: Dependency) -> str:
    """Return a repository's URL, also of one that `helm repo add` gave a name.

    Raises:
        SourceError: Nobody gave it that name, or it is no URL that Helm knows.
    """
    named = next(
        (dependency.repository.removeprefix(it) for it in _ALIASES if dependency.repository.startswith(it)), ""
    )
    if named:
        said = _repositories()
        url = next((str(one.get("url")) for one in said if one.get("name") == named), "")
        if not url:
            hint = f"Run `helm repo add {named} URL`."
            raise SourceError(f"{chart.path} depends on {dependency.name} of {named}, which is unknown.", hint=hint)
        return url
    if not dependency.repository.startswith((SCHEME, "https://", "http://")):
        raise SourceError(
            f"{chart.path} depends on {dependency.name} of {dependency.repository}, which is no repository.",
            hint="Write file://, oci:// or https:// in Chart.yaml.",
        )
    return dependency.repository


def _repositories() -> list[Mapping[str, Any]]:
    """Return what `helm repo add` wrote down."""
    home = os.environ.get("HELM_CONFIG_HOME")
    config = Path(home) if home else Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "helm"
    file = Path(os.environ.get("HELM_REPOSITORY_CONFIG") or config / "repositories.yaml")
    if not file.is_file():
        return []
    said = yamlio.load(file.read_text(encoding="utf-8"), origin=str(file), error=SourceError)
    return [one for one in (said or {}).get("repositories") or [] if isinstance(one, dict)]


def _cached(wanted: Wanted, *, plain_http: bool) -> bytes:
    """Fetch an archive; of an exact version once only: what was published is not changed."""
    if not wanted.is_exact:
        return pull(wanted, plain_http=plain_http)
    from timonier.cluster import cache

    def fill(folder: Path) -> None:
        (folder / "chart.tgz").write_bytes(pull(wanted, plain_http=plain_http))

    key = hashlib.sha256(str(wanted).encode()).hexdigest()
    return (cache.entry("charts", key, fill) / "chart.tgz").read_bytes()


def _version_of(archive: bytes, dependency: Dependency) -> str:
    label = Path(f"{dependency.name}.tgz")
    return str(_mapping(read_archive(io.BytesIO(archive), label), "Chart.yaml").get("version") or "")
