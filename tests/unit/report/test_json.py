"""What programs read: keys that stay, and documents as Kubernetes has them."""

from __future__ import annotations

import json

from timonier.chart import Case
from timonier.manifest import read_manifests
from timonier.render import Rendering
from timonier.report.json import objects_json, renderings_json


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
