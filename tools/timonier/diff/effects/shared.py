"""ConfigMaps and Secrets: who goes on with what it has read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timonier.diff.effects.around import Around, Reader
    from timonier.diff.model import Change
    from timonier.manifest import Identity

READ_BY_PODS = frozenset(("ConfigMap", "Secret"))
_PODS_END = frozenset(("Job", "CronJob"))


def read_by(change: Change, around: Around, rolling: set[Identity]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what becomes of the pods that read a changed object.

    Args:
        change: The changed object.
        around: Who reads it.
        rolling: Workloads whose pods are replaced anyway.

    Returns:
        Phrases for reasons, and for warnings.
    """
    data = ("data", "binaryData", "stringData")
    if not any(field.steps[0] in data for field in change.fields):
        return (), ()
    readers = around.readers(change.identity.kind, change.identity.name)
    told = [_told(reader, rolling) for reader in readers]
    reasons = tuple(reason for reason, _ in told if reason)
    return reasons, tuple(warning for _, warning in told if warning)


def _told(reader: Reader, rolling: set[Identity]) -> tuple[str, str]:
    name = str(reader.identity)
    if reader.identity in rolling:
        return f"{name} reads it, and rolls", ""
    if reader.identity.kind in _PODS_END:
        return f"{name} reads it at its next run", ""
    if reader.by_env:
        return "", f"{name} reads it when its containers start: its pods keep the old values until they are restarted"
    return f"{name} has it as files, which change within about a minute", ""
