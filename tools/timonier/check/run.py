"""Checking sources: every case for every Kubernetes version, every rule, and where each finding lies."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.check.collect import Collector
from timonier.check.context import RunContext
from timonier.check.ignores import Ignores
from timonier.check.model import Finding, Place, Rule, Scope, Severity
from timonier.check.renderings import Matrix, Rendered, Subject, subject_of_chart, subject_of_manifests
from timonier.errors import SourceError
from timonier.live import LiveSource
from timonier.source import ChartSource
from timonier.stored import ReleaseSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.check.catalogue import Selection
    from timonier.check.context import CaseContext
    from timonier.check.model import CaseCheck, ChartCheck, ObjectCheck, Problem, RunCheck
    from timonier.settings import Ignore
    from timonier.source import Source


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked of one source.

    Attributes:
        label: The source as the user named it.
        is_chart: Whether it is a chart; plain manifests otherwise.
        cases: The names of its cases; empty for plain manifests.
        objects: How many different objects it has, all cases together.
        release: Of which release they are, in words; empty for what is no release's.
    """

    label: str
    is_chart: bool
    cases: tuple[str, ...]
    objects: int
    release: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found.

    Attributes:
        findings: By file and line.
        checked: What was looked at, in the order it was named.
        versions: For which Kubernetes versions.
        ignored: How many findings the settings ignore.
        rules: The rules that were asked.
    """

    findings: tuple[Finding, ...]
    checked: tuple[Checked, ...]
    versions: tuple[str, ...]
    ignored: int = 0
    rules: tuple[Rule, ...] = field(default=())

    def count(self, severity: Severity) -> int:
        """How many findings are as bad as that."""
        return sum(finding.severity is severity for finding in self.findings)


def check(
    sources: Sequence[Source],
    matrix: Matrix,
    selection: Selection,
    ignores: Iterable[Ignore] = (),
) -> Result:
    """Check sources.

    Args:
        sources: Charts, files of manifests, releases.
        matrix: The cases, values and Kubernetes versions to check charts in.
        selection: The rules to ask.
        ignores: Findings the project's settings leave out.

    Raises:
        TimonierError: A source cannot be read, or something that was asked for is not there. A case that cannot be
            rendered is a finding.
    """
    kept: list[Finding] = []
    checked = []
    left_out = Ignores(ignores)
    found_in_all = 0
    for source in sources:
        subject = _subject(source, matrix)
        found = _ask(subject, selection)
        found_in_all += len(found)
        kept += left_out.kept(found)
        checked.append(_checked(subject, source))
    ignored = found_in_all - len(kept)
    kept += _of_run(RunContext(left_out.unused(sources, matrix, selection)), checked[:1], selection)
    kept.sort(key=_order)
    return Result(tuple(kept), tuple(checked), matrix.versions, ignored, tuple(selection.rules))


def _of_run(context: RunContext, first: Sequence[Checked], selection: Selection) -> Iterator[Finding]:
    """Ask the rules about the run as a whole; reports tell what they find with the first source."""
    for rule in selection.rules if first else ():
        if rule.scope is Scope.RUN:
            check_run: RunCheck = rule.check  # type: ignore[assignment]  # the scope says which signature it has
            for found in check_run(context):
                severity, place = selection.severities[rule.name], Place(_from_here(found.file), found.line)
                yield Finding(rule.name, severity, found.message, first[0].label, place, hint=found.hint)


def _from_here(file: str) -> str:
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def _subject(source: Source, matrix: Matrix) -> Subject:
    if isinstance(source, ChartSource):
        return subject_of_chart(source, matrix)
    if matrix.settings or matrix.cases:
        raise SourceError(f"{source.label} takes neither values nor cases.", hint="Only a chart does.")
    return subject_of_manifests(source, matrix)


def _checked(subject: Subject, source: Source) -> Checked:
    cases = tuple(dict.fromkeys(made.context.case.name for made in subject.renderings if subject.chart))
    objects = {manifest.identity for made in subject.renderings for manifest in made.context.manifests}
    return Checked(subject.label, subject.chart is not None, cases, len(objects), _release_of(source))


def _release_of(source: Source) -> str:
    if not isinstance(source, ReleaseSource | LiveSource):
        return ""
    stored = source.stored
    live = " as it is in the cluster" if isinstance(source, LiveSource) else ""
    return f"release {stored.name}{live}, revision {stored.revision}"


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    rank = list(Severity).index(finding.severity)
    return finding.place.file, finding.place.line, rank, finding.rule, finding.message


def _ask(subject: Subject, selection: Selection) -> list[Finding]:
    """Ask every rule about a subject."""
    collector = Collector(subject, selection)
    asked = {scope: [rule for rule in selection.rules if rule.scope is scope] for scope in Scope}
    if subject.chart:
        for rule in asked[Scope.CHART]:
            check_chart: ChartCheck = rule.check  # type: ignore[assignment]  # the scope says which signature it has
            for problem in check_chart(subject.chart):
                collector.add(rule, problem)
    # In threads, because some of these rules render again.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for answers in pool.map(lambda made: _ask_of_case(asked[Scope.CASE], made), subject.renderings):
            for rule, problem, context, versions in answers:
                collector.add(rule, problem, context, versions)
    for rule in asked[Scope.OBJECT]:
        _ask_of_objects(rule, subject, collector)
    return collector.findings()


def _ask_of_case(rules: Sequence[Rule], made: Rendered) -> list[tuple[Rule, Problem, CaseContext, tuple[str, ...]]]:
    """Ask rules about one rendering; of one that failed only those that say why."""
    found = []
    for rule in rules:
        check_case: CaseCheck = rule.check  # type: ignore[assignment]  # the scope says which signature it has
        if made.context.failure and not rule.of_failures:
            continue
        for context, versions in _per_version(rule, made):
            found += [(rule, problem, context, versions) for problem in check_case(context)]
    return found


def _ask_of_objects(rule: Rule, subject: Subject, collector: Collector) -> None:
    """Ask about every object, once for those that are the same in several cases."""
    check_object: ObjectCheck = rule.check  # type: ignore[assignment]  # the scope says which signature it has
    answers: dict[tuple[str, str, str], list[Problem]] = {}
    for made in subject.renderings:
        for context, versions in _per_version(rule, made):
            asked_of = context.kube_version if rule.per_version else ""
            for manifest in context.manifests:
                key = (manifest.source, manifest.text, asked_of)
                if key not in answers:
                    answers[key] = list(check_object(manifest, context))
                for problem in answers[key]:
                    collector.add(rule, problem, context, versions, manifest)


def _per_version(rule: Rule, made: Rendered) -> Iterator[tuple[CaseContext, tuple[str, ...]]]:
    """Yield what to ask a rule about, and for which versions the answer stands."""
    if rule.per_version:
        yield from ((context, (context.kube_version,)) for context in made.contexts())
    else:
        yield made.context, made.versions
