"""`timonier upgrade-test`: can those who run the published version upgrade to this one, and back?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.exceptions import Exit

from timonier.cli import options
from timonier.cli.command import PATH, SOURCE, argument, command, option
from timonier.errors import ClusterError, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

_OF_PYTEST = {0: 0, 1: 1}


@command(context_settings={"allow_extra_args": True})
@click.pass_context
@argument("chart", type=SOURCE, metavar="CHART", help="What to upgrade to: a chart's directory or archive.")
@option(
    "--from",
    "since",
    required=True,
    metavar="SOURCE",
    help="What is installed first: oci://…, git:REF:PATH, or an archive.",
)
@option("--case", default="", metavar="NAME", help="The values of ci/NAME-values.yaml of CHART.")
@options.values
@options.set_values
@option(
    "--tests",
    multiple=True,
    type=PATH,
    metavar="PATH",
    help="Tests of your own with the fixture `upgrade`; repeatable.",
)
@option("--kube-context", default="", metavar="NAME", help="An existing cluster; a kind cluster is made without it.")
@option("--keep-cluster", is_flag=True, help="Keep the kind cluster that was made.")
def upgrade_test(
    context: click.Context,
    chart: str,
    *,
    since: str,
    case: str,
    values: tuple[str, ...],
    set_values: tuple[str, ...],
    tests: tuple[Path, ...],
    kube_context: str,
    keep_cluster: bool,
) -> None:
    """Install a published version on a cluster, upgrade it to this one, roll back, and see that nothing is lost.

    It fails when a Secret's value changes, a claim or what it holds is gone, the API server refuses a change, a pod is
    replaced though its template is the same, or something does not become ready. The values have to be ones that both
    versions know. What follows `--` goes to pytest.

    Examples:
    - `timonier upgrade-test charts/shop --from oci://registry.example.org/charts/shop:1.2.0`
    - `timonier upgrade-test charts/shop --from git:v1.2.0:charts/shop --kube-context kind-dev --set replicas=2`
    - `timonier upgrade-test charts/shop --from shop-1.2.0.tgz --tests tests/upgrade -- --junitxml=upgrade.xml`

    Exit codes: 0 nothing was lost, 1 something was, 2 it could not be tried.
    """
    import json
    import tempfile

    from timonier.source import open_chart
    from timonier.values import Settings, read_values

    pytest = _pytest()
    found = open_chart(chart)
    open_chart(since)
    under = found.case(case).values if case else {}
    wanted = read_values(Settings(values, set_values), under)
    suite = Path(__file__).parents[1] / "testing" / "upgrade_suite.py"
    with tempfile.TemporaryDirectory(prefix="timonier-") as folder:
        file = Path(folder) / "values.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(wanted), encoding="utf-8")
        arguments = [*map(str, tests or [suite]), "--upgrade-chart", chart, "--upgrade-from", since]
        arguments += ["--upgrade-values", str(file), *([f"--kube-context={kube_context}"] if kube_context else [])]
        arguments += ["--keep-cluster"] if keep_cluster else []
        ended = int(pytest([*([] if tests else _apart(Path(folder))), *arguments, *context.args]))
    if ended not in _OF_PYTEST:
        raise ClusterError("The upgrade could not be tried.", hint="What pytest says above tells why.")
    raise Exit(_OF_PYTEST[ended])


def _apart(folder: Path) -> list[str]:
    """Return what keeps the project's settings of pytest, which are for its own tests, out of this one."""
    settings = folder / "pytest.ini"
    settings.write_text("[pytest]\nfilterwarnings = ignore::pytest.PytestAssertRewriteWarning\n", encoding="utf-8")
    return ["-c", str(settings), f"--rootdir={Path.cwd()}", "-p", "no:cacheprovider", "-q"]


def _pytest() -> Callable[[list[str]], int]:
    try:
        import pytest
        import pytest_kind  # noqa: F401 - the fixtures need it
    except ImportError:
        raise EngineError(
            "What tests on a cluster is not installed.", hint="Run `pip install 'timonier[testing]'`."
        ) from None
    return pytest.main
