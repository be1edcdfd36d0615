"""What was built once, kept outside every checkout and found again by its inputs.

An entry is a folder that appears whole or not at all: it is made under another name and renamed. A lock by entry
lets two processes that want the same one build it once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def folder() -> Path:
    """The cache's folder: `TIMONIER_CACHE`, else `timonier` in the user's cache (XDG base directory specification)."""
    if chosen := os.environ.get("TIMONIER_CACHE"):
        return Path(chosen).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "timonier"


def key_of(folders: Iterable[Path], *facts: str) -> str:
    """A key of 12 characters for the content of folders (names, modes, bytes) and further facts."""
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(fact.encode() + b"\0")
    for root in folders:
        for path in sorted(root.rglob("*")):
            if path.is_file():
                executable = b"x" if os.access(path, os.X_OK) else b"-"
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + executable)
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def entry(kind: str, name: str, make: Callable[[Path], None], *, waiting: Callable[[], None] | None = None) -> Path:
    """The folder of an entry, made by `make` (which fills an empty folder) where it is not there yet.

    Args:
        kind: The group of entries, a folder of the cache.
        name: The entry's name, its key included.
        make: Fills the folder it is given.
        waiting: Called once when another process is making the same entry.

    Raises:
        ClusterError: The cache cannot be written, or `make` raised it.
    """
    place = folder() / kind / name
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with lock(f"{kind}-{name}", waiting=waiting):
            if not place.is_dir():
                _make(place, make)
    except OSError as error:
        raise _unwritable(error) from error
    return place


def _unwritable(error: OSError) -> ClusterError:
    return ClusterError(
        f"The cache at {folder()} cannot be written: {error.strerror or error}.",
        hint="Free some space there, or name another folder in TIMONIER_CACHE; nothing half made was kept.",
    )


def _make(place: Path, make: Callable[[Path], None]) -> None:
    import tempfile

    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left)  # of a process that was killed: it cannot be at work, we hold the lock
    unfinished = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        make(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(place)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextmanager
def lock(name: str, *, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Keep other processes of this user out of the block that works on `name`.

    Raises:
        ClusterError: The cache cannot be written.
    """
    import fcntl

    locks = folder() / "locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        file = (locks / f"{name.replace('/', '_').replace(':', '_')}.lock").open("w")
    except OSError as error:
        raise _unwritable(error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing the file lets the others in, also when this process is killed
