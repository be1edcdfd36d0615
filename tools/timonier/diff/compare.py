"""Comparing: two sources' documents give changes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from timonier.diff.effects import Around, with_effects
from timonier.diff.filters import Filter
from timonier.diff.lines import lines, unified
from timonier.diff.model import Action, Change, Difference, Effect, Outcome, Renames
from timonier.diff.pairs import Pair, objects, pair
from timonier.diff.tree import Kept, Overlay
from timonier.draft import read
from timonier.manifest import install_rank

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from timonier.diff.generated import Side
    from timonier.diff.path import Steps
    from timonier.diff.redact import Redactor
    from timonier.draft import Draft
    from timonier.manifest import Manifest

# Whatever may be one: YAML has many ways to write `kind: Secret`, and reading a document too much costs little.
_SECRET = re.compile(r"\bSecret")
_POD_KINDS = frozenset(("Pod", "PodTemplate"))
_NO_FILTER = Filter()


@dataclass(frozen=True)
class Options:
    """How to compare.

    Attributes:
        redactor: What hides secrets; None shows them.
        context: How many unchanged lines to show around a change.
        namespace: The release's: an object that names it is the one that names none.
        renames: Among which objects renamed ones are looked for.
        filter: What is passed over.
        effects: Whether to say what an upgrade makes of each change.
        by_client: Whether that upgrade sends patches, as Helm 3 does, in place of server-side applies.
        refused: What the API server would refuse, by kind and name, in its words.
    """

    redactor: Redactor | None = None
    context: int = 3
    namespace: str = ""
    renames: Renames = Renames.KIND
    filter: Filter = _NO_FILTER
    effects: bool = True
    by_client: bool = False
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)


def compare(old: Side, new: Side, options: Options) -> Difference:
    """Compare by identity, field by field.

    Args:
        old: The documents before.
        new: The documents after.
        options: How.

    Raises:
        TimonierError: A document is no manifest.
    """
    paired = pair(old.drafts, new.drafts, options.namespace, options.renames)
    pairs = sorted(paired.pairs, key=_order)
    if options.redactor:
        _learn(options.redactor, pairs, (*old.drafts, *new.drafts))
    options = replace(options, filter=with_autoscaled(options.filter, old.drafts, new.drafts))
    found, ignored, unchanged = [], 0, objects(paired.same)
    for one in pairs:
        change, passed = _compared(one, options)
        found += [(one, change)] if change else []
        ignored += bool(not change and passed)
        unchanged += not (change or passed)
    changes = tuple(change for _, change in found)
    if options.effects:
        foretold = with_effects(found, new.drafts, by_client=options.by_client)
        changes = tuple(_with_refusal(change, options) for change in foretold)
    return Difference(changes, unchanged, tuple(dict.fromkeys((*old.generated, *new.generated))), ignored)


def with_autoscaled(rules: Filter, *sides: Sequence[Draft]) -> Filter:
    """Return rules that know which workloads are autoscaled on any side, where one of them asks."""
    if not rules.wants_autoscaled:
        return rules
    return replace(rules, autoscaled=frozenset(target for side in sides for target in Around(side).autoscalers))


def _with_refusal(change: Change, options: Options) -> Change:
    """Let the API server have the last word."""
    said = options.refused.get((change.identity.kind, change.identity.name))
    if said is None:
        return change
    told = options.redactor.text(said) if options.redactor else said
    if options.by_client and change.effect:
        # Asked is by an apply, which does not take away what patches have set: what is refused may be what that leaves.
        doubt = (
            f"the API server would refuse it in a server-side apply: {told}; Helm patches this release, which may work"
        )
        return replace(change, effect=change.effect._replace(warnings=(*change.effect.warnings, doubt)))
    return replace(change, effect=Effect(Outcome.REFUSED, (f"the API server says: {told}",), ("the upgrade fails",)))


def _order(one: Pair) -> tuple[object, ...]:
    present = one.new or one.old
    return (*install_rank(present), *present.identity) if present else ()


def _learn(redactor: Redactor, pairs: Iterable[Pair], drafts: Iterable[Draft]) -> None:
    """Tell what hides secrets of every Secret there is, also of those that are the same on both sides."""
    secrets = read(draft for draft in drafts if not draft.text or _SECRET.search(draft.text))
    if secrets:
        shown = (manifest for one in pairs for manifest in one if manifest)
        redactor.learn((secret.document for secret in secrets), {word for one in shown for word in _public(one)})


def _public(manifest: Manifest) -> Iterator[str]:
    """Yield what everybody who sees an object in a list knows of it."""
    yield from (manifest.identity.name, manifest.identity.namespace, manifest.identity.kind)
    metadata = manifest.document.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    yield from map(str, labels.values()) if isinstance(labels, dict) else ()


def _compared(one: Pair, options: Options) -> tuple[Change | None, int]:
    """Return how a pair differs, if it does, and how many differences were passed over."""
    identities = [manifest.identity for manifest in one if manifest]
    if not options.filter.heeds(identities, whole=None in one):
        return None, 1
    before, after = (_shown(manifest, options.redactor) for manifest in one)
    if one.old is None or one.new is None or before is None or after is None:
        return _alone(one, before or after or {}), 0
    manifest = one.new
    overlay = Overlay(options.filter.passes(identities), lambda steps: order_counts(manifest, steps))
    node = overlay.lay(before, after)
    if not overlay.fields:
        return None, overlay.passed
    is_same = one.old.identity == one.new.identity
    change = Change(
        one.new.identity,
        Action.CHANGED if is_same else Action.RENAMED,
        one.new.source,
        tuple(unified(lines(node), options.context)),
        tuple(overlay.fields),
        None,
        None if is_same else one.old.identity,
        one.new.hooks,
    )
    return change, overlay.passed


def _alone(one: Pair, document: Mapping[str, Any]) -> Change | None:
    """Return the change of an object that one side has."""
    manifest = one.new or one.old
    if manifest is None:
        return None
    action, sign = (Action.ADDED, "+") if one.new else (Action.REMOVED, "-")
    text = tuple(f"{line.sign}{line.text}" for line in lines(Kept(document), sign))
    return Change(manifest.identity, action, manifest.source, text, hooks=manifest.hooks)


def _shown(manifest: Manifest | None, redactor: Redactor | None) -> Mapping[str, Any] | None:
    return redactor.redact(manifest.document) if manifest and redactor else manifest.document if manifest else None


def order_counts(manifest: Manifest, steps: Steps) -> bool:
    """Whether another order of a keyed list's elements makes a difference: in a pod's template it rolls the pods.

    Of custom resources nobody knows.
    """
    return manifest.identity.kind in _POD_KINDS or "template" in steps or is_custom(manifest.identity.group)


def is_custom(group: str) -> bool:
    """Whether an API group is none of Kubernetes' own."""
    return "." in group and not group.endswith(".k8s.io")
