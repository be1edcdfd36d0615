"""Snapshots of what a chart renders to: readable, failing when new, and free of what changes by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

WHOLE = "def test_whole(render, chart_snapshot):\n    assert render() == chart_snapshot\n"
PARTS = """
def test_parts(render, chart_snapshot):
    web = render()["Deployment"]
    assert web == chart_snapshot
    assert web["spec.template.spec.containers[name=web].ports"] == chart_snapshot(name="ports")
    assert render().all("Service") == chart_snapshot(name="services")
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, shop: Path) -> pytest.Pytester:
    """A pytest run whose chart is the shop."""
    pytester.makeini(f"[pytest]\ntimonier_chart = {shop}\n")
    return pytester


def test_a_new_snapshot_fails_and_tells_how_to_keep_it(suite: pytest.Pytester) -> None:
    """In CI as anywhere: nothing is written unless one says so."""
    suite.makepyfile(test_shop=WHOLE)
    done = suite.runpytest()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "*does not exist*",
            "*run: pytest test_shop.py::test_whole --snapshot-update",
            "*FAILED test_shop.py::test_whole*",
        ]
    )
    assert not (suite.path / "__snapshots__").exists()


def test_a_snapshot_is_yaml_that_people_read(suite: pytest.Pytester) -> None:
    """Every object under its template's name; generated values and secrets have words in their place."""
    suite.makepyfile(test_shop=WHOLE)
    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)
    written = (suite.path / "__snapshots__" / "test_shop" / "test_whole.yaml").read_text()
    assert written.startswith(
        "---\n# Source: shop/templates/secret.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: shop-key\n"
        "data:\n  key: <secret>\n  random: <generated>\n---\n# Source: shop/templates/service.yaml\n"
    )
    assert re.findall("^# Source: .*/(.*)$", written, re.MULTILINE) == [
        "secret.yaml",
        "service.yaml",
        "deployment.yaml",
    ]
    suite.runpytest().assert_outcomes(passed=1)


def test_a_change_fails_with_the_lines_that_differ(suite: pytest.Pytester, shop: Path) -> None:
    """And with the command that takes it over."""
    suite.makepyfile(test_shop=WHOLE)
    suite.runpytest("--snapshot-update")
    values = shop / "values.yaml"
    values.write_text(values.read_text().replace("replicas: 1", "replicas: 7"))
    done = suite.runpytest("--snapshot-no-colors")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        ["*-*replicas: 1*", "*+*replicas: 7*", "*run: pytest test_shop.py::test_whole --snapshot-update"]
    )
    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)
    suite.runpytest().assert_outcomes(passed=1)


def test_objects_and_parts_of_them_are_snapshots_too(suite: pytest.Pytester) -> None:
    """One file each."""
    suite.makepyfile(test_shop=PARTS)
    suite.runpytest("--snapshot-update").assert_outcomes(passed=1)
    suite.runpytest().assert_outcomes(passed=1)
    folder = suite.path / "__snapshots__" / "test_shop"
    assert sorted(path.name for path in folder.iterdir()) == [
        "test_parts.yaml",
        "test_parts[ports].yaml",
        "test_parts[services].yaml",
    ]
    assert (folder / "test_parts[ports].yaml").read_text() == "- name: http\n  containerPort: 80\n"


def test_another_failure_of_such_a_test_says_nothing_of_snapshots(suite: pytest.Pytester) -> None:
    """Updating would not help."""
    suite.makepyfile(test_shop=f"{WHOLE}    assert render()['Deployment']['spec.replicas'] == 2\n")
    suite.runpytest("--snapshot-update").assert_outcomes(failed=1)
    done = suite.runpytest()
    done.assert_outcomes(failed=1)
    done.stdout.no_fnmatch_line("*--snapshot-update*")
