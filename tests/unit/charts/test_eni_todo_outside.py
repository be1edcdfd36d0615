"""The chart eni-todo with a database outside its release: how it is named, and what else may be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

SELECTOR = {
    "app.kubernetes.io/name": "eni-todo",
    "app.kubernetes.io/instance": "eni-todo",
    "app.kubernetes.io/component": "web",
}
NAME = "eni-todo-database"
URL = "spec.template.spec.containers[name=eni-todo].env[name=DB_DTB_JDBC_URL].value"
DNS = {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}


def outside(**database: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return values with a database outside the release."""
    return {"mariadb": {"enabled": False}, "externalDatabase": {"existingSecret": "given", **database}}


def closed(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return values with a policy for what goes out."""
    return {"networkPolicy": {"enabled": True, "egress": {"enabled": True}}, **more}


@pytest.mark.parametrize(
    ("addresses", "family"), [(["192.0.2.10", "192.0.2.11"], "IPv4"), (["2001:db8::1", "2001:db8::2"], "IPv6")]
)
def test_addresses_stand_behind_a_service_without_selector(render: Render, addresses: list[str], family: str) -> None:
    """Each is an endpoint of its own, for of several in one kube-proxy takes the first."""
    rendered = render(values=outside(addresses=addresses, port=3307))
    service, endpoints = rendered["Service", NAME], rendered["EndpointSlice"]
    # The API server refuses to change the family of one that is there.
    assert endpoints.name == f"{NAME}-{family.lower()}"
    assert service["spec"] == {"ports": [{"name": "mariadb", "port": 3307}]}
    assert endpoints["addressType"] == family
    assert endpoints["ports"] == [{"name": "mariadb", "port": 3307, "protocol": "TCP"}]
    assert endpoints["endpoints"] == [{"addresses": [one], "conditions": {"ready": True}} for one in addresses]
    labels = endpoints["metadata.labels"]
    assert labels["kubernetes.io/service-name"] == NAME
    assert labels["endpointslice.kubernetes.io/managed-by"] == "Helm"
    assert rendered["Deployment"][URL] == f"jdbc:mariadb://{NAME}:3307/db_todo"


def test_another_address_leaves_the_pods_alone(render: Render) -> None:
    """They know the Service's name only."""
    one, other = (render(values=outside(addresses=[address])) for address in ("192.0.2.10", "192.0.2.11"))
    assert one["Deployment"]["spec"] == other["Deployment"]["spec"]
    assert one["EndpointSlice"]["endpoints"] != other["EndpointSlice"]["endpoints"]


def test_a_name_may_stand_behind_one_of_the_releases_own(render: Render) -> None:
    """A Service of type ExternalName."""
    rendered = render(values=outside(host="db.example.org", externalName=True))
    assert rendered["Service", NAME]["spec"] == {"type": "ExternalName", "externalName": "db.example.org"}
    assert "EndpointSlice" not in rendered
    assert rendered["Deployment"][URL] == f"jdbc:mariadb://{NAME}:3306/db_todo"


def test_a_name_is_else_used_as_it_is(render: Render) -> None:
    """A certificate names the host the client asked for."""
    rendered = render(values=outside(host="db.example.org"))
    assert ("Service", NAME) not in rendered
    assert rendered["Deployment"][URL] == "jdbc:mariadb://db.example.org:3306/db_todo"


def test_a_database_of_the_release_has_no_service_here(render: Render) -> None:
    """What is left over of an outside one does nothing."""
    assert ("Service", NAME) not in render(values={"externalDatabase": {"externalName": False}})


def test_a_password_for_addresses_is_kept_in_a_secret(render: Render) -> None:
    """As for a host."""
    rendered = render(values=outside(addresses=["192.0.2.10"], existingSecret="", password="p"))
    assert rendered["Secret", NAME]["data"] == {"password": "cA=="}


MEMBERS = {"ports": [{"port": "members"}], "to": [{"podSelector": {"matchLabels": SELECTOR}}]}
API = {"ports": [{"port": 443}, {"port": 6443}]}
REPLICATED = {"enabled": True}
DATABASE = {
    "ports": [{"port": "mariadb"}],
    "to": [
        {
            "podSelector": {
                "matchLabels": {
                    "app.kubernetes.io/name": "mariadb",
                    "app.kubernetes.io/instance": "eni-todo",
                    "app.kubernetes.io/component": "database",
                }
            }
        }
    ],
}
REACHED: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "the database brought along": (closed(), [DNS, DATABASE]),
    "addresses": (
        closed(**outside(addresses=["192.0.2.10", "192.0.2.11"])),
        [
            DNS,
            {
                "ports": [{"port": 3306}],
                "to": [{"ipBlock": {"cidr": "192.0.2.10/32"}}, {"ipBlock": {"cidr": "192.0.2.11/32"}}],
            },
        ],
    ),
    "an address of the sixth version": (
        closed(**outside(addresses=["2001:db8::1"])),
        [DNS, {"ports": [{"port": 3306}], "to": [{"ipBlock": {"cidr": "2001:db8::1/128"}}]}],
    ),
    "a name, which no policy knows": (closed(**outside(host="db", port=3307)), [DNS, {"ports": [{"port": 3307}]}]),
    "no database": (closed(mariadb={"enabled": False}), [DNS]),
    "the API for members": (closed(sessionReplication=REPLICATED), [DNS, DATABASE, MEMBERS, API]),
    "no API for members found by DNS": (
        closed(sessionReplication=REPLICATED | {"membership": "dns"}),
        [DNS, DATABASE, MEMBERS],
    ),
    "what is asked for beside": (
        {"networkPolicy": {"enabled": True, "egress": {"enabled": True, "rules": [{"ports": [{"port": 25}]}]}}},
        [DNS, DATABASE, {"ports": [{"port": 25}]}],
    ),
}


