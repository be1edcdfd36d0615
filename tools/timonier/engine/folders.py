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

_State = tuple[tuple[str, int, int, int, int], ...]


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
        now = time.time_ns()
        state = tuple(sorted(_states(path)))
        kept = self._kept.get(path)
        if kept and kept.state == state:
            return kept.files
        files = read_chart_files(path)
        if all(max(changed, modified) < now - _RACY_NANOSECONDS for _, _, _, changed, modified in state):
            self._keep(path, _Kept(state, files))
        return files

    def _keep(self, path: Path, kept: _Kept) -> None:
        self._kept[path] = kept
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


def _states(path: Path | str, way: tuple[tuple[int, int], ...] = ()) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield what tells whether a file was changed, for a file or for each file below a folder, through links."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a Path for each file takes longer than the question
    except OSError:
        return  # whoever reads it says what is wrong
    if not stat.S_ISDIR(status.st_mode):
        yield os.fspath(path), status.st_ino, status.st_size, status.st_ctime_ns, status.st_mtime_ns
        return
    here = (status.st_dev, status.st_ino)
    if here in way:
        return  # a link leads back: the same
    with os.scandir(path) as entries:
        for entry in entries:
            yield from _states(entry.path, (*way, here))
