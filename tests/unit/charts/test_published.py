"""The charts against the first ones that were published: an upgrade changes nothing that Kubernetes cannot change."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from timonier.chart import load_chart
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.chart import Case
    from timonier.testing import Render
    from timonier.testing.objects import Rendered

ROOT = Path(__file__).parents[3]
CHARTS = ("eni-todo", "mariadb")
# What the API server refuses to change, or only takes with the object made anew. The rest of a StatefulSet's fields is
# named instead: all but these are fixed (ValidateStatefulSetUpdate).
STATEFUL_SET_MAY_CHANGE = {
    "replicas",
    "template",
    "updateStrategy",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
    "ordinals",
    "revisionHistoryLimit",
}
FIXED = {"Deployment": ("selector",), "DaemonSet": ("selector",), "Service": ("clusterIP",)}


def published(chart: str) -> Path:
    """The archive of a chart's first version."""
    return ROOT / "tests" / "e2e" / "published" / f"{chart}-0.1.0.tgz"


def fixed(rendered: Rendered) -> dict[tuple[str, str], Any]:
    """What must be the same in each revision of a release: its objects, and some of their fields.

    The pod of `helm test` is no part of a release.
    """
    objects = [one for one in rendered if one.kind != "Pod"]
    return {(one.kind, one.name): dict(_fixed_fields(one.kind, one.get("spec", {}))) for one in objects}


def _fixed_fields(kind: str, spec: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for field, value in spec.items():
        claim = kind == "PersistentVolumeClaim" and field != "resources"
        server = kind == "StatefulSet" and field not in STATEFUL_SET_MAY_CHANGE
        if claim or server or field in FIXED.get(kind, ()):
            yield field, value


def known(chart: str, render: Render) -> Iterator[tuple[Case, Rendered]]:
    """Each case whose values the first version knew as well, and what it made of them."""
    for case in load_chart(ROOT / "charts" / chart).cases:
        with suppress(TimonierError):
            yield case, render(published(chart), values=case.values)


@pytest.mark.parametrize("chart", CHARTS)
def test_an_upgrade_changes_nothing_that_cannot_be_changed(chart: str, render: Render) -> None:
    """The same claims, selectors and names as with the first version, and no object gone."""
    changed, compared = {}, 0
    for case, before in known(chart, render):
        after = fixed(render(ROOT / "charts" / chart, values=case.values))
        for identity, fields in fixed(before).items():
            compared += len(fields)
            if after.get(identity) != fields:
                changed[case.name, *identity] = (fields, after.get(identity))
    assert changed == {}
    assert compared > 20, "of a StatefulSet alone there are four, in each case"
