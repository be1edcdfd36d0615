"""Charts' folders, read again only when a file in them has changed."""

from __future__ import annotations

import os
import stat
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from timonier.chartfiles import ChartFiles, read_chart_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MOST_KEPT = 32
# File systems tell the time in steps of up to 10 ms (CONFIG_HZ=100): what was written just before it was read may have
# been written again in the same step.
_RACY_NANOSECONDS = 50_000_000

_Stamp = tuple[int, int, int, int]
_State = dict[str, _Stamp]


class _Kept(NamedTuple):
    state: _State
    files: ChartFiles


class Folders:
    """Reads charts' directories and archives, and keeps the last ones in memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Path, _Kept] = OrderedDict()

    def read(self, path: Path) -> ChartFiles:
        """Return a chart's files as they are now; see `timonier.chartfiles.read_chart_files`.

        Raises:
            SourceError: There is no chart, or it cannot be read.
        """
        kept = self._kept.get(path)
        if kept and all(_stamp(name) == stamp for name, stamp in kept.state.items()):
            return kept.files
        now = time.time_ns()
        state = dict(_states(os.fspath(path)))
        files = read_chart_files(path)
        if state and all(
            max(changed, modified) < now - _RACY_NANOSECONDS for _, _, changed, modified in state.values()
        ):
            self._keep(path, _Kept(state, files))
        return files

    def _keep(self, path: Path, kept: _Kept) -> None:
        self._kept[path] = kept
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _states(path: str, way: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[str, _Stamp]]:
    """Yield what tells whether a file or a folder was changed, for all below a path, through links.

    A folder changes when a name in it comes or goes, so that asking again for each that was there is enough.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each file takes longer than the question
    except OSError:
        return  # whoever reads it says what is wrong
    yield path, _told(status)
    here = (status.st_dev, status.st_ino)
    if not stat.S_ISDIR(status.st_mode) or here in way:
        return  # a link leads back: the same
    with os.scandir(path) as entries:
        for entry in entries:
            yield from _states(entry.path, (*way, here))


def _stamp(path: str) -> _Stamp | None:
    try:
        return _told(os.stat(path))  # noqa: PTH116 - as above
    except OSError:
        return None


def _told(status: os.stat_result) -> _Stamp:
    return status.st_ino, status.st_size, status.st_ctime_ns, status.st_mtime_ns
