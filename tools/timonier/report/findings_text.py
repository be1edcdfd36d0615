"""Findings for people at a terminal: file by file, one summary line at the end."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.text import Text

from timonier.check.examples import example_of
from timonier.check.model import Severity
from timonier.check.schema.kubeschemas import minor, version_key
from timonier.report.text import console, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.check.model import Finding, Rule
    from timonier.check.run import Result

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_CHANGES = {"-": "red", "+": "green", "@": "bold"}
_LINE_WIDTH = 5
_MOST_CASES = 3
_INDENT = " " * 16


def print_findings(result: Result, *, stderr: bool = False) -> None:
    """Print every finding under its file, and a summary."""
    out = console(stderr=stderr)
    cases = {checked.label: checked.cases for checked in result.checked}
    for file, findings in groupby(result.findings, key=lambda finding: finding.place.file):
        out.print(Text(visible(file), style="bold"))
        for finding in findings:
            out.print(_heading(finding))
            if more := about(finding, cases[finding.chart], result.versions):
                out.print(Text(_INDENT + visible(more), style="dim"))
        out.print()
    worst = next((severity for severity in Severity if result.count(severity)), None)
    out.print(Text(summary(result), style=_STYLES[worst] if worst else "bold green"))


def summary(result: Result) -> str:
    """Say in one line what was checked and found: `2 charts, 23 cases, 7 Kubernetes versions: 0 errors, 3 warnings`."""
    charts = sum(checked.is_chart for checked in result.checked)
    releases = [checked for checked in result.checked if checked.release]
    parts = [_count(charts, "chart")] if charts else []
    parts += [f"{checked.release} ({_count(checked.objects, 'object')})" for checked in releases]
    if files := len(result.checked) - charts - len(releases):
        parts.append(_count(files, "file of manifests", "files of manifests"))
    if charts:
        parts.append(_count(sum(len(checked.cases) for checked in result.checked), "case"))
    parts.append(_count(len(result.versions), "Kubernetes version"))
    found = [_count(result.count(Severity.ERROR), "error"), _count(result.count(Severity.WARNING), "warning")]
    if notes := result.count(Severity.INFO):
        found.append(_count(notes, "note"))
    if result.ignored:
        found.append(f"{result.ignored} ignored")
    return f"{', '.join(parts)}: {', '.join(found)}"


def about(finding: Finding, all_cases: Sequence[str], all_versions: Sequence[str]) -> str:
    """Say what a finding is about: the object, the place in it, the value, the cases and the Kubernetes versions."""
    parts = []
    if finding.identity:
        parts.append(f"{finding.identity}{f' at {finding.path}' if finding.path else ''}")
    if finding.values_path:
        parts.append(f"value {finding.values_path}")
    if finding.cases:
        parts.append(_cases(finding.cases, all_cases))
    if finding.kube_versions and tuple(finding.kube_versions) != tuple(all_versions):
        parts.append(f"Kubernetes {_versions(finding.kube_versions)}")
    if finding.manifest_line and finding.identity:
        parts.append(f"manifest line {finding.manifest_line}")
    return ", ".join(parts)


def print_rules(rules: Sequence[Rule]) -> None:
    """Print each rule's name, severity and summary."""
    out = console()
    width = max(len(rule.name) for rule in rules)
    for rule in rules:
        severity = Text(f"{rule.severity:<8}", style=_STYLES[rule.severity])
        out.print(Text.assemble(f"{rule.name:<{width}}  ", severity, f"  {rule.summary}"))


def print_rule(rule: Rule) -> None:
    """Print all that is known of a rule."""
    out = console()
    heading = Text.assemble((rule.name, "bold"), "  ", (str(rule.severity), _STYLES[rule.severity]))
    out.print(heading)
    out.print(Text(f"\n{rule.summary}"))
    if rule.explanation:
        out.print(Text(f"\n{rule.explanation}"))
    if example := example_of(rule.name):
        out.print(Text("\nThe smallest change that mends it:\n"))
        for line in example.text.splitlines():
            out.print(Text(f"    {line}", style=_CHANGES.get(line[:1], "")))


def _heading(finding: Finding) -> Text:
    line = f"{finding.place.line or '':>{_LINE_WIDTH}}"
    severity = (f"{finding.severity:<7}", _STYLES[finding.severity])
    hint = f" {finding.hint}" if finding.hint else ""
    return Text.assemble(f"{line}  ", severity, "  ", (finding.rule, "bold"), visible(f"  {finding.message}{hint}"))


def _cases(cases: Sequence[str], every: Sequence[str]) -> str:
    if len(cases) == len(every) > 1:
        return "every case"
    if len(cases) == 1:
        return f"case {cases[0]}"
    if len(cases) > _MOST_CASES:
        return f"{len(cases)} of {len(every)} cases ({', '.join(cases[:_MOST_CASES])}, …)"
    return f"cases {', '.join(cases)}"


def _versions(versions: Sequence[str]) -> str:
    """Write versions with runs of them as ranges: `1.30 to 1.33, 1.36`."""
    runs: list[list[str]] = []
    for version in versions:
        if runs and version_key(version)[1] == version_key(runs[-1][-1])[1] + 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(minor(run[0]) + (f" to {minor(run[-1])}" if len(run) > 1 else "") for run in runs)


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"
