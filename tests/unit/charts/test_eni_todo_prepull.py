"""The chart eni-todo holding its image on every node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

ON: dict[str, Any] = {"prepull": {"enabled": True}}
POD = "spec.template.spec"
CONTAINER = f"{POD}.containers[0]"


def with_values(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return values with the DaemonSet switched on."""
    return ON | values


def test_it_is_off(render: Render) -> None:
    """A pod on every node is nothing to be surprised by."""
    assert "DaemonSet" not in render()


@pytest.mark.chapter("DaemonSet: selector")
def test_its_pods_are_none_of_the_applications(render: Render) -> None:
    """Neither the Deployment, nor the Service, nor the budget, nor session replication counts them as theirs."""
    rendered = render(values=with_values(replicas=2, commonLabels={"team": "a"}))
    labels = rendered["DaemonSet"]["spec.template.metadata.labels"]
    assert labels == rendered["DaemonSet"]["spec.selector.matchLabels"] | {"team": "a"}
    others = {
        "Deployment": rendered["Deployment"]["spec.selector.matchLabels"],
        "Service": rendered["Service", "eni-todo"]["spec.selector"],
        "PodDisruptionBudget": rendered["PodDisruptionBudget"]["spec.selector.matchLabels"],
    }
    assert [kind for kind, selector in others.items() if selector.items() <= labels.items()] == []


@pytest.mark.chapter(
    "DaemonSet: minReadySeconds", "DaemonSet: revisionHistoryLimit", "DaemonSet: updateStrategy", "DaemonSet: selector"
)
def test_how_it_is_updated_can_be_said(render: Render) -> None:
    """As of every DaemonSet."""
    strategy = {"type": "RollingUpdate", "maxUnavailable": "50%"}
    own = {"enabled": True, "updateStrategy": strategy, "minReadySeconds": 3, "revisionHistoryLimit": 2}
    spec = render(values={"prepull": own})["DaemonSet"]["spec"]
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "50%"}}
    assert (spec["minReadySeconds"], spec["revisionHistoryLimit"]) == (3, 2)
    by_hand = render(values={"prepull": own | {"updateStrategy": {"type": "OnDelete"}}})["DaemonSet"]
    assert by_hand["spec.updateStrategy"] == {"type": "OnDelete"}


def test_it_goes_where_the_application_may_run(render: Render) -> None:
    """By selector, taints and nodes' labels; what keeps pods apart would keep it away from where they are."""
    nodes: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    values = with_values(
        nodeSelector={"disk": "fast"},
        tolerations=[{"operator": "Exists"}],
        affinity={"nodeAffinity": nodes, "podAntiAffinity": {}},
    )
    rendered = render(values=values)["DaemonSet"]
    assert rendered[f"{POD}.nodeSelector"] == {"disk": "fast"}
    assert rendered[f"{POD}.tolerations"] == [{"operator": "Exists"}]
    assert rendered[f"{POD}.affinity"] == {"nodeAffinity": nodes}


def test_it_goes_everywhere_unless_said(render: Render) -> None:
    """Where there is no taint."""
    rendered = render(values=with_values(affinity={"podAffinity": {}}))["DaemonSet"]
    assert [key for key in ("nodeSelector", "tolerations", "affinity") if f"{POD}.{key}" in rendered] == []
    assert f"{POD}.affinity" not in render(values=with_values(affinity=None))["DaemonSet"]


def test_it_holds_the_applications_image_and_costs_nothing(render: Render) -> None:
    """The same image, pulled the same way, that sleeps without rights."""
    values = with_values(
        image={"repository": "example.org/todo", "tag": "2", "pullPolicy": "Always"},
        imagePullSecrets=[{"name": "pull"}],
        serviceAccount={"name": "mine"},
        sessionReplication={"enabled": True},
    )
    rendered = render(values=values)
    held, web = rendered["DaemonSet"], rendered["Deployment"]
    for path in ("image", "imagePullPolicy", "securityContext"):
        assert held[f"{CONTAINER}.{path}"] == web[f"{CONTAINER}.{path}"]
    for path in ("imagePullSecrets", "securityContext", "serviceAccountName"):
        assert held[f"{POD}.{path}"] == web[f"{POD}.{path}"]
    assert held[f"{CONTAINER}.command"] == ["sleep", "infinity"]
    assert held[f"{POD}.automountServiceAccountToken"] is False
    assert held[f"{POD}.enableServiceLinks"] is False
    assert held[f"{POD}.terminationGracePeriodSeconds"] == 1
    assert held[f"{CONTAINER}.resources.requests"] == {"cpu": "1m", "memory": "4Mi"}
    assert f"{CONTAINER}.ports" not in held


def test_its_security_may_be_left_to_the_cluster(render: Render) -> None:
    """As the application's."""
    bare = render(values=with_values(podSecurityContext=None, securityContext=None, imagePullSecrets=None))["DaemonSet"]
    left = [f"{POD}.securityContext", f"{CONTAINER}.securityContext", f"{POD}.imagePullSecrets"]
    assert [path for path in left if path in bare] == []


def test_its_labels_are_its_own(render: Render) -> None:
    """Named and labelled after the release."""
    one = render(values=ON, release="shop")["DaemonSet"]
    assert one.name == "shop-eni-todo-prepull"
    assert one['metadata.labels["app.kubernetes.io/component"]'] == "prepull"
    assert one['metadata.labels["app.kubernetes.io/instance"]'] == "shop"
