"""What a test asks of a release, on objects as Kubernetes gives them."""

from __future__ import annotations

from typing import Any

import pytest

from timonier.testing.diagnostics import folder_of
from timonier.testing.release import is_ready, merged, restarts


def pod(ready: str = "True", **metadata: str) -> dict[str, Any]:
    """A pod."""
    return {
        "metadata": {"name": "web", **metadata},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"restartCount": 2}, {"restartCount": 1}],
        },
    }


def test_a_pod_on_its_way_out_is_not_ready() -> None:
    """A terminating pod can still have the condition Ready."""
    assert is_ready(pod())
    assert not is_ready(pod("False"))
    assert not is_ready(pod(deletionTimestamp="2026-01-01T00:00:00Z"))
    assert not is_ready({"metadata": {}, "status": {}})


def test_restarts_are_those_of_all_containers() -> None:
    """A pod not yet scheduled has none."""
    assert restarts(pod()) == 3
    assert restarts({"status": {}}) == 0


def test_values_are_laid_over_each_other_as_helm_does() -> None:
    """Mappings merge, lists and everything else replace, and the lower ones stay as they were."""
    under = {"a": {"x": 1, "y": [1, 2]}, "b": {"z": 1}}
    assert merged(under, {"a": {"y": [3]}, "b": None}) == {"a": {"x": 1, "y": [3]}, "b": None}
    assert under == {"a": {"x": 1, "y": [1, 2]}, "b": {"z": 1}}


@pytest.mark.parametrize(
    ("test", "folder"),
    [("tests/e2e/test_a.py::test_b[x/y]", "tests_e2e_test_a.py_test_b_x_y"), ("a" * 200, "a" * 120)],
)
def test_a_tests_id_as_a_folder(test: str, folder: str) -> None:
    """No separator, no bracket, and no name too long for a file system."""
    assert folder_of(test) == folder
