"""A difference for programs: JSON by the schema `difference.schema.json`, which lies beside this module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.diff.model import Action
from timonier.report.diff_summary import verdict

if TYPE_CHECKING:
    from timonier.diff.model import Change, Difference, Effect, FieldChange

SCHEMA = Path(__file__).parent / "difference.schema.json"


def difference_json(difference: Difference, old: str, new: str) -> str:
    """Write what differs, secrets as redacted as in the text."""
    counts = {str(action): difference.count(action) for action in Action}
    written = {
        "old": old,
        "new": new,
        "summary": {
            **counts,
            "unchanged": difference.unchanged,
            "ignored": difference.ignored,
            "generated": len(difference.generated),
            "verdict": verdict(difference),
        },
        "notes": difference.notes,
        "changes": [_change(change) for change in difference.changes],
        "generated": [{**identity._asdict(), "path": path} for identity, path in difference.generated],
    }
    return json.dumps(written, indent=2, ensure_ascii=False)


def _change(change: Change) -> dict[str, Any]:
    return {
        "action": str(change.action),
        **change.identity._asdict(),
        "was": change.was._asdict() if change.was else None,
        "source": change.source,
        "hooks": change.hooks,
        "effect": _effect(change.effect) if change.effect else None,
        "fields": [_field(field) for field in change.fields],
        "diff": change.lines,
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {"outcome": str(effect.outcome), "reasons": effect.reasons, "warnings": effect.warnings}


def _field(field: FieldChange) -> dict[str, Any]:
    written = {"path": field.path, "old": field.old, "new": field.new}
    return {**written, "order": True} if field.is_order else written
