"""What programs read of a difference: by the schema that is documented."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from timonier.diff.model import Action, Change, Difference, Effect, FieldChange, Outcome
from timonier.manifest import Identity
from timonier.report.diff_json import SCHEMA, difference_json

WEB = Identity("apps", "Deployment", "shop", "web")
EFFECT = Effect(Outcome.ROLLED, ("image",), ("downtime",))
REPLICAS = FieldChange(("spec", "replicas"), 1, 3)
FIELDS = (REPLICAS, FieldChange(("spec", "ports"), ["a", "b"], ["b", "a"], is_order=True))
WHOLE = Difference(
    (
        Change(WEB, Action.CHANGED, "t.yaml", ("+x",), FIELDS, EFFECT),
        Change(WEB, Action.RENAMED, "", (), (), Effect(Outcome.RECREATED), WEB._replace(name="old"), ("test",)),
    ),
    2,
    ((WEB, "spec.x"),),
    3,
    ("Note.",),
)


def test_the_keys_are_the_interface() -> None:
    """Counts, what an upgrade makes of each change, and what was generated."""
    written = json.loads(difference_json(WHOLE, "a", "b"))
    assert written["summary"] == {
        "added": 0,
        "changed": 1,
        "removed": 0,
        "renamed": 1,
        "unchanged": 2,
        "ignored": 3,
        "generated": 1,
        "verdict": "An upgrade: 1 recreated, 1 rolls pods, 1 with downtime",
    }
    assert written["changes"][0] == {
        "action": "changed",
        **WEB._asdict(),
        "was": None,
        "source": "t.yaml",
        "hooks": [],
        "effect": {"outcome": "rolls pods", "reasons": ["image"], "warnings": ["downtime"]},
        "fields": [
            {"path": "spec.replicas", "old": 1, "new": 3},
            {"path": "spec.ports", "old": ["a", "b"], "new": ["b", "a"], "order": True},
        ],
        "diff": ["+x"],
    }
    assert written["changes"][1]["was"]["name"] == "old"
    assert written["generated"] == [{**WEB._asdict(), "path": "spec.x"}]


@pytest.mark.parametrize("difference", [WHOLE, Difference((), 0)])
def test_it_is_valid_by_the_schema(difference: Difference) -> None:
    """And the schema is strict: what it does not know would fail."""
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    written = json.loads(difference_json(difference, "a", "b"))
    validator.validate(written)
    assert not validator.is_valid({**written, "more": 1})


def test_the_schema_knows_every_word() -> None:
    """Actions and outcomes."""
    definitions = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    assert definitions["change"]["properties"]["action"]["enum"] == list(Action)
    assert definitions["effect"]["properties"]["outcome"]["enum"] == list(Outcome)
