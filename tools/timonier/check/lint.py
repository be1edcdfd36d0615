"""Helm's own lint, from whichever Helm renders."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.check.model import Severity
from timonier.engine.program import ProgramEngine
from timonier.values import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine

_SEVERITIES = {1: Severity.INFO, 2: Severity.WARNING, 3: Severity.ERROR}
_PRINTED = re.compile(
    r"^\[(?P<severity>INFO|WARNING|ERROR)\] (?P<path>[^:\n]+): (?P<text>.*?)(?=^\[|^Error: |\n\n\d+ chart|\Z)",
    re.MULTILINE | re.DOTALL,
)


class LintMessage(NamedTuple):
    """What Helm's lint says.

    Attributes:
        severity: As Helm has it.
        path: The file or folder of the chart it is about.
        text: What it says.
    """

    severity: Severity
    path: str
    text: str


def helm_lint(files: ChartFiles, values: Mapping[str, Any], engine: Engine) -> list[LintMessage]:
    """Ask Helm's lint about a chart, with values set.

    Args:
        files: The chart. It is written to a temporary folder, since Helm lints folders only.
        values: What is set over its own values.
        engine: The lint is that of the Helm it renders with.
    """
    with tempfile.TemporaryDirectory(prefix="timonier-") as folder:
        chart = Path(folder) / files.folder
        for name, content in files.files.items():
            (chart / name).parent.mkdir(parents=True, exist_ok=True)
            (chart / name).write_bytes(content)
        if isinstance(engine, ProgramEngine):
            return list(_by_program(chart, values, engine.executable))
        return list(_in_process(chart, values))


def _in_process(chart: Path, values: Mapping[str, Any]) -> Iterator[LintMessage]:
    from helm_python.chart import lint

    for message in lint(chart, dict(values))["messages"]:
        yield LintMessage(_SEVERITIES.get(message["severity"], Severity.ERROR), message["path"], message["error"])


def _by_program(chart: Path, values: Mapping[str, Any], executable: str) -> Iterator[LintMessage]:
    """Read what `helm lint` prints; that it exits with 1 says only that there is an error among it."""
    command = [executable, "lint", str(chart), "--values", "-"]
    printed = subprocess.run(command, input=to_json(values), capture_output=True, text=True, check=False).stdout
    for match in _PRINTED.finditer(printed):
        yield LintMessage(Severity(match["severity"].lower()), match["path"], match["text"].strip())
