"""What changed in charts since a revision, and whether their versions say so.

The rule is that of https://semver.org: what takes something from users is breaking, what adds something is minor, all
else is a patch. Below 1.0.0 a minor version may break.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import read_chart_files
from timonier.constraints import parse_version
from timonier.defaults import defaults, missing
from timonier.engine import Release
from timonier.errors import SourceError, TimonierError
from timonier.render import render
from timonier.revision import charts_at, charts_here, merge_base, top
from timonier.source import open_chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.chart import Case, Chart
    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine

_METADATA = "Chart.yaml"
_VALUES = "values.yaml"
_MOST_NAMED = 5


class Change(StrEnum):
    """How much a chart changed, the least first."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    BREAKING = "breaking"
    NEW = "new"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One change, and how much it is."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True)
class ChangedChart:
    """A chart that changed since a revision.

    Attributes:
        name: As Chart.yaml says; a chart keeps its name when it moves.
        path: Its folder now, from the repository's top; where it was, when it is gone.
        old_path: Its folder then; empty when it is new.
        old_version: Its version then; empty when it is new.
        version: Its version now; empty when it is gone.
        change: The most of its reasons.
        reasons: What changed.
        wanted: The least version that says so; empty when there is nothing to say.
    """

    name: str
    path: str
    old_path: str
    old_version: str
    version: str
    change: Change
    reasons: tuple[Reason, ...] = ()
    wanted: str = ""

    @property
    def is_raised(self) -> bool:
        """Whether the version says what changed."""
        now, wanted = parse_version(self.version), parse_version(self.wanted)
        return not wanted or (now is not None and now >= wanted)


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    chart: Chart
    files: ChartFiles


def changed(since: str, engine: Engine, folders: Sequence[str] = (), *, exactly: bool = False) -> list[ChangedChart]:
    """Compare the charts of the working tree with those of a revision.

    Args:
        since: The revision: `main`, `origin/main`, `v1.0.0`. Compared is where the current branch left it.
        engine: What renders.
        folders: Where to look, from the repository's top; empty for everywhere.
        exactly: Whether to compare with the revision itself, whatever it and this branch have in common.

    Returns:
        The charts that changed, by path; those that are gone last.

    Raises:
        SourceError: There is no such revision, or a chart cannot be read.
    """
    base = since if exactly else merge_base(since)
    before, here = list(_charts_before(base, folders)), list(_charts_now(folders))
    pairs = [(_former(one, before, here), one) for one in here]
    found = [_compare(old, new, engine) for old, new in pairs]
    kept = [old for old, _ in pairs]
    gone = [
        ChangedChart(one.chart.name, one.path, one.path, one.chart.version, "", Change.REMOVED)
        for one in before
        if one not in kept
    ]
    return [one for one in found if one.change is not Change.NONE] + gone


def _former(new: _Found, before: Sequence[_Found], here: Sequence[_Found]) -> _Found | None:
    """Return what a chart was before: where it lies, else the likest of its name that lies nowhere any more."""
    alike = [one for one in before if one.chart.name == new.chart.name]
    still = {one.path for one in here if one.chart.name == new.chart.name}
    for one in alike:
        if one.path == new.path:
            return one
    moved = [one for one in alike if one.path not in still]
    return max(moved, key=lambda one: len(one.files.files.items() & new.files.files.items()), default=None)


def _charts_before(base: str, folders: Sequence[str]) -> Iterator[_Found]:
    for path in charts_at(base):
        if _is_below(path, folders):
            chart = open_chart(f"git:{base}:{path or '.'}")
            yield _Found(path, chart, chart.files or read_chart_files(chart.path))


def _charts_now(folders: Sequence[str]) -> Iterator[_Found]:
    root = Path(top())
    for path in charts_here():
        if _is_below(path, folders):
            chart = open_chart(str(root / path))
            yield _Found(path, chart, chart.files or read_chart_files(chart.path))


