"""From two sources to what there is to say about them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from timonier.diff.adopt import with_owners
from timonier.diff.compare import Options, compare
from timonier.diff.server import ask_server
from timonier.diff.sides import side_of
from timonier.diff.upgrade import asking_cluster
from timonier.live import LiveSource
from timonier.source import ChartSource

if TYPE_CHECKING:
    from timonier.diff.generated import Side
    from timonier.diff.model import Difference
    from timonier.diff.sides import Wish
    from timonier.engine import Release
    from timonier.kube import Access
    from timonier.source import Source
    from timonier.stored import Stored


@dataclass(frozen=True, slots=True)
class Question:
    """Two sources, and what to take of them.

    Attributes:
        old: The one source.
        new: The other.
        before: What is asked of the one, where it is a chart.
        after: What is asked of the other.
        release: What charts are rendered as.
        access: The way to the cluster.
        stored: The release in the cluster that this is about; None for none.
        server: Whether to ask the API server what it would make of the new side.
    """

    old: Source
    new: Source
    before: Wish
    after: Wish
    release: Release
    access: Access
    stored: Stored | None = None
    server: bool = False


class Compared(NamedTuple):
    """What came of it: the difference, and the documents of both sides."""

    difference: Difference
    before: Side
    after: Side


def run(question: Question, options: Options) -> Compared:
    """Take the documents of both sides, and compare them.

    Raises:
        TimonierError: A source does not yield its manifests, or the cluster cannot be asked.
    """
    with ThreadPoolExecutor(2) as pool:  # of two that fail, it is the old one that is told of
        old = pool.submit(_side, question.old, question.before, question)
        new = pool.submit(_side, question.new, question.after, question)
    (before, one), (after, other) = old.result(), new.result()
    notes = [one, other]
    # Nobody upgrades to what is there.
    by_client = bool(question.stored and question.stored.by_client)
    options = replace(options, effects=not isinstance(question.new, LiveSource), by_client=by_client)
    if question.server:
        asked = ask_server(after, before, question.access, question.release.namespace)
        after, options = asked.side, replace(options, refused=asked.refused)
        notes.append(asked.note)
    if question.stored and isinstance(question.new, ChartSource) and not other:
        notes.append(_replaced(after))
    difference = replace(compare(before, after, options), notes=tuple(filter(None, notes)))
    if question.stored and isinstance(question.new, ChartSource):
        difference = with_owners(difference, after.drafts, question.stored, question.access)
    return Compared(difference, before, after)


def _side(source: Source, wish: Wish, question: Question) -> tuple[Side, str]:
    """Return a side, and a sentence about what could not be had for it; empty when all was."""
    source, note = asking_cluster(source, question.access) if question.stored else (source, "")
    return side_of(source, wish, question.release), note


def _replaced(after: Side) -> str:
    """Return a sentence about what is generated though the cluster was asked for what there is; empty for nothing."""
    values = len(after.generated)
    is_one = values == 1
    return (
        f"An upgrade puts {'another value' if is_one else 'other values'} in the place of {values} generated "
        f"one{'' if is_one else 's'}: the chart keeps none of what the cluster holds."
        if values
        else ""
    )
