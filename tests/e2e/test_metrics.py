"""What Prometheus gets of the database and of the application, at the addresses the ServiceMonitors lead it to."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.definitions import defined

from timonier.errors import ClusterError
from timonier.testing.release import restarts
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.conftest import Todo, Visitor

    from timonier.testing.cluster import Manifest, TestCluster
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
APPLICATION, DATABASE = "eni-todo", "eni-todo-mariadb"
EXPORTER = "app.kubernetes.io/name=mariadb,app.kubernetes.io/component=metrics"
# All that a my.cnf could take for something else.
PASSWORD = "for'tests\"only`#;=%\\ 1"
ITEMS, REQUESTS = 3, 7
ROOT = 'MYSQL_PWD=$(cat /run/secrets/mariadb/root-password) exec mariadb --user=root --execute="$0"'
_SAMPLE = re.compile(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Prometheus:
    """Finds what a ServiceMonitor means, as the Prometheus operator does, and asks there.

    Attributes:
        release: The application, with its database.
        client: The pod that asks.
    """

    release: Release
    client: Client

    def targets(self, monitor: str) -> list[str]:
        """The addresses: of each endpoint behind the port of that name, of each Service that has the labels."""
        spec = self.release.get("servicemonitor", monitor)["spec"]
        labels = ",".join(f"{key}={value}" for key, value in spec["selector"]["matchLabels"].items())
        [asked] = spec["endpoints"]
        return [
            f"http://{endpoint['addresses'][0]}:{port['port']}{asked.get('path', '/metrics')}"
            for service in self.release.cluster.list("services", self.release.namespace, labels)
            for found in self._slices(service)
            for port in found["ports"]
            if port["name"] == asked["port"]
            for endpoint in found.get("endpoints") or []
        ]

    def _slices(self, service: Manifest) -> list[Manifest]:
        name = f"kubernetes.io/service-name={service['metadata']['name']}"
        return self.release.cluster.list("endpointslices", self.release.namespace, name)

    def scrape(self, monitor: str) -> dict[str, float]:
        """The samples of the one target there is, by name and labels.

        Raises:
            ClusterError: It did not answer by 200.
        """
        [target] = self.targets(monitor)
        [text] = self.client.fetch(target)
        return {name: float(value) for name, value in _SAMPLE.findall(text)}

    def up(self) -> float | None:
        """Whether the exporter can log in to the database; None when the exporter does not answer."""
        try:
            return self.scrape(DATABASE)["mysql_up"]
        except (ClusterError, ValueError):
            return None


@pytest.fixture(scope="module")
def definition(cluster: TestCluster) -> Iterator[None]:
    """The ServiceMonitor's definition: there before the release, and removed after it."""
    with defined(cluster, "monitoring.coreos.com"):
        yield


@pytest.fixture(scope="module")
def host(module_namespace: str) -> str:
    """A host no other test has: the ingress controller knows those of the whole cluster."""
    return f"todo.{module_namespace}.test"


@pytest.fixture(scope="module")
def prometheus(
    module_eni_todo: Callable[..., Release],
    module_client: Client,
    todo: Callable[[Client, str], Todo],
    definition: None,  # noqa: ARG001 - it must be there
    host: str,
) -> Prometheus:
    """Asks the application, behind an ingress, and its database, which has a password that is hard to write down."""
    metrics = {"enabled": True, "serviceMonitor": {"enabled": True, "interval": "15s", "labels": {"release": "test"}}}
    values = {
        "metrics": metrics,
        "mariadb": {"metrics": metrics, "auth": {"password": PASSWORD}},
        "ingress": {"enabled": True, "className": "traefik", "controller": "traefik", "hosts": [{"host": host}]},
    }
    installed = module_eni_todo(values)
    wait_until(todo(module_client, "http://eni-todo").healthy, "the application to answer")
    return Prometheus(installed, module_client)


def root(release: Release, sql: str) -> None:
    """Run SQL as the database's root."""
    command = ("sh", "-c", ROOT, sql)
    release.cluster.execute(f"{DATABASE}-0", *command, namespace=release.namespace, container="mariadb")


def exporter(release: Release) -> Manifest:
    """The exporter's pod, once no other is left: one that was replaced takes its time to go."""
    what = "one pod of the exporter to be there"
    [pod] = wait_until(lambda: _alone(release.cluster.list("pods", release.namespace, EXPORTER)), what)
    return pod


def _alone(pods: list[Manifest]) -> list[Manifest]:
    return pods if len(pods) == 1 else []


@pytest.mark.chapter("Metrics: endpoint", "Metrics: ServiceMonitor")
def test_the_database_is_measured(prometheus: Prometheus, todo: Callable[[Client, str], Todo]) -> None:
    """It is up, nothing fails for want of rights, and its counter grows by what the application writes."""
    page = todo(prometheus.client, "http://eni-todo")
    page.page()
    before = prometheus.scrape(DATABASE)
    assert (before["mysql_up"], before["mysql_exporter_last_scrape_error"]) == (1, 0)

    for number in range(ITEMS):
        page.add(f"item {number}")

    inserts = 'mysql_global_status_commands_total{command="insert"}'
    assert prometheus.scrape(DATABASE)[inserts] - before[inserts] == ITEMS


