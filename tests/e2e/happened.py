"""Whether an upgrade did to each object what `timonier diff` foretold: the cluster is looked at before and after.

A change need not be rolled out to be seen: a workload that has got another template has its first pods of it at once.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.cli import main
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pytest

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.release import Release

Change = dict[str, Any]
_OTHERS = ("pods", "replicasets.apps", "controllerrevisions.apps", "persistentvolumeclaims")
_WORKLOADS = frozenset(("Deployment", "StatefulSet", "DaemonSet"))
_REVISION = "deployment.kubernetes.io/revision"
_HASH = "controller-revision-hash"
_LEAST = 6
_CHECKSUM = re.compile("-[0-9a-f]{8}$")
_FINGERPRINT = re.compile("<secret .*?>|<generated>")


@dataclass(frozen=True)
class Seen:
    """An object on the cluster.

    Attributes:
        uid: Its UID; empty when it is not there, or on its way out.
        template: What its next pods are made of, by name; empty when it has none.
        pods: Its pods that are not on their way out: each one's UID, and what it was made of.
        settled: Whether its controller has read it as it is.
        wanted: How many pods it is to have.
        claims: The claims of a StatefulSet's pods, by UID, whether it is there or not.
        kind: Which kind of workload it is; empty for anything else.
    """

    uid: str = ""
    template: str = ""
    pods: Mapping[str, str] = field(default_factory=dict)
    settled: bool = True
    wanted: int = 0
    claims: frozenset[str] = frozenset()
    kind: str = ""


def look(release: Release, changes: Iterable[Change]) -> dict[str, Seen]:
    """See what changes are about, by kind and name; what a renamed object was, too, as `was KIND NAME`."""
    asked = {called(change): (change["kind"], change["name"]) for change in changes}
    asked |= {f"was {called(one)}": (one["was"]["kind"], one["was"]["name"]) for one in changes if one["was"]}
    kinds = {f"{change['kind']}.{change['group']}".rstrip(".") for change in changes}
    there = release.cluster.list(",".join(sorted({*kinds, *_OTHERS})), release.namespace)
    return {name: _seen(kind, own, there) for name, (kind, own) in asked.items()}


def called(change: Change) -> str:
    """An object as tables of expectations name it: kind and name."""
    return f"{change['kind']} {change['name']}"


def _seen(kind: str, name: str, there: Iterable[Manifest]) -> Seen:
    living = [one for one in there if "deletionTimestamp" not in one["metadata"]]
    found = [one for one in living if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    claims = frozenset(_claims(kind, name, living))
    if not found:
        return Seen(claims=claims)
    uid = found[0]["metadata"]["uid"]
    if kind not in _WORKLOADS:
        return Seen(uid)
    owned = [one for one in living if _is_of(one, uid)]
    settled = found[0].get("status", {}).get("observedGeneration") == found[0]["metadata"]["generation"]
    template = max(owned, key=_revision, default=None)
    named = template["metadata"]["name"] if template else ""
    wanted = found[0]["spec"].get("replicas", len(living))
    return Seen(uid, named, dict(_pods(owned, living)), settled, wanted, claims, kind)


def _claims(kind: str, name: str, living: Iterable[Manifest]) -> Iterator[str]:
    own = re.compile(rf".+-{re.escape(name)}-\d+")
    for one in living if kind == "StatefulSet" else ():
        if one["kind"] == "PersistentVolumeClaim" and own.fullmatch(one["metadata"]["name"]):
            yield one["metadata"]["uid"]


def _is_of(one: Manifest, uid: str) -> bool:
    return any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences", ()))


def _revision(one: Manifest) -> int:
    if one["kind"] == "ReplicaSet":
        return int(one["metadata"].get("annotations", {}).get(_REVISION, 0))
    return int(one.get("revision", 0)) if one["kind"] == "ControllerRevision" else -1


def _pods(owned: Iterable[Manifest], living: Iterable[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield a workload's pods, those of its ReplicaSets too."""
    sets = {one["metadata"]["uid"]: one["metadata"]["name"] for one in owned if one["kind"] == "ReplicaSet"}
    revisions = [one["metadata"]["name"] for one in owned if one["kind"] == "ControllerRevision"]
    for one in living:
        if one["kind"] != "Pod":
            continue
        owners = [owner["uid"] for owner in one["metadata"].get("ownerReferences", ())]
        made = next((sets[uid] for uid in owners if uid in sets), "")
        label = one["metadata"].get("labels", {}).get(_HASH, "-")
        made = made or next((name for name in revisions if name.endswith(label)), "")
        if made:
            yield one["metadata"]["uid"], made


