"""Rendering a chart as the upgrade of a release that is there."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from timonier.engine.choose import find_program
from timonier.live import LiveSource
from timonier.source import ChartSource
from timonier.stored import ReleaseSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.kube import Access
    from timonier.source import Source
    from timonier.stored import Stored

_ASKS = re.compile(rb"\blookup\b|\.Capabilities\b")


def stored_of(*sources: Source) -> Stored | None:
    """Return the release that a comparison is about, if there is one."""
    return next((one.stored for one in sources if isinstance(one, ReleaseSource | LiveSource)), None)


def asking_cluster(source: Source, access: Access) -> tuple[Source, str]:
    """Let a chart that asks the cluster get its answers; one that does not ask is rendered as ever.

    Returns:
        The source, and a sentence about what could not be had; empty when nothing.
    """
    if not isinstance(source, ChartSource) or not any(map(_ASKS.search, source.files().files.values())):
        return source, ""
    program = find_program()
    if program is None:
        return (
            source,
            f"{source.label} asks the cluster (lookup, .Capabilities), and there is no helm program to answer.",
        )
    from timonier.engine.server import ServerEngine

    options = [f"--kubeconfig={access.kubeconfig}"] if access.kubeconfig else []
    options += [f"--kube-context={access.context}"] if access.context else []
    return dataclasses.replace(source, engine=ServerEngine(program.executable, options)), ""


def kept_values(stored: Stored | None, *, given: bool, reuse: bool, reset: bool) -> Mapping[str, Any]:
    """Return the values an upgrade keeps: the release's own when none are given, or when they are to be reused.

    As pkg/action/upgrade.go of Helm has it.
    """
    return stored.values if stored and not reset and (reuse or not given) else {}
