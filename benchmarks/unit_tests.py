"""500 unit tests of two assertions on the chart that `helm create` makes: helm-unittest, and pytest with ours."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.measure import Command, Row, run, scratch, starter_chart, take_turns, write_yaml

TESTS = 500
SHARED = 10
PEER = "helm-unittest"
# What the environment of these benchmarks has beside `timonier[embedded,unit]`; hypothesis alone takes a second.
NOT_OURS = ("anyio", "hypothesispytest", "platformdirs", "pytest-kind", "timeout", "xdist", "xdist.looponfail")

MODULE = '''
import pytest

pytestmark = pytest.mark.timonier_chart({chart!r})


@pytest.mark.parametrize("number", range({tests}))
def test_replicas_and_image(render, number):
    """As many replicas as asked for, of the image asked for."""
    asked = number % {different}
    values = {{"replicaCount": asked, "image": {{"tag": f"t{{asked}}"}}}}
    deployment = render(values=values, templates=["deployment.yaml"])["Deployment"]
    assert deployment["spec.replicas"] == asked
    assert deployment["spec.template.spec.containers[0].image"] == f"nginx:t{{asked}}"
'''


def suite(different: int) -> dict[str, Any]:
    """Return the same tests for helm-unittest."""
    return {
        "suite": "deployment",
        "templates": ["deployment.yaml"],
        "tests": [
            {
                "it": f"replicas and image {number}",
                "set": {"replicaCount": number % different, "image.tag": f"t{number % different}"},
                "asserts": [
                    {"equal": {"path": "spec.replicas", "value": number % different}},
                    {
                        "equal": {
                            "path": "spec.template.spec.containers[0].image",
                            "value": f"nginx:t{number % different}",
                        }
                    },
                ],
            }
            for number in range(TESTS)
        ],
    }


def rows(rounds: int) -> list[Row]:
    """Measure."""
    unittest = peers.get(peers.UNITTEST)
    told = {
        TESTS: (f"{TESTS} unit tests of two assertions, each with values of its own", 2.0),
        SHARED: (f"{TESTS} unit tests of two assertions, {SHARED} sets of values among them", 1.0),
    }
    found = []
    for different, (what, goal) in told.items():
        with scratch() as folder:
            times = _measured(Path(folder), unittest, different, rounds)
        found.append(Row(what, times["ours"], PEER, times[PEER], goal, "pytest's start counted in"))
    return found


def _measured(folder: Path, unittest: Path, different: int, rounds: int) -> dict[str, float]:
    chart = starter_chart(folder)
    write_yaml(chart / "tests" / "deployment_test.yaml", suite(different))
    module = folder / "test_chart.py"
    module.write_text(MODULE.format(chart=str(chart), tests=TESTS, different=different), encoding="utf-8")
    pytest: Command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", module]
    pytest += [part for plugin in NOT_OURS for part in ("-p", f"no:{plugin}")]
    return take_turns(
        {
            "ours": lambda: run(pytest, cwd=folder),
            PEER: lambda: run([unittest, chart], cwd=folder),
        },
        rounds,
    )
