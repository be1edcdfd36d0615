"""What means the same, though it is written in another way."""

from __future__ import annotations

import base64
import functools
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from timonier.diff.generated import GENERATED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.diff.path import Steps

# Where the API has quantities: apimachinery's resource.Quantity is stored in one form, whatever it was written in.
_QUANTITIES = frozenset(
    ("requests", "limits", "capacity", "hard", "min", "max", "default", "defaultRequest", "overhead", "podFixed")
)
_QUANTITY_FIELDS = frozenset(("sizeLimit", "averageValue", "divisor", "storage"))
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?")
_SUFFIXES = {
    **{
        suffix: Decimal(10) ** power
        for suffix, power in zip("numkMGTPE", (-9, -6, -3, 3, 6, 9, 12, 15, 18), strict=True)
    },
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


# What the API server sets where a probe leaves it out: Probe in the pod's reference of Kubernetes' API.
_PROBE_DEFAULTS = {
    "initialDelaySeconds": 0,
    "timeoutSeconds": 1,
    "periodSeconds": 10,
    "successThreshold": 1,
    "failureThreshold": 3,
}
_PROBES = frozenset(("startupProbe", "livenessProbe", "readinessProbe"))


def canonical(document: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    """Return a document in one form where the API has several.

    A Secret's `stringData` becomes `data`, as the API server makes it; the release's own namespace needs no naming.

    Args:
        document: What is to be compared.
        namespace: The release's namespace.
    """
    result = dict(document)
    metadata = result.get("metadata")
    if namespace and isinstance(metadata, dict) and metadata.get("namespace") == namespace:
        result["metadata"] = {key: value for key, value in metadata.items() if key != "namespace"}
    if result.get("kind") == "Secret" and result.get("apiVersion") == "v1":
        _fold_string_data(result)
    return result


def _fold_string_data(secret: dict[str, Any]) -> None:
    text, data = secret.get("stringData"), secret.get("data")
    if isinstance(text, dict) and isinstance(data, dict | None):
        del secret["stringData"]
        encoded = {key: _base64(value) for key, value in text.items() if value is not None}
        secret["data"] = {**(data or {}), **encoded}


def _base64(value: object) -> str:
    if not isinstance(value, str):
        return str(value)  # the API server refuses it
    return GENERATED if GENERATED in value else base64.b64encode(value.encode()).decode()


def is_default(value: object, steps: Steps) -> bool:
    """Whether leaving a value out would mean the same at that place, as far as it is known here: in a probe."""
    if len(steps) < 2 or steps[-2] not in _PROBES:  # noqa: PLR2004 - the probe and the field in it
        return False
    return not isinstance(value, bool) and value == _PROBE_DEFAULTS.get(str(steps[-1]), ...)


def same_scalar(old: object, new: object, steps: Steps) -> bool:
    """Whether two values that are neither maps nor lists mean the same at that place."""
    if old == new:
        # To Python, 1 is true.
        return isinstance(old, bool) == isinstance(new, bool)
    if isinstance(new, str) and GENERATED in new:
        return isinstance(old, str) and _may_be(old, new)
    return _is_quantity(steps) and _same_quantity(old, new)


def _may_be(value: str, masked: str) -> bool:
    """Whether a value is what a masked one stands for: a new rendering will make another one anyway."""
    if masked == GENERATED:
        return True
    pattern = ".*".join(map(re.escape, masked.split(GENERATED)))
    return bool(re.fullmatch(pattern, value, re.DOTALL))


def _is_quantity(steps: Steps) -> bool:
    return len(steps) > 1 and (steps[-2] in _QUANTITIES or steps[-1] in _QUANTITY_FIELDS)


def _same_quantity(old: object, new: object) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return False
    one, other = quantity(str(old)), quantity(str(new))
    return one is not None and one == other


@functools.lru_cache(maxsize=1024)
def quantity(text: str) -> Decimal | None:
    """Return the number a quantity stands for (`500m` is 0.5, `1Ki` 1024), None when it is none."""
    match = _QUANTITY.fullmatch(text.strip())
    if not match:
        return None
    number, suffix, exponent = match.groups()
    return Decimal(number) * (_SUFFIXES[suffix] if suffix else Decimal(10) ** int(exponent or 0))