def _rolls(before: Seen, after: Seen) -> bool:
    """The object is the same, and has new pods of a template that none had before; a DaemonSet has no others by and by.

    Pods may have had it that were about to go: where one goes back to it while the last change still rolls.
    """
    made = set(after.pods.values())
    is_new = after.template != before.template or after.template not in before.pods.values()
    came = is_new and any(one == after.template for uid, one in after.pods.items() if uid not in before.pods)
    return before.uid == after.uid and came and (after.kind != "DaemonSet" or made == {after.template})


def _stays(before: Seen, after: Seen) -> bool:
    """The object is the same, and no pod was replaced on its account."""
    if before.uid != after.uid or not after.settled:
        return False
    if after.kind == "Deployment":
        return after.template == before.template
    kept = before.pods.keys() & after.pods.keys()
    came = set(after.pods.values()) - set(before.pods.values())
    return not (before.pods and came) and len(kept) >= min(len(before.pods), after.wanted)


def _goes(before: Seen, after: Seen) -> bool:
    return bool(before.uid) and not after.uid and before.claims <= after.claims


def _goes_with_data(before: Seen, after: Seen) -> bool:
    return bool(before.uid) and not after.uid and before.claims.isdisjoint(after.claims)


# What an upgrade is seen to do, by the outcome that was foretold; objects that are renamed are seen twice.
_HAPPENED: dict[str, Callable[[Seen, Seen], bool]] = {
    "created": lambda before, after: not before.uid and bool(after.uid),
    "deleted": _goes,
    "deleted with data": _goes_with_data,
    "kept": lambda before, after: bool(before.uid) and before.uid == after.uid,
    "adopted": lambda before, after: bool(before.uid) and before.uid == after.uid,
    "in place": _stays,
    "rolls pods": _rolls,
    "recreated": lambda before, after: bool(after.uid) and before.uid != after.uid,
    "refused": lambda before, after: (before.uid, before.template) == (after.uid, after.template),
    "hook": lambda before, after: bool(after.uid) and before.uid != after.uid,
    "hook that goes": lambda before, after: not before.uid and not after.uid,
    "left behind": lambda before, after: bool(before.uid) and before.uid == after.uid,
    "nothing": lambda before, after: before.uid == after.uid,
}


def wait_happened(release: Release, changes: list[Change], before: Mapping[str, Seen]) -> None:
    """Wait until each object is what was foretold of it.

    Raises:
        AssertionError: One is not within a minute.
    """

    def happened() -> bool:
        wrong = otherwise(changes, before, look(release, changes))
        if wrong:
            raise AssertionError("; ".join(wrong))
        return True

    wait_until(happened, f"the upgrade to do what was foretold; before it there was {before}")


def otherwise(changes: Iterable[Change], before: Mapping[str, Seen], after: Mapping[str, Seen]) -> list[str]:
    """What is not as was foretold, in words."""
    wrong = []
    for change in changes:
        name, outcome = called(change), change["effect"]["outcome"]
        outcome += " that goes" if outcome == "hook" and "deleted" in change["effect"]["reasons"][0] else ""
        happened = _HAPPENED["created" if change["was"] else outcome](before[name], after[name])
        if change["was"]:
            lost = "deleted" if outcome == "recreated" else outcome
            happened &= _HAPPENED[lost](before[f"was {name}"], after[f"was {name}"])
        wrong += [] if happened else [f"{name} not {outcome}: {after[name]}"]
    return wrong


