"""Whether a case renders at all, and whether what it renders to is what it seems to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from timonier import yamlio
from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.rules.versions import is_excluded
from timonier.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest


@case_rule("render", Severity.ERROR, per_version=True, of_failures=True)
def render(context: CaseContext) -> Iterator[Problem]:
    """A case cannot be rendered.

    A template failed, its result is no YAML, or the chart's `values.schema.json` refuses the case. Whoever installs
    the chart with these values gets the same message from Helm, and nothing is installed.

    Mend the template at the line that is named, or the case's values. A Kubernetes version that the chart's
    `kubeVersion` excludes has a rule of its own, `kube-version-excluded`.
    """
    if context.failure and not is_excluded(context):
        yield Problem(context.failure.message, hint=context.failure.hint)


@object_rule("not-an-object", Severity.ERROR)
def not_an_object(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A document has no `apiVersion`, no `kind` or no name.

    Kubernetes takes none that lacks one of them, and Helm stops in the middle of an installation: what comes before
    in install order is there, what comes after is not.
    """
    for key in ("apiVersion", "kind"):
        value = manifest.document.get(key)
        if not isinstance(value, str) or not value:
            yield Problem(f"The document has no {key}.", path=key)
    if manifest.document.get("kind") and not manifest.identity.name and "items" not in manifest.document:
        yield Problem("The object has no name.", path="metadata.name")


@object_rule("duplicate-key", Severity.ERROR)
def duplicate_key(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A key stands twice in the same mapping.

    YAML forbids it. Helm's parser takes the last of the two and says nothing, so that what the first one says is lost;
    kustomize and Flux refuse the manifest. It often comes from two templates that write the same block: labels that are
    included and written out, an annotation that a value sets again.
    """
    with yamlio.nodes(manifest.text, origin=str(manifest.identity), error=RenderError) as (root, _):
        if root is not None:
            yield from _duplicates(root, "")


def _duplicates(node: yaml.Node, path: str) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, f"{path}[{index}]")
    if not isinstance(node, yaml.MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        name = str(key.value)
        here = f"{path}.{name}" if path else name
        if name in seen and name != "<<":
            yield Problem(f"The key {name} stands twice in the same mapping.", path=here, hint="Helm takes the last.")
        seen.add(name)
        yield from _duplicates(value, here)


RULES: tuple[Rule, ...] = (render, not_an_object, duplicate_key)
