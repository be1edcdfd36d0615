"""The user's own `helm`: the truth of what would be installed, Helm 3 or 4."""

from __future__ import annotations

import asyncio
import functools
import shutil
from typing import TYPE_CHECKING, Any

from timonier.engine import Release, Template
from timonier.engine.messages import explain
from timonier.errors import EngineError
from timonier.manifest import split_documents
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ProgramEngine:
    """Renders with a `helm` executable, through pyhelm3.

    pyhelm3's own `template` yields parsed documents; manifests are to keep Helm's text, so this runs the same command
    and keeps what it prints.
    """

    def __init__(self, executable: Path | str = "helm") -> None:
        found = shutil.which(str(executable))
        if not found:
            raise EngineError(f"There is no program {executable}.", hint="Install Helm 3 or 4, or use another engine.")
        self.executable = found

    @functools.cached_property
    def name(self) -> str:
        """What it is, with its version."""
        version = self._run(["version", "--template", "{{.Version}}"]).decode().strip()
        return f"helm {version.removeprefix('v')} ({self.executable})"

    def template(self, chart: Path, values: Mapping[str, Any], release: Release) -> list[Template]:
        """Render a chart's templates; see `timonier.engine.Engine`."""
        import pyhelm3.errors

        # A path that looks like none would be a repository's name to Helm.
        arguments = ["template", release.name, str(chart.absolute()), "--namespace", release.namespace, "--skip-crds"]
        arguments += ["--is-upgrade"] if release.is_upgrade else []
        try:
            printed = self._run([*arguments, "--values", "-"], to_json(values).encode())
        except pyhelm3.errors.Error as problem:
            raise explain(problem.stderr.decode(errors="replace"), chart) from None
        return [Template(source, text) for source, text, _ in split_documents(printed.decode())]

    def _run(self, arguments: list[str], standard_input: bytes | None = None) -> bytes:
        import pyhelm3.command

        command = pyhelm3.command.Command(executable=self.executable)
        printed: bytes = asyncio.run(command.run(arguments, standard_input))
        return printed
