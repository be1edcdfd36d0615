"""Lists go by the keys that Kubernetes' own definitions name."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from timonier.diff.listkeys import KEYS, keyed
from timonier.diff.path import Element


def definitions() -> dict[str, Any]:
    """Kubernetes' definitions, as kubernetes-validate carries them."""
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / "v1.36.0-local"
    return dict(json.loads((folder / "_definitions.json").read_text(encoding="utf-8"))["$defs"])


def test_the_table_is_kubernetes_own() -> None:
    """Every list with keys is in it, and no other."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for definition in definitions().values():
        for name, field in (definition.get("properties") or {}).items():
            merge = field.get("x-kubernetes-patch-merge-key")
            if keys := field.get("x-kubernetes-list-map-keys") or ([merge] if merge else None):
                found.setdefault(name, set()).add(tuple(keys))
    assert {name: set(keys) for name, keys in KEYS.items()} == found


def test_a_port_goes_by_its_protocol_too() -> None:
    """The default protocol is the one that is not named."""
    old = [{"port": 53, "protocol": "TCP"}, {"port": 53, "protocol": "UDP"}]
    indexed = keyed(("spec", "ports"), old, [{"port": 53}])
    assert indexed
    assert list(indexed[0]) == [Element((("port", "53"),)), Element((("port", "53"), ("protocol", "UDP")))]
    assert list(indexed[1]) == [Element((("port", "53"),))]


def test_a_list_with_two_of_a_key_has_none() -> None:
    """Nobody could tell which is which."""
    assert keyed(("env",), [{"name": "A"}, {"name": "A"}], []) is None
    assert keyed(("args",), ["a"], ["b"]) is None
