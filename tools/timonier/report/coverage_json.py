"""Coverage for programs: JSON with keys that stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from timonier.coverage.result import totals

if TYPE_CHECKING:
    from timonier.coverage.result import Coverage, Measured, Totals


def coverage_json(coverage: Coverage) -> str:
    """Write everything that is known: each place with its alterations, the totals, and what was not altered."""
    written = {
        "chart": coverage.chart,
        "cases": list(coverage.cases),
        "tests": coverage.tests,
        "totals": _totals(coverage.totals),
        "files": [
            {"file": name, "totals": _totals(totals(measured)), "places": [_place(each) for each in measured]}
            for name, measured in coverage.by_file().items()
        ],
        "unaltered": [each._asdict() for each in coverage.unaltered],
        "deaf_tests": list(coverage.deaf),
    }
    return json.dumps(written, indent=2, ensure_ascii=False)


def _totals(counts: Totals) -> dict[str, Any]:
    return {
        "places": counts.places,
        "reached": counts.reached,
        "reached_percent": round(counts.reached_percent, 2),
        "alterable": counts.alterable,
        "noticed": counts.noticed,
        "noticed_percent": round(counts.noticed_percent, 2),
    }


def _place(measured: Measured) -> dict[str, Any]:
    place = measured.place
    return {
        "line": place.line,
        "kind": str(place.kind),
        "arm": str(place.arm),
        "source": place.source,
        "standing": str(measured.standing),
        "reached_by": measured.reached_by,
        "alterations": [
            {"what": tried.what, "has_effect": tried.has_effect, "noticed_by": tried.noticed_by}
            for tried in measured.tried
        ],
    }
