"""Findings as SARIF 2.1.0, which code hosts show as alerts (docs.oasis-open.org/sarif/sarif/v2.1.0)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from timonier import __version__
from timonier.check.model import Severity
from timonier.report.repository import in_repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.check.model import Finding, Rule
    from timonier.check.run import Result

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_ROOT = "%SRCROOT%"


def findings_sarif(result: Result) -> str:
    """Write a result as one SARIF run, with the rules that were asked."""
    numbers = {rule.name: number for number, rule in enumerate(result.rules)}
    driver = {"name": "timonier", "version": __version__, "rules": [_rule(rule) for rule in result.rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, numbers) for finding in result.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: Rule) -> dict[str, Any]:
    explanation = rule.explanation or rule.summary
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": explanation, "markdown": explanation},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    about = {"path": finding.path, "valuesPath": finding.values_path, "manifestLine": finding.manifest_line}
    several: dict[str, Sequence[str]] = {"cases": finding.cases, "kubeVersions": finding.kube_versions}
    return {
        "ruleId": finding.rule,
        "ruleIndex": numbers[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.hint}".rstrip()},
        "locations": [_location(finding)],
        "partialFingerprints": {"timonier/v1": _fingerprint(finding)},
        "properties": {name: value for name, value in {**about, **several}.items() if value},
    }


def _location(finding: Finding) -> dict[str, Any]:
    uri = quote(in_repository(finding.place.file))
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": _ROOT},
            # Code hosts refuse a result without a line: the first stands for the whole file.
            "region": {"startLine": finding.place.line or 1},
        }
    }
    if finding.identity:
        name = f"{finding.identity}{f': {finding.path}' if finding.path else ''}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    return location


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same when lines move, by which a code host knows an alert again."""
    parts = (
        finding.rule,
        in_repository(finding.place.file),
        str(finding.identity or ""),
        finding.path,
        finding.values_path,
        finding.message,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
