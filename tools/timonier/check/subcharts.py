"""The charts a chart brings along in `charts/`, unpacked or as archives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import ChartFiles, unpack_subcharts
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What `unpack_subcharts` lets the folder of an archive end in.
_UNPACKED = ".d"


@dataclass(frozen=True)
class Subchart:
    """A chart in `charts/`.

    Attributes:
        place: Where it lies: `charts/redis`, `charts/redis-1.2.3.tgz`.
        name: As its Chart.yaml says.
        version: As its Chart.yaml says.
        files: What its files hold.
    """

    place: str
    name: str
    version: str
    files: ChartFiles


def subcharts(files: ChartFiles) -> list[Subchart]:
    """Return the charts in `charts/`, in order.

    As Helm does (pkg/chart/v2/loader), without what begins with a point or an underscore, and without what is no chart.
    """
    return [
        Subchart(place, str(metadata["name"]), str(metadata.get("version") or ""), below)
        for place, below in _folders(files)
        if (metadata := metadata_of(below)).get("name")
    ]


def metadata_of(files: ChartFiles) -> Mapping[str, Any]:
    """Return what a chart's Chart.yaml says; nothing when it has none that can be read."""
    try:
        metadata = yamlio.load(files.text("Chart.yaml"), origin=str(files.path), error=SourceError)
    except SourceError:
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _folders(files: ChartFiles) -> Iterator[tuple[str, ChartFiles]]:
    inside: dict[str, dict[str, bytes]] = {}
    for name, content in unpack_subcharts(files).files.items():
        folder, *rest = PurePosixPath(name).parts
        if folder == "charts" and len(rest) > 1 and not rest[0].startswith((".", "_")):
            inside.setdefault(rest[0], {})[PurePosixPath(*rest[1:]).as_posix()] = content
    for name, held in sorted(inside.items()):
        place = name.removesuffix(_UNPACKED) if name.endswith(f".tgz{_UNPACKED}") else name
        yield f"charts/{place}", ChartFiles(files.path / "charts" / place, name, held)
