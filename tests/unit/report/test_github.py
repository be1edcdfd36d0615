"""Annotations of GitHub Actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.report.github import findings_github

if TYPE_CHECKING:
    from timonier.check.run import Result


def test_each_finding_is_one_command(result: Result) -> None:
    """On one line, with what would end it or a property escaped."""
    first, second, third = findings_github(result).split("\n")
    assert first == (
        "::error file=charts/shop/templates/a%2C b.yaml,line=12,title=timonier bad-thing::"
        "50%25 is bad:%0Areally, <it> is. Mend it.%0ADeployment shop/web at spec.replicas"
    )
    assert second == "::warning file=charts/shop/Chart.yaml,line=1,title=timonier bad-thing::The chart is odd."
    assert third.startswith("::notice file=all.yaml,line=3,")
