"""A patch that `git apply` takes: from the documents as they are written to the new ones.

What says the same is left as it is written, so that only changes are in the patch.
"""

from __future__ import annotations

import dataclasses
import difflib
import itertools
import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from timonier import yamlio
from timonier.diff.compare import order_counts, with_autoscaled
from timonier.diff.filters import Filter
from timonier.diff.generated import GENERATED
from timonier.diff.meaning import canonical
from timonier.diff.pairs import expanded
from timonier.diff.partial import merged, written
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
# What is no part of a document's text, and stays: the separator, and where the document comes from.
_HEAD = re.compile(r"(?:---[ \t]*\n?)?(?:# Source: .*\n)?")
_Key = tuple["Identity", int]
_Wanted = dict[_Key, tuple["Manifest", str]]
_Write = Callable[["Draft", "Manifest"], str]
_NO_RULES = Filter()


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


def patch(old: Source, before: Sequence[Draft], after: Sequence[Draft], rules: Filter = _NO_RULES) -> str:
    """Write the patch from one side to the other.

    Args:
        old: A manifest file; or a chart or a release, whose documents are taken to lie where
            `timonier render --output-dir` writes them.
        before: Its documents.
        after: The other side's documents.
        rules: What is passed over: it stays as the old side has it.

    Raises:
        SourceError: The old side is in no file, or what changes holds values that each rendering makes anew: those in
            the file are others; or rules are about a part of a `kind: List` that changes.
    """
    if not isinstance(old, FileSource | ChartSource | ReleaseSource):
        raise SourceError(
            f"{old.label} is in no file that could be patched.", hint="Name a manifest file, a chart or a release."
        )
    write = _printed if isinstance(old, ChartSource) else _text
    wanted = {key: (manifest, write(draft, manifest)) for key, manifest, draft in _keyed(after)}
    if rules.ignore or rules.only:
        there = {key: (manifest, write(draft, manifest)) for key, manifest, draft in _keyed(before)}
        wanted = _heeded(there, wanted, with_autoscaled(rules, before, after))
    if isinstance(old, FileSource):
        path = _path(old.label)
        return "".join(_changed({path: _pieces(old.text, before)}, wanted, lambda _: path))
    return "".join(_changed(_files(before, write), wanted, _path_of))


def _heeded(there: _Wanted, wanted: _Wanted, rules: Filter) -> _Wanted:
    """Return what is to be there when nothing is changed that rules pass over."""
    heeded: _Wanted = {}
    for key in (*there, *(key for key in wanted if key not in there)):
        _check_no_list(there.get(key), wanted.get(key))
        if not rules.heeds([key[0]], whole=not (key in there and key in wanted)):
            heeded |= {key: there[key]} if key in there else {}
        elif key in there and key in wanted:
            heeded[key] = _in_part(there[key], wanted[key], rules)
        elif key in wanted:
            heeded[key] = wanted[key]
    return heeded


def _check_no_list(*sides: tuple[Manifest, str] | None) -> None:
    """Assert that rules need not look into a list: they are about its objects, and a patch takes it whole.

    Raises:
        SourceError: They would.
    """
    documents = [side[0].document if side else {} for side in sides]
    listed = [side[0] for side in sides if side and list(expanded([side[0]])) != [side[0]]]
    if listed and documents[0] != documents[-1]:
        raise SourceError(
            f"No patch can leave out what rules pass over in {listed[0].identity}: its objects are one document.",
            hint="Write each as a document of its own, or say neither --ignore nor --only.",
        )


def _in_part(there: tuple[Manifest, str], wanted: tuple[Manifest, str], rules: Filter) -> tuple[Manifest, str]:
    """Return an object with those of its changes that rules do not pass over."""
    (old, before), (new, after) = there, wanted
    passes = rules.passes([new.identity])
    if passes is None:
        return wanted
    overlay = Overlay(passes, lambda steps: order_counts(new, steps))
    node = overlay.lay(canonical(old.document, ""), canonical(new.document, ""))
    if not overlay.fields or not overlay.passed:
        return wanted if overlay.fields else there
    document = merged(node)
    text = written(before, after, document, lambda steps: order_counts(new, steps))
    return dataclasses.replace(new, document=document), text


