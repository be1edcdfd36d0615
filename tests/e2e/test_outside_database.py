"""A database outside the release, by its addresses and by its name; and sessions that the pods copy to each other.

One database serves two applications: they differ in how they name it, and in how their pods find each other.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from timonier.errors import ClusterError
from timonier.testing.release import merged
from timonier.testing.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Todo, Visitor

    from timonier.testing.cluster import Manifest
    from timonier.testing.pod import Client
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e
MARIADB = "charts/mariadb"
DATABASE = "rows-mariadb"
SECRETS = "/run/secrets/database"
ACCOUNT = "member"
REPLICAS = 2
REQUESTS = 16


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, module_release: Callable[..., Release]) -> Release:
    """A database of another release, on a claim, so that its pod may go and come back with another address."""
    quick = {"probes": {"startup": {"periodSeconds": 1}, "readiness": {"periodSeconds": 1}}}
    return module_release(request.config.rootpath / MARIADB, quick, name="rows")


def address(database: Release) -> str:
    """The address of the database's pod, which is another one each time."""
    [pod] = database.wait_ready("mariadb")
    found: str = pod["status"]["podIP"]
    return found


def values(shown_at: str, membership: str, **outside: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """The values of two replicas that copy sessions, on a database outside, behind an ingress without cookie."""
    return {
        "replicas": REPLICAS,
        "mariadb": {"enabled": False},
        "externalDatabase": {"existingSecret": DATABASE, **outside},
        "sessionReplication": {"enabled": True, "membership": membership},
        "ingress": {"enabled": True, "className": "traefik", "hosts": [{"host": shown_at}]},
    }


@pytest.fixture(scope="module")
def by_address(module_eni_todo: Callable[..., Release], database: Release) -> Release:
    """The application that knows the database's address; its pods find each other by DNS."""
    host = f"address.{database.namespace}.test"
    return module_eni_todo(values(host, "dns", addresses=[address(database)]), name="address")


@pytest.fixture(scope="module")
def by_name(module_eni_todo: Callable[..., Release], database: Release) -> Release:
    """The application that knows the database's name, and its password as a file; its pods ask the Kubernetes API."""
    host = f"name.{database.namespace}.test"
    full = f"{DATABASE}.{database.namespace}.svc.cluster.local"
    file = {
        "extraVolumes": [{"name": "database", "secret": {"secretName": DATABASE}}],
        "extraVolumeMounts": [{"name": "database", "mountPath": SECRETS, "readOnly": True}],
        "serviceAccount": {"name": ACCOUNT},
        "config": {"DB_DTB_PASSWORD_FILE": f"{SECRETS}/mariadb-password"},
    }
    return module_eni_todo(merged(values(host, "kubernetes", host=full, externalName=True), file), name="name")


def uids(pods: list[Manifest]) -> set[str]:
    """What tells the same pods from others of the same name."""
    return {pod["metadata"]["uid"] for pod in pods}


@pytest.mark.chapter("Service without selector: EndpointSlice", "Service without selector: ExternalName")
def test_both_are_on_the_same_database(
    by_address: Release, by_name: Release, module_client: Client, todo: Callable[[Client, str], Todo]
) -> None:
    """An item added by the one that knows the address is listed by the one that knows the name, and the other way."""
    one, other = (todo(module_client, f"http://{web.name}-eni-todo") for web in (by_address, by_name))
    first, second = (f"item-{secrets.token_hex(4)}" for _ in range(2))
    one.add(first)
    assert first in other.items()
    other.add(second)
    assert second in one.items()
    assert by_name.get("service", "name-eni-todo-database")["spec"]["type"] == "ExternalName"
    outside = by_address.get("service", "address-eni-todo-database")["spec"]
    assert "selector" not in outside
    assert outside["clusterIP"] != "None"


@pytest.mark.chapter("Service without selector: EndpointSlice")
def test_the_address_changes_and_the_pods_stay(
    by_address: Release, database: Release, module_client: Client, todo: Callable[[Client, str], Todo]
) -> None:
    """A database that has moved is found again by a change of the address alone: no pod is replaced for it."""
    service = todo(module_client, "http://address-eni-todo")
    item = f"item-{secrets.token_hex(4)}"
    service.add(item)
    pods, former = uids(by_address.pods(ready=True)), address(database)
    database.scale(f"statefulset/{DATABASE}", 0)
    wait_until(lambda: not database.pods("mariadb"), "the database to go")
    assert "503" in service.refusal()
    database.scale(f"statefulset/{DATABASE}", 1)
    assert address(database) != former, "the pod came back with its former address: nothing to show"
    assert "503" in service.refusal()

    by_address.upgrade({"externalDatabase": {"addresses": [address(database)]}})
    wait_until(lambda: item in service.items(), "the database to be found at its new address")
    assert uids(by_address.pods(ready=True)) == pods


@pytest.mark.parametrize("by", ["by_address", "by_name"])
def test_a_draft_is_on_every_pod(by: str, request: pytest.FixtureRequest, visit: Callable[..., Visitor]) -> None:
    """What one pod took into a session is shown by the other, whichever way they found each other."""
    web: Release = request.getfixturevalue(by)
    names = {pod["metadata"]["name"] for pod in web.wait_ready(count=REPLICAS)}
    with visit(web.values["ingress"]["hosts"][0]["host"]) as visitor:
        wait_until(lambda: {visitor.page().pod for _ in range(4)} == names, "both pods to answer")
        draft = visitor.add(draft=True)
        # Copies are sent asynchronously: the last change may be a moment late, and no later.
        wait_until(
            lambda: all(visitor.page().shows(draft) for _ in range(4)), "both pods to show the draft", timeout=10
        )
        pages = [visitor.page() for _ in range(REQUESTS)]
    assert {page.pod for page in pages} == names
    assert all(page.shows(draft) for page in pages)


@pytest.mark.chapter(
    "ServiceAccount: name", "ServiceAccount: token", "RoleBinding: Role on pods", "Headless Service: clusterIP None"
)
def test_only_those_who_ask_the_api_may(by_address: Release, by_name: Release) -> None:
    """The pods found through the API may read pods of their namespace and nothing more; those found by DNS, nothing."""
    namespace = by_name.namespace

    def may(account: str, verb: str, what: str, where: str = namespace) -> bool:
        asked = ("auth", "can-i", verb, what, f"--as=system:serviceaccount:{namespace}:{account}", "--quiet")
        try:
            by_name.cluster.kubectl(*asked, namespace=where)
        except ClusterError:  # how kubectl says no
            return False
        return True

    assert may(ACCOUNT, "list", "pods")
    for verb, what, where in (
        ("list", "secrets", namespace),
        ("delete", "pods", namespace),
        ("list", "pods", "default"),
    ):
        assert not may(ACCOUNT, verb, what, where), what
    assert not may("address-eni-todo", "list", "pods")
    tokens = {web.name: mounts_token(web.pods(ready=True)) for web in (by_address, by_name)}
    assert tokens == {"address": False, "name": True}
    members = by_address.get("service", "address-eni-todo-members")["spec"]
    assert members["clusterIP"] == "None"


def mounts_token(pods: list[Manifest]) -> bool:
    """Whether every pod has a token of its account, or none has."""
    [mounted] = {
        any("serviceAccountToken" in source for volume in pod["spec"]["volumes"] for source in projected(volume))
        for pod in pods
    }
    return mounted


def projected(volume: Manifest) -> list[Manifest]:
    """The sources of a volume that puts several together."""
    found: list[Manifest] = volume.get("projected", {}).get("sources", [])
    return found
