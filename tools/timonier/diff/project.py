"""What of an object in the cluster is to be compared with the manifest it was made from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from timonier.diff.listkeys import keyed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.diff.path import Element, Steps

# Who writes for a person: kubectl's verbs, and programs to look at clusters with. Controllers have other names.
_HANDS = ("kubectl", "k9s", "node-fetch", "Mozilla", "dashboard", "kubernetes-dashboard", "headlamp", "curl", "python")
_Fields = dict[str, Any]


def by_hand(there: Mapping[str, Any]) -> _Fields:
    """Return which fields of an object somebody has set by hand, in the API's own form (`fieldsV1`).

    What came through a subresource (`scale`, `status`) is a controller's, or asked for as such.
    """
    fields: _Fields = {}
    for manager in (there.get("metadata") or {}).get("managedFields") or ():
        if str(manager.get("manager", "")).startswith(_HANDS) and not manager.get("subresource"):
            _merge(fields, manager.get("fieldsV1") or {})
    return fields


def _merge(into: _Fields, fields: Mapping[str, Any]) -> None:
    for key, below in fields.items():
        _merge(into.setdefault(key, {}), below)


def project(wanted: Any, there: Any, hand: _Fields | None = None, steps: Steps = ()) -> Any:  # noqa: ANN401 - any part
    """Return what of a value in the cluster counts.

    Args:
        wanted: What the manifest sets.
        there: What is in the cluster.
        hand: What was set by hand, from `by_hand`; of the value, not of the whole object.
        steps: Where it is.

    Returns:
        Of a map the manifest's keys, and those set by hand. What the manifest sets to nothing (null, false, an empty
        map) and the cluster does not have is as the manifest has it: the API server leaves it out.
    """
    if isinstance(wanted, dict) and isinstance(there, dict):
        return _map(wanted, there, hand or {}, steps)
    if isinstance(wanted, list) and isinstance(there, list):
        if found := keyed(steps, wanted, there):
            return _keyed(*found, hand or {}, steps)
        if len(wanted) == len(there):
            return [project(*pair, None, (*steps, place)) for place, pair in enumerate(zip(wanted, there, strict=True))]
    return there


def _map(wanted: dict[str, Any], there: dict[str, Any], hand: _Fields, steps: Steps) -> dict[str, Any]:
    result = {}
    for key, value in wanted.items():
        if key in there:
            result[key] = project(value, there[key], hand.get(f"f:{key}"), (*steps, key))
        elif not value:
            result[key] = value
    for key, value in there.items():
        if key not in wanted and f"f:{key}" in hand:
            result[key] = _owned(value, hand[f"f:{key}"], (*steps, key))
    return result


def _keyed(wanted: dict[Element, Any], there: dict[Element, Any], hand: _Fields, steps: Steps) -> list[Any]:
    owned = {frozenset(json.loads(key[2:]).items()): below for key, below in hand.items() if key.startswith("k:")}
    result = []
    for key, value in there.items():
        below = _below(value, owned)
        if key in wanted:
            result.append(project(wanted[key], value, below, (*steps, key)))
        elif below is not None:
            result.append(_owned(value, below, (*steps, key)))
    # In the manifest's order: the API server has its own, for lists that go by keys.
    order = {key: place for place, key in enumerate(wanted)}
    kept = [key for key in there if key in wanted or _below(there[key], owned) is not None]
    return [one for _, one in sorted(zip(kept, result, strict=True), key=lambda pair: order.get(pair[0], len(order)))]


def _below(value: Any, owned: Mapping[frozenset[tuple[str, Any]], _Fields]) -> _Fields | None:  # noqa: ANN401 - any part
    if not isinstance(value, dict):
        return None
    return next((below for keys, below in owned.items() if all(value.get(key) == one for key, one in keys)), None)


def _owned(value: Any, hand: _Fields, steps: Steps) -> Any:  # noqa: ANN401 - any part of a document
    """Return what of a value that the manifest does not set was set by hand."""
    if isinstance(value, dict):
        below = {key: hand[f"f:{key}"] for key in value if f"f:{key}" in hand}
        return {key: _owned(value[key], fields, (*steps, key)) for key, fields in below.items()} if below else value
    return value
