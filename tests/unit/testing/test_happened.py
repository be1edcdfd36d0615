"""What counts as having happened to an object: each outcome is told from what looks like it."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest
from tests.e2e import happened as what_happened
from tests.e2e.happened import Differ, look, otherwise, spellings

OUTCOMES = (
    *("created", "deleted", "deleted with data", "kept", "adopted", "in place", "rolls pods", "recreated", "refused"),
)
Objects = list[dict[str, Any]]


def thing(kind: str, name: str, owner: str = "", uid: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """An object; its UID is its name where nothing else is said."""
    owners = [{"uid": owner}] if owner else []
    labels = {"controller-revision-hash": more.pop("made", "")}
    metadata = {"name": name, "uid": uid or name, "ownerReferences": owners, "labels": labels, "generation": 2}
    return {"kind": kind, "metadata": metadata | more.pop("metadata", {}), **more}


def web(*, uid: str = "web", seen: int = 2) -> dict[str, Any]:
    """A Deployment."""
    return thing("Deployment", "web", uid=uid, spec={"replicas": 1}, status={"observedGeneration": seen})


def replicas(name: str, revision: str) -> dict[str, Any]:
    """A ReplicaSet of it."""
    return thing("ReplicaSet", name, "web", metadata={"annotations": {"deployment.kubernetes.io/revision": revision}})


FIRST = [replicas("web-a", "1"), thing("Pod", "one", "web-a")]
SECOND = [replicas("web-b", "2"), thing("Pod", "two", "web-b")]
THIRD = [replicas("web-a", "3"), thing("Pod", "three", "web-a")]
DB = thing("StatefulSet", "db", spec={"replicas": 1}, status={"observedGeneration": 2})
OLD, NEW = (thing("ControllerRevision", f"db-{name}", "db", revision=number) for number, name in ((1, "a"), (2, "b")))
CLAIM = thing("PersistentVolumeClaim", "data-db-0")
OF_OLD, OF_NEW = (thing("Pod", f"pod-{name}", "db", made=f"db-{name}") for name in ("a", "b"))
GOING = thing("Pod", "pod-a", "db", made="db-a", metadata={"deletionTimestamp": "now"})


@pytest.mark.parametrize(
    ("name", "before", "after", "outcomes"),
    [
        ("web", [web(), *FIRST], [web(), *FIRST], "in place, kept, adopted, refused"),
        ("web", [web(), *FIRST], [web(seen=1), *FIRST], "kept, adopted, refused"),
        ("web", [web(), *FIRST], [web(), *FIRST, *SECOND], "rolls pods, kept, adopted"),
        ("web", [web(), *FIRST], [web(), *FIRST, SECOND[0]], "kept, adopted"),
        ("web", [web(), *FIRST, *SECOND], [web(), *THIRD], "rolls pods, kept, adopted"),
        ("web", [web(), *FIRST], [web(), *FIRST, THIRD[1]], "in place, kept, adopted, refused"),
        ("web", [web(), *FIRST], [], "deleted, deleted with data"),
        ("web", [], [web(), *FIRST], "created, recreated"),
        ("web", [web(), *FIRST], [web(uid="other")], "recreated"),
        ("db", [DB, OLD, OF_OLD], [DB, OLD, NEW, OF_OLD], "in place, kept, adopted"),
        ("db", [DB, OLD, OF_OLD], [DB, OLD, NEW, GOING], "kept, adopted"),
        ("db", [DB, OLD, OF_OLD], [DB, OLD, NEW, OF_NEW], "rolls pods, kept, adopted"),
        ("db", [DB, OLD, NEW, OF_OLD], [DB, OLD, NEW, OF_NEW], "rolls pods, kept, adopted, refused"),
        ("db", [DB, OLD], [DB, OLD, OF_OLD], "rolls pods, in place, kept, adopted, refused"),
        ("db", [DB, CLAIM], [CLAIM], "deleted"),
        ("db", [DB, CLAIM], [], "deleted with data"),
    ],
)
def test_an_outcome_is_told_from_others(name: str, before: Objects, after: Objects, outcomes: str) -> None:
    """Pods that are on their way out, another UID, a controller that has not looked yet: each makes another outcome."""
    kind = {"web": "Deployment", "db": "StatefulSet"}[name]
    found = {outcome for outcome in OUTCOMES if happened(change(kind, name, outcome), before, after)}
    assert found == set(outcomes.split(", "))


def change(kind: str, name: str, outcome: str, was: str = "") -> dict[str, Any]:
    """A change as the command's JSON has it."""
    former = {"kind": kind, "name": was} if was else None
    return {"kind": kind, "group": "apps", "name": name, "was": former, "effect": {"outcome": outcome}}


def happened(one: dict[str, Any], before: Objects, after: Objects) -> bool:
    """Whether that happened to it between two states of the cluster."""
    sights = (
        look(SimpleNamespace(cluster=SimpleNamespace(list=lambda *_, there=there: there), namespace="here"), [one])  # type: ignore[arg-type]
        for there in (before, after)
    )
    return not otherwise([one], *sights)


@pytest.mark.parametrize(
    ("after", "outcomes"),
    [
        ([thing("StatefulSet", "new"), CLAIM], {"recreated"}),
        ([thing("StatefulSet", "new")], {"deleted with data"}),
        ([thing("StatefulSet", "new"), DB, CLAIM], {"kept"}),
        ([CLAIM], set()),
    ],
)
def test_what_is_renamed_is_made_and_then_goes(after: Objects, outcomes: set[str]) -> None:
    """With its data or without, or not at all."""
    asked = ("recreated", "deleted with data", "kept")
    new = [one | {"spec": {}} if one["kind"] == "StatefulSet" else one for one in after]
    found = {one for one in asked if happened(change("StatefulSet", "new", one, was="db"), [DB, CLAIM], new)}
    assert found == outcomes


@pytest.mark.parametrize("text", ["c2VjcmV0", "c2VjcmV0cw==", "dXNlcjpzZWNyZXQ=", "YSBzZWNyZXQgeA==", "is: secret"])
def test_a_secret_is_found_in_each_spelling(text: str) -> None:
    """In base64 too, wherever in the text it begins."""
    assert any(one in text for one in spellings("secret"))
    assert not any(one in text for one in spellings("decree"))


def test_a_secret_is_found_in_a_page() -> None:
    """Whichever way it is escaped."""
    pages = ("a &lt;&quot;b&#x27;", "a &lt;&#34;b&#39;")
    assert all(any(one in page for one in spellings("a <\"b'")) for page in pages)


def test_a_command_that_tells_a_secret_is_found_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In an error too; any other error is one unless it may be."""

    def run(out: str, *, err: str = "", may_fail: bool = False) -> tuple[int, str]:
        def main(_: list[str]) -> None:
            sys.stdout.write(out)
            sys.stderr.write(err)
            raise SystemExit(1)

        monkeypatch.setattr(what_happened, "main", main)
        return Differ(SimpleNamespace(kubeconfig="k", context="c"), "here", capsys, {"secret"})("a", may_fail=may_fail)  # type: ignore[arg-type]

    assert run("nothing") == (1, "nothing")
    assert run("", err="no such file", may_fail=True) == (1, "")
    with pytest.raises(AssertionError, match="a secret is told"):
        run("c2VjcmV0")
    with pytest.raises(AssertionError, match="a secret is told"):
        run("", err="secret", may_fail=True)
    with pytest.raises(AssertionError, match="no such file"):
        run("", err="no such file")
