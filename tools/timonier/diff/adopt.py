"""Objects that an upgrade would create, and that are in the cluster already."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from timonier.diff.model import Action, Change, Difference, Effect, Outcome
from timonier.live import fetch, key_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.draft import Draft
    from timonier.kube import Access
    from timonier.manifest import Manifest
    from timonier.stored import Stored

_LABEL = "app.kubernetes.io/managed-by"
_NAME, _NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"


def with_owners(difference: Difference, new: Sequence[Draft], stored: Stored, access: Access) -> Difference:
    """Return a difference with what Helm does where an added object is there already: pkg/action/validate.go.

    Raises:
        ClusterError: The cluster cannot be asked.
    """
    added = {change.identity for change in difference.changes if change.action is Action.ADDED and not change.hooks}
    if not added:
        return difference
    asked = [one for draft in new for one in draft.manifests if _without(one, stored) in added]
    there = fetch(asked, stored.namespace, access)
    changes = tuple(_judged(change, there, stored) for change in difference.changes)
    return dataclasses.replace(difference, changes=changes)


def _without(manifest: Manifest, stored: Stored) -> object:
    """Return which object it is, as comparing names it: without the release's own namespace."""
    identity = manifest.identity
    return identity._replace(namespace="") if identity.namespace == stored.namespace else identity


def _judged(change: Change, there: Mapping[Any, dict[str, Any]], stored: Stored) -> Change:
    found = there.get(key_of(change.identity, stored.namespace))
    if change.action is not Action.ADDED or change.hooks or found is None:
        return change
    metadata = found.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    owner = annotations.get(_NAME), annotations.get(_NAMESPACE)
    if (metadata.get("labels") or {}).get(_LABEL) == "Helm" and owner == (stored.name, stored.namespace):
        effect = Effect(Outcome.ADOPTED, ("it is in the cluster already, and this release's",))
    else:
        whose = (
            f"it belongs to the release {owner[1]}/{owner[0]}" if owner[0] else "it is in the cluster, and not Helm's"
        )
        effect = Effect(Outcome.REFUSED, (whose,), ("the upgrade fails, but for `helm upgrade --take-ownership`",))
    return dataclasses.replace(change, effect=effect)
