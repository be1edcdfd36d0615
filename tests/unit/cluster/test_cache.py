"""The cache: an entry is there whole or not at all, and is made once."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest

from timonier.cluster import cache
from timonier.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def write(text: str = "done") -> Callable[[Path], None]:
    """A build that writes one file."""

    def make(into: Path) -> None:
        (into / "file").write_text(text)

    return make


def test_an_entry_is_made_once() -> None:
    """A second request for the same name gets the folder the first one made."""
    first = cache.entry("programs", "one", write("first"))
    second = cache.entry("programs", "one", write("second"))
    assert first == second
    assert (second / "file").read_text() == "first"


@pytest.mark.parametrize("failure", [ClusterError("no"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_build_that_ends_early_leaves_nothing(failure: BaseException, empty_cache: Path) -> None:
    """Whatever interrupts a build, nothing half made stays, and the next one works."""

    def interrupted(into: Path) -> None:
        (into / "half").write_text("half")
        raise failure

    with pytest.raises((ClusterError, KeyboardInterrupt)):
        cache.entry("programs", "one", interrupted)
    assert list((empty_cache / "programs").iterdir()) == []
    assert (cache.entry("programs", "one", write()) / "file").read_text() == "done"


def test_what_a_killed_build_left_is_removed(empty_cache: Path) -> None:
    """A process that was killed could not clean up: the next one does it."""
    left = empty_cache / "programs" / ".one.abc"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    cache.entry("programs", "one", write())
    assert [path.name for path in (empty_cache / "programs").iterdir()] == ["one"]


def test_two_builders_at_once_make_one_entry() -> None:
    """The second waits for the first, is told so, and builds nothing."""
    began = Event()
    made: list[Path] = []
    waits: list[int] = []

    def slow(into: Path) -> None:
        made.append(into)
        began.set()
        # The first holds the entry until the second has said that it waits.
        assert waited.wait(10)
        (into / "file").write_text("one")

    waited = Event()

    def note() -> None:
        waits.append(1)
        waited.set()

    with ThreadPoolExecutor() as pool:
        first = pool.submit(cache.entry, "programs", "one", slow)
        assert began.wait(10)
        second = pool.submit(cache.entry, "programs", "one", slow, waiting=note)
        assert first.result(20) == second.result(20)
    assert len(made) == 1
    assert waits == [1]


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    """A cache on a disk without room says so, names the way out, and keeps nothing half made."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if (
        os.geteuid()
        or subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False).returncode
    ):
        pytest.skip("a disk of its own needs the right to mount one")
    try:
        code = (
            "from pathlib import Path; from timonier.cluster import cache\n"
            "cache.entry('programs', 'one', lambda into: (into / 'file').write_bytes(bytes(4 << 20)))"
        )
        environment = {**os.environ, "TIMONIER_CACHE": str(disk)}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert "cannot be written: No space left on device" in done.stderr
        assert "TIMONIER_CACHE" in done.stderr
        assert list((disk / "programs").iterdir()) == []
    finally:
        subprocess.run(["/bin/umount", disk], check=True)


def test_the_key_is_made_of_names_modes_and_bytes(tmp_path: Path) -> None:
    """Another name, mode or byte is another key; another time is not."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    file = folder / "Dockerfile"
    file.write_text("FROM scratch\n")
    keys = [cache.key_of([folder])]
    os.utime(file, (1, 1))
    assert cache.key_of([folder]) == keys[0]
    file.chmod(0o755)
    keys.append(cache.key_of([folder]))
    file.write_text("FROM scratch # changed\n")
    keys.append(cache.key_of([folder]))
    file.rename(folder / "Containerfile")
    keys += [cache.key_of([folder]), cache.key_of([folder], "fact")]
    assert len(set(keys)) == len(keys)
