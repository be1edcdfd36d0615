"""The chart eni-todo where the tests' cluster has nobody who would act: balancers, shared volumes, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")


@pytest.mark.chapter("Service LoadBalancer: loadBalancerClass")
def test_a_class_chooses_who_makes_the_balancer(render: Render) -> None:
    """Without one it is the cluster's own; an empty class would be nobody's."""
    values: dict[str, Any] = {"service": {"type": "LoadBalancer", "loadBalancerClass": "example.org/internal"}}
    assert render(values=values)["Service", "eni-todo"]["spec.loadBalancerClass"] == "example.org/internal"
    without: dict[str, Any] = {"service": {"type": "LoadBalancer", "loadBalancerClass": ""}}
    assert "spec.loadBalancerClass" not in render(values=without)["Service", "eni-todo"]


@pytest.mark.chapter("PersistentVolumeClaim: ReadWriteMany", "PersistentVolumeClaim: accessModes")
def test_several_pods_share_only_what_all_can_write(render: Render) -> None:
    """With ReadWriteMany they are replaced one by one; any other mode is refused before a pod hangs for want of it."""

    def shared(mode: str) -> dict[str, Any]:
        return {"replicas": 2, "uploads": {"persistence": {"enabled": True, "accessModes": [mode]}}}

    rendered = render(values=shared("ReadWriteMany"))
    assert rendered["PersistentVolumeClaim", "eni-todo-uploads"]["spec.accessModes"] == ["ReadWriteMany"]
    assert rendered["Deployment"]["spec.strategy.type"] == "RollingUpdate"
    for mode in ("ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany"):
        with render.raises("2 pods cannot share uploads.persistence", "use ReadWriteMany, or one pod"):
            render(values=shared(mode))


@pytest.mark.chapter("Ingress: body size")
@pytest.mark.parametrize(("controller", "limited"), [("nginx", True), ("traefik", False), ("haproxy", False)])
def test_a_limit_is_set_where_there_is_one(render: Render, controller: str, *, limited: bool) -> None:
    """The nginx-compatible have 1 MB by default, less than an upload with its form; the others have none."""
    values = {"ingress": {"enabled": True, "controller": controller, "maxBodySize": "7m"}}
    metadata = render(values=values)["Ingress"]["metadata"]
    assert ("7m" in metadata.get("annotations", {}).values()) == limited
