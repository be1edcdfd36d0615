"""The pytest plugin, in a pytest run of its own: what a failure shows, and what loading it costs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

pytest_plugins = ["pytester"]

FAKE = """
import pytest
from timonier.testing import plugin

class Fake:
    def kubectl(self, *arguments, namespace=None, **_):
        return f"{arguments[0]} {arguments[1]} of {namespace}"
    def list(self, kind, namespace=None, selector=""):
        return [{"metadata": {"name": "web-0"}, "status": {"phase": "Pending"}}]
    def helm(self, *arguments, namespace):
        return f"helm {arguments[0]} of {namespace}"

@pytest.fixture
def namespace(request):
    request.config.stash[plugin._CLUSTER] = Fake()
    return "shop-1"
"""


def test_a_failure_shows_the_namespace_and_leaves_it_as_files(pytester: pytest.Pytester) -> None:
    """Events, states, logs and releases of the test's namespace: in the report, and as files in its folder."""
    pytester.makeconftest(FAKE)
    pytester.makepyfile(
        test_it="def test_fails(namespace):\n    assert False\n\ndef test_passes(namespace):\n    pass\n"
    )
    done = pytester.runpytest("--cluster-report=out")
    done.assert_outcomes(failed=1, passed=1)
    done.stdout.fnmatch_lines(["*namespace shop-1*", "*get events of shop-1*", "*web-0  Pending*", "*logs web-0*"])
    folder = pytester.path / "out" / "test_it.py_test_fails" / "shop-1"
    assert {path.name for path in folder.iterdir()} == {
        "objects.txt",
        "events.txt",
        "pods.txt",
        "logs.txt",
        "releases.txt",
    }
    assert (folder / "releases.txt").read_text() == "helm list of shop-1"
    assert not (pytester.path / "out" / "test_it.py_test_passes").exists()


def test_what_cannot_be_had_does_not_hide_the_failure(pytester: pytest.Pytester) -> None:
    """A cluster that is gone: the report says so, and the test's own message is still there."""
    broken = 'raise __import__("timonier.errors").errors.ClusterError("gone")'
    pytester.makeconftest(FAKE.replace('return f"{arguments[0]} {arguments[1]} of {namespace}"', broken))
    pytester.makepyfile(test_it="def test_fails(namespace):\n    assert 1 == 2\n")
    done = pytester.runpytest("--cluster-report=out")
    done.stdout.fnmatch_lines(["*assert 1 == 2*", "*could not be had: gone*"])


def test_loading_the_plugin_imports_nothing_heavy() -> None:
    """Every pytest run of an environment with timonier loads it: no cluster, no YAML, no pyhelm3 until asked for."""
    code = (
        "import sys, pytest; before = set(sys.modules); import timonier.testing.plugin\n"
        "heavy = {'yaml', 'pyhelm3', 'requests', 'pykube', 'rich', 'click', 'pytest_kind'}\n"
        "heavy &= set(sys.modules) - before\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unit_tests_need_no_cluster_s_plugin_and_a_cluster_says_that_it_does(pytester: pytest.Pytester) -> None:
    """`timonier[unit]` is installed without pytest-kind: one sentence, not an error in some fixture."""
    pytester.makepyfile(test_it="def test_unit(render):\n    pass\n\ndef test_e2e(cluster):\n    pass\n")
    done = pytester.runpytest_subprocess("-p", "no:pytest-kind")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*A cluster needs pytest-kind: run `pip install 'timonier?testing?'`.*"])
    assert "Traceback" not in done.stdout.str()


def test_whoever_has_pytest_kind_alone_is_told_what_else(pytester: pytest.Pytester) -> None:
    """Before a cluster is made, not when the first release is installed."""
    pytester.makeconftest("import sys\n\nsys.modules['pyhelm3'] = None\n")
    pytester.makepyfile("def test_e2e(cluster):\n    pass\n")
    done = pytester.runpytest_subprocess()
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*A cluster needs pyhelm3: run `pip install 'timonier?testing?'`.*"])
    assert "Traceback" not in done.stdout.str()
