"""A branch that is served as a repository of charts, such as `gh-pages`: files go there in one commit.

Git's plumbing writes it with an index of its own: the working tree, the user's index and hooks stay out of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from timonier.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEME = "git:"
_NONE = "0" * 40  # git's name for a branch that is not there yet


@dataclass(frozen=True, slots=True)
class Branch:
    """A folder of a branch of the current folder's repository.

    Attributes:
        name: The branch.
        folder: Seen from the repository's top; empty for the top itself.
    """

    name: str
    folder: str = ""

    def __str__(self) -> str:
        """Write it as a place."""
        return f"{SCHEME}{self.name}:{self.folder}".rstrip(":")

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return what some files of the folder hold; nothing of those that are not there.

        Raises:
            PublishError: There is no git, or no repository.
        """
        at = self._head()
        found = {}
        for name in names if at else ():
            done = _git("cat-file", "blob", f"{at}:{PurePosixPath(self.folder, name)}", check=False)
            if not done.returncode:
                found[name] = done.stdout
        return found

    def commit(self, files: Mapping[str, bytes], message: str) -> None:
        """Add a commit with some files to the branch; make the branch when it is not there.

        Raises:
            PublishError: The branch is checked out, was changed meanwhile, or git does not know who commits.
        """
        self._check_free()
        head = self._head()
        with tempfile.TemporaryDirectory(prefix="timonier-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if head:
                _git("read-tree", head, env=index)
            for name, content in files.items():
                blob = _told("hash-object", "-w", "--stdin", stdin=content)
                path = PurePosixPath(self.folder, name)
                _git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", env=index)
            tree = _told("write-tree", env=index)
        parents = ["-p", head] if head else []
        commit = _told("commit-tree", tree, *parents, "-m", message)
        # Only from where it was read: whoever was faster wins, and nothing of theirs is lost.
        _git("update-ref", "-m", message, f"refs/heads/{self.name}", commit, head or _NONE)

    def _head(self) -> str:
        done = _git("rev-parse", "--verify", "--quiet", f"refs/heads/{self.name}^{{commit}}", check=False)
        if done.returncode and done.stderr.strip():
            raise _problem(done)
        return done.stdout.decode().strip()

    def _check_free(self) -> None:
        listed = _told("worktree", "list", "--porcelain").splitlines()
        if f"branch refs/heads/{self.name}" in listed:
            raise PublishError(f"The branch {self.name} is checked out.", hint="Check out another one first.")


def read_branch(place: str) -> Branch:
    """Read `git:BRANCH` or `git:BRANCH:PATH`.

    Raises:
        PublishError: It is no such place.
    """
    name, _, folder = place.removeprefix(SCHEME).partition(":")
    path = PurePosixPath(folder)
    if not name or path.is_absolute() or ".." in path.parts:
        raise PublishError(f"{place} names no folder of a branch.", hint="Write git:BRANCH or git:BRANCH:PATH.")
    return Branch(name, "" if str(path) == "." else str(path))


def _told(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    return _git(*arguments, stdin=stdin, env=env).stdout.decode().strip()


def _git(
    *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git")
    if not program:
        raise PublishError("There is no git to publish to a branch with.", hint="Install git.")
    environment = {**os.environ, **(env or {}), "LC_ALL": "C"}
    done = subprocess.run([program, *arguments], input=stdin, capture_output=True, check=False, env=environment)
    if check and done.returncode:
        raise _problem(done)
    return done


def _problem(done: subprocess.CompletedProcess[bytes]) -> PublishError:
    lines = done.stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
    told = next((line for line in lines if line.startswith("fatal: ")), lines[0])
    return PublishError(f"Git does not do it: {told.removeprefix('fatal: ').removeprefix('error: ').rstrip('.')}.")
