"""The user's own `helm`: the truth of what would be installed, Helm 3 or 4."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timonier.engine import Release, Template
from timonier.engine.messages import explain
from timonier.errors import EngineError
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.chartfiles import ChartFiles


# What renders once and ends gains little by collecting its garbage: pkg.go.dev/runtime, "Environment Variables".
_FASTER = {"GOGC": "400"}
_HEADING = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)


class ProgramEngine:
    """Renders with a `helm` executable.

    Not through pyhelm3: its `template` yields parsed documents, and manifests are to keep Helm's text; and to import it
    takes longer than rendering does.
    """

    def __init__(self, executable: Path | str = "helm") -> None:
        found = shutil.which(str(executable))
        if not found:
            raise EngineError(f"There is no program {executable}.", hint="Install Helm 3 or 4, or use another engine.")
        self.executable = found

    @functools.cached_property
    def name(self) -> str:
        """What it is, with its version."""
        try:
            version = self._run(["version", "--template", "{{.Version}}"]).decode().strip()
        except subprocess.CalledProcessError as problem:
            told = " ".join(problem.stderr.decode(errors="replace").split()).rstrip(".")
            raise self._unusable(told or _silent(problem)) from None
        return f"helm {version.removeprefix('v')} ({self.executable})"

    def template(self, chart: Path | ChartFiles, values: Mapping[str, Any], release: Release) -> list[Template]:
        """Render a chart's templates; see `timonier.engine.Engine`."""
        path = chart if isinstance(chart, Path) else chart.path
        try:
            with _on_disk(chart) as place:
                # A path that looks like none would be a repository's name to Helm.
                arguments = ["template", release.name, str(place.absolute()), *_options(release), "--values", "-"]
                printed = self._run(arguments, to_json(values).encode())
        except subprocess.CalledProcessError as problem:
            if not problem.stderr.strip():  # nothing of the chart's: it was killed, or is another program
                raise self._unusable(_silent(problem)) from None
            raise explain(_message(problem.stderr.decode(errors="replace")), path) from None
        return list(_templates(printed.decode()))

    def _run(self, arguments: list[str], standard_input: bytes = b"") -> bytes:
        """Return what helm prints; raises `CalledProcessError`, with what it says, when it fails."""
        command, environment = [self.executable, *arguments], {**_FASTER, **os.environ}
        try:
            done = subprocess.run(command, input=standard_input, env=environment, capture_output=True, check=True)
        except OSError as problem:
            raise self._unusable(problem.strerror or str(problem)) from None
        return done.stdout

    def _unusable(self, why: str) -> EngineError:
        return EngineError(f"{self.executable} is no helm that runs: {why}.")


def _silent(problem: subprocess.CalledProcessError) -> str:
    return f"it ended with {problem.returncode} and says nothing"


def _templates(printed: str) -> Iterator[Template]:
    """Take apart what `helm template` prints: each document behind its source, and a line end behind each."""
    _, *parts = _HEADING.split(printed)
    for source, text in zip(parts[::2], parts[1::2], strict=True):
        yield Template(source, text.removesuffix("\n"))


def _message(told: str) -> str:
    """Return what the program says went wrong: what follows its log lines and `Error: `."""
    _, found, message = f"\n{told}".partition("\nError: ")
    return message if found else told


def _options(release: Release) -> list[str]:
    """Return what tells `helm template` of the release and the cluster."""
    options = ["--namespace", release.namespace, "--include-crds" if release.include_crds else "--skip-crds"]
    options += ["--is-upgrade"] if release.is_upgrade else []
    options += ["--kube-version", release.kube_version] if release.kube_version else []
    return [*options, *(part for version in release.api_versions for part in ("--api-versions", version))]


@contextlib.contextmanager
def _on_disk(chart: Path | ChartFiles) -> Iterator[Path]:
    """Write a chart that is in memory to a temporary archive for as long as the context lasts."""
    if isinstance(chart, Path):
        yield chart
        return
    with tempfile.NamedTemporaryFile(suffix=".tgz") as file:
        file.write(chart.archive)
        file.flush()
        yield Path(file.name)