def _is_below(path: str, folders: Sequence[str]) -> bool:
    wanted = [posixpath.normpath(folder) for folder in folders]
    return not wanted or any(one in {".", path} or path.startswith(f"{one}/") for one in wanted)


def _compare(old: _Found | None, new: _Found, engine: Engine) -> ChangedChart:
    if old is None:
        return ChangedChart(new.chart.name, new.path, "", "", new.chart.version, Change.NEW)
    reasons = tuple(_reasons(old, new, engine))
    change = max((one.change for one in reasons), key=list(Change).index, default=Change.NONE)
    versions = old.chart.version, new.chart.version
    return ChangedChart(new.chart.name, new.path, old.path, *versions, change, reasons, _wanted(versions[0], change))


def _wanted(version: str, change: Change) -> str:
    """Return the least version that says how much changed since another."""
    parsed = parse_version(version)
    if not parsed or change is Change.NONE:
        return ""
    if parsed.prerelease:  # of a version that is not out yet, any later one says enough
        return str(parsed.finalize_version())
    if change is Change.PATCH or (change is Change.MINOR and not parsed.major):
        return str(parsed.bump_patch())
    return str(parsed.bump_minor() if change is Change.MINOR or not parsed.major else parsed.bump_major())


def _reasons(old: _Found, new: _Found, engine: Engine) -> Iterator[Reason]:
    changed_files = [name for name in sorted({*old.files.files, *new.files.files}) if _differs(name, old, new)]
    if not changed_files:
        return
    yield from _reasons_of_values(defaults(old.files), defaults(new.files))
    yield from _reasons_of_resources(old, new, engine)
    told = [name for name in changed_files if name != _VALUES]
    if told:
        yield Reason(Change.PATCH, f"files changed: {', '.join(told[:_MOST_NAMED])}{_more(told)}")


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""


def _differs(name: str, old: _Found, new: _Found) -> bool:
    if name == _METADATA:
        return _without_version(old) != _without_version(new)
    return old.files.files.get(name) != new.files.files.get(name)


def _without_version(found: _Found) -> dict[str, Any]:
    """Return what Chart.yaml says but for its version: raising that is no change that wants another."""
    said = yamlio.load(found.files.text(_METADATA), origin=str(found.chart.path), error=SourceError)
    return {key: value for key, value in said.items() if key != "version"}


def _reasons_of_values(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Reason]:
    yield from (Reason(Change.BREAKING, f"value {path} is gone") for path in missing(old, new))
    for path in old:
        # The values themselves stay untold: a default may be a password.
        if path in new and old[path] != new[path]:
            yield Reason(Change.BREAKING, f"value {path} has another default")
    yield from (Reason(Change.MINOR, f"value {path} is new") for path in missing(new, old))


def _reasons_of_resources(old: _Found, new: _Found, engine: Engine) -> Iterator[Reason]:
    known = {case.name: case for case in old.chart.cases}
    told = set()
    for case in new.chart.cases:
        # What a case renders to is to be compared only where it is set to the same.
        if case.name not in known or known[case.name].values != case.values:
            continue
        for reason in _reasons_of_case(old, new, case, engine):
            if reason.text not in told:
                told.add(reason.text)
                yield reason


def _reasons_of_case(old: _Found, new: _Found, case: Case, engine: Engine) -> Iterator[Reason]:
    try:
        before = _inventory(old, case, engine)
    except TimonierError:
        return  # what did not render cannot have lost anything
    try:
        now = _inventory(new, case, engine)
    except TimonierError as problem:
        yield Reason(Change.BREAKING, f"case {case.name} does not render any more: {problem.message}")
        return
    yield from (Reason(Change.BREAKING, f"{one} is gone") for one in sorted(before - now))
    yield from (Reason(Change.MINOR, f"{one} is new") for one in sorted(now - before))


def _inventory(found: _Found, case: Case, engine: Engine) -> set[str]:
    manifests = render(found.chart, case.values, Release(found.chart.name), engine)
    return {f"{one.identity.kind} {one.identity.name}" for one in manifests}
