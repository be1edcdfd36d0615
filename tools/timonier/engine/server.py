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
        validates: Whether the API server's schemas are to refuse what is rendered, as they would in an upgrade.
    """

    def __init__(self, executable: Path | str, access: Sequence[str] = (), *, validates: bool = True) -> None:
        super().__init__(executable)
        self._access = list(access)
        self._validates = validates

    def again(self) -> ServerEngine:
        """Return what renders the same once more: what was valid is, and schemas take two fifths of the time."""
        return ServerEngine(self.executable, self._access, validates=False)

    def _run(self, arguments: list[str], standard_input: bytes = b"") -> bytes:
        if arguments[0] == "template":
            arguments = [*arguments, "--dry-run=server", *self._access]
            arguments += [] if self._validates else ["--disable-openapi-validation"]
        return super()._run(arguments, standard_input)
