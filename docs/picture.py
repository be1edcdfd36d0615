"""Draw docs/demo.svg, what the commands in the README print, and docs/difference.png, a report in a browser.

Usage: .nox/lint/bin/python docs/picture.py

The latter is drawn where Chromium is installed.
"""

from __future__ import annotations

import io
import os
import re
import shutil
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
REPORT = (
    "timonier diff charts/eni-todo charts/eni-todo --new-case tls --old-set service.annotations.team=web"
    " --new-set image.tag=1.1.0,replicas=4,mariadb.persistence.size=2Gi -o html"
)
SIZE = {"width": 1000, "height": 780}
ROOT = Path(__file__).parents[1]


def output(command: str) -> str:
    """Run a command of the tool as on a terminal with colours, and return what it printed."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    arguments = [sys.executable, "-m", *command.split()]
    return subprocess.run(arguments, env=environment, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def draw_report(chromium: str) -> None:
    """Draw a page as a browser shows it."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=arguments) as browser,
    ):
        page = browser.new_page(viewport=SIZE)
        page.set_content(output(REPORT))
        page.screenshot(path=ROOT / "docs" / "difference.png")


def main() -> None:
    """Draw the picture with fonts that are there: one that has to be fetched would show nothing without a network."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for command in COMMANDS:
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi(output(command)))
    offline = re.sub(r"@font-face \{\{.*?\}\}\n", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    svg = console.export_svg(title="timonier", code_format=offline, unique_id="demo")
    (ROOT / "docs" / "demo.svg").write_text(svg, encoding="utf-8")
    if chromium := shutil.which("chromium"):
        draw_report(chromium)


if __name__ == "__main__":
    main()
