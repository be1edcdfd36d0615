"""Of what is in the cluster counts what the manifest sets, and what somebody has set by hand."""

from __future__ import annotations

from typing import Any

import pytest

from timonier.diff.project import by_hand, project

WANTED: dict[str, Any] = {
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "hostNetwork": False,
        "containers": [{"name": "web", "image": "web:1", "ports": [{"containerPort": 80}], "env": []}],
        "args": ["a"],
    },
}
THERE: dict[str, Any] = {
    "metadata": {"name": "web", "uid": "1", "labels": {"app": "web", "by": "hand", "other": "controller"}},
    "spec": {
        "containers": [
            {"name": "injected", "image": "proxy:1"},
            {
                "name": "web",
                "image": "web:1",
                "imagePullPolicy": "Always",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "env": [{"name": "DEBUG", "value": "1"}],
            },
        ],
        "args": ["a"],
        "restartPolicy": "Always",
    },
    "status": {"ready": True},
}
FIELDS = {
    "f:metadata": {"f:labels": {"f:by": {}}},
    "f:spec": {
        "f:containers": {'k:{"name":"web"}': {"f:env": {".": {}, 'k:{"name":"DEBUG"}': {"f:name": {}, "f:value": {}}}}}
    },
}


def managed(manager: str, **more: str) -> dict[str, Any]:
    """Return the object with somebody as the owner of the label and the variable."""
    entry = {"manager": manager, "fieldsV1": FIELDS, **more}
    return {**THERE, "metadata": {**THERE["metadata"], "managedFields": [{"manager": "helm", "fieldsV1": {}}, entry]}}


def test_defaults_and_status_do_not_count() -> None:
    """Neither does what a webhook added, nor that an empty list is left out."""
    assert project(WANTED, THERE, {}) == WANTED


def test_what_was_set_by_hand_counts() -> None:
    """A label and a variable that the manifest does not have."""
    found = project(WANTED, managed("kubectl-edit"), by_hand(managed("kubectl-edit")))
    assert found["metadata"]["labels"] == {"app": "web", "by": "hand"}
    [container] = found["spec"]["containers"]
    assert container["env"] == [{"name": "DEBUG", "value": "1"}]


@pytest.mark.parametrize("there", [managed("some-operator"), managed("kubectl", subresource="scale")])
def test_what_a_controller_set_does_not(there: dict[str, Any]) -> None:
    """Nor what came by way of a subresource."""
    assert project(WANTED, there, by_hand(there)) == WANTED


@pytest.mark.parametrize(
    ("change", "path"), [({"image": "web:2"}, "image"), ({"ports": [{"containerPort": 81}]}, "ports")]
)
def test_what_the_manifest_sets_counts_whoever_changed_it(change: dict[str, Any], path: str) -> None:
    """The image of a container, whatever place it has among others."""
    container = {**THERE["spec"]["containers"][1], **change}
    there = {**THERE, "spec": {**THERE["spec"], "containers": [THERE["spec"]["containers"][0], container]}}
    assert project(WANTED, there, {})["spec"]["containers"][0].get(path) != WANTED["spec"]["containers"][0][path]


def test_what_is_gone_is_gone() -> None:
    """A field that the manifest sets and the cluster does not have."""
    assert project({"a": "x", "b": None, "c": {}}, {"z": 1}) == {"b": None, "c": {}}
