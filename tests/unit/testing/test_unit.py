"""Unit tests of charts in a pytest run of their own: what failures show, cases, options, xdist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

FAILING = """
def test_replicas(render):
    web = render()["Deployment"]
    assert web["metadata.name"] == "shop-web"
    assert (
        web["spec.replicas"]
        == len(web["spec.template.spec.containers"]) + 1
    )
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, shop: Path) -> pytest.Pytester:
    """A pytest run whose chart is the shop."""
    pytester.makeini(f"[pytest]\ntimonier_chart = {shop}\n")
    return pytester


def test_a_failure_shows_the_lines_around_the_place(suite: pytest.Pytester) -> None:
    """Of what the failing statement asked, with the template and the line, and of nothing else."""
    suite.makepyfile(FAILING)
    done = suite.runpytest()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            "E *assert 1 == (2 + 1)",
            "*- manifests -*",
            "Deployment shop-web, rendered from shop/templates/deployment.yaml, line 8:",
            "     5 |   labels:",
            "     6 |     app.kubernetes.io/name: web",
            "     7 | spec:",
            ">    8 |   replicas: 1",
            "     9 |   template:",
            "    10 |     spec:",
            "    11 |       containers:",
            "Deployment shop-web, rendered from shop/templates/deployment.yaml, line 11:",
        ],
        consecutive=False,
    )
    assert done.stdout.str().count("rendered from") == 2


ASKING = {
    "assert 'cpu' in render()['Deployment']['spec.template.spec']": ">   10 |     spec:",
    "assert 'spec.strategy' in render()['Deployment']": ">    7 | spec:",
    "assert render()['Deployment'].get('spec.paused')": ">    7 | spec:",
    "assert render()['Deployment'].search('spec.replicas') is None": ">    8 |   replicas: 1",
    "assert not render()['Deployment'].search('spec.template.spec.containers[?tty]')": ">    1 | apiVersion*",
    "found = render()['Deployment']['metadata.name']\n    assert found == 1": ">    4 |   name: shop-web",
    "check(render()['Deployment'])": ">   12 |         - name: sidecar",
}


def test_whatever_way_a_test_asks_its_failure_shows_the_place(suite: pytest.Pytester) -> None:
    """Membership, default values, expressions, values kept in a name, and helpers."""
    helper = "def check(web):\n    assert web['spec.template.spec.containers[0].name'] == 'web'\n"
    tests = [f"def test_{number}(render):\n    {test}\n" for number, test in enumerate(ASKING)]
    suite.makepyfile("\n\n".join([helper, *tests]))
    done = suite.runpytest()
    done.assert_outcomes(failed=len(ASKING))
    done.stdout.fnmatch_lines(list(ASKING.values()))


def test_a_secret_stays_out_of_what_is_added_to_a_failure(suite: pytest.Pytester) -> None:
    """The place is shown, the values are not; what pytest says of the comparison is the test's own."""
    suite.makepyfile("def test(render):\n    assert 'other' in render()['Secret']['data']\n")
    done = suite.runpytest()
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["Secret shop-key, *(its values hidden):", ">*data:", "*key: <secret*"])
    assert "aHVudGVyMg==" not in done.stdout.str().partition("- manifests -")[2].partition("short test summary")[0]


def test_a_missing_object_fails_with_what_there_is(suite: pytest.Pytester) -> None:
    """As an error where it is asked for, and as an explanation of `in`."""
    suite.makepyfile(
        "def test_in(render):\n    assert ('Ingress', 'shop') in render()\n\n"
        "def test_not_in(render):\n    assert 'Service' not in render()\n"
    )
    done = suite.runpytest()
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(
        [
            "E *assert ('Ingress', 'shop') in <rendered *shop>, which holds:",
            "E *Service default/shop-web (shop/templates/service.yaml)",
            "E *assert 'Service' not in <rendered *shop>, which holds:",
        ]
    )


def test_each_case_is_a_parameter(suite: pytest.Pytester) -> None:
    """The defaults first, named by the case."""
    suite.makepyfile(
        "import pytest\n\n@pytest.mark.timonier_cases\n"
        "def test(render, case):\n    replicas = case.values.get('replicas', 1)\n"
        "    assert render(case=case)['Deployment']['spec.replicas'] == replicas\n"
    )
    done = suite.runpytest("-v", "--strict-markers")
    done.assert_outcomes(passed=2)
    done.stdout.fnmatch_lines(["*::test[[]defaults] PASSED*", "*::test[[]red] PASSED*"])


def test_markers_name_the_chart_before_the_setting_does(pytester: pytest.Pytester, shop: Path) -> None:
    """For a module's tests, and for the cases of another chart."""
    pytester.makeini("[pytest]\ntimonier_chart = nowhere\n")
    pytester.makepyfile(
        f"import pytest\n\npytestmark = pytest.mark.timonier_chart({str(shop)!r})\n\n"
        "def test(render):\n    assert 'Deployment' in render()\n\n"
        f"@pytest.mark.timonier_cases({str(shop)!r})\n"
        "def test_cases(render, case):\n    assert 'Service' in render(case=case)\n"
    )
    pytester.runpytest("--strict-markers").assert_outcomes(passed=3)


def test_the_engine_is_an_option(suite: pytest.Pytester) -> None:
    """One that is not there fails with what to say instead."""
    suite.makepyfile("def test(render):\n    assert 'Deployment' in render()\n")
    suite.runpytest("--helm-engine=embedded").assert_outcomes(passed=1)
    done = suite.runpytest("--helm-engine=steam")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*There is no engine 'steam'*"])


def test_a_suite_runs_in_several_processes(suite: pytest.Pytester) -> None:
    """Under pytest-xdist, with the same results and the same failures."""
    suite.makepyfile(
        FAILING + "\nimport pytest\n\n@pytest.mark.parametrize('count', range(1, 9))\n"
        "def test_count(render, count):\n    web = render(values={'replicas': count})['Deployment']\n"
        "    assert web['spec.replicas'] == count\n\n"
        "@pytest.mark.timonier_cases\ndef test_case(render, case):\n    assert render(case=case).inventory\n"
    )
    done = suite.runpytest_subprocess("-n", "2")
    done.assert_outcomes(failed=1, passed=10)
    done.stdout.fnmatch_lines([">    8 |   replicas: 1"])


def test_a_users_tests_type_check(tmp_path: Path) -> None:
    """The names are exported with their types, and a misspelt argument is found."""
    good = (
        "from timonier.testing import Object, Render, Rendered\n\n"
        "def test(render: Render) -> None:\n"
        "    rendered: Rendered = render('shop', {'a': 1}, set=['b=2'])\n"
        "    web: Object = rendered['Deployment', 'web']\n"
        "    with render.raises('a') as refusal:\n        render(case='red')\n"
        "    assert refusal.message.startswith(web.name)\n"
    )
    path = tmp_path / "test_shop.py"
    path.write_text(good)
    options = ["--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", *options, str(path)]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 1 source file\n")
    path.write_text(good.replace("case=", "cases="))
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert 'Unexpected keyword argument "cases"' in done.stdout


def test_loading_the_plugin_loads_nothing_that_renders() -> None:
    """Every pytest run of an environment with timonier loads it, mostly for nothing."""
    code = "import sys, timonier.testing.plugin; print(*sorted(m for m in sys.modules if m.startswith('timonier')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["timonier", "timonier.testing", "timonier.testing.plugin", "timonier.testing.unit"]
