"""Findings as annotations of GitHub Actions: workflow commands, which GitHub shows beside the changed lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Severity
from timonier.report.repository import in_repository

if TYPE_CHECKING:
    from timonier.check.model import Finding
    from timonier.check.run import Result

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def findings_github(result: Result) -> str:
    """Write a workflow command for each finding, a line each."""
    return "\n".join(_command(finding) for finding in result.findings)


def _command(finding: Finding) -> str:
    properties = {"file": in_repository(finding.place.file), "line": str(finding.place.line or 1)}
    properties["title"] = f"timonier {finding.rule}"
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    lines = [f"{finding.message} {finding.hint}".rstrip()]
    if finding.identity:
        lines.append(f"{finding.identity}{f' at {finding.path}' if finding.path else ''}")
    return f"::{_COMMANDS[finding.severity]} {written}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    """Escape a message as @actions/core does, packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
