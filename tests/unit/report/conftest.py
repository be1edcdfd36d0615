"""What the tests of the reports about findings share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.model import Finding, Place, Severity, object_rule
from timonier.check.run import Checked, Result
from timonier.manifest import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.model import Problem
    from timonier.manifest import Manifest

WEB = Identity("apps", "Deployment", "shop", "web")


@object_rule("bad-thing", Severity.ERROR)
def bad_thing(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Something is bad.

    It **matters**, because.
    """
    yield from ()


@pytest.fixture
def result() -> Result:
    """One of each: a finding of an object in a case and a version, one of the chart, one of plain manifests."""
    findings = (
        Finding(
            "bad-thing",
            Severity.ERROR,
            "50% is bad:\nreally, <it> is.",
            "charts/shop",
            Place("charts/shop/templates/a, b.yaml", 12),
            WEB,
            "spec.replicas",
            7,
            "replicas",
            ("big",),
            ("1.34.0",),
            "Mend it.",
        ),
        Finding("bad-thing", Severity.WARNING, "The chart is odd.", "charts/shop", Place("charts/shop/Chart.yaml")),
        Finding("bad-thing", Severity.INFO, "A\x07bell.", "all.yaml", Place("all.yaml", 3), WEB),
    )
    checked = (
        Checked("charts/shop", is_chart=True, cases=("defaults", "big"), objects=3),
        Checked("all.yaml", is_chart=False, cases=(), objects=1),
    )
    return Result(findings, checked, ("1.34.0", "1.35.0"), 2, (bad_thing,))
