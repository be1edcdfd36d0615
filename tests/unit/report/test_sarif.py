"""SARIF 2.1.0, as code hosts take it."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from timonier.check.model import Place
from timonier.report.sarif import findings_sarif

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from timonier.check.run import Result

# What GitHub requires on top of SARIF's own schema, docs.github.com, "SARIF support for code scanning".
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
SHAPE = {
    "required": ["version", "runs", "$schema"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules", "version"],
                                "properties": {
                                    "rules": {
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "properties": {
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "defaultConfiguration": {"properties": {"level": LEVEL}},
                                            },
                                        }
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "message", "locations", "partialFingerprints", "level"],
                            "properties": {
                                "message": TEXT,
                                "level": LEVEL,
                                "locations": {
                                    "minItems": 1,
                                    "items": {
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "required": ["uri"],
                                                        "properties": {"uri": {"format": "uri-reference"}},
                                                    },
                                                    "region": {"properties": {"startLine": {"minimum": 1}}},
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        }
                    },
                },
            }
        },
    },
}


def run_of(result: Result) -> dict[str, Any]:
    """Return the one run of a report."""
    run: dict[str, Any] = json.loads(findings_sarif(result))["runs"][0]
    return run


def test_the_report_is_sarif(result: Result) -> None:
    """As far as code hosts read it."""
    validator = jsonschema_rs.validator_for(SHAPE, validate_formats=True)
    assert [error.message for error in validator.iter_errors(json.loads(findings_sarif(result)))] == []


def test_a_result_names_its_rule_and_place(result: Result) -> None:
    """The path is a URI, a line is always there, and the rule comes with its help."""
    run = run_of(result)
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["help"]["markdown"]) == ("bad-thing", "It **matters**, because.")
    first, second, third = run["results"]
    assert [one["level"] for one in run["results"]] == ["error", "warning", "note"]
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == first["ruleId"]
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "charts/shop/templates/a%2C%20b.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 12},
    }
    assert location["logicalLocations"][0]["fullyQualifiedName"] == "Deployment shop/web: spec.replicas"
    assert second["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert first["properties"]["cases"] == ["big"]
    assert third["message"]["text"] == "A\x07bell."


def test_an_alert_is_known_again_when_lines_move(result: Result) -> None:
    """By its fingerprint, which differs between findings."""
    moved = tuple(dataclasses.replace(one, place=Place(one.place.file, 99)) for one in result.findings)
    before = [one["partialFingerprints"] for one in run_of(result)["results"]]
    after = [one["partialFingerprints"] for one in run_of(dataclasses.replace(result, findings=moved))["results"]]
    assert before == after
    assert len({str(one) for one in before}) == len(before)


def test_paths_are_seen_from_the_repository(result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the user is in it, and of a revision too."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "deploy").mkdir()
    monkeypatch.chdir(tmp_path / "deploy")
    for file, uri in (
        ("./shop/a.yaml", "deploy/shop/a.yaml"),
        ("../b.yaml", "b.yaml"),
        ("git:main:c/d.yaml", "c/d.yaml"),
    ):
        placed = tuple(dataclasses.replace(one, place=Place(file, 1)) for one in result.findings)
        run = run_of(dataclasses.replace(result, findings=placed))
        assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
