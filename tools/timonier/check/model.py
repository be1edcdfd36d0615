"""What a rule is, and what it finds.

A rule is a generator function with a decorator. It yields `Problem`s, which say what and where in the object; the
runner adds the chart, the case, the Kubernetes version and the lines, and makes `Finding`s of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from timonier.check.context import CaseContext, ChartContext, RunContext
    from timonier.manifest import Identity, Manifest


class Severity(StrEnum):
    """How bad a finding is. Only errors make `timonier check` exit with 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule found.

    Attributes:
        message: What is wrong, one sentence without the place: `the image has no tag.`
        path: Where in the object, dotted: `spec.template.spec.containers[0].image`.
        manifest: The object, for rules that look at a whole rendering; the runner knows it otherwise.
        file: A file of the chart, relative to it, for rules that look at the chart: `values.yaml`.
        line: The line in that file, counted from 1; 0 when unknown.
        values_path: The key of values.yaml it is about: `image.tag`.
        hint: What to do about it, one sentence.
        severity: For the rare rule that passes on what others found; the rule's own otherwise.
    """

    message: str
    path: str = ""
    manifest: Manifest | None = None
    file: str = ""
    line: int = 0
    values_path: str = ""
    hint: str = ""
    severity: Severity | None = None


class Place(NamedTuple):
    """A line of a file. The line is counted from 1, and 0 when it is unknown."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        """Write it as editors and terminals understand it: `templates/service.yaml:12`."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, however many cases and Kubernetes versions it shows in.

    Attributes:
        rule: The rule's name.
        severity: As the rule or the project's settings say.
        message: What is wrong, one sentence.
        chart: The source it was found in, as the user named it.
        place: The file and line to go to: of the template, of values.yaml, of a manifest file. Relative to where the
            user is.
        identity: The object; None when the chart itself is meant.
        path: Where in the object, dotted.
        manifest_line: The line in the rendered manifest (as `timonier render` prints the first of `cases`), from 1.
        values_path: The key of values.yaml it is about.
        cases: The cases it shows in, in the chart's order; empty when it is independent of them.
        kube_versions: The Kubernetes versions it shows for; empty when it is independent of them.
        hint: What to do about it.
    """

    rule: str
    severity: Severity
    message: str
    chart: str
    place: Place
    identity: Identity | None = None
    path: str = ""
    manifest_line: int = 0
    values_path: str = ""
    cases: tuple[str, ...] = ()
    kube_versions: tuple[str, ...] = ()
    hint: str = ""


class Scope(StrEnum):
    """What a rule looks at."""

    RUN = "run"
    CHART = "chart"
    CASE = "case"
    OBJECT = "object"


RunCheck = Callable[["RunContext"], Iterator["Problem"]]
ChartCheck = Callable[["ChartContext"], Iterator[Problem]]
CaseCheck = Callable[["CaseContext"], Iterator[Problem]]
ObjectCheck = Callable[["Manifest", "CaseContext"], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and what is known of it.

    Attributes:
        name: In kebab case; what users switch it by.
        severity: Unless the project's settings say otherwise.
        scope: What it looks at.
        summary: One line.
        explanation: Why it matters, and how to put it right; Markdown.
        check: The generator function.
        per_version: Whether what it finds depends on the Kubernetes version; it is asked once a case otherwise.
        of_failures: Whether it is asked about renderings that failed as well: it says why they did.
    """

    name: str
    severity: Severity
    scope: Scope
    summary: str
    explanation: str
    check: RunCheck | ChartCheck | CaseCheck | ObjectCheck
    per_version: bool = False
    of_failures: bool = False


def run_rule(name: str, severity: Severity) -> Callable[[RunCheck], Rule]:
    """Make a rule of a function that looks at what was checked as a whole, once all else was found."""
    return lambda check: _rule(name, severity, Scope.RUN, check)


def chart_rule(name: str, severity: Severity) -> Callable[[ChartCheck], Rule]:
    """Make a rule of a function that looks at a chart once. Its docstring is the summary and the explanation."""
    return lambda check: _rule(name, severity, Scope.CHART, check)


def case_rule(
    name: str, severity: Severity, *, per_version: bool = False, of_failures: bool = False
) -> Callable[[CaseCheck], Rule]:
    """Make a rule of a function that looks at all objects of a rendering. Its docstring is the explanation."""
    return lambda check: _rule(name, severity, Scope.CASE, check, per_version=per_version, of_failures=of_failures)


def object_rule(name: str, severity: Severity, *, per_version: bool = False) -> Callable[[ObjectCheck], Rule]:
    """Make a rule of a function that looks at one object at a time. Its docstring is the explanation.

    The runner asks once for objects that are the same in several cases: what is found may depend on nothing but the
    object and, with `per_version`, the Kubernetes version.
    """
    return lambda check: _rule(name, severity, Scope.OBJECT, check, per_version=per_version)


def _rule(
    name: str,
    severity: Severity,
    scope: Scope,
    check: RunCheck | ChartCheck | CaseCheck | ObjectCheck,
    *,
    per_version: bool = False,
    of_failures: bool = False,
) -> Rule:
    import inspect

    summary, _, explanation = inspect.cleandoc(check.__doc__ or "").partition("\n\n")
    return Rule(name, severity, scope, summary, explanation, check, per_version, of_failures)
