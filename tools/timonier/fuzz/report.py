"""What a search came to, as text and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.text import Text

from timonier import yamlio
from timonier.check.model import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from timonier.fuzz.search import Found, Result

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}


def summary(chart: str, result: Result) -> str:
    """Say in one line what was done: `charts/shop: 500 values tried: 420 rendered, 80 refused, no defect (9 s …)`."""
    early = ", ended by --time" if result.is_out_of_time else ""
    how = f"{result.seconds:.0f} s, --seed {result.seed}{early}"
    return f"{chart}: {result.examples} values tried: {counts(result)} ({how})"


def counts(result: Result) -> str:
    """Say what came of the values: `420 rendered, 80 refused, 2 defects`."""
    said = [f"{result.rendered} rendered", f"{result.refused} refused"]
    for severity, noun in ((Severity.ERROR, "defect"), (Severity.WARNING, "warning")):
        if number := count(result, severity):
            said.append(f"{number} {noun}{'' if number == 1 else 's'}")
    return ", ".join(said if result.found else [*said, "no defect"])


def count(result: Result, severity: Severity) -> int:
    """Count the defects of one severity."""
    return sum(found.defect.severity is severity for found in result.found)


def print_result(out: Console, chart: str, result: Result, files: Sequence[Path]) -> None:
    """Print each defect with the values that show it, and the summary last.

    Args:
        out: Where to.
        chart: As the user named it.
        result: What the search came to.
        files: The file each defect was saved in; empty when none was.
    """
    for number, found in enumerate(result.found):
        defect = found.defect
        heading = f"{defect.kind}{f': {defect.place}' if defect.place else ''}"
        out.print(Text.assemble((str(defect.severity), _STYLES[defect.severity]), f" {heading}"))
        out.print(Text(f"  {defect.message}"))
        out.print(Text(f"  with these values{f', saved as {files[number]}' if files else ''}:"))
        out.print(Text(_indented(yamlio.dump(found.values)), style="cyan"))
        out.print()
    out.print(Text(summary(chart, result), style="bold"))


def result_json(chart: str, result: Result, files: Sequence[Path]) -> str:
    """Write a result for programs, with keys that stay."""
    written = {
        "chart": chart,
        "seed": result.seed,
        "examples": result.examples,
        "rendered": result.rendered,
        "refused": result.refused,
        "seconds": round(result.seconds, 3),
        "out_of_time": result.is_out_of_time,
        "defects": [_defect(found, files[number] if files else None) for number, found in enumerate(result.found)],
    }
    return json.dumps(written, indent=2, ensure_ascii=False)


def _defect(found: Found, file: Path | None) -> dict[str, Any]:
    return {
        "severity": str(found.defect.severity),
        "kind": str(found.defect.kind),
        "place": found.defect.place,
        "rule": found.defect.rule,
        "message": found.defect.message,
        "keys": sorted(found.keys),
        "values": found.values,
        "file": str(file) if file else None,
    }


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
