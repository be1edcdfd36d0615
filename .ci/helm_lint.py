"""`helm lint --strict` of charts in every one of their cases, with the helm the tool finds or gets.

Usage: python .ci/helm_lint.py CHART...
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from timonier.chart import load_chart
from timonier.cluster.programs import find
from timonier.errors import TimonierError


def lint(helm: Path, chart: Path) -> bool:
    """Lint one chart, say what each case gave, and return whether all was well."""
    well = True
    for case in load_chart(chart).cases:
        values = ["--values", case.origin] if case.origin else []
        command = [str(helm), "lint", "--strict", str(chart), *values]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        well = well and done.returncode == 0
        print(f"helm lint {chart} {case.name}: {'ok' if done.returncode == 0 else 'failed'}")
        if done.returncode:
            print(done.stdout + done.stderr)
    return well


def main(charts: list[str]) -> int:
    """Lint every chart; 1 when one of them is not well, 2 when there is no helm."""
    try:
        helm = find("helm").path
        results = [lint(helm, Path(chart)) for chart in charts]
    except TimonierError as error:
        print(f"helm_lint: {error}", file=sys.stderr)
        return error.exit_code
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
