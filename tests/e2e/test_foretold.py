"""Twenty changes of each chart, one upgrade after the other: what `timonier diff` foretells of each is what happens."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.e2e.happened import Differ, fields, foretold, last_two, look, secrets_of, wait_happened

from timonier.errors import ClusterError
from timonier.testing.release import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.testing.cluster import TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e

CHARTS = Path(__file__).parents[2] / "charts"
TABLES = Path(__file__).parent / "foretold"
HELM_3 = Path(__file__).parents[1] / "corpus" / "helm3.py"
SMALL = {"requests": {"cpu": "5m", "memory": "32Mi"}}
BASE: dict[str, dict[str, Any]] = {
    "eni-todo": {
        "mariadb": {"enabled": False},
        "lifecycle": {"preStopSleepSeconds": 0},
        "terminationGracePeriodSeconds": 1,
        "resources": SMALL,
        "tests": {"enabled": False},
    },
    "mariadb": {
        "persistence": {"size": "8Mi"},
        "terminationGracePeriodSeconds": 1,
        "resources": SMALL,
        "tests": {"enabled": False},
    },
}
PASSWORDS = ("Eith5<&'%\"homage", "Oath4-of-$fealty", "Ohgh7 \"of' iron")  # those of the tables
REPORTS = ("text", "markdown", "html", "patch")


def table(chart: str) -> Iterator[Any]:
    """The changes of a chart, each with the values before it."""
    before = BASE[chart]
    for case in yaml.safe_load((TABLES / f"{chart}.yaml").read_text(encoding="utf-8")):
        whole = {"chart": chart, "before": before, "server": {}, "by-hand": [], **case}
        yield pytest.param(whole, id=f"{chart}: {case['change']}")
        if not refused(whole):
            before = merged(before, case["values"])


def refused(case: dict[str, Any]) -> list[str]:
    """The objects that the API server refuses to change."""
    return [name for name, outcome in {**case["effects"], **case["server"]}.items() if outcome == "refused"]


@pytest.fixture(scope="module")
def releases(module_release: Callable[..., Release]) -> Callable[[str], Release]:
    """The release of a chart that all its changes are made to, one after the other."""
    made: dict[str, Release] = {}

    def release(chart: str) -> Release:
        if chart not in made:
            made[chart] = module_release(CHARTS / chart, BASE[chart], wait=False)
        return made[chart]

    return release


@pytest.fixture
def diff(cluster: TestCluster, module_namespace: str, capsys: pytest.CaptureFixture[str]) -> Differ:
    """Runs the command in the module's namespace; whatever it says, it tells no secret that is there, or is to be."""
    return Differ(cluster, module_namespace, capsys, set(PASSWORDS))


@pytest.mark.parametrize("case", [*table("eni-todo"), *table("mariadb")])
def test_what_is_foretold_happens(
    diff: Differ, releases: Callable[[str], Release], tmp_path: Path, case: dict[str, Any]
) -> None:
    """Of each object; afterwards nothing drifts, and the two revisions differ as was previewed."""
    release = releases(case["chart"])
    if release.values != case["before"]:  # the test before this one was left out, or failed
        release.values = {}
        release.upgrade(case["before"], wait=False)
    if case["by-hand"]:
        release.cluster.apply(*case["by-hand"], namespace=release.namespace)
    asked = *preview(release, merged(case["before"], case["values"]), tmp_path), "-o", "json"
    diff.secrets |= secrets_of(release.cluster, release.namespace)
    said = json.loads(diff(*asked).out)
    assert foretold(said) == case["effects"]
    assert foretold(json.loads(diff(*asked, "--server").out)) == {**case["effects"], **case["server"]}
    if any(change["kind"] == "Secret" for change in said["changes"]):
        for report in REPORTS:
            diff(*asked, f"--output={report}", may_fail=report == "patch")
    before = look(release, said["changes"])
    if refused(case):
        is_refused(release, case)
    else:
        release.upgrade(case["values"], wait=False)
        diff.secrets |= secrets_of(release.cluster, release.namespace)
        assert diff(f"release:{release.name}", f"live:{release.name}").code == 0
        after = json.loads(diff(*last_two(release), "-o", "json").out)
        assert fields(after, said["generated"]) == fields(said, said["generated"])
        wait_happened(release, said["changes"], before)


def preview(release: Release, values: dict[str, Any], folder: Path) -> list[str]:
    """How an upgrade to such values is asked about."""
    file = folder / "values.yaml"
    file.write_text(json.dumps(values))
    return [f"release:{release.name}", release.chart, f"--values={file}"]


def is_refused(release: Release, case: dict[str, Any]) -> None:
    """Assert that Helm names the objects that were foretold."""
    with pytest.raises(AssertionError, match="could not install or upgrade") as raised:
        release.upgrade(case["values"], wait=False)
    release.values = case["before"]
    for name in refused(case):
        kind, own = name.split()
        assert re.search(rf'{kind}\S* "{own}"', str(raised.value), re.IGNORECASE), raised.value


WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: 0
  strategy: {type: {{ .Values.strategy }}}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - {name: web, image: busybox:stable, livenessProbe: {{ toJson .Values.probe }}}
"""


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A chart that leaves the details of a rolling update to their defaults."""
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 0.1.0\n")
    values = '{"strategy": "RollingUpdate", "probe": {"tcpSocket": {"port": 80}}}'
    (tmp_path / "web" / "values.yaml").write_text(values)
    (tmp_path / "web" / "templates" / "web.yaml").write_text(WEB)
    return tmp_path / "web"


@pytest.fixture(scope="module")
def helms(cluster: TestCluster) -> dict[str, TestCluster]:
    """The cluster by Helm 4, and by Helm 3."""
    found = subprocess.run([sys.executable, str(HELM_3)], stdout=subprocess.PIPE, text=True, check=True)
    return {"4": cluster, "3": dataclasses.replace(cluster, helm_program=Path(found.stdout.strip()))}


@pytest.mark.parametrize(
    ("installed", "options", "upgraded", "strategy"),
    [
        ("4", [], "4", "refused"),
        ("4", ["--server-side=false"], "4", "in place"),
        ("3", [], "4", "in place"),
        ("3", [], "3", "in place"),
    ],
)
def test_what_is_refused_depends_on_how_helm_applies(
    diff: Differ,
    helms: dict[str, TestCluster],
    web: Path,
    module_namespace: str,
    installed: str,
    options: list[str],
    upgraded: str,
    strategy: str,
) -> None:
    """A server-side apply leaves what nobody has set, and takes away what Helm has; patches take away both."""
    name = f"web-{secrets.token_hex(3)}"
    helms[installed].helm("install", name, str(web), *options, namespace=module_namespace)
    changes = {"strategy=Recreate": strategy, "probe.tcpSocket=null,probe.httpGet.port=80": "in place"}
    for change, effect in changes.items():
        for asked in ([], ["--server"]):
            said = json.loads(diff(f"release:{name}", str(web), f"--set={change}", "-o", "json", *asked).out)
            assert foretold(said) == {f"Deployment {name}": effect}, (change, asked)
        with pytest.raises(ClusterError, match=f'"{name}" is invalid') if effect == "refused" else nullcontext():
            helms[upgraded].helm("upgrade", name, str(web), f"--set={change}", namespace=module_namespace)