def _files(drafts: Sequence[Draft], write: _Write) -> dict[str, list[Piece]]:
    """Return what `timonier render --output-dir` writes."""
    files: dict[str, list[Piece]] = {}
    for key, manifest, draft in sorted(_keyed(drafts), key=lambda one: install_rank(one[1])):
        piece = Piece(key, f"{_head(manifest)}{write(draft, manifest)}", manifest)
        files.setdefault(_path_of(manifest), []).append(piece)
    return files


def _text(_: Draft, manifest: Manifest) -> str:
    """Return a document as it is written, or as YAML has it where nobody wrote it down: in a cluster."""
    return manifest.text or yamlio.dump(manifest.document)


def _printed(draft: Draft, manifest: Manifest) -> str:
    """Return a document as Helm prints it: whatever it ends in, there is a line end behind it."""
    text = draft.text.lstrip("\n") or _text(draft, manifest)
    return f"{text}\n"


def _path_of(manifest: Manifest) -> str:
    return manifest.source


def _keyed(drafts: Iterable[Draft]) -> Iterator[tuple[_Key, Manifest, Draft]]:
    seen: Counter[Identity] = Counter()
    for draft in drafts:
        for manifest in draft.manifests:
            yield (manifest.identity, seen[manifest.identity]), manifest, draft
            seen[manifest.identity] += 1


def _head(manifest: Manifest) -> str:
    return f"---\n# Source: {manifest.source}\n" if manifest.source else "---\n"


_NOTHING = (None, None, None)


def _pieces(text: str, drafts: Sequence[Draft]) -> list[Piece]:
    """Take a file apart without losing a character of it."""
    bounds = [match.start() for match in _SEPARATOR.finditer(text)]
    bounds = [0, *(bound for bound in bounds if bound), len(text)]
    chunks = [text[begin:end] for begin, end in itertools.pairwise(bounds)]
    read = iter(_keyed(drafts))
    pieces = []
    for chunk in chunks:
        holds = any(_says_something(document) for _, document, _ in split_documents(chunk))
        key, manifest, _ = next(read, _NOTHING) if holds else _NOTHING
        pieces.append(Piece(key, chunk, manifest))
    return pieces


def _says_something(document: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in document.splitlines())


def _changed(files: dict[str, list[Piece]], wanted: _Wanted, path_of: Callable[[Manifest], str]) -> Iterator[str]:
    """Yield the patch of each file that changes, those that are new last."""
    known = {piece.key for pieces in files.values() for piece in pieces}
    added: dict[str, list[str]] = {}
    for key, (manifest, text) in wanted.items():
        if key not in known:
            added.setdefault(path_of(manifest), []).append(f"{_head(manifest)}{text}")
    for path in dict.fromkeys([*files, *added]):
        pieces = files.get(path, [])
        before = "".join(piece.text for piece in pieces)
        whole = "".join(_replaced(piece, wanted) for piece in pieces)
        if added.get(path) and whole and not whole.endswith("\n"):
            whole += "\n"
        yield from _unified(path, before, whole + "".join(added.get(path, ())), is_new=path not in files)


def _replaced(piece: Piece, wanted: _Wanted) -> str:
    """Return what is to stand in a document's place: itself where the new one says the same."""
    if piece.key is None or piece.manifest is None:
        return piece.text
    if piece.key not in wanted:
        return ""
    manifest, text = wanted[piece.key]
    overlay = Overlay(order_counts=lambda steps: order_counts(manifest, steps))
    overlay.lay(canonical(piece.manifest.document, ""), canonical(manifest.document, ""))
    if not overlay.fields:
        return piece.text
    if GENERATED in f"{piece.manifest.document}{manifest.document}":
        raise SourceError(
            f"No patch of {manifest.identity} would apply: each rendering makes up values of it anew.",
            hint="Set those values, or compare two manifest files.",
        )
    head = _HEAD.match(piece.text)
    return f"{head[0] if head else ''}{text}"


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
