"""Draw docs/demo.svg: what the commands in the README print, as they print it.

Usage: .nox/lint/bin/python docs/picture.py
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

WIDTH = 118
COMMANDS = (
    "timonier render charts/mariadb --all-cases -o summary",
    "timonier diff charts/eni-todo charts/eni-todo --new-set replicas=3",
)
ROOT = Path(__file__).parents[1]


def output(command: str) -> str:
    """Run a command of the tool as on a terminal with colours, and return what it printed."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    arguments = [sys.executable, "-m", *command.split()]
    return subprocess.run(arguments, env=environment, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def main() -> None:
    """Draw the picture with fonts that are there: one that has to be fetched would show nothing without a network."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for command in COMMANDS:
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi(output(command)))
    offline = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="timonier", code_format=offline, unique_id="demo")
    (ROOT / "docs" / "demo.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
