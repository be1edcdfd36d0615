"""The pytest plugin: the cluster's fixtures, and a report on the cluster when a test fails.

The fixtures for unit tests of charts, which need no cluster, are in `timonier.testing.unit`.

pytest-kind's own options hold here too: `--cluster-name`, `--keep-cluster`, `--kubeconfig`, `--kind-image`,
`--kind-bin`, `--kind-kubectl-bin`. Nothing heavy is imported before a test asks for a fixture: the plugin is loaded
in every pytest run of an environment that has timonier.
"""

from __future__ import annotations

import importlib.util
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.testing import unit
from timonier.testing.unit import chart_snapshot, render

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from timonier.cluster.container import Engine
    from timonier.testing.cluster import TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release
    from timonier.testing.upgrades import Upgrade

__all__ = ["chart_snapshot", "render"]

_CLUSTER = pytest.StashKey["TestCluster"]()
_OWN_NAME = "timonier-e2e"
_POD_SECURITY = "timonier_pod_security"
_CLIENT_IMAGE = "busybox:stable"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add timonier's options beside pytest-kind's."""
    group = parser.getgroup("timonier", "testing Helm charts on a cluster")
    group.addoption("--kube-context", metavar="NAME", help="Use this existing cluster instead of a kind cluster.")
    group.addoption("--nodes", type=int, default=1, metavar="N", help="Nodes of the kind cluster (default: 1).")
    group.addoption(
        "--cluster-report", default="reports/e2e", metavar="DIR", help="Where failed tests leave the cluster's state."
    )
    group.addoption("--upgrade-chart", default="", metavar="CHART", help="The chart that `upgrade` upgrades to.")
    group.addoption("--upgrade-from", default="", metavar="SOURCE", help="The chart that `upgrade` installs first.")
    group.addoption("--upgrade-values", default="", metavar="FILE", help="Values for it (JSON).")
    parser.addini(_POD_SECURITY, "The Pod Security level that namespaces of tests enforce: restricted.", default="")
    unit.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    unit.add_markers(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a chart's cases parameters of the tests that are marked so."""
    unit.parametrize(metafunc)


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explain what a failed comparison says of a rendering."""
    return unit.explain(op, left, right)


@pytest.fixture(scope="session")
def container_engine() -> Iterator[Engine]:
    """The container engine; one that had to be started for the tests is stopped after them, unless it is in use."""
    from timonier.cluster import provision
    from timonier.cluster.steps import Steps

    with provision.borrowed(Steps()) as engine:
        yield engine


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[TestCluster]:
    """A cluster that is ready: made by kind (and kept with `--keep-cluster`), or the one `--kube-context` names."""
    there = {
        "pytest-kind": request.config.pluginmanager.hasplugin("pytest-kind"),
        "pyhelm3": importlib.util.find_spec("pyhelm3"),
    }
    if missing := [name for name, found in there.items() if not found]:
        needed = " and ".join(missing)
        pytest.fail(f"A cluster needs {needed}: run `pip install 'timonier[testing]'`.", pytrace=False)
    if not _context(request.config):
        request.getfixturevalue("container_engine")
    with ExitStack() as stack:
        found = stack.enter_context(_existing(request.config) if _context(request.config) else _made(request.config))
        request.config.stash[_CLUSTER] = found
        yield found
        if _context(request.config) or request.config.getoption("keep_cluster"):
            found.settle()


def _context(config: pytest.Config) -> str | None:
    chosen: str | None = config.getoption("kube_context")
    return chosen


@contextmanager
def _existing(config: pytest.Config) -> Iterator[TestCluster]:
    """The user's own cluster; where it is one of kind's, the project's images are brought up to date on it."""
    import os

    from timonier.cluster import kind, programs
    from timonier.cluster.steps import Steps
    from timonier.testing.cluster import TestCluster

    context, steps = _context(config) or "", Steps()
    name = context.removeprefix("kind-")
    told = kind.status(name) if context.startswith("kind-") else {}
    if told.get("running"):
        kind.load(name, _images(), steps)
    named = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
    own = Path(named[0]) if named else Path.home() / ".kube" / "config"
    chosen = config.getoption("kubeconfig")
    yield TestCluster(
        context,
        Path(chosen).absolute() if chosen else own,
        _program(config, "kind_kubectl_bin") or programs.find("kubectl", steps).path,
        programs.find("helm", steps).path,
        told.get("http_port"),
        told.get("https_port"),
        config.getini(_POD_SECURITY),
    )


@contextmanager
def _made(config: pytest.Config) -> Iterator[TestCluster]:
    from timonier.cluster import kind, programs
    from timonier.cluster.spec import Spec
    from timonier.cluster.steps import Steps
    from timonier.testing.cluster import TestCluster

    steps = Steps()
    name = config.getoption("cluster_name")
    # pytest-kind's default name is one that any other project's tests on this machine would have too.
    name = _OWN_NAME if name == "pytest-kind" else name
    kubeconfig = Path(config.getoption("kubeconfig") or f".pytest-kind/{name}/kubeconfig").absolute()
    kubeconfig.parent.mkdir(parents=True, exist_ok=True)
    spec = Spec(name, config.getoption("nodes"), config.getoption("kind_image"), kubeconfig, images=_images())
    made = kind.up(spec, steps)
    helm = programs.find("helm", steps).path
    try:
        ports = made.http_port, made.https_port
        yield TestCluster(made.context, made.kubeconfig, made.kubectl, helm, *ports, config.getini(_POD_SECURITY))
    finally:
        if not config.getoption("keep_cluster"):
            kind.down(name, steps, kubeconfig)


