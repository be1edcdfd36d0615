"""What an upgrade must not take away, and what `timonier upgrade-test` refuses before it asks any cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing.upgrades import Facts, facts, lost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

BEFORE = Facts(
    secrets={("shop", "password"): "a"},
    claims={"data": ("uid-1", "volume-1")},
    templates={"Deployment web": {"image": "web:1"}},
    pods={"Deployment web": frozenset({"pod-1", "pod-2"})},
    restarts={"pod-1": 0, "pod-2": 1},
)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, []),
        ({"secrets": {}}, ["Secret shop: key password is gone"]),
        ({"secrets": {("shop", "password"): "b"}}, ["Secret shop: key password has another value"]),
        ({"secrets": {("shop", "password"): "a", ("shop", "more"): "c"}}, []),
        ({"claims": {}}, ["claim data is gone, and what it held with it"]),
        ({"claims": {"data": ("uid-2", "volume-2")}}, ["claim data is another one, and what it held with it"]),
        ({"claims": {"data": ("uid-1", "volume-2")}}, ["claim data is another one, and what it held with it"]),
        (
            {"pods": {"Deployment web": frozenset({"pod-1", "pod-3"})}},
            ["Deployment web: pods were replaced, though their template is the same"],
        ),
        ({"pods": {"Deployment web": frozenset({"pod-1"})}}, []),
        ({"pods": {"Deployment web": frozenset({"pod-1", "pod-2", "pod-3"})}}, []),
        ({"pods": {"Deployment web": frozenset({"pod-3"})}, "templates": {"Deployment web": {"image": "web:2"}}}, []),
        ({"restarts": {"pod-1": 0, "pod-2": 2}}, ["pod pod-2: a container was restarted"]),
        ({"restarts": {"pod-3": 2}}, []),
    ],
)
def test_what_is_lost_is_told(now: dict[str, Any], told: list[str]) -> None:
    """Values, claims, pods without a reason, restarts; that something is added, or fewer are wanted, is no loss."""
    assert list(lost(BEFORE, replace(BEFORE, **now))) == told


class FakeCluster:
    """Answers with what is in it."""

    def __init__(self, **kinds: list[dict[str, Any]]) -> None:
        self.kinds = kinds

    def list(self, kind: str, namespace: str) -> list[dict[str, Any]]:
        """The objects of a kind."""
        assert namespace == "shop-1"
        return self.kinds.get(kind, [])


def owned(uid: str, by: str, **status: Any) -> dict[str, Any]:  # noqa: ANN401 - a status
    """An object that another one owns."""
    return {"metadata": {"uid": uid, "name": uid, "ownerReferences": [{"uid": by}]}, "status": status}


def test_facts_hold_what_counts_and_no_secret() -> None:
    """The pods of a Deployment by way of its ReplicaSet; neither Helm's own Secrets nor any value."""
    web = {"kind": "Deployment", "metadata": {"uid": "d", "name": "web"}, "spec": {"template": {"a": 1}}}
    going = owned("p2", "r")
    going["metadata"]["deletionTimestamp"] = "now"
    cluster: Any = FakeCluster(
        secrets=[
            {"metadata": {"name": "shop"}, "type": "Opaque", "data": {"password": "aHVudGVyMg=="}},
            {
                "metadata": {"name": "sh.helm.release.v1.shop.v1"},
                "type": "helm.sh/release.v1",
                "data": {"release": "x"},
            },
        ],
        persistentvolumeclaims=[{"metadata": {"name": "data", "uid": "c"}, "spec": {"volumeName": "v"}}],
        deployments=[web],
        replicasets=[owned("r", "d")],
        pods=[owned("p1", "r", containerStatuses=[{"restartCount": 2}, {"restartCount": 1}]), going],
    )
    found = facts(cluster, "shop-1")
    assert set(found.secrets) == {("shop", "password")}
    assert "hunter2" not in str(found)
    assert "aHVudGVyMg" not in str(found)
    assert found.claims == {"data": ("c", "v")}
    assert found.pods == {"Deployment web": frozenset({"p1"})}
    assert found.restarts == {"p1": 3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "nowhere.tgz"], "nowhere.tgz"),
        (["--from", "oci://nowhere"], "is no reference of a chart"),
        (["--case", "none", "--from", "."], "has no case 'none'"),
    ],
)
def test_what_cannot_be_tried_asks_no_cluster(
    run: Run, make_chart: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    """One sentence, exit code 2."""
    chart = make_chart({"templates/a.yaml": ""})
    monkeypatch.chdir(chart)
    monkeypatch.setattr("pytest.main", lambda _: pytest.fail("pytest was run"))
    code, out, err = run("upgrade-test", ".", *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
