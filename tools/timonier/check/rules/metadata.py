"""What Chart.yaml says of a chart, and Helm's own lint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml
from semver import Version

from timonier import yamlio
from timonier.chart import DEFAULTS
from timonier.check.lint import helm_lint
from timonier.check.model import Problem, Rule, Severity, chart_rule
from timonier.check.rules import dependencies, versions
from timonier.check.yamllines import line_of
from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import ChartContext
    from timonier.check.lint import LintMessage

FILE = "Chart.yaml"
# What other rules say with a line and a remedy: those of this module and of `dependencies`, `default-refused`, `render`
# and `api-removed`.
_SAID_ELSEWHERE = re.compile(
    r"icon is recommended|is not a valid SemVer|should be of type string|apiVersion is required|"
    r"must contain matchLabels or matchExpressions|unexpected EOF|invalid character|"
    r"missing these dependencies|at '(/|')|specifications of the schema|is deprecated|deprecated in"
)
_TEMPLATE = re.compile(r"(?P<file>templates/[^\s:()]+):(?P<line>\d+)")
_DESCRIBED = {
    "description": "say in a sentence what it runs",
    "maintainers": "say who answers for it",
}


@chart_rule("helm-lint", Severity.ERROR)
def helm_lint_says(context: ChartContext) -> Iterator[Problem]:
    """Helm's own lint finds something.

    What `helm lint` says, as bad as it says it is, with the values of the first case that can be rendered. What other
    rules say too is left to them, since they name the line and the remedy.
    """
    case = next((name for name in context.values if name in context.renderings), "")
    for message in helm_lint(context.files, context.values.get(case, {}), context.engine):
        fails_anyway = not case and message.path.startswith("templates/")
        if not fails_anyway and not _SAID_ELSEWHERE.search(message.text):
            yield _passed_on(message, context)


def _passed_on(message: LintMessage, context: ChartContext) -> Problem:
    text = " ".join(message.text.split()).rstrip(".")
    place = _TEMPLATE.search(text)
    file = message.path.rstrip("/") if not message.path.startswith("/") else FILE
    line = _line_of_metadata(text, context) if file == FILE else 0
    return Problem(
        f"Helm's lint says: {text}.",
        file=place["file"] if place else file,
        line=int(place["line"]) if place else line,
        severity=message.severity,
    )


def _line_of_metadata(text: str, context: ChartContext) -> int:
    """Return the line of what a sentence about Chart.yaml speaks of: of `sources` for "invalid source URL"."""
    keys = (key for word in re.findall(r"[\w-]+", text) for key in (word, f"{word}s") if key in context.metadata)
    return context.metadata_line(next(keys, "name"))


@chart_rule("chart-api-version", Severity.WARNING)
def api_version(context: ChartContext) -> Iterator[Problem]:
    """The chart's `apiVersion` is not v2.

    v1 is Helm 2's form, with `requirements.yaml` beside Chart.yaml; Helm 3 and 4 still read it, and know no `type` and
    no library charts in it. Say `apiVersion: v2`, and move what `requirements.yaml` says to `dependencies`.
    """
    if (said := context.metadata.get("apiVersion")) != "v2":
        yield _at(context, "apiVersion", f"The chart's apiVersion is {said!r}.", "Say `apiVersion: v2`.")


@chart_rule("chart-version", Severity.ERROR)
def chart_version(context: ChartContext) -> Iterator[Problem]:
    """The chart's `version` is no Semantic Version.

    Helm orders charts by it, and finds upgrades and dependencies by it: three numbers, `1.4.0`, perhaps with a suffix
    (semver.org). A version such as `1.10` without quotes is a number to YAML, 1.1.
    """
    version = str(context.metadata.get("version"))
    if not Version.is_valid(version):
        yield _at(context, "version", f"The version {version} is no Semantic Version.", "Say three numbers: 1.4.0.")


@chart_rule("app-version-number", Severity.ERROR)
def app_version_number(context: ChartContext) -> Iterator[Problem]:
    """`appVersion` is a number to YAML, not text.

    `appVersion: 1.10` is the number 1.1, and that becomes the image's tag and a label. Put it into quotes.
    """
    said = context.metadata.get("appVersion")
    if said is None or isinstance(said, str):
        return
    written = _written(context.files.text(FILE), "appVersion")
    message = f"YAML reads appVersion {written} as {said if isinstance(said, float | int) else type(said).__name__}."
    yield _at(context, "appVersion", message, f'Say `appVersion: "{written}"`.')


def _written(text: str, name: str) -> str:
    """Return a scalar at the top as it is written."""
    with yamlio.nodes(text, origin=FILE, error=SourceError) as (root, _):
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        return next((str(value.value) for key, value in pairs if key.value == name), "")


@chart_rule("app-version-image", Severity.WARNING)
def app_version_image(context: ChartContext) -> Iterator[Problem]:
    """The image that the defaults run is not the version that `appVersion` names.

    `helm list` and the label `app.kubernetes.io/version` tell the appVersion, so one of the two is wrong: often the
    image was raised and the appVersion forgotten. Let the tag's default be empty and `.Chart.AppVersion` stand in for
    it, and there is one place to change.

    The image is the one that `image.repository` names, else the only one there is. A tag may say more than the
    appVersion (`1.4.2-alpine` for `1.4.2`), and may have a leading `v`.
    """
    said = str(context.metadata.get("appVersion") or "")
    images = versions.images(context.renderings.get(DEFAULTS, ()))
    tag = versions.tag_of_main_image(images, context.defaults)
    if not said or not tag or versions.is_same_version(tag, said):
        return
    message, hint = f"The image's tag is {tag}, the appVersion is {said}.", "Let the two agree."
    if isinstance(image := context.defaults.get("image"), dict) and image.get("tag"):
        line = line_of(context.files.text("values.yaml"), ("image", "tag"))
        yield Problem(message, file="values.yaml", line=line, values_path="image.tag", hint=hint)
    else:
        yield _at(context, "appVersion", message, hint)


@chart_rule("icon-missing", Severity.INFO)
def icon_missing(context: ChartContext) -> Iterator[Problem]:
    """The chart has no icon.

    Artifact Hub and other catalogues show `icon`: the address of an SVG or PNG image.
    """
    if not context.metadata.get("icon"):
        yield _at(context, "icon", "The chart has no icon.", "Set `icon` to an image's address.")


@chart_rule("chart-undescribed", Severity.INFO)
def undescribed(context: ChartContext) -> Iterator[Problem]:
    """Chart.yaml does not say what the chart is, who maintains it, or where it comes from.

    `helm show chart` and catalogues show `description`, `maintainers`, and `home` or `sources`. Whoever finds a defect
    in the chart looks there for whom to tell.
    """
    for key, advice in _DESCRIBED.items():
        if not context.metadata.get(key):
            yield _at(context, key, f"Chart.yaml has no {key}.", f"Set it: {advice}.")
    if not (context.metadata.get("home") or context.metadata.get("sources")):
        yield _at(context, "home", "Chart.yaml has neither home nor sources.", "Say where the chart is developed.")


@chart_rule("chart-deprecated", Severity.WARNING)
def deprecated(context: ChartContext) -> Iterator[Problem]:
    """The chart is marked as deprecated.

    `deprecated: true` tells users not to install it. Say in `description` what to use in its place.
    """
    if context.metadata.get("deprecated") is True:
        yield _at(context, "deprecated", "The chart is deprecated.", "Name its successor in `description`.")


def _at(context: ChartContext, key: str, message: str, hint: str) -> Problem:
    return Problem(message, file=FILE, line=context.metadata_line(key), hint=hint)


RULES: tuple[Rule, ...] = (
    helm_lint_says,
    api_version,
    chart_version,
    app_version_number,
    app_version_image,
    icon_missing,
    undescribed,
    deprecated,
    *versions.RULES,
    *dependencies.RULES,
)
