"""Telling what is generated from what is changed.

A chart that makes up a password renders another one every time, and so does every checksum over it. Rendering twice
shows which values those are: what differs between two renderings of the same thing is generated, not changed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from timonier.draft import Draft, read
from timonier.manifest import Identity, Manifest, identify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GENERATED = "<generated>"
"""Stands in the document where a generated value was."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Manifests with the generated values taken out of their documents.

    Attributes:
        manifests: In the order they came.
        generated: Where the values were: the object, and the dotted path in it.
    """

    manifests: tuple[Manifest, ...]
    generated: tuple[tuple[Identity, str], ...]


def settle(first: Sequence[Manifest], second: Sequence[Manifest]) -> Settled:
    """Compare two renderings of the same source, and put `GENERATED` wherever they differ.

    A name may be generated too: objects are told apart by their place when both renderings have the same templates in
    the same order, and by identity otherwise.
    """
    manifests, generated = [], []
    for one, other in _pairs(first, second):
        if other is None or one.document == other.document:
            manifests.append(one)
            continue
        paths: list[str] = []
        document = _mask(one.document, other.document, "", paths)
        settled = dataclasses.replace(one, document=document, identity=identify(document))
        manifests.append(settled)
        generated += [(settled.identity, path) for path in paths]
    return Settled(tuple(manifests), tuple(generated))


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: documents, most of them not read yet, without the generated values.

    Attributes:
        drafts: In the order they came.
        generated: Where generated values were, as in `Settled`.
    """

    drafts: tuple[Draft, ...]
    generated: tuple[tuple[Identity, str], ...] = ()


def settle_drafts(first: Sequence[Draft], second: Sequence[Draft]) -> Side:
    """Settle two renderings as `settle` does, reading only the documents whose text differs.

    Raises:
        TimonierError: One of those is no manifest.
    """
    common = Counter(draft.text for draft in first) & Counter(draft.text for draft in second)
    alike, left = _without(first, common)
    settled = settle(read(left), read(_without(second, common)[1])) if left else Settled((), ())
    return Side((*alike, *map(Draft.of, settled.manifests)), settled.generated)


def _without(drafts: Sequence[Draft], common: Counter[str]) -> tuple[list[Draft], list[Draft]]:
    """Return the drafts whose text is in both renderings, and the others."""
    texts = Counter(common)
    alike: list[Draft] = []
    left: list[Draft] = []
    for draft in drafts:
        (alike if texts[draft.text] > 0 else left).append(draft)
        texts[draft.text] -= 1
    return alike, left


def _pairs(first: Sequence[Manifest], second: Sequence[Manifest]) -> Iterator[tuple[Manifest, Manifest | None]]:
    if [_place(manifest) for manifest in first] == [_place(manifest) for manifest in second]:
        yield from zip(first, second, strict=True)
        return
    others = {manifest.identity: manifest for manifest in second}
    for manifest in first:
        yield manifest, others.get(manifest.identity)


def _place(manifest: Manifest) -> tuple[str, str, str]:
    return manifest.source, manifest.identity.group, manifest.identity.kind


def _mask(one: Any, other: Any, path: str, found: list[str]) -> Any:  # noqa: ANN401 - any part of a document
    """Return `one` with `GENERATED` for what differs in `other`, and write down where that was."""
    if one == other and type(one) is type(other):
        return one
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {key: _mask(one[key], other[key], f"{path}.{key}".lstrip("."), found) for key in one}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_mask(*pair, f"{path}[{index}]", found) for index, pair in enumerate(zip(one, other, strict=True))]
    found.append(path)
    if isinstance(one, str) and isinstance(other, str):
        return _mask_lines(one, other)
    return GENERATED


def _mask_lines(one: str, other: str) -> str:
    """Mask only the lines that differ, so that a change elsewhere in a generated file is still seen."""
    lines, others = one.split("\n"), other.split("\n")
    if len(lines) != len(others):
        return GENERATED
    masked = [line if line == twin else GENERATED for line, twin in zip(lines, others, strict=True)]
    # A certificate is not always the same number of lines: a run of generated ones counts as one.
    runs = ((line, list(run)) for line, run in groupby(masked))
    return "\n".join("\n".join([line] if line == GENERATED else run) for line, run in runs)
