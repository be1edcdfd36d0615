"""The chart eni-todo with volumes of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from timonier.testing import Render

pytestmark = pytest.mark.timonier_chart("charts/eni-todo")

POD = "spec.template.spec"
FILES = {"name": "files", "secret": {"secretName": "database-passwords"}}
MOUNT = {"name": "files", "mountPath": "/run/secrets/database", "readOnly": True}


def test_volumes_stand_beside_the_charts(render: Render) -> None:
    """Both lists are handed on."""
    web = render(values={"extraVolumes": [FILES], "extraVolumeMounts": [MOUNT]})["Deployment"]
    assert web[f"{POD}.volumes[name=files]"] == FILES
    assert web[f"{POD}.containers[name=eni-todo].volumeMounts[name=files]"] == MOUNT
    assert web[f"{POD}.volumes[name=uploads]"] == {"name": "uploads", "emptyDir": {}}


def test_the_charts_own_volumes_may_be_mounted_again(render: Render) -> None:
    """At another path."""
    mount = {"name": "uploads", "mountPath": "/srv/uploads"}
    mounts = render(values={"extraVolumeMounts": [mount]})["Deployment"][f"{POD}.containers[0].volumeMounts"]
    assert mount in mounts


REFUSED: dict[str, dict[str, Any]] = {
    "extraVolumes.files is a hostPath, which Pod Security forbids: use a claim": {
        "extraVolumes": [{"name": "files", "hostPath": {"path": "/srv"}}]
    },
    "extraVolumes names uploads twice, or as the chart does: rename it": {
        "extraVolumes": [{"name": "uploads", "emptyDir": {}}]
    },
    "extraVolumes names files twice, or as the chart does: rename it": {"extraVolumes": [FILES, FILES]},
    "extraVolumeMounts names files, which extraVolumes does not have: add it there": {"extraVolumeMounts": [MOUNT]},
}


@pytest.mark.parametrize(("text", "values"), REFUSED.items(), ids=REFUSED)
def test_what_no_pod_could_have_is_refused(render: Render, text: str, values: dict[str, Any]) -> None:
    """With the key, and nothing else that would be wrong."""
    with render.raises(text) as refusal:
        render(values=values)
    assert refusal.message.endswith(f": wrong values - {text}")
