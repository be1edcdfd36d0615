"""Findings as JUnit's XML, as CI systems read it: a test case for each chart, case and Kubernetes version."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # only written, nothing is parsed
from typing import TYPE_CHECKING

from timonier.check.model import Severity
from timonier.check.schema.kubeschemas import minor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.check.model import Finding
    from timonier.check.run import Checked, Result

# What XML 1.0 has no way to write, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def findings_junit(result: Result, *, failing: Sequence[Severity] = (Severity.ERROR,)) -> str:
    """Write a result as JUnit's XML.

    Args:
        result: What was found.
        failing: The severities that make a test case fail; other findings are in its output.
    """
    root = ET.Element("testsuites", name="timonier check")
    for checked in result.checked:
        findings = [finding for finding in result.findings if finding.chart == checked.label]
        suite = ET.SubElement(root, "testsuite", name=_clean(checked.label))
        for name, of in _test_cases(checked, findings, result.versions):
            _add_case(suite, checked.label, name, of, failing)
        _count(suite)
    _count(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _test_cases(
    checked: Checked, findings: Sequence[Finding], versions: Sequence[str]
) -> Iterator[tuple[str, list[Finding]]]:
    """Yield the name of each test case and what was found in it."""
    if checked.is_chart:
        yield "chart", [finding for finding in findings if not finding.cases]
    for case in checked.cases if checked.is_chart else ("",):
        of_case = [finding for finding in findings if case in finding.cases or not checked.is_chart]
        for version in versions:
            name = f"{case}, Kubernetes {minor(version)}" if case else f"Kubernetes {minor(version)}"
            yield name, [finding for finding in of_case if version in (finding.kube_versions or versions)]


def _add_case(
    suite: ET.Element, label: str, name: str, findings: Sequence[Finding], failing: Sequence[Severity]
) -> None:
    case = ET.SubElement(suite, "testcase", classname=_clean(label), name=_clean(name), time="0")
    failures = [finding for finding in findings if finding.severity in failing]
    if failures:
        # One failure a test case: several are more than most CI systems show.
        message = _clean(_sentence(failures[0])) + (f" And {len(failures) - 1} more." if len(failures) > 1 else "")
        element = ET.SubElement(case, "failure", message=message, type=failures[0].rule)
        element.text = _clean("\n".join(map(_line, failures)))
    if others := [finding for finding in findings if finding not in failures]:
        ET.SubElement(case, "system-out").text = _clean("\n".join(map(_line, others)))


def _sentence(finding: Finding) -> str:
    return f"{finding.message} {finding.hint}".rstrip()


def _line(finding: Finding) -> str:
    about = f" ({finding.identity}{f' at {finding.path}' if finding.path else ''})" if finding.identity else ""
    return f"{finding.place}: {finding.severity}: {finding.rule}: {_sentence(finding)}{about}"


def _clean(text: str) -> str:
    return _NO_XML.sub("�", text)


def _count(element: ET.Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", "0")
