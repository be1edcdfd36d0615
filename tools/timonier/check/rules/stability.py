"""What changes from one rendering to the next though it should not, and what does not change though it should."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem, Rule, Severity, case_rule
from timonier.check.objects.reading import leaves
from timonier.check.rules.identity import duplicates, label_problems, name_problems
from timonier.diff.generated import settle
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.check.context import CaseContext
    from timonier.engine import Release
    from timonier.manifest import Manifest

LONGEST_NAME = "r-" * 26 + "r"
"""As long as Helm lets a release's name be, 53 characters; wherever it is cut, a hyphen is near."""

# Others refer to these by a name they know, so that it may not depend on the release.
_KNOWN_BY_NAME = frozenset(
    (
        *("APIService", "CSIDriver", "CustomResourceDefinition", "GatewayClass", "IngressClass", "Namespace"),
        *("PriorityClass", "RuntimeClass", "StorageClass", "VolumeSnapshotClass"),
    )
)


@case_rule("long-release-name", Severity.WARNING)
def long_release_name(context: CaseContext) -> Iterator[Problem]:
    """With a release name as long as Helm allows, a name or a label is refused, or two objects get the same name.

    Helm takes release names of up to 53 characters, and pipelines that name releases after branches use them. What a
    template appends comes on top: Services and labels end at 63 characters, CronJobs and StatefulSets at 52.
    The chart is rendered once more for a release of 53 characters to see. A chart that refuses the name itself, with
    a sentence of its own, is fine.

    Cut what precedes a suffix, not the whole: `printf "%s-headless" (include "chart.fullname" . | trunc 54 |
    trimSuffix "-")`. Cutting the whole cuts the suffix off, and two objects become one.
    """
    renamed = _rendered_again(context, LONGEST_NAME)
    known = {_where(problem) for problem in _refused(context.manifests if renamed else (), context)}
    originals = dict(zip(map(id, renamed), context.manifests, strict=False))
    said = set()  # one sentence an object is enough: its labels are mostly its name again
    for problem in _refused(renamed, context):
        original = originals[id(problem.manifest)]
        if id(original) not in said and _where(problem, original) not in known:
            said.add(id(original))
            message = f"For a release name of {len(LONGEST_NAME)} characters: {problem.message}"
            yield dataclasses.replace(problem, message=message, manifest=original)


def _where(problem: Problem, manifest: Manifest | None = None) -> tuple[int, str]:
    return id(manifest or problem.manifest), problem.path


def _refused(manifests: Sequence[Manifest], context: CaseContext) -> Iterator[Problem]:
    for manifest in manifests:
        for problem in (*name_problems(manifest), *label_problems(manifest)):
            yield dataclasses.replace(problem, manifest=manifest)
    yield from duplicates(manifests, context)


def _rendered_again(context: CaseContext, name: str = "") -> Sequence[Manifest]:
    """Render once more, for a release of another name when one is given.

    Returns:
        Objects in the same order as those of the context; none when there is no telling which is which, or when the
        chart refuses the name.
    """
    release: Release = dataclasses.replace(context.release, name=name) if name else context.release
    if context.again is None:
        return ()
    try:
        again = context.again(release)
    except TimonierError:
        return ()
    return again if [_slot(one) for one in again] == [_slot(one) for one in context.manifests] else ()


def _slot(manifest: Manifest) -> tuple[str, str, str]:
    return manifest.source, manifest.identity.group, manifest.identity.kind


@case_rule("fixed-name", Severity.WARNING)
def fixed_name(context: CaseContext) -> Iterator[Problem]:
    """An object is called the same whatever the release is called, so that a second release collides with the first.

    Helm refuses to install it then: the object belongs to the other release. Names that the case's own values set are
    fine, and so are kinds that others refer to by a name they know (CustomResourceDefinition, IngressClass, …).

    Put `.Release.Name` into the name, as the `fullname` helper of `helm create` does.
    """
    chosen = _chosen(context)
    for manifest, other in zip(context.manifests, _rendered_again(context, LONGEST_NAME), strict=False):
        name = manifest.identity.name
        if name != other.identity.name or not name or manifest.identity.kind in _KNOWN_BY_NAME:
            continue
        # A name may be part of what is set, such as a whole manifest, and the other way round.
        if not any(text in name or name in text for text in chosen):
            sentence = f'"{name}" is its name in every release: a second one cannot be installed beside the first.'
            yield Problem(sentence, "metadata.name", manifest, hint="Put .Release.Name into the name.")


def _chosen(context: CaseContext) -> set[str]:
    """Return the texts that the case's values set, which may be names; one letter is no name."""
    values: Mapping[str, Any] = context.chart.values.get(context.case.name, {}) if context.chart else {}
    return {value for _, value in leaves(values) if isinstance(value, str) and len(value) > 1}


@case_rule("generated-value", Severity.WARNING)
def generated_value(context: CaseContext) -> Iterator[Problem]:
    """A value is another one every time the chart is rendered, so that every upgrade changes it.

    A password that is generated anew locks the application out of its database, a certificate has to be trusted again,
    and a checksum over either restarts every pod at every upgrade. Values of templates that ask for what is there with
    `lookup` are not reported, though tools that render without a cluster (Argo CD, `helm template`) change those as
    well. Nor are hooks, which are made anew anyway.

    Keep what is there: `(lookup "v1" "Secret" .Release.Namespace $name).data.password | default (randAlphaNum 20 |
    b64enc)`. Or let the user give it, and refuse to render without.
    """
    for manifest, other in zip(context.manifests, _rendered_again(context), strict=False):
        if manifest.hooks or manifest.document == other.document or _looks_up(manifest, context):
            continue
        for _, path in settle([manifest], [other]).generated:
            sentence = "This is another one in every rendering: each upgrade changes it."
            yield Problem(sentence, path, manifest, hint="Keep the one that is there with lookup, or let it be given.")


_DEFINE = re.compile(r"""\{\{-?\s*define\s+["`]([^"`]+)["`]""")
_CALL = re.compile(r"""\b(?:include|template)\s+["`]([^"`]+)["`]|\.Template\.BasePath\s+["`]([^"`]+)["`]""")
_LOOKUP = re.compile(r"\blookup\s")


def _looks_up(manifest: Manifest, context: CaseContext) -> bool:
    """Whether the template of an object, or what it includes, asks the cluster for what is there.

    Also when the template cannot be seen, as in a subchart that is packed: nothing is known of it then.
    """
    path = manifest.source.partition("/")[2]
    if context.chart is None or path not in context.chart.files.files:
        return True
    parts = _parts({name: context.chart.files.text(name) for name in context.chart.files.templates})
    folder = path[: path.rfind("templates/") + len("templates")]
    waiting, seen = [path], {path}
    while waiting:
        text = parts.get(waiting.pop(), "")
        if _LOOKUP.search(text):
            return True
        called = {name or f"{folder}{file}" for name, file in _CALL.findall(text)} - seen
        seen |= called
        waiting += called
    return False


def _parts(templates: Mapping[str, str]) -> dict[str, str]:
    """Return the text of every file by its path, and of everything it defines by its name."""
    parts = dict(templates)
    for text in templates.values():
        pieces = _DEFINE.split(text)[1:]
        parts |= dict(zip(pieces[::2], pieces[1::2], strict=True))
    return parts


RULES: tuple[Rule, ...] = (long_release_name, fixed_name, generated_value)
