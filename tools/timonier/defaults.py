"""A chart's defaults by their paths, those of the charts it brings along included: what its users may set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.check.subcharts import metadata_of, subcharts
from timonier.errors import SourceError
from timonier.values import merge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from timonier.chartfiles import ChartFiles

_VALUES = "values.yaml"


def defaults(files: ChartFiles) -> dict[str, Any]:
    """Return what each path is set to when nobody sets anything: `web.port`, `mariadb.auth.database`.

    A list is one value, and so is a map that holds nothing.

    Raises:
        SourceError: A chart's values are no YAML.
    """
    return dict(_leaves(_values(files), ""))


def missing(paths: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the paths that others have nothing of, in order: of a whole map that is gone the map, once."""
    known = {above for path in others for above in _upwards(path)}
    gone = (next((above for above in _upwards(path) if above not in known), "") for path in paths)
    return [path for path in dict.fromkeys(gone) if path]


def _upwards(path: str) -> list[str]:
    """Return a path and those above it, the topmost first."""
    parts = path.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _values(files: ChartFiles) -> dict[str, Any]:
    """Return a chart's values with those of its subcharts, under their names, and as the chart sets them."""
    text = files.text(_VALUES) if _VALUES in files.files else ""
    said = yamlio.load(text, origin=f"{files.path}/{_VALUES}", error=SourceError)
    own = said if isinstance(said, dict) else {}
    brought = {name: _values(inner) for name, inner in _brought(files)}
    return merge(brought, own)


def _brought(files: ChartFiles) -> Iterator[tuple[str, ChartFiles]]:
    """Yield the subcharts by the keys of their values: a dependency's alias, else the chart's name."""
    said: Mapping[str, Any] = metadata_of(files)
    declared = [one for one in said.get("dependencies") or [] if isinstance(one, dict)]
    for chart in subcharts(files):
        named = [str(one.get("alias") or chart.name) for one in declared if one.get("name") == chart.name]
        yield from ((name, chart.files) for name in named or [chart.name])


def _leaves(values: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        here = f"{path}.{key}".lstrip(".")
        if isinstance(value, dict) and value:
            yield from _leaves(value, here)
        else:
            yield here, value