def foretold(preview: Mapping[str, Any]) -> dict[str, str]:
    """What a comparison's JSON says becomes of each object, by kind and name; a checksum in a name is an asterisk."""
    return {_CHECKSUM.sub("-*", called(change)): change["effect"]["outcome"] for change in preview["changes"]}


def fields(said: Mapping[str, Any], generated: Iterable[Mapping[str, str]] = ()) -> list[list[Any]]:
    """What differs in each object, without what was generated anew; a secret's fingerprint is another in each run."""
    sides = ("old", "new")
    passed = {(one["kind"], one["name"], one["path"]) for one in generated}
    shown = []
    for change in said["changes"]:
        about = change["kind"], change["name"]
        told = [one for one in change["fields"] if (*about, one["path"]) not in passed]
        if told or not change["fields"]:
            values = ([one["path"], *(_FINGERPRINT.sub("<secret>", str(one[side])) for side in sides)] for one in told)
            shown.append([[change["action"], *about], *values])
    return shown


def last_two(release: Release) -> tuple[str, str]:
    """The two last revisions that were deployed, as sources to compare."""
    history = json.loads(release.cluster.helm("history", release.name, "--output=json", namespace=release.namespace))
    numbers = [one["revision"] for one in history if one["status"] in ("deployed", "superseded")]
    return f"release:{release.name}@{numbers[-2]}", f"release:{release.name}@{numbers[-1]}"


def secrets_of(cluster: TestCluster, namespace: str) -> set[str]:
    """What the Secrets of a namespace hold, Helm's own records aside."""
    held = [one.get("data") or {} for one in cluster.list("secrets", namespace) if one["type"] != "helm.sh/release.v1"]
    texts = (base64.b64decode(value).decode(errors="replace") for one in held for value in one.values())
    return {text for text in texts if len(text) >= _LEAST}


def spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it is, as JSON, as HTML, and what base64 makes of it wherever in a text it stands."""
    yield secret
    yield html.escape(secret)
    yield html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield json.dumps(secret)[1:-1]
    for shift, cut in ((0, 0), (1, 2), (2, 3)):
        # Its ends are mixed with what stands before and behind.
        yield base64.b64encode(b" " * shift + secret.encode()).decode().rstrip("=")[cut:-1]


class Said(NamedTuple):
    """How the command ended, and what it said."""

    code: int
    out: str


@dataclass
class Differ:
    """Runs `timonier diff` in a namespace, and asserts that it tells no secret.

    Attributes:
        cluster: The cluster.
        namespace: The namespace.
        capsys: What catches what is printed.
        secrets: What is not to be told.
    """

    cluster: TestCluster
    namespace: str
    capsys: pytest.CaptureFixture[str]
    secrets: set[str] = field(default_factory=set)

    def __call__(self, *arguments: str, may_fail: bool = False) -> Said:
        """Run it.

        Args:
            arguments: Its arguments, but for the way to the cluster.
            may_fail: Whether it may refuse to say anything, as a patch that would hold a secret.
        """
        way = [f"--kubeconfig={self.cluster.kubeconfig}", f"--kube-context={self.cluster.context}"]
        code = 0
        try:
            main(["diff", *arguments, *way, f"-n{self.namespace}"])
        except SystemExit as ended:
            code = int(str(ended.code))
        out, err = self.capsys.readouterr()
        if err and not may_fail:
            raise AssertionError(err)
        if any(one in out + err for secret in self.secrets for one in spellings(secret)):
            raise AssertionError(f"a secret is told by {arguments}")
        return Said(code, out)