@pytest.mark.chapter("NetworkPolicy: egress")
@pytest.mark.parametrize(("values", "rules"), REACHED.values(), ids=REACHED)
def test_nothing_else_is_reached(render: Render, values: dict[str, Any], rules: list[dict[str, Any]]) -> None:
    """What the application needs, and not a port more."""
    policy = render(values=values)["NetworkPolicy", "eni-todo"]
    assert policy["spec.policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec.egress"] == rules


def test_what_goes_out_is_free_unless_said(render: Render) -> None:
    """A policy for what comes in says nothing of it."""
    policy = render(values={"networkPolicy": {"enabled": True}})["NetworkPolicy"]
    assert policy["spec.policyTypes"] == ["Ingress"]
    assert "spec.egress" not in policy


@pytest.mark.chapter("NetworkPolicy: named clients")
@pytest.mark.parametrize("tests", [True, False])
def test_helm_test_is_among_the_named_clients(render: Render, *, tests: bool) -> None:
    """It would fail otherwise; without the pod nobody has that name."""
    peer: dict[str, Any] = {"namespaceSelector": {}}
    values = {"networkPolicy": {"enabled": True, "from": [peer]}, "tests": {"enabled": tests}}
    own = {"podSelector": {"matchLabels": SELECTOR | {"app.kubernetes.io/component": "test"}}}
    allowed = render(values=values)["NetworkPolicy"]["spec.ingress[0].from"]
    assert allowed == ([own, peer] if tests else [peer])


REFUSED: dict[str, dict[str, Any]] = {
    "externalDatabase.addresses is given while mariadb.enabled is true: set mariadb.enabled=false, or remove it": {
        "externalDatabase": {"addresses": ["192.0.2.1"], "existingSecret": "a"}
    },
    "externalDatabase.addresses is given, so externalDatabase.host would be ignored: remove it": outside(
        host="db.example.org", addresses=["192.0.2.1"]
    ),
    "externalDatabase.addresses needs externalDatabase.existingSecret (or externalDatabase.password)": outside(
        addresses=["192.0.2.1"], existingSecret=""
    ),
    "externalDatabase.addresses has IPv4 and IPv6: keep one of them": outside(addresses=["192.0.2.1", "2001:db8::1"]),
    "externalDatabase.externalName needs a full name in externalDatabase.host, such as db.example.org": outside(
        host="db", externalName=True
    ),
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_is_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values, release="shop")
    assert refusal.message.endswith(f": wrong values - {text}")


@pytest.mark.parametrize("database", [{"host": "192.0.2.1"}, {"addresses": ["192.0.2.1"]}, {"host": ""}])
def test_only_a_full_name_stands_behind_another(render: Render, database: dict[str, Any]) -> None:
    """DNS has no alias for an address."""
    with render.raises("externalDatabase.externalName needs a full name"):
        render(values=outside(externalName=True, **database))


@pytest.mark.parametrize("address", ["db.example.org", "192.0.2.256", "192.0.2", "12345::", ":::::::::1"])
def test_an_address_is_one(render: Render, address: str) -> None:
    """The API server takes no name here."""
    with render.raises("externalDatabase.addresses"):
        render(values=outside(addresses=[address]))


def test_there_is_no_database_without_a_port(render: Render) -> None:
    """Null takes the default away; a Service would go without."""
    with render.raises("missing property 'port'"):
        render(values=outside(addresses=["192.0.2.10"], port=None))