@pytest.mark.chapter("Metrics: endpoint", "Metrics: ServiceMonitor")
def test_the_application_is_measured(prometheus: Prometheus) -> None:
    """It counts the requests of its users and not the probes', and the sessions they opened; in Prometheus' format."""
    before = prometheus.scrape(APPLICATION)
    prometheus.client.fetch("http://eni-todo/eni-todo/", times=REQUESTS)
    after = prometheus.scrape(APPLICATION)
    for counter in ('eni_todo_requests_total{status="2xx"}', "eni_todo_request_duration_seconds_count"):
        assert after[counter] - before[counter] == REQUESTS
    assert after["eni_todo_sessions"] - before["eni_todo_sessions"] == REQUESTS
    assert after["eni_todo_request_duration_seconds_sum"] > before["eni_todo_request_duration_seconds_sum"]
    assert after["process_uptime_seconds"] > before["process_uptime_seconds"]
    assert after['jvm_memory_used_bytes{area="heap"}'] > 0
    assert after["jvm_threads_current"] > 0

    [target] = prometheus.targets(APPLICATION)
    told = prometheus.client.run("sh", "-c", 'wget -S -O - "$0" 2>&1', target)
    assert re.search(r"Content-Type: text/plain; ?version=0\.0\.4", told)
    for name, kind in (("eni_todo_requests_total", "counter"), ("eni_todo_sessions", "gauge")):
        assert re.search(rf"^# HELP {name} \w.*\n# TYPE {name} {kind}\n{name}[ {{]", told, re.MULTILINE)


@pytest.mark.parametrize("path", ["/metrics", "/eni-todo/metrics"])
def test_users_do_not_reach_the_metrics(
    prometheus: Prometheus, path: str, host: str, visit: Callable[..., Visitor]
) -> None:
    """Neither through the ingress nor by the Service; and the port of the metrics serves nothing but them."""
    with visit(host) as visitor:
        wait_until(visitor.page, f"{host} to lead to the application")
        assert visitor.get(path).status_code == 404
    with pytest.raises(ClusterError, match=" 404 "):
        prometheus.client.fetch(f"http://eni-todo{path}")
    with pytest.raises(ClusterError, match=r"timed out|Terminated|exit code 143|can't connect|refused"):
        prometheus.client.fetch("http://eni-todo:9404/metrics", timeout=2)
    [target] = prometheus.targets(APPLICATION)
    with pytest.raises(ClusterError, match=" 404 "):
        prometheus.client.fetch(target.removesuffix("/metrics") + "/eni-todo/")


@pytest.mark.chapter("Metrics: endpoint")
def test_a_database_that_is_away_is_told(prometheus: Prometheus) -> None:
    """The exporter says so, and goes on: it is not restarted for it, and finds the database again."""
    release, before = prometheus.release, exporter(prometheus.release)
    release.scale(f"statefulset/{DATABASE}", 0)
    wait_until(lambda: prometheus.up() == 0, "the exporter to say that the database is away")
    release.scale(f"statefulset/{DATABASE}", 1)
    wait_until(lambda: prometheus.up() == 1, "the exporter to find the database again")
    after = exporter(release)
    assert (after["metadata"]["uid"], restarts(after)) == (before["metadata"]["uid"], restarts(before))


@pytest.fixture
def own_account(prometheus: Prometheus) -> Iterator[None]:
    """An account for the exporter, in a Secret of its own; afterwards it has the application's again."""
    release = prometheus.release
    root(release, "CREATE USER exporter IDENTIFIED BY 'for-tests'; GRANT PROCESS, SLAVE MONITOR ON *.* TO exporter")
    file = f"[client]\nhost = {DATABASE}\nuser = exporter\npassword = for-tests\n"
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "exporter"}}
    release.cluster.apply({**secret, "stringData": {"my.cnf": file}}, namespace=release.namespace)
    release.upgrade({"mariadb": {"metrics": {"existingSecret": "exporter"}}})
    yield
    release.upgrade({"mariadb": {"metrics": {"existingSecret": ""}}})


@pytest.mark.usefixtures("own_account")
def test_an_account_of_its_own_sees_more(prometheus: Prometheus) -> None:
    """With a my.cnf from a Secret it may read what the application may not: the state of replication, and InnoDB's."""
    wait_until(lambda: prometheus.up() == 1, "the exporter to log in with its own account")
    found = prometheus.scrape(DATABASE)
    assert found["mysql_exporter_last_scrape_error"] == 0
    for collector in ("slave_status", "info_schema.innodb_cmp", "info_schema.innodb_cmpmem"):
        assert f'mysql_exporter_collector_duration_seconds{{collector="collect.{collector}"}}' in found


def test_a_new_password_is_taken_up(prometheus: Prometheus) -> None:
    """Once the Secret has it, without a restart of the pod: mysqld_exporter itself reads its file at its start only.

    The last of all: who has changed the Secret by hand is in Helm's way.
    """
    release = prometheus.release
    wait_until(lambda: prometheus.up() == 1, "the exporter to log in")
    root(release, "ALTER USER springuser IDENTIFIED BY 'another'")
    wait_until(lambda: prometheus.up() == 0, "the exporter's login to be refused")
    data = {"mariadb-password": base64.b64encode(b"another").decode()}
    patch = json.dumps({"data": data})
    release.cluster.kubectl("patch", "secret", DATABASE, f"--patch={patch}", namespace=release.namespace)
    # The kubelet looks after a pod's files about once a minute, and whenever the pod is touched.
    name = exporter(release)["metadata"]["name"]
    release.cluster.kubectl("annotate", "pod", name, "touched=yes", namespace=release.namespace)
    wait_until(lambda: prometheus.up() == 1, "the exporter to log in again", timeout=150)
    assert restarts(exporter(release)) == 0
