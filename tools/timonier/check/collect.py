"""Problems become findings: the same one in several cases and Kubernetes versions is one, with its place."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from timonier.check.model import Finding, Place
from timonier.check.place import Placer, line_in
from timonier.check.printed import line_of

if TYPE_CHECKING:
    from timonier.check.catalogue import Selection
    from timonier.check.context import CaseContext
    from timonier.check.model import Problem, Rule, Severity
    from timonier.check.renderings import Subject
    from timonier.manifest import Manifest


@dataclass
class _Entry:
    """A problem, and where it was seen."""

    rule: Rule
    problem: Problem
    manifest: Manifest | None
    context: CaseContext | None
    cases: dict[str, None] = field(default_factory=dict)
    versions: set[str] = field(default_factory=set)


class Collector:
    """Collects what rules find in one subject."""

    def __init__(self, subject: Subject, selection: Selection) -> None:
        self._subject = subject
        self._selection = selection
        self._entries: dict[tuple[object, ...], _Entry] = {}

    def add(
        self,
        rule: Rule,
        problem: Problem,
        context: CaseContext | None = None,
        versions: tuple[str, ...] = (),
        manifest: Manifest | None = None,
    ) -> None:
        """Take a problem, unless it is known already from another case or version.

        Args:
            rule: The rule that found it.
            problem: What it found.
            context: The rendering it was found in; None for the chart's files.
            versions: The Kubernetes versions for which it was found.
            manifest: The object, when the rule looked at one only.
        """
        of = problem.manifest or manifest
        where = (of.identity, of.source) if of else (problem.file, problem.line)
        key = (rule.name, problem.message, problem.path, problem.values_path, where)
        entry = self._entries.setdefault(key, _Entry(rule, problem, of, context))
        if context:
            entry.cases[context.case.name] = None
        entry.versions.update(versions)

    def findings(self) -> list[Finding]:
        """Return all that was collected, each with its place."""
        placer = Placer(self._subject)
        return [self._finding(entry, placer) for entry in self._entries.values()]

    def _finding(self, entry: _Entry, placer: Placer) -> Finding:
        problem, manifest = entry.problem, entry.manifest
        every = {version for made in self._subject.renderings for version in made.versions}
        independent = not entry.rule.per_version and entry.versions == every
        finding = Finding(
            rule=entry.rule.name,
            severity=self._severity(entry),
            message=problem.message,
            chart=self._subject.label,
            place=Place(self._subject.label),
            identity=manifest.identity if manifest else None,
            path=problem.path,
            values_path=problem.values_path,
            cases=tuple(name for name in entry.cases if name),
            kube_versions=() if independent else tuple(sorted(entry.versions, key=_numbers)),
            hint=problem.hint,
        )
        if entry.context and entry.context.failure and not problem.file:
            return placer.of_failure(finding, entry.context)
        if not manifest:
            return placer.of_file(finding, problem.file, problem.line)
        return replace(placer.of_object(finding, manifest), manifest_line=self._manifest_line(entry, manifest))

    def _manifest_line(self, entry: _Entry, manifest: Manifest) -> int:
        """Return the line in what `timonier render` prints of the first case it shows in; 0 when unknown."""
        below = line_in(manifest, entry.problem.path) - 1
        if not self._subject.chart or not entry.context:
            return manifest.line + below
        of_case = (made for made in self._subject.renderings if made.context.case is entry.context.case)
        lines = (line_of(manifest, made.documents) for made in of_case)
        return next((line + below for line in lines if line), 0)

    def _severity(self, entry: _Entry) -> Severity:
        """Return how bad it is: what the rule passes on from others stands unless somebody set the rule's severity."""
        said = self._selection.severities[entry.rule.name]
        return entry.problem.severity if entry.problem.severity and said is entry.rule.severity else said


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
