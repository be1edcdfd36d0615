"""What the API server would make of manifests: a server-side apply that changes nothing, in Helm's name.

So what the server writes in another form, or an admission webhook adds to a field, does not show as a change, and what
it refuses is known in its own words. It needs no other right than the upgrade itself.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, NamedTuple

from timonier.diff.generated import GENERATED, Side
from timonier.diff.meaning import canonical
from timonier.diff.pairs import expanded
from timonier.diff.project import project
from timonier.draft import Draft, read
from timonier.manifest import identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.kube import Access
    from timonier.manifest import Identity, Manifest

_INVALID = re.compile(r'^The (?P<kind>\S+) "(?P<name>[^"]+)" is invalid:? ?(?P<why>.*)$', re.DOTALL)
# What admission refuses: a quota, a policy, the growing of a claim. Where rights are missing, a user is named.
_REFUSED = re.compile(
    r'\(Forbidden\): .*?(?P<plural>\w+)\S* "(?P<name>[^"]+)" is forbidden: (?!User )(?P<why>.*)$', re.DOTALL
)
_BEGINS = re.compile(r'(?i:error)\b|The \S+ "')
_FORBIDDEN = "(Forbidden)"


class Asked(NamedTuple):
    """What the API server said.

    Attributes:
        side: The documents as it would have them.
        refused: Why it would refuse objects, by kind and name.
        note: Why it was not asked of some, a sentence; empty when it was of all.
    """

    side: Side
    refused: dict[tuple[str, str], str]
    note: str


def ask_server(new: Side, old: Side, access: Access, namespace: str) -> Asked:
    """Ask the API server about the documents that differ as text.

    Args:
        new: What there is to be.
        old: What there is, for what need not be asked about.
        access: The way to the cluster.
        namespace: The release's.

    Raises:
        TimonierError: A document is no manifest; ClusterError when there is no kubectl.
    """
    known = {draft.key for draft in old.drafts if draft.text}
    kept = [draft for draft in new.drafts if draft.text and draft.key in known]
    manifests = list(expanded(read(draft for draft in new.drafts if not (draft.text and draft.key in known))))
    asked = [one for one in manifests if not one.hooks and one.identity.name and GENERATED not in str(one.document)]
    if not asked:
        return Asked(new, {}, "")
    answer = access.ask(
        *("apply", "--server-side", "--force-conflicts", "--field-manager=helm", "--dry-run=server", "--filename=-"),
        f"--namespace={namespace}",
        stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": [one.document for one in asked]}),
    )
    made = {identify(one)._replace(namespace=""): one for one in answer.objects}
    seen = [_as_made(one, made, namespace) for one in manifests]
    refused, unclear = _problems(answer.problems, asked)
    side = Side((*kept, *map(Draft.of, seen)), new.generated)
    return Asked(side, refused, _note(unclear))


def _as_made(manifest: Manifest, made: dict[Identity, dict[str, object]], namespace: str) -> Manifest:
    there = made.get(manifest.identity._replace(namespace=""))
    if there is None:
        return manifest
    return dataclasses.replace(manifest, text="", document=project(canonical(manifest.document, namespace), there))


def _problems(said: Sequence[str], asked: Sequence[Manifest]) -> tuple[dict[tuple[str, str], str], list[str]]:
    """Tell what is refused from what could not be asked."""
    kinds = {(_plural(one.identity.kind), one.identity.name): one.identity.kind for one in asked}
    refused: dict[tuple[str, str], str] = {}
    unclear: list[str] = []
    for problem in _joined(said):
        if match := _INVALID.match(problem):
            refused[match["kind"], match["name"]] = " ".join(match["why"].split())
        elif (match := _REFUSED.search(problem)) and (kind := kinds.get((match["plural"], match["name"]))):
            refused[kind, match["name"]] = " ".join(match["why"].split())
        else:
            unclear.append(problem)
    return refused, unclear


def _plural(kind: str) -> str:
    """Return what the API calls the objects of a kind: `UnsafeGuessKindToResource` of Kubernetes' apimachinery."""
    name = kind.lower()
    return f"{name}es" if name.endswith("s") else f"{name[:-1]}ies" if name.endswith("y") else f"{name}s"


def _joined(said: Iterable[str]) -> list[str]:
    """Put what kubectl says of one object on several lines together: those after the first begin with an asterisk."""
    problems: list[str] = []
    for line in _without_differences(said):
        if problems and line.startswith(("*", " ")):
            problems[-1] += f"; {line.lstrip('* ')}" if "* " in problems[-1] else f" {line.lstrip('* ')}"
        else:
            problems.append(line)
    return problems


def _without_differences(said: Iterable[str]) -> Iterator[str]:
    """Leave out the differences that the API server shows below some refusals."""
    is_shown = True
    for line in said:
        is_shown = not line.startswith("@@ ") if is_shown else bool(_BEGINS.match(line))
        if is_shown:
            yield line


def _note(unclear: Sequence[str]) -> str:
    if not unclear:
        return ""
    first = unclear[0].rstrip(".")
    why = "you may not apply them" if _FORBIDDEN in first else "it would not say"
    compared = f"{len(unclear)} object(s) are compared as their manifests have them"
    return f"Without the API server's word, {compared}: {why} ({first})."
