"""The chart eni-todo behind a Gateway, and how its root is reached behind each ingress controller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

PARENT = {"name": "public", "namespace": "gateways", "sectionName": "https"}


def routed(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return values with a route at a Gateway."""
    return {"httpRoute": {"enabled": True, "parentRefs": [PARENT], **more}}


def test_a_route_leads_here(render: Render) -> None:
    """From the named Gateway and hosts, by the path the application knows, to the Service's port."""
    route = render(values=routed(hostnames=["todo.example.org"]) | {"service": {"port": 8080}})["HTTPRoute"]
    assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
    assert route["spec.parentRefs"] == [PARENT]
    assert route["spec.hostnames"] == ["todo.example.org"]
    assert route["spec.rules[1]"] == {
        "matches": [{"path": {"type": "PathPrefix", "value": "/eni-todo"}}],
        "backendRefs": [{"name": "eni-todo", "port": 8080}],
    }


def test_its_root_leads_to_the_application(render: Render) -> None:
    """By the route itself, for an image may know nothing at its root; no other path is led anywhere."""
    rule = render(values=routed())["HTTPRoute"]["spec.rules[0]"]
    assert rule["matches"] == [{"path": {"type": "Exact", "value": "/"}}]
    path = {"type": "ReplaceFullPath", "replaceFullPath": "/eni-todo/"}
    assert rule["filters"] == [{"type": "RequestRedirect", "requestRedirect": {"path": path, "statusCode": 302}}]
    assert "backendRefs" not in rule


def test_a_route_without_hosts_takes_the_gateways(render: Render) -> None:
    """An empty list would be none at all."""
    assert "spec.hostnames" not in render(values=routed())["HTTPRoute"]


def test_a_route_needs_a_gateway(render: Render) -> None:
    """It would be accepted, and lead nowhere."""
    with render.raises("httpRoute.enabled needs a Gateway: set httpRoute.parentRefs"):
        render(values={"httpRoute": {"enabled": True}})
    assert "HTTPRoute" not in render(values={"httpRoute": {"parentRefs": [PARENT]}})


ROOT = {
    "haproxy": (
        "haproxy.org/backend-config-snippet",
        "http-request redirect location /eni-todo/ code 302 if { path / }",
    ),
    "nginx": ("nginx.ingress.kubernetes.io/app-root", "/eni-todo/"),
}


@pytest.mark.parametrize("controller", ROOT)
@pytest.mark.parametrize("sticky", [True, False])
def test_the_controller_leads_the_root_on(render: Render, controller: str, *, sticky: bool) -> None:
    """With and without its cookie."""
    values = {"ingress": {"enabled": True, "controller": controller, "sticky": {"enabled": sticky}}}
    key, value = ROOT[controller]
    assert render(values=values)["Ingress"]["metadata.annotations"][key] == value


NOTES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "with a host": (
        routed(hostnames=["todo.example.org"]),
        ["  http://todo.example.org/eni-todo/, on the port of the Gateway's listener"],
        ["WARNING", "port-forward"],
    ),
    "without a host": (routed(), ["port-forward"], ["WARNING"]),
    "for several pods": (
        routed(hostnames=["todo.example.org"]) | {"replicas": 2},
        ["WARNING: a HTTPRoute keeps no browser on its pod", "Set sessionReplication.enabled."],
        ["ingress.controller"],
    ),
    "for several pods that copy sessions": (
        routed() | {"replicas": 2, "sessionReplication": {"enabled": True}},
        ["port-forward"],
        ["wander"],
    ),
    "switched off": ({"httpRoute": {"hostnames": ["todo.example.org"]}, "replicas": 2}, ["port-forward"], ["wander"]),
}


@pytest.mark.parametrize(("values", "told", "untold"), NOTES.values(), ids=NOTES)
def test_the_notes_tell_of_the_route(
    render: Render, values: dict[str, Any], told: list[str], untold: list[str]
) -> None:
    """Where the page is, and what a route does not do."""
    notes = render(values=values).notes
    assert [text for text in told if text not in notes] == []
    assert [text for text in untold if text in notes] == []
