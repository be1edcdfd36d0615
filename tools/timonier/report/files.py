"""Files on disk, all or none; of renderings a file a template, laid out as `helm template --output-dir` does."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from timonier.errors import SourceError
from timonier.report.text import document_yaml, title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.render import Document, Rendering


def write_renderings(renderings: Sequence[Rendering], directory: Path) -> int:
    """Write what was rendered, all files or none: `DIR/CHART/templates/FILE`.

    Where there are several cases, each has a folder of its own above that, and so has each Kubernetes version.

    Returns:
        How many files were written.

    Raises:
        SourceError: A file cannot be written, or two renderings are to write the same one.
    """
    files: dict[Path, str] = {}
    writers: dict[Path, Rendering] = {}
    for rendering in renderings:
        folder = directory.joinpath(*_folders(rendering, renderings))
        for document in rendering.documents:
            path = folder / _inner_path(document)
            if (other := writers.setdefault(path, rendering)) is not rendering:
                raise SourceError(
                    f"{path} would be written twice, for {title(other)} and for {title(rendering)}.",
                    hint="Write them to folders of their own.",
                )
            files[path] = files.get(path, "") + document_yaml(document)
    write_files({path: text.encode() for path, text in files.items()}, directory)
    return len(files)


def _folders(rendering: Rendering, among: Sequence[Rendering]) -> Iterator[str]:
    if len({other.case.name for other in among}) > 1:
        yield rendering.case.name
    if len({other.kube_version for other in among}) > 1:
        yield rendering.kube_version


def _inner_path(document: Document) -> PurePosixPath:
    """Return where a document goes below the folder; one that no template is known of, by its kind and name.

    Raises:
        SourceError: That is not below the folder: a manifest file may say anything of where it comes from.
    """
    [manifest, *_] = document.manifests or [None]
    named = f"{manifest.identity.kind}-{manifest.identity.name}.yaml".lower() if manifest else ""
    path = PurePosixPath(document.source or named.replace("/", "-"))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise SourceError(f"{path} is no path of a template.", hint="Its `# Source:` comment leads out of the folder.")
    return path


def write_files(files: Mapping[Path, bytes], directory: Path) -> None:
    """Write all files beside where they go, then move them there: what fails leaves nothing behind.

    Args:
        files: What to write where; folders are made.
        directory: A folder above all of them.

    Raises:
        SourceError: One cannot be written.
    """
    with contextlib.ExitStack() as undo:
        try:
            for folder in sorted({directory, *(path.parent for path in files)}):
                _make_folder(folder, undo)
            with tempfile.TemporaryDirectory(prefix=".timonier-", dir=directory) as stage:
                staged = {path: Path(stage) / str(number) for number, path in enumerate(files)}
                for path, place in staged.items():
                    place.write_bytes(files[path])
                    if path.is_dir():
                        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
                for path, place in staged.items():
                    place.replace(path)
        except OSError as problem:
            raise SourceError(f"{problem.filename or directory} cannot be written: {problem.strerror}.") from None
        undo.pop_all()


def _make_folder(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make a folder and those above it, each of which `undo` takes away again."""
    if folder.is_dir():
        return
    if folder.exists():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    _make_folder(folder.parent, undo)
    folder.mkdir()
    undo.callback(folder.rmdir)
