"""At which line of what `timonier render` prints an object stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.objects.lists import is_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timonier.manifest import Manifest
    from timonier.render import Document

_HEADING = 2  # `---`, and `# Source: …`


def line_of(manifest: Manifest, documents: Sequence[Document]) -> int:
    """Return the line at which a manifest begins among the printed documents, from 1; 0 when it cannot be told."""
    # As `timonier render` prints documents: a line end first when all are hooks, and behind the last that is none no
    # more white space.
    last = max((at for at, document in enumerate(documents) if not document.is_hook), default=None)
    line = 1 if last is not None else 2
    for at, document in enumerate(documents):
        if _holds(document, manifest):
            return line + _HEADING + manifest.line - 1
        content = document.content.rstrip() if at == last else document.content
        line += _HEADING + content.count("\n") + 1
    return 0


def _holds(document: Document, manifest: Manifest) -> bool:
    """Whether a document is, or holds in a list, a manifest."""
    return any(
        one is manifest
        or (is_list(one) and one.source == manifest.source and manifest.document in one.document["items"])
        for one in document.manifests
    )
