"""The chart eni-todo copying sessions: how the pods find each other, and what rights that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

POD = "spec.template.spec"
RIGHTS = {("Role", "eni-todo"), ("RoleBinding", "eni-todo")}


def replicated(membership: str) -> dict[str, Any]:
    """Return values with session replication."""
    return {"sessionReplication": {"enabled": True, "membership": membership}}


def variables(render: Render, values: dict[str, Any]) -> dict[str, Any]:
    """Return the application's variables: the value of each, or the field it comes from."""
    env = render(values=values)["Deployment"][f"{POD}.containers[name=eni-todo].env"]
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in env}


def test_members_are_found_through_the_api_or_by_dns(render: Render) -> None:
    """Tomcat knows which by the variables; the Spring profile replicates by the API only."""
    api, dns = (variables(render, replicated(membership)) for membership in ("kubernetes", "dns"))
    assert api["SPRING_PROFILES_ACTIVE"] == "tomcat-mariadb-kub"
    assert dns["SPRING_PROFILES_ACTIVE"] == "tomcat-mariadb-env"
    assert "DNS_MEMBERSHIP_SERVICE_NAME" not in api
    assert "KUBERNETES_LABELS" not in dns
    assert dns["DNS_MEMBERSHIP_SERVICE_NAME"] == "eni-todo-members"
    for both in ("KUBERNETES_NAMESPACE", "HOSTNAME"):
        assert api[both] == dns[both]


@pytest.mark.chapter("ServiceAccount: token", "RoleBinding: Role on pods")
def test_dns_takes_no_rights_and_no_token(render: Render) -> None:
    """Nobody gets what they do not need."""
    api, dns = (render(values=replicated(membership)) for membership in ("kubernetes", "dns"))
    assert api.inventory - dns.inventory == RIGHTS
    assert api["Deployment"][f"{POD}.automountServiceAccountToken"] is True
    assert dns["Deployment"][f"{POD}.automountServiceAccountToken"] is False
    assert dns["Service", "eni-todo-members"]["spec.publishNotReadyAddresses"] is True


@pytest.mark.parametrize("membership", ["kubernetes", "dns"])
def test_membership_alone_replicates_nothing(render: Render, membership: str) -> None:
    """It says how, not whether."""
    values = {"sessionReplication": {"membership": membership}}
    assert render(values=values).inventory == render().inventory
    assert "HOSTNAME" not in variables(render, values)


def test_another_membership_is_refused(render: Render) -> None:
    """By the schema."""
    with render.raises("sessionReplication.membership"):
        render(values=replicated("multicast"))
