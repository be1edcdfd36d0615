"""Rendering as an upgrade would: `lookup` and `.Capabilities` answered by the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.engine.program import ProgramEngine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class ServerEngine(ProgramEngine):
    """The user's `helm`, in touch with a cluster: `helm template --dry-run=server`, which changes nothing there.

    Args:
        executable: The program, Helm 3.13 or newer.
        access: What tells it the way: `--kubeconfig`, `--kube-context`.
    """

    def __init__(self, executable: Path | str, access: Sequence[str] = ()) -> None:
        super().__init__(executable)
        self._access = list(access)

    def _run(self, arguments: list[str], standard_input: bytes | None = None) -> bytes:
        server = ["--dry-run=server", *self._access] if arguments[0] == "template" else []
        return super()._run([*arguments, *server], standard_input)
