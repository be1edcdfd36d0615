"""What does not go well while something is published: full disks, slow registries, others at work on the same."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from timonier.chartfiles import ChartFiles
from timonier.package import package
from timonier.publish import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.publish.conftest import FakeRegistry

    Run = Callable[..., tuple[int, str, str]]

FULL = os.strerror(errno.EFBIG)


def written(folder: Path, *, version: str = "1.2.3", size: int = 10) -> Path:
    """Write an archive of a chart that holds so many bytes, none of which can be compressed away."""
    files = {"Chart.yaml": f"name: shop\nversion: {version}\n".encode(), "files/random": os.urandom(size)}
    archive = package(ChartFiles(Path("shop"), "shop", files))
    folder.mkdir(exist_ok=True)
    (folder / archive.file_name).write_bytes(archive.content)
    return folder / archive.file_name


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """Let no file become larger than so many bytes, as a full disk does not; the error is another, the way the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def content(folder: Path) -> dict[str, bytes]:
    """What lies in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_full_disk_leaves_a_folder_as_it_was(run: Run, tmp_path: Path) -> None:
    """The archive still fits, its index does not any more: neither is there."""
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "index.yaml").write_text(f"apiVersion: v1\nentries: {{}}\nowners: {'x' * 9000}\n")
    before = content(repository)
    archive = written(tmp_path / "dist", size=2000)
    with disk_of(5000):
        code, out, err = run("publish", archive, repository, "--no-check")
    assert (code, out) == (2, "")
    assert f"{repository} cannot be written: {FULL}." in " ".join(err.split())
    assert content(repository) == before
    assert run("publish", archive, repository, "--no-check")[0] == 0


def test_a_full_disk_leaves_what_was_packaged_before(run: Run, tmp_path: Path) -> None:
    """`timonier package` writes all archives or none, and none in part."""
    small, large = (tmp_path / name for name in ("small", "large"))
    for chart in (small, large):
        chart.mkdir()
        (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {chart.name}\nversion: 1.0.0\n")
    dist = tmp_path / "dist"
    run("package", small, large, "-d", dist, "--no-check")
    before = content(dist)
    (small / "README.md").write_text("More.")
    (large / "README.md").write_bytes(os.urandom(9000))
    with disk_of(5000):
        code, out, err = run("package", small, large, "-d", dist, "--no-check")
    assert (code, out) == (2, "")
    assert f"{dist} cannot be written: {FULL}." in " ".join(err.split())
    assert content(dist) == before


def test_a_full_disk_leaves_a_branch_as_it_was(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git is stopped in the middle, and nobody sees a commit of it."""
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")
    archive = written(tmp_path / "dist", size=9000)
    with disk_of(5000):
        code, out, err = run("publish", archive, "git:pages", "--no-check")
    assert (code, out) == (2, "")
    assert "Git does not do it" in err
    assert git("branch", "--list") == ""


def git(*arguments: str) -> str:
    """Run git in the current folder."""
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout  # noqa: S607 - as found


def test_a_cache_that_cannot_be_written_is_one_sentence(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: FakeRegistry
) -> None:
    """In it publishers take turns; without, nothing is sent."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("TIMONIER_CACHE", str(tmp_path / "file"))
    code, out, err = run("publish", written(tmp_path / "dist"), f"oci://{registry.address}/charts", "--no-check")
    assert (code, out, registry.asked) == (2, "", [])
    assert f"The cache at {tmp_path / 'file'} cannot be written: Not a directory." in " ".join(err.split())


class _Dripping(BaseHTTPRequestHandler):
    """Answers every request, a byte at a time: each comes soon enough, and all of them never do."""

    protocol_version = "HTTP/1.1"
    ended: threading.Event
    head: bytes

    def do_GET(self) -> None:
        self.close_connection = True
        self.wfile.write(self.head)
        for _ in range(200):
            if self.ended.wait(0.02):
                return
            with suppress(OSError):
                self.wfile.write(b" ")

    def log_message(self, *_: object) -> None:
        """Be silent."""


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX:", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"],
    ids=["no end of the head", "no end of the body"],
)
def test_a_registry_that_answers_too_slowly_is_given_up(
    run: Run, tmp_path: Path, serve: Callable[..., str], monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    """Though a byte comes again and again. It is a minute, here half a second."""
    monkeypatch.setattr(connection, "_SECONDS", 0.5)
    ended = threading.Event()
    address = serve(type("Handler", (_Dripping,), {"ended": ended, "head": head}))
    try:
        place = f"oci://{address}/charts"
        code, out, err = run("publish", written(tmp_path / "dist"), place, "--no-check", "--plain-http")
    finally:
        ended.set()
    assert (code, out) == (2, "")
    assert f"{address} did not answer in time. Check the host's name and the network." in " ".join(err.split())


def test_two_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """Two programs, two versions, one folder, each of which names it in its own way: the index has both.

    It is a long one, so that they would meet while they work on it.
    """
    repository = tmp_path / "repository"
    repository.mkdir()
    many = [{"name": "other", "version": f"1.0.{number}", "urls": ["x"], "digest": "0"} for number in range(4000)]
    (repository / "index.yaml").write_text(json.dumps({"apiVersion": "v1", "entries": {"other": many}}))
    archives = [written(tmp_path / f"dist-{version}", version=version) for version in ("1.0.0", "2.0.0")]
    command = [sys.executable, "-m", "timonier", "publish", "--no-check"]
    running = [
        subprocess.Popen([*command, str(archive), place], cwd=tmp_path, stderr=subprocess.PIPE)
        for archive, place in zip(archives, ("repository", "./repository/"), strict=True)
    ]
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in running]
    assert [code for _, code in ended] == [0, 0], ended
    index = (repository / "index.yaml").read_text()
    assert all(f"shop-{version}.tgz" in index for version in ("1.0.0", "2.0.0"))
