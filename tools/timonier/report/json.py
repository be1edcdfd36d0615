"""For programs: JSON on standard output, with keys that stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from timonier.check.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from timonier.changed import ChangedChart
    from timonier.check.model import Finding, Rule
    from timonier.check.run import Result
    from timonier.docs.table import Table
    from timonier.manifest import Identity
    from timonier.package import Archive
    from timonier.publish.oci import Published
    from timonier.render import Rendering


def renderings_json(renderings: Sequence[Rendering]) -> str:
    """Write several cases: for each what it is, what it is for, and its objects as a Kubernetes List."""
    return _write(
        [
            {
                "source": rendering.label,
                "case": rendering.case.name,
                "kube_version": rendering.kube_version,
                "purpose": rendering.case.purpose,
                "objects": as_list([manifest.document for manifest in rendering.manifests]),
            }
            | ({"notes": rendering.notes} if rendering.notes else {})
            for rendering in renderings
        ]
    )


def objects_json(documents: Sequence[Any]) -> str:
    """Write objects as one Kubernetes List, as `kubectl apply -f -` takes it."""
    return _write(as_list(documents))


def as_list(documents: Sequence[Any]) -> dict[str, Any]:
    """Return documents as a Kubernetes List."""
    return {"apiVersion": "v1", "kind": "List", "items": list(documents)}


def values_json(tables: Sequence[Table]) -> str:
    """Write charts' values: for each chart its rows, and what their comments leave open."""
    return _write(
        [
            {
                "chart": str(table.chart),
                "values": [row._asdict() for row in table.rows],
                "gaps": [gap._asdict() for gap in table.gaps],
            }
            for table in tables
        ]
    )


def findings_json(result: Result) -> str:
    """Write what a check found, and what was checked."""
    counts = {str(severity): result.count(severity) for severity in Severity}
    return _write(
        {
            "summary": counts | {"ignored": result.ignored},
            "kubeVersions": result.versions,
            "checked": [
                {"source": checked.label, "cases": checked.cases, "objects": checked.objects}
                for checked in result.checked
            ],
            "findings": [_finding(finding) for finding in result.findings],
        }
    )


def rules_json(rules: Sequence[Rule]) -> str:
    """Write what is known of rules."""
    return _write(
        [
            {
                "name": rule.name,
                "severity": rule.severity,
                "scope": rule.scope,
                "perVersion": rule.per_version,
                "summary": rule.summary,
                "explanation": rule.explanation,
            }
            for rule in rules
        ]
    )


def archives_json(archives: Sequence[tuple[Path, Archive]]) -> str:
    """Write what was packaged, and where it lies."""
    return _write(
        [
            {
                "name": archive.name,
                "version": archive.version,
                "appVersion": str(archive.metadata.get("appVersion") or ""),
                "path": str(path),
                "digest": archive.digest,
                "size": len(archive.content),
            }
            for path, archive in archives
        ]
    )


def published_json(published: Sequence[Published]) -> str:
    """Write where an archive was published, under which digest, and whether it was there before."""
    return _write([{"place": one.place, "digest": one.digest, "outcome": one.outcome} for one in published])


def changed_json(charts: Sequence[ChangedChart]) -> str:
    """Write which charts changed, each as one entry of a matrix of jobs."""
    return _write(
        [
            {
                "name": one.name,
                "path": one.path,
                "oldPath": one.old_path,
                "oldVersion": one.old_version,
                "version": one.version,
                "change": one.change,
                "wanted": one.wanted,
                "raised": one.is_raised,
                "reasons": [{"change": reason.change, "text": reason.text} for reason in one.reasons],
            }
            for one in charts
        ]
    )


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "source": finding.chart,
        "file": finding.place.file,
        "line": finding.place.line,
        "object": _identity(finding.identity) if finding.identity else None,
        "path": finding.path,
        "valuesPath": finding.values_path,
        "manifestLine": finding.manifest_line,
        "cases": finding.cases,
        "kubeVersions": finding.kube_versions,
    }


def _identity(identity: Identity) -> dict[str, str]:
    return identity._asdict()


def _write(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
