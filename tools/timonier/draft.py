"""Drafts: documents that are read when somebody asks what they say.

Reading YAML is most of what comparing two sources costs, and documents of the same text need not be read at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from timonier.errors import SourceError
from timonier.manifest import HOOK_ANNOTATION, Manifest, pieces, read_manifest, split_documents

if TYPE_CHECKING:
    from collections.abc import Iterable

    from timonier.errors import TimonierError

_SAYS_SOMETHING = re.compile(r"^[^\S\n]*[^#\s]", re.MULTILINE)


class Draft:
    """One document, or what a template rendered to, not read yet.

    Attributes:
        text: The YAML; empty for what never was text.
        source: The template it comes from, `CHART/templates/FILE`; empty when unknown.
    """

    __slots__ = ("_error", "_line", "_manifests", "_origin", "source", "text")

    def __init__(
        self, text: str, source: str = "", *, origin: str, error: type[TimonierError] = SourceError, line: int = 1
    ) -> None:
        self.text = text
        self.source = source
        self._origin = origin
        self._error = error
        self._line = line
        self._manifests: tuple[Manifest, ...] | None = None

    @classmethod
    def of(cls, manifest: Manifest, *, text: str = "") -> Draft:
        """Return a draft of what is read already; without text it is compared by what it says only."""
        draft = cls(text, manifest.source, origin="")
        draft._manifests = (manifest,)
        return draft

    @property
    def key(self) -> str:
        """What two drafts of the same text have alike: the text without empty lines around it."""
        return self.text.strip("\n").rstrip()

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """What it says: nothing when there are only comments.

        Raises:
            TimonierError: It is no YAML, or no manifest.
        """
        if self._manifests is None:
            read = (
                read_manifest(
                    text, self.source, origin=self._origin, error=self._error, first_line=self._line + line - 1
                )
                for text, line in pieces(self.text)
            )
            self._manifests = tuple(manifest for manifest in read if manifest)
        return self._manifests

    @property
    def is_plain(self) -> bool:
        """Whether its text shows, unread, that it is one object: no hook, no list of objects."""
        return HOOK_ANNOTATION not in self.text and "items:" not in self.text and '"items"' not in self.text

    @property
    def says_something(self) -> bool:
        """Whether its text is more than comments."""
        return bool(_SAYS_SOMETHING.search(self.text))


def drafts_of(text: str, *, origin: str) -> list[Draft]:
    """Take a stream of manifests apart as Helm does, and read none of them."""
    return [Draft(document, source, origin=origin, line=line) for source, document, line in split_documents(text)]


def read(drafts: Iterable[Draft]) -> list[Manifest]:
    """Read drafts.

    Raises:
        TimonierError: One is no YAML, or no manifest.
    """
    return [manifest for draft in drafts for manifest in draft.manifests]
