"""What programs read: keys that stay, and documents as Kubernetes has them."""

from __future__ import annotations

import json

from timonier.chart import Case
from timonier.diff.compare import Action, Change, Difference, FieldChange
from timonier.manifest import Identity, read_manifests
from timonier.render import Rendering
from timonier.report.json import difference_json, objects_json, renderings_json

WEB = Identity("apps", "Deployment", "shop", "web")


def test_objects_are_a_list_kubectl_takes() -> None:
    """`timonier render … -o json | kubectl apply -f -`."""
    assert json.loads(objects_json([{"kind": "A"}])) == {"apiVersion": "v1", "kind": "List", "items": [{"kind": "A"}]}


def test_renderings_name_their_case() -> None:
    """With what it is for."""
    manifests = tuple(read_manifests("kind: A\n", origin="test"))
    [rendering] = json.loads(renderings_json([Rendering("shop 1.0", Case("big", "Many."), manifests)]))
    assert rendering["source"] == "shop 1.0"
    assert (rendering["case"], rendering["purpose"]) == ("big", "Many.")
    assert rendering["objects"]["items"] == [{"kind": "A"}]


def test_a_difference_has_counts_changes_and_what_was_generated() -> None:
    """The keys are the interface."""
    change = Change(WEB, Action.CHANGED, "t.yaml", ("+x",), (FieldChange("spec.replicas", 1, 3),))
    written = json.loads(difference_json(Difference((change,), 2, ((WEB, "spec.x"),)), "a", "b"))
    web = {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "web"}
    assert written == {
        "old": "a",
        "new": "b",
        "summary": {"added": 0, "changed": 1, "removed": 0, "unchanged": 2, "generated": 1},
        "changes": [
            {
                "action": "changed",
                **web,
                "source": "t.yaml",
                "fields": [{"path": "spec.replicas", "old": 1, "new": 3}],
                "diff": ["+x"],
            }
        ],
        "generated": [{**web, "path": "spec.x"}],
    }
