"""ConfigMaps and Secrets: who goes on with what it has read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from timonier.diff.model import Outcome

if TYPE_CHECKING:
    from timonier.diff.effects.around import Around, Reader
    from timonier.diff.model import Change

READ_BY_PODS = frozenset(("ConfigMap", "Secret"))
_REPLACED = frozenset((Outcome.ROLLED, Outcome.RECREATED))

Outcomes = Mapping[tuple[str, str], Outcome]
"""What becomes of objects, by kind and name: some name the release's namespace, and others do not."""


def read_by(change: Change, around: Around, outcomes: Outcomes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what becomes of the pods that read a changed object.

    Args:
        change: The changed object.
        around: Who reads it.
        outcomes: What becomes of those.

    Returns:
        Phrases for reasons, and for warnings.
    """
    data = ("data", "binaryData", "stringData")
    if not any(field.steps[0] in data for field in change.fields):
        return (), ()
    readers = around.readers(change.identity.kind, change.identity.name)
    told = [_told(reader, outcomes) for reader in readers]
    reasons = tuple(reason for reason, _ in told if reason)
    return reasons, tuple(warning for _, warning in told if warning)


def _told(reader: Reader, outcomes: Outcomes) -> tuple[str, str]:
    name, outcome = str(reader.identity), outcomes.get((reader.identity.kind, reader.identity.name))
    if outcome is Outcome.CREATED:
        return "", ""
    if outcome in _REPLACED:
        return f"{name} reads it, and rolls", ""
    if reader.identity.kind == "CronJob":
        return f"{name} reads it at its next run", ""
    if reader.identity.kind == "Job":
        return f"{name} has read it, and does not run again", ""
    if reader.by_env:
        return "", f"{name} reads it when its containers start: its pods keep the old values until they are restarted"
    return f"{name} has it as files, which change within about a minute", ""
