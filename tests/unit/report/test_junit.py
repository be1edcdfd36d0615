"""What CI systems read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from timonier.check.model import Severity
from timonier.report.junit import findings_junit

if TYPE_CHECKING:
    from timonier.check.run import Result


def parsed(result: Result, **options: tuple[Severity, ...]) -> ET.Element:
    """Write a report and read it again."""
    return ET.fromstring(findings_junit(result, **options))  # noqa: S314 - it was written just here


def failed(root: ET.Element) -> list[str]:
    """Return the test cases that failed, as CI systems call them."""
    return [
        f"{case.get('classname')} {case.get('name')}"
        for case in root.iter("testcase")
        if case.find("failure") is not None
    ]


def test_there_is_a_test_case_for_each_case_and_version(result: Result) -> None:
    """And one for the chart; for plain manifests one a version. What is bad fails those it shows in."""
    root = parsed(result)
    names = [f"{case.get('classname')} {case.get('name')}" for case in root.iter("testcase")]
    assert names == [
        "charts/shop chart",
        "charts/shop defaults, Kubernetes 1.34",
        "charts/shop defaults, Kubernetes 1.35",
        "charts/shop big, Kubernetes 1.34",
        "charts/shop big, Kubernetes 1.35",
        "all.yaml Kubernetes 1.34",
        "all.yaml Kubernetes 1.35",
    ]
    assert failed(root) == ["charts/shop big, Kubernetes 1.34"]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("7", "1", "0")
    assert [suite.get("failures") for suite in root.iter("testsuite")] == ["1", "0"]


def test_a_failure_says_what_and_where(result: Result) -> None:
    """The rule, the sentence, and file and line in the text."""
    failure = next(parsed(result).iter("failure"))
    assert failure.get("type") == "bad-thing"
    assert (failure.get("message") or "").startswith("50% is bad:")
    assert (failure.text or "").startswith("charts/shop/templates/a, b.yaml:12: error: bad-thing: 50% is bad:")
    assert "(Deployment shop/web at spec.replicas)" in (failure.text or "")


def test_warnings_fail_when_they_count(result: Result) -> None:
    """Else they are in the output of their test case."""
    root = parsed(result)
    assert "The chart is odd." in (root.findtext(".//testcase[@name='chart']/system-out") or "")
    strict = parsed(result, failing=(Severity.ERROR, Severity.WARNING))
    assert failed(strict) == ["charts/shop chart", "charts/shop big, Kubernetes 1.34"]


def test_what_xml_cannot_write_is_replaced(result: Result) -> None:
    """A parser would refuse the whole report."""
    text = parsed(result).findtext(".//testcase[@classname='all.yaml']/system-out")
    assert "A�bell." in (text or "")
