"""The peers, and what they are asked about: both charts in every case, whoever adds one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from timonier.chart import load_chart

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.testing import Render

ROOT = Path(__file__).parents[2]
CHARTS = ("charts/mariadb", "charts/eni-todo")


class Rendering(NamedTuple):
    """What a chart renders to in one of its cases.

    Attributes:
        case: The chart's and the case's name.
        objects: The API version, kind and name of each object.
        text: All of them, as YAML.
    """

    case: str
    objects: frozenset[tuple[str, str, str]]
    text: str


@pytest.fixture(scope="session")
def peer() -> Callable[..., str]:
    """Runs a peer, and returns what it wrote: `peer("kube-score", "score", "-", stdin=text)`."""
    build = [sys.executable, str(ROOT / "tests" / "corpus" / "peers.py")]
    told = subprocess.run(build, stdout=subprocess.PIPE, text=True, check=True).stdout
    paths = {Path(line).name: line for line in told.split()}

    def run(name: str, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [paths[name], *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.stdout, f"{name} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    return run


@pytest.fixture
def renderings(render: Render) -> list[Rendering]:
    """Both charts in every case."""
    found = []
    for path in CHARTS:
        for case in load_chart(ROOT / path).cases:
            objects = list(render(ROOT / path, case=case))
            named = frozenset((str(one["apiVersion"]), one.kind, one.name) for one in objects)
            text = "".join(f"---\n{one.text}\n" for one in objects)
            found.append(Rendering(f"{path.rpartition('/')[2]} {case.name}", named, text))
    return found