def _program(config: pytest.Config, option: str) -> Path | None:
    chosen = config.getoption(option)
    return Path(chosen) if chosen else None


def _images() -> tuple[Any, ...]:
    from timonier import settings
    from timonier.cluster import images

    return tuple(images.from_folder(name, folder) for name, folder in settings.load().images.items())


@pytest.fixture
def namespace(cluster: TestCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace for one test, removed afterwards."""
    with cluster.new_namespace(request.node.name) as name:
        yield name


@pytest.fixture(scope="module")
def module_namespace(cluster: TestCluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A namespace for the tests of one module, removed afterwards."""
    with cluster.new_namespace(Path(request.node.name).stem) as name:
        yield name


@pytest.fixture
def release(cluster: TestCluster, namespace: str) -> Callable[..., Release]:
    """Installs a chart in the test's namespace: `release("charts/shop", {"replicas": 2}, name="shop")`."""
    return _installer(cluster, namespace)


@pytest.fixture(scope="module")
def module_release(cluster: TestCluster, module_namespace: str) -> Callable[..., Release]:
    """The same in the module's namespace, for a release that several tests share."""
    return _installer(cluster, module_namespace)


def _installer(cluster: TestCluster, namespace: str) -> Callable[..., Release]:
    from timonier.testing.release import Release

    def install(
        chart: str | Path, values: dict[str, Any] | None = None, *, name: str | None = None, wait: bool = True
    ) -> Release:
        installed = Release(cluster, str(chart), name or Path(chart).name, namespace, values or {})
        installed.upgrade(wait=wait)
        return installed

    return install


@pytest.fixture
def upgrade(release: Callable[..., Release], request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Upgrade]:
    """Installs an older version of a chart, to be upgraded: `upgrade("charts/shop", since="oci://…/shop:1.0.0")`.

    What is left out is what `timonier upgrade-test` was told.
    """
    from timonier.testing.upgrades import Upgrade, packed, read_values

    told = request.config.getoption

    def install(chart: str = "", *, since: str = "", values: dict[str, Any] | None = None) -> Upgrade:
        chosen, before = chart or told("upgrade_chart"), since or told("upgrade_from")
        if not (chosen and before):
            pytest.fail("upgrade needs a chart, and what to upgrade from: see `timonier upgrade-test --help`.")
        folders = tmp_path / "old", tmp_path / "new"
        for folder in folders:
            folder.mkdir(exist_ok=True)
        old, new = packed(before, folders[0]), packed(chosen, folders[1])
        wanted = read_values(told("upgrade_values")) if values is None else values
        return Upgrade(release(old, wanted, name=_release_name(old)), str(new))

    return install


def _release_name(archive: Path) -> str:
    """Return the name of the chart in an archive."""
    from timonier.chart import load_chart

    return load_chart(archive).name


@pytest.fixture
def client(cluster: TestCluster, namespace: str) -> Client:
    """A pod in the test's namespace to send requests from."""
    return _client(cluster, namespace)


@pytest.fixture(scope="module")
def module_client(cluster: TestCluster, module_namespace: str) -> Client:
    """The same in the module's namespace."""
    return _client(cluster, module_namespace)


def _client(cluster: TestCluster, namespace: str) -> Client:
    from timonier.testing import pod

    cluster.apply(pod.manifest(_CLIENT_IMAGE), namespace=namespace)
    cluster.kubectl("wait", f"pod/{pod.NAME}", "--for=condition=Ready", "--timeout=60s", namespace=namespace)
    return pod.Client(cluster, namespace)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Add to the report of a failure: what manifests were asked for, and the state of the test's namespaces."""
    report: Any = yield
    if report.failed:
        unit.add_manifests(item, call, report)
    found = item.config.stash.get(_CLUSTER, None)
    if report.failed and found is not None:
        _add_diagnostics(item, report, found)
    return report


def _add_diagnostics(item: pytest.Item, report: pytest.TestReport, found: TestCluster) -> None:
    from timonier.testing import diagnostics

    arguments = getattr(item, "funcargs", {})
    names = {arguments[key] for key in ("namespace", "module_namespace") if key in arguments}
    names |= {value.namespace for value in arguments.values() if hasattr(value, "namespace")}
    folder = Path(item.config.getoption("cluster_report")) / diagnostics.folder_of(item.nodeid)
    for name in sorted(names):
        parts = diagnostics.describe(found, name)
        place = diagnostics.write(parts, folder, name)
        text = "\n".join(f"-- {part}\n{told}" for part, told in parts.items())
        report.sections.append((f"namespace {name} (also in {place})", text))
