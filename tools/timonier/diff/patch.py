"""A patch that `git apply` takes: from the documents as they are written to the new ones.

What says the same is left as it is written, so that only changes are in the patch.
"""

from __future__ import annotations

import difflib
import itertools
import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from timonier.diff.meaning import canonical
from timonier.diff.tree import Overlay
from timonier.errors import SourceError
from timonier.manifest import install_rank, split_documents
from timonier.source import ChartSource, FileSource
from timonier.stored import ReleaseSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from timonier.draft import Draft
    from timonier.manifest import Identity, Manifest
    from timonier.source import Source

_SEPARATOR = re.compile(r"^---[ \t]*\n?", re.MULTILINE)
_Key = tuple["Identity", int]


class Piece(NamedTuple):
    """A document in a file.

    Attributes:
        key: Which object, and the how manieth of that name; None for what is no object.
        text: All of it, up to the next document, separator and comments included.
        manifest: What it says.
    """

    key: _Key | None
    text: str
    manifest: Manifest | None


def patch(old: Source, before: Sequence[Draft], after: Sequence[Draft]) -> str:
    """Write the patch from one side to the other.

    Args:
        old: A manifest file; or a chart or a release, whose documents are taken to lie where
            `timonier render --output-dir` writes them.
        before: Its documents.
        after: The other side's documents.

    Raises:
        SourceError: The old side is in no file.
    """
    if isinstance(old, FileSource):
        files = {_path(old.label): _pieces(old.text, before)}
    elif isinstance(old, ChartSource | ReleaseSource):
        files = _files(before)
    else:
        raise SourceError(f"{old.label} is in no file that could be patched.", hint="Name a manifest file or a chart.")
    single = next(iter(files), "") if isinstance(old, FileSource) else ""
    wanted = dict(_keyed(after))
    return "".join(_changed(files, wanted, single))


def _files(drafts: Sequence[Draft]) -> dict[str, list[Piece]]:
    files: dict[str, list[Piece]] = {}
    for key, manifest, draft in _ordered(drafts):
        files.setdefault(draft.source, []).append(Piece(key, _written(draft), manifest))
    return files


def _ordered(drafts: Iterable[Draft]) -> list[tuple[_Key, Manifest, Draft]]:
    found = [(key, manifest, draft) for key, (manifest, draft) in _keyed(drafts)]
    return sorted(found, key=lambda one: install_rank(one[1]))


def _keyed(drafts: Iterable[Draft]) -> Iterator[tuple[_Key, tuple[Manifest, Draft]]]:
    seen: Counter[Identity] = Counter()
    for draft in drafts:
        for manifest in draft.manifests:
            yield (manifest.identity, seen[manifest.identity]), (manifest, draft)
            seen[manifest.identity] += 1


def _written(draft: Draft) -> str:
    source = f"# Source: {draft.source}\n" if draft.source else ""
    return f"---\n{source}{draft.text.rstrip()}\n"


def _pieces(text: str, drafts: Sequence[Draft]) -> list[Piece]:
    """Take a file apart without losing a character of it."""
    bounds = [match.start() for match in _SEPARATOR.finditer(text)]
    bounds = [0, *(bound for bound in bounds if bound), len(text)]
    chunks = [text[begin:end] for begin, end in itertools.pairwise(bounds)]
    read = iter(_keyed(drafts))
    pieces = []
    for chunk in chunks:
        holds = [1 for _, document, _ in split_documents(chunk) if _says_something(document)]
        key, found = next(read, (None, None)) if holds else (None, None)
        pieces.append(Piece(key, chunk, found[0] if found else None))
    return pieces


def _says_something(document: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in document.splitlines())


def _changed(files: dict[str, list[Piece]], wanted: dict[_Key, tuple[Manifest, Draft]], single: str) -> Iterator[str]:
    """Yield the patch of each file that changes, those that are new last."""
    known = {piece.key for pieces in files.values() for piece in pieces}
    added: dict[str, list[str]] = {}
    for key, (_, draft) in wanted.items():
        if key not in known:
            added.setdefault(single or draft.source, []).append(_written(draft))
    for path in dict.fromkeys([*files, *added]):
        pieces = files.get(path, [])
        kept = [_replaced(piece, wanted) for piece in pieces]
        before = "".join(piece.text for piece in pieces)
        whole = "".join(kept)
        if added.get(path) and whole and not whole.endswith("\n"):
            whole += "\n"
        yield from _unified(path, before, whole + "".join(added.get(path, ())), is_new=path not in files)


def _replaced(piece: Piece, wanted: dict[_Key, tuple[Manifest, Draft]]) -> str:
    """Return what is to stand in a document's place: itself where the new one says the same."""
    if piece.key is None or piece.manifest is None:
        return piece.text
    if piece.key not in wanted:
        return ""
    manifest, draft = wanted[piece.key]
    overlay = Overlay()
    overlay.lay(canonical(piece.manifest.document, ""), canonical(manifest.document, ""))
    if not overlay.fields:
        return piece.text
    begins = _SEPARATOR.match(piece.text)
    source = re.match(r"(?:---[ \t]*\n)?(# Source: .*\n)?", piece.text)
    return f"{begins[0] if begins else ''}{(source and source[1]) or ''}{draft.text.strip(chr(10)).rstrip()}\n"


def _unified(path: str, before: str, after: str, *, is_new: bool) -> Iterator[str]:
    if before == after:
        return
    gone = not after.strip()
    yield f"diff --git a/{path} b/{path}\n"
    if is_new:
        yield "new file mode 100644\n"
    if gone:
        yield "deleted file mode 100644\n"
    names = "/dev/null" if is_new else f"a/{path}", "/dev/null" if gone else f"b/{path}"
    lines = (_split(before), _split("" if gone else after))
    for line in difflib.unified_diff(*lines, *names):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _split(text: str) -> list[str]:
    """Split at line feeds alone, as git does."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _path(label: str) -> str:
    """Return a file's path as a patch names it: from the current folder, or a repository's top."""
    if label.startswith("git:"):
        return label.split(":", 2)[2]
    path = Path(label)
    inside = path.is_absolute() and path.is_relative_to(Path.cwd())
    return os.path.normpath(path.relative_to(Path.cwd()) if inside else label).lstrip("/")
