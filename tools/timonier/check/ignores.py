"""Which findings the settings ignore, and which entries of theirs ignore nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.source import ChartSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from timonier.check.catalogue import Selection
    from timonier.check.model import Finding
    from timonier.check.renderings import Matrix
    from timonier.settings import Ignore
    from timonier.source import Source


class Ignores:
    """The entries of `ignore`, and which of them had something to ignore."""

    def __init__(self, entries: Iterable[Ignore]) -> None:
        self._entries = tuple(entries)
        self._used: set[int] = set()

    def kept(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings that no entry matches."""
        return [finding for finding in findings if not self._match(finding)]

    def _match(self, finding: Finding) -> bool:
        matching = {place for place, entry in enumerate(self._entries) if entry.matches(finding)}
        self._used |= matching
        return bool(matching)

    def unused(self, sources: Sequence[Source], matrix: Matrix, selection: Selection) -> list[Ignore]:
        """Return the entries that matched nothing though all that they may be for was looked at."""
        left = [entry for place, entry in enumerate(self._entries) if place not in self._used]
        if not left or matrix.cases or matrix.settings:
            return []
        asked = {rule.name: rule for rule in selection.rules}
        return [
            entry
            for entry in left
            if entry.rule in asked
            and not (asked[entry.rule].per_version and matrix.versions_named)
            and _are_whole(sources, entry)
        ]


def _are_whole(sources: Sequence[Source], entry: Ignore) -> bool:
    """Whether the sources are charts' folders, and no chart of the project beside one of them is left out."""
    folders = {source.chart.path.resolve() for source in sources if isinstance(source, ChartSource) and not source.name}
    if len(folders) < len(sources):
        return False
    beside = (near for folder in folders if entry.covers(folder.parent) for near in _charts_in(folder.parent))
    return all(near in folders for near in beside)


def _charts_in(folder: Path) -> Iterable[Path]:
    return (file.parent for file in folder.glob("*/Chart.yaml"))
