"""Helm's failures, as one sentence each.

Both engines fail with Helm's own text, so one reading serves both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier import yamlio
from timonier.engine.hints import hint_for, without_values
from timonier.errors import RenderError, SourceError, TimonierError, ValuesError

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = "don't meet the specifications of the schema(s)"
_SCHEMA_FINDING = re.compile(r"^(?P<indent> *)- at '(?P<place>[^']*)': (?P<problem>.+)$")
# Says nothing but that there are findings below it.
_SCHEMA_HEADING = "validation failed"
_SCHEMA_INDENT = 2
_CHART_NAME = re.compile(r"^(?P<name>[a-z0-9][\w.-]*):$", re.MULTILINE)
_FAILED_ON_PURPOSE = re.compile(r"execution error at \((?P<place>[^)]+)\): (?P<problem>.*)", re.DOTALL)
_NOT_LOADED = re.compile(
    r"cannot load |^validation: |Chart\.yaml|missing in charts/|library charts are not installable|"
    r"larger than the maximum|not a (gzipped|valid) archive"
)
_MISSING = re.compile(r"missing in charts/ directory: (?P<names>[^;]+)")
_WRONG_KUBE_VERSION = re.compile(
    r"chart requires kubeVersion: (?P<wanted>.+) which is incompatible with Kubernetes (?P<version>\S+)"
)
_NO_KUBE_VERSION = re.compile(r"invalid kube version '(?P<version>.*)': ")
_NOT_YAML = re.compile(
    r"YAML parse error on (?P<source>.+?): error converting YAML to JSON: "
    r"yaml: (?:line (?P<line>\d+): )?(?P<problem>.+)"
)
_NO_MANIFEST = re.compile(
    r"YAML parse error on (?P<source>.+?): error unmarshaling JSON: .*cannot unmarshal (?P<kind>\w+) into Go "
    r"(?:value of type \w+\.SimpleHead|struct field (?:SimpleHead)?\.(?P<field>[\w.]+) of type (?P<wanted>\w+))"
)
_HEAD = {(None, "a mapping"): "a manifest", ("metadata.annotations", "text"): "an annotation"}
_JSON_KINDS = {
    "array": "a list",
    "object": "a mapping",
    "string": "text",
    "number": "a number",
    "bool": "true or false",
}
# Helm 3, and Helm 4 where it does not know the error's form: `template: FILE:1:2: executing` for `FILE:1:2 executing`.
_OLD_PLACE = re.compile(r"template: (?P<place>[^:]+:\d+:\d+): executing")
_NEW_PLACE = r"\g<place> executing"
_ENDING = "\n\nUse --debug flag to render out invalid YAML"


def explain(text: str, chart: Path) -> TimonierError:
    """Turn what Helm said into the error it means.

    Args:
        text: Helm's message, from the library or, without log lines and `Error: `, from the program.
        chart: The chart it is about.
    """
    message = text.strip().removesuffix(_ENDING)
    if match := _FAILED_ON_PURPOSE.match(message):
        return RenderError(f"{chart} says, at {match['place']}: {_flat(match['problem'])}")
    if _SCHEMA in message:
        return _about_schema(message, chart)
    if problem := _about_kube_version(message, chart) or _about_manifest(message, chart):
        return problem
    if "release name" in message.lower():
        return ValuesError(f"The release name is not usable: {_flat(message)}.")
    if _NOT_LOADED.search(message):
        return _not_loaded(message, chart)
    told = without_values(_OLD_PLACE.sub(_NEW_PLACE, _flat(message)))
    return RenderError(f"{chart} cannot be rendered: {told}.", hint=hint_for(told))


def _not_loaded(message: str, chart: Path) -> SourceError:
    if match := _MISSING.search(message):
        return SourceError(f"{chart} cannot be loaded: {_flat(match[0])}.", hint="Run `helm dependency build`.")
    return SourceError(f"{chart} cannot be loaded: {_flat(message)}.")


def incompatible(wanted: str, version: str) -> str:
    """Return what Helm says of a chart whose `kubeVersion` does not allow a version (pkg/action/action.go)."""
    return f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version}"


def no_kube_version(text: str) -> ValuesError:
    """Return the error for what is no Kubernetes version."""
    return ValuesError(f"{text!r} is no Kubernetes version.", hint="Write it as in 1.34.0.")


def _about_schema(message: str, chart: Path) -> ValuesError:
    """Say what the schema refuses, or what is wrong with the schema itself."""
    if findings := _schema_findings(message, chart):
        return ValuesError(f"{chart} refuses these values: {findings}.")
    said = _flat(message.partition("chart(s):")[2])
    return ValuesError(f"{chart}: values.schema.json cannot be used: {said}.", hint="Mend the schema.")


def _about_kube_version(message: str, chart: Path) -> TimonierError | None:
    if match := _WRONG_KUBE_VERSION.search(message):
        return RenderError(
            f"{chart} requires Kubernetes {match['wanted']}, and {match['version']} is not.",
            hint="Choose another with --kube-version, or change kubeVersion in its Chart.yaml.",
        )
    match = _NO_KUBE_VERSION.search(message)
    return no_kube_version(match["version"]) if match else None


def _about_manifest(message: str, chart: Path) -> RenderError | None:
    """Say of what was rendered and is no manifest what `timonier.manifest.read_manifest` says of it."""
    if match := _NOT_YAML.search(message):
        return not_yaml(chart, match["source"], _yaml_line(match), match["problem"])
    if not (match := _NO_MANIFEST.search(message)):
        return None
    wanted = "text" if match["wanted"] == "string" else "a mapping"
    what = _HEAD.get((match["field"], wanted), match["field"])
    return RenderError(
        f"{chart}: rendered {match['source']}:1: {what} has to be {wanted}, this is {_JSON_KINDS[match['kind']]}."
    )


def not_yaml(chart: Path, source: str, line: int, problem: str) -> RenderError:
    """Return what to tell of a template that renders to no YAML.

    Args:
        chart: The chart.
        source: The template, by its path from the chart's name on.
        line: Where in what it renders to, counted from 1.
        problem: What the parser says.
    """
    sentence = f"{chart}: rendered {source}:{line}: this is not valid YAML: {problem}."
    return RenderError(sentence, hint=yamlio.hint_for(problem))


def _yaml_line(match: re.Match[str]) -> int:
    """Return the line, from 1, that Go's YAML parser means: what its parser finds it puts a line too early.

    Only what its scanner finds is counted from 1 (go.yaml.in/yaml/v2, decode.go, `fail`), and the first line left out.
    """
    line = int(match["line"] or 0)
    return line + 1 if match["problem"].startswith("did not find expected") else max(line, 1)


def _schema_findings(message: str, chart: Path) -> str:
    """List every finding as `KEY: problem`, by key, after the subchart's name where it is not the chart that refuses.

    Helm lists them as Go keeps maps: in another order each time.
    """
    findings: list[tuple[int, str, str]] = []
    names: list[str] = []
    depth = 0  # of findings that tell something: those under a heading, and not the details of another finding
    for line in message.splitlines():
        if match := _CHART_NAME.match(line):
            names.append(match["name"])
            depth = 0
        elif (match := _SCHEMA_FINDING.match(line)) and len(match["indent"]) <= depth:
            is_heading = match["problem"] == _SCHEMA_HEADING
            depth = len(match["indent"]) + (_SCHEMA_INDENT if is_heading else 0)
            if not is_heading:
                findings.append((len(names), match["place"].strip("/").replace("/", "."), match["problem"]))
    prefixes = ["", *("" if _is_name_of(name, chart) else f"{name}: " for name in names)]
    told = [f"{prefixes[index]}{key or 'top level'}: {problem}" for index, key, problem in sorted(findings)]
    return "; ".join(told)


def _is_name_of(name: str, chart: Path) -> bool:
    """Whether a chart goes by the name of its folder or archive."""
    place = chart.absolute().name
    return place == name or place.startswith(f"{name}-")


def _flat(text: str) -> str:
    """Put a message of several lines on one."""
    return " ".join(text.split()).rstrip(".")
