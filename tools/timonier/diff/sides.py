"""Taking a source's documents as one side of a comparison."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from timonier.diff.generated import Side, settle_drafts
from timonier.errors import ValuesError
from timonier.source import ChartSource
from timonier.values import read_values, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.engine import Release
    from timonier.source import Source
    from timonier.values import Settings

# Whatever may render something else the next time: Sprig's and Helm's functions, the order of Go's maps among them.
_VARYING = re.compile(
    rb"\b(?:rand\w*|gen[A-Z]\w*|uuidv4|now|ago|htpasswd|bcrypt|encryptAES|getHostByName|shuffle|keys|values)\b"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a chart: values, a case, a Kubernetes version, and below them what a release keeps."""

    settings: Settings
    case: str | None = None
    kube_version: str | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.settings or self.case or self.kube_version)

    def __add__(self, other: Wish) -> Wish:
        """Return this wish with what the other says over it."""
        return Wish(
            self.settings + other.settings,
            other.case or self.case,
            other.kube_version or self.kube_version,
            other.kept or self.kept,
        )


def check_heeded(one: Source, other: Source, both: Wish, before: Wish, after: Wish) -> None:
    """Refuse values and cases that no chart is there to heed.

    Raises:
        ValuesError: There are some.
    """
    plain = not isinstance(one, ChartSource), not isinstance(other, ChartSource)
    for source, is_plain, wish in ((one, plain[0], before or (both if all(plain) else None)), (other, plain[1], after)):
        if is_plain and wish:
            raise ValuesError(f"{source.label} takes neither values, cases nor versions.", hint="Only a chart does.")


def side_of(source: Source, wish: Wish, release: Release) -> Side:
    """Take a source's documents; a chart's twice, where that may show what it generates.

    Raises:
        TimonierError: As the source's `drafts` does.
    """
    if not isinstance(source, ChartSource):
        return Side(tuple(source.drafts({}, release)))
    from timonier.chart import DEFAULTS

    release = replace(release, kube_version=wish.kube_version or release.kube_version)
    base = {**wish.kept, **source.chart.case(wish.case or DEFAULTS).values}
    values = read_values(wish.settings, base)
    with ThreadPoolExecutor(2) as pool:  # Helm does not hold the interpreter meanwhile
        first = pool.submit(source.drafts, values, release)
        varies = any(map(_VARYING.search, [*source.files().files.values(), to_json(values).encode()]))
        second = pool.submit(_again(source).drafts, values, release) if varies else None
    return settle_drafts(first.result(), second.result()) if second else Side(tuple(first.result()))


def _again(source: ChartSource) -> ChartSource:
    """Return the source for a second rendering, which the cluster does not have to judge once more."""
    from timonier.engine.server import ServerEngine

    return replace(source, engine=source.engine.again()) if isinstance(source.engine, ServerEngine) else source
