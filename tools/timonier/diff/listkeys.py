"""By which fields the elements of a list are told apart.

From Kubernetes' own API: `x-kubernetes-list-map-keys` and `x-kubernetes-patch-merge-key` of the OpenAPI definitions of
Kubernetes 1.36, as kubernetes-validate carries them. `tests/unit/diff/test_listkeys.py` compares this table with them:
reading the definitions themselves would take longer than most comparisons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier.diff.path import Element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.diff.path import Steps

NAME = ("name",)
KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "addresses": (("type",),),
    "allocatedResourcesStatus": (NAME,),
    "claims": (NAME,),
    "conditions": (("type",),),
    "containers": (NAME,),
    "devices": (("driver", "device", "pool", "shareID"),),
    "drivers": (NAME,),
    "env": (NAME,),
    "ephemeralContainers": (NAME,),
    "hostAliases": (("ip",),),
    "hostIPs": (("ip",),),
    "imagePullSecrets": (NAME,),
    "initContainers": (NAME,),
    "matchConditions": (NAME,),
    "ownerReferences": (("uid",),),
    "podGroupTemplates": (NAME,),
    "podIPs": (("ip",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "reservedFor": (("uid",),),
    "resourceClaimStatuses": (NAME,),
    "resourceClaims": (NAME,),
    "resources": (("resourceID",),),
    "schedulingGates": (NAME,),
    "secrets": (NAME,),
    "storageVersions": (("apiServerID",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "variables": (NAME,),
    "volumeDevices": (("devicePath",),),
    "volumeMounts": (("mountPath",),),
    "volumes": (NAME,),
    "webhooks": (NAME,),
    "x-kubernetes-validations": (("rule",),),
}
_DEFAULTS = {"protocol": "TCP"}
# Not in the API's definitions, where the list is replaced as a whole; its elements have names all the same.
_BY_NAME = NAME


def keyed(steps: Steps, old: Sequence[Any], new: Sequence[Any]) -> tuple[dict[Element, Any], dict[Element, Any]] | None:
    """Index two lists by their merge keys.

    A list that the API does not know (a custom resource's) goes by `name` where each element has one of its own.

    Returns:
        The elements by their keys in their order, or None when the list has none, or two elements have the same.
    """
    field = steps[-1] if steps else ""
    for keys in (*KEYS.get(str(field), ()), _BY_NAME):
        found = _indexed(old, keys), _indexed(new, keys)
        if found[0] is not None and found[1] is not None:
            return found[0], found[1]
    return None


def _indexed(elements: Sequence[Any], keys: tuple[str, ...]) -> dict[Element, Any] | None:
    index = {}
    for element in elements:
        if not isinstance(element, dict) or not isinstance(element.get(keys[0]), str | int):
            return None
        index[Element(tuple(_fields(element, keys)))] = element
    return index if len(index) == len(elements) else None


def _fields(element: dict[str, Any], keys: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield the keys' values, without those that say what is the default anyway."""
    for key in keys:
        value = element.get(key)
        if value is not None and value != _DEFAULTS.get(key):
            yield key, str(value)
