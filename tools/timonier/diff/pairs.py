"""Which object of one side is which of the other."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from timonier.diff.generated import GENERATED
from timonier.diff.lines import normal_lines
from timonier.diff.meaning import canonical
from timonier.diff.model import Renames
from timonier.manifest import Identity, Manifest, identify

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.draft import Draft

_ALIKE = 0.7
_LEAST_LINES = 2
_MOST_COMPARED = 10_000
_NAME = "\0"


class Pair(NamedTuple):
    """An object on both sides, or on one of them."""

    old: Manifest | None
    new: Manifest | None


class Paired(NamedTuple):
    """Two sides matched.

    Attributes:
        pairs: Objects whose text differs, or that only one side has; in no order.
        same: Drafts whose text is the same on both sides.
    """

    pairs: tuple[Pair, ...]
    same: tuple[Draft, ...]


def pair(old: Sequence[Draft], new: Sequence[Draft], namespace: str, renames: Renames = Renames.KIND) -> Paired:
    """Match by text first, so that what is equal is not even read, then by identity, then by content.

    Args:
        old: One side.
        new: The other side.
        namespace: That of the release: an object that names it is the one that names none.
        renames: Among which objects renamed ones are looked for.
    """
    same, rest = _split(old, Counter(draft.key for draft in new))
    _, others = _split(new, Counter(draft.key for draft in same))
    before, after = _index(rest, namespace), _index(others, namespace)
    both = [Pair(before[key], after[key]) for key in before.keys() & after.keys()]
    gone = [before[key] for key in before if key not in after]
    come = [after[key] for key in after if key not in before]
    found = [Pair(*one) for one in _renamed(gone, come, renames)]
    known = {id(manifest) for one in found for manifest in one}
    alone = [Pair(one, None) for one in gone if id(one) not in known]
    alone += [Pair(None, one) for one in come if id(one) not in known]
    return Paired((*both, *found, *alone), tuple(same))


def objects(drafts: Iterable[Draft]) -> int:
    """Count objects, and read only what does not show at once how many it is."""
    return sum(draft.says_something if draft.is_plain else len(list(expanded(draft.manifests))) for draft in drafts)


def _split(drafts: Sequence[Draft], texts: Counter[str]) -> tuple[list[Draft], list[Draft]]:
    """Return the drafts whose text is among others, and the rest."""
    shared, rest = [], []
    for draft in drafts:
        if draft.text and texts[draft.key] > 0:
            texts[draft.key] -= 1
            shared.append(draft)
        else:
            rest.append(draft)
    return shared, rest


_Key = tuple[Identity, int]


def _index(drafts: Iterable[Draft], namespace: str) -> dict[_Key, Manifest]:
    """Index by identity, and by occurrence where a source has the same object twice: none must get lost."""
    seen: Counter[Identity] = Counter()
    index = {}
    for draft in drafts:
        for manifest in expanded(draft.manifests):
            document = canonical(manifest.document, namespace)
            identity = manifest.identity
            if identity.namespace == namespace:
                identity = identity._replace(namespace="")
            # Made anew rather than by `replace`, which takes longer than reading many an object.
            index[identity, seen[identity]] = Manifest(
                identity, manifest.text, document, manifest.source, manifest.hooks, manifest.line
            )
            seen[identity] += 1
    return index


def expanded(manifests: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield the objects of lists instead of the lists, as Helm's resource builder takes them apart."""
    for manifest in manifests:
        items = manifest.document.get("items")
        if not manifest.identity.kind.endswith("List") or not isinstance(items, list):
            yield manifest
            continue
        for item in items:
            if isinstance(item, dict):
                yield dataclasses.replace(manifest, text="", document=item, identity=identify(item))


def _renamed(
    gone: Sequence[Manifest], come: Sequence[Manifest], renames: Renames
) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield what is the same object under another name: one with a generated name, or one that says nearly the same."""
    yield from (named := list(_with_generated_name(gone, come)))
    known = {id(manifest) for one in named for manifest in one}
    old, new = ([one for one in side if id(one) not in known] for side in (gone, come))
    if renames is Renames.NONE or not old or not new:
        return
    for names, others in _rooms(old, new, across=renames is Renames.ANY):
        yield from _alike(names, others)


def _with_generated_name(gone: Sequence[Manifest], come: Sequence[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    left = list(gone)
    for new in come:
        if GENERATED not in new.identity.name:
            continue
        old = next((one for one in left if _place(one) == _place(new) and one.source in ("", new.source)), None)
        if old:
            left.remove(old)
            yield old, new


def _place(manifest: Manifest) -> tuple[str, str]:
    return manifest.identity.group, manifest.identity.kind


def _rooms(
    gone: Sequence[Manifest], come: Sequence[Manifest], *, across: bool
) -> Iterator[tuple[list[Manifest], list[Manifest]]]:
    """Yield what may be each other: objects of the same kind, or any."""
    if across:
        yield list(gone), list(come)
        return
    for place in dict.fromkeys(map(_place, gone)):
        old, new = ([one for one in side if _place(one) == place] for side in (gone, come))
        if new:
            yield old, new


def _alike(gone: Sequence[Manifest], come: Sequence[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Yield the most alike first; among very many objects only those that are equal but for the name."""
    bodies = {id(one): _body(one) for one in (*gone, *come)}
    if len(gone) * len(come) > _MOST_COMPARED:
        yield from _equal(gone, come, bodies)
        return
    ranked = sorted(
        ((_likeness(bodies[id(old)], bodies[id(new)]), old, new) for old in gone for new in come),
        key=lambda one: (-one[0], one[1].identity, one[2].identity),
    )
    known: set[int] = set()
    for likeness, old, new in ranked:
        if likeness >= _ALIKE and not known & {id(old), id(new)}:
            known |= {id(old), id(new)}
            yield old, new


def _equal(
    gone: Sequence[Manifest], come: Sequence[Manifest], bodies: dict[int, Counter[str]]
) -> Iterator[tuple[Manifest, Manifest]]:
    waiting: dict[frozenset[tuple[str, int]], list[Manifest]] = {}
    for old in gone:
        waiting.setdefault(frozenset(bodies[id(old)].items()), []).append(old)
    for new in come:
        same = waiting.get(frozenset(bodies[id(new)].items()))
        if same and bodies[id(new)].total() >= _LEAST_LINES:
            yield same.pop(0), new


def _body(manifest: Manifest) -> Counter[str]:
    """Return an object's lines without what every object has, and without its own name."""
    head = ("apiVersion:", "kind:", "metadata:", "  name:", "  namespace:", "  labels:", "spec:", "data:")
    name = manifest.identity.name or _NAME
    return Counter(line.replace(name, _NAME) for line in normal_lines(manifest.document) if not line.startswith(head))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of lines that two objects have in common, from 0 to 1."""
    if min(one.total(), other.total()) < _LEAST_LINES:
        return 0
    return 2 * (one & other).total() / (one.total() + other.total())
