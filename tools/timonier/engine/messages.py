"""Helm's failures, as one sentence each.

Both engines fail with Helm's own text, so one reading serves both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.errors import RenderError, SourceError, TimonierError, ValuesError

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "don't meet the specifications of the schema(s)"
_SCHEMA_FINDING = re.compile(r"^- at '(?P<place>[^']*)': (?P<problem>.+)$", re.MULTILINE)
_CHART_NAME = re.compile(r"^(?P<name>[a-z0-9][\w.-]*):$", re.MULTILINE)
_FAILED_ON_PURPOSE = re.compile(r"execution error at \((?P<place>[^)]+)\): (?P<problem>.*)", re.DOTALL)
_NOT_LOADED = re.compile(
    r"cannot load |^validation: |Chart\.yaml|missing in charts/|library charts are not installable|"
    r"larger than the maximum|not a (gzipped|valid) archive"
)
_WRONG_KUBE_VERSION = re.compile(
    r"chart requires kubeVersion: (?P<wanted>.+) which is incompatible with Kubernetes (?P<version>\S+)"
)
_NO_KUBE_VERSION = re.compile(r"invalid kube version '(?P<version>.*)': ")
_ENDING = "\n\nUse --debug flag to render out invalid YAML"


def explain(text: str, chart: Path) -> TimonierError:
    """Turn what Helm said into the error it means.

    Args:
        text: Helm's message, from the library or from the program's standard error.
        chart: The chart it is about.
    """
    message = _last_message(text)
    if _SCHEMA in message:
        return ValuesError(f"{chart} refuses these values: {_schema_findings(message)}.")
    if problem := _about_kube_version(message, chart):
        return problem
    if "release name" in message.lower():
        return ValuesError(f"The release name is not usable: {_flat(message)}.")
    if _NOT_LOADED.search(message):
        return SourceError(f"{chart} cannot be loaded: {_flat(message)}.")
    if match := _FAILED_ON_PURPOSE.search(message):
        return RenderError(f"{chart} says, at {match['place']}: {_flat(match['problem'])}")
    return RenderError(f"{chart} cannot be rendered: {_flat(message)}.")


def incompatible(wanted: str, version: str) -> str:
    """Return what Helm says of a chart whose `kubeVersion` does not allow a version (pkg/action/action.go)."""
    return f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}"


def no_kube_version(text: str) -> ValuesError:
    """Return the error for what is no Kubernetes version."""
    return ValuesError(f"{text!r} is no Kubernetes version.", hint="Write it as in 1.34.0.")


def _about_kube_version(message: str, chart: Path) -> TimonierError | None:
    if match := _WRONG_KUBE_VERSION.search(message):
        return RenderError(
            f"{chart} requires Kubernetes {match['wanted']}, and {match['version']} is not.",
            hint="Choose another with --kube-version, or change kubeVersion in its Chart.yaml.",
        )
    match = _NO_KUBE_VERSION.search(message)
    return no_kube_version(match["version"]) if match else None


def _last_message(text: str) -> str:
    """Drop the program's log lines and its `Error:`."""
    _, found, message = text.rpartition("Error: ")
    return (message if found else text).removesuffix("\n").removesuffix(_ENDING).strip()


def _schema_findings(message: str) -> str:
    """List every finding as `KEY: problem`, under the subchart's name where there are several charts."""
    charts = _CHART_NAME.findall(message)
    findings: list[str] = []
    chart = ""
    for line in message.splitlines():
        if match := _CHART_NAME.match(line):
            chart = f"{match['name']}: " if len(charts) > 1 else ""
        elif match := _SCHEMA_FINDING.match(line):
            key = match["place"].strip("/").replace("/", ".") or "top level"
            findings.append(f"{chart}{key}: {match['problem']}")
    return "; ".join(findings) or _flat(message)


def _flat(text: str) -> str:
    """Put a message of several lines on one."""
    return " ".join(text.split()).rstrip(".")
