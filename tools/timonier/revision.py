"""What a git repository holds at a revision: `git:REF:PATH`.

Objects are read by `git ls-tree` and `git cat-file`, as they were committed: neither the working tree nor the index is
looked at or touched, and no filter, hook or attribute (`export-ignore`) has a say.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEME = "git:"
_LINK = "120000"
_SUBMODULE = "160000"
_MOST_LINKS = 40  # as many as Linux follows before it says ELOOP


class Entry(NamedTuple):
    """A file, a link or a submodule of a tree: git's mode, and the object's name."""

    mode: str
    name: str


@dataclass(frozen=True, slots=True)
class Revision:
    """What is at a path at a revision, read and kept in memory.

    Attributes:
        label: `git:REF:PATH`, the path seen from the repository's top.
        files: What each file below the path holds, by its path from there, links followed; a path that is a file itself
            holds that under the empty name.
    """

    label: str
    files: Mapping[str, bytes]


def read_revision(name: str) -> Revision:
    """Read what `git:REF:PATH` names, in the repository of the current folder.

    Args:
        name: REF is any git takes (`main`, `HEAD~1`, `v1.0.0`, `feature/x`). PATH is seen from the repository's top, as
            git has it; one that begins with `./` or `../` is seen from the current folder.

    Raises:
        SourceError: No git, no repository, no such revision, no such path, or a link that leads out of the revision or
            in a circle.
    """
    ref, colon, path = name.removeprefix(SCHEME).partition(":")
    if not (ref and colon):
        raise SourceError(f"{name} does not say which path at which revision.", hint="Say git:REF:PATH.")
    git = _Git(name)
    path = _from_top(name, path, git)
    entries = git.entries(git.tree(ref))
    links = git.contents({at: entry for at, entry in entries.items() if entry.mode == _LINK})
    places = _Following(name, entries, {at: os.fsdecode(target) for at, target in links.items()}).files(path)
    contents = git.contents({at: entries[at] for at in sorted(set(places.values()))})
    return Revision(f"{SCHEME}{ref}:{path}", {seen: contents[at] for seen, at in sorted(places.items())})


def merge_base(ref: str) -> str:
    """Return the commit at which the current one and another parted: what a branch changed, it changed since.

    Raises:
        SourceError: No git, no repository, no such revision, or no such commit.
    """
    git = _Git(ref)
    git.tree(ref)
    return git.merge_base(ref)


def charts_at(ref: str) -> list[str]:
    """Return the folders that hold a Chart.yaml at a revision, seen from the repository's top.

    Raises:
        SourceError: No git, no repository, or no such revision.
    """
    git = _Git(ref)
    return _folders_of_charts(git.entries(git.tree(ref)))


def charts_here() -> list[str]:
    """Return the folders that hold a Chart.yaml in the working tree, seen from the repository's top.

    Committed or not; those that .gitignore names are none.

    Raises:
        SourceError: No git, or no repository.
    """
    return _folders_of_charts(_Git("the working tree").files())


def top() -> str:
    """Return the top folder of the current folder's repository.

    Raises:
        SourceError: No git, or no repository.
    """
    return _Git("the working tree").top()


def _folders_of_charts(paths: Iterable[str]) -> list[str]:
    """Leave out what a chart brings along in its `charts/`: that is part of it."""
    folders = sorted(posixpath.dirname(path) for path in paths if posixpath.basename(path) == "Chart.yaml")
    known = set(folders)
    return [folder for folder in folders if not any(above in known for above in _charts_above(folder))]


def _charts_above(folder: str) -> Iterator[str]:
    parts = folder.split("/")
    for end in range(len(parts) - 1):
        if parts[end] == "charts":
            yield "/".join(parts[:end])


def _from_top(name: str, path: str, git: _Git) -> str:
    """Return a path as seen from the repository's top."""
    if path in (".", "..") or path.startswith(("./", "../")):
        path = posixpath.join(git.prefix(), path)
    normal = posixpath.normpath(path or ".")
    if normal.startswith(("/", "../")) or normal == "..":
        raise SourceError(f"{name} leads out of the repository.", hint="Name the path from the repository's top.")
    return "" if normal == "." else normal


class _Git:
    """The git program, in the repository of the current folder."""

    def __init__(self, name: str) -> None:
        found = shutil.which("git")
        if not found:
            raise SourceError(f"{name} cannot be read: there is no program git.", hint="Install git.")
        self._git = found
        self._name = name
        if problem := self._run("rev-parse", "--git-dir")[1]:
            raise SourceError(f"{name} cannot be read: {problem}.", hint="Run it inside the repository.")

    def prefix(self) -> str:
        """The current folder, seen from the repository's top."""
        return os.fsdecode(self._run("rev-parse", "--show-prefix")[0]).removesuffix("\n")

    def tree(self, ref: str) -> str:
        """The name of a revision's tree."""
        printed = self._run("rev-parse", "--verify", "--quiet", f"{ref}^{{tree}}")[0].decode().strip()
        # What is no name of one object, such as `^main` or an option, would be something else to the next command.
        if not printed.isalnum():
            raise SourceError(f"{self._name}: there is no revision {ref}.", hint=self._where_revisions_are())
        return printed

    def _where_revisions_are(self) -> str:
        if self._run("rev-parse", "--is-shallow-repository")[0].strip() == b"true":
            return "The clone is a shallow one: run `git fetch --unshallow`."
        return "See `git branch --all` and `git tag`."

    def top(self) -> str:
        """The repository's top folder."""
        return os.fsdecode(self._run("rev-parse", "--show-toplevel")[0]).removesuffix("\n")

    def merge_base(self, ref: str) -> str:
        """The newest commit that both a revision and the current one come from."""
        printed, problem = self._run("merge-base", ref, "HEAD")
        if problem or not printed:
            raise SourceError(
                f"{self._name} and the current revision have no commit in common.",
                hint="Is the clone a shallow one? Run `git fetch --unshallow`.",
            )
        return printed.decode().strip()

    def files(self) -> list[str]:
        """Files of the working tree that are there, committed or not, from the top."""
        listed = ("ls-files", "--cached", "--others", "--exclude-standard", "-z", "--full-name", "--", ":/")
        printed, problem = self._run(*listed)
        if problem:
            raise SourceError(f"{self._name} cannot be read: {problem}.")
        top = self.top()
        paths = (os.fsdecode(path) for path in printed.split(b"\0") if path)
        return [path for path in paths if posixpath.basename(path) != "Chart.yaml" or os.path.lexists(f"{top}/{path}")]

    def entries(self, tree: str) -> dict[str, Entry]:
        """Everything in a tree, by path from the top."""
        printed, problem = self._run("ls-tree", "-r", "-z", "--full-tree", tree)
        if problem:
            raise SourceError(f"{self._name} cannot be read: {problem}.")
        found = {}
        for line in printed.split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, name = about.decode().split(" ")
            # Git itself never commits such a path; a tree that was made to do harm may hold one.
            if b".." in path.split(b"/"):
                raise SourceError(f"{self._name}: {os.fsdecode(path)} leads out of the repository.")
            found[os.fsdecode(path)] = Entry(mode, name)
        return found

    def contents(self, entries: Mapping[str, Entry]) -> dict[str, bytes]:
        """The content of files, and the targets of links; of a submodule there is none."""
        there = {path: entry.name for path, entry in entries.items() if entry.mode != _SUBMODULE}
        printed, problem = self._run("cat-file", "--batch", standard_input="".join(f"{n}\n" for n in there.values()))
        if problem:
            raise SourceError(f"{self._name} cannot be read: {problem}.")
        return dict(zip(there, self._objects(printed), strict=True))

    def _objects(self, printed: bytes) -> Iterator[bytes]:
        """Take apart what `git cat-file --batch` prints: `NAME TYPE SIZE`, the content, and a line end, for each."""
        at = 0
        while at < len(printed):
            begin = printed.index(b"\n", at) + 1
            header = printed[at : begin - 1].decode().split(" ")
            if header[-1] == "missing":
                raise SourceError(f"{self._name}: the object {header[0]} is not here.", hint="Run `git fetch`.")
            at = begin + int(header[-1]) + 1
            yield printed[begin : at - 1]

    def _run(self, *arguments: str, standard_input: str = "") -> tuple[bytes, str]:
        """Return what git printed, and when it failed the first thing it said about that."""
        environment = os.environ | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
        done = subprocess.run(
            [self._git, *arguments], input=standard_input.encode(), capture_output=True, check=False, env=environment
        )
        if not done.returncode:
            return done.stdout, ""
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return b"", (said[0].removeprefix("fatal: ").rstrip(".") if said else f"git ended with {done.returncode}")


class _Step(NamedTuple):
    """A path on the way through a tree: what it is called, where it is, and the links that were followed to it."""

    seen: str
    path: str
    links: tuple[str, ...]


class _Following:
    """Follows the links of a tree, so that what they lead to comes along."""

    def __init__(self, name: str, entries: Mapping[str, Entry], links: Mapping[str, str]) -> None:
        self._name = name
        self._entries = entries
        self._links = links

    def files(self, path: str) -> dict[str, str]:
        """Return where each file below a path really is, by its path from there, links followed.

        Raises:
            SourceError: There is nothing, a link leads out or in a circle, or a submodule is on the way.
        """
        found: dict[str, str] = {}
        waiting = [_Step("", path, ())]
        while waiting:
            step = waiting.pop()
            real = self._real(step.path)
            self._check_circle(step, real)
            for at in self._inside(real):
                seen = "/".join(filter(None, (step.seen, at[len(real) :].lstrip("/"))))
                if at in self._links:
                    waiting.append(_Step(seen, self._target(at), (*step.links, at)))
                else:
                    found[seen] = at
        return found

    def _inside(self, real: str) -> list[str]:
        inside = [at for at in self._entries if not real or at == real or at.startswith(f"{real}/")]
        if not inside:
            raise self._nothing(real)
        modules = [at for at in inside if self._entries[at].mode == _SUBMODULE]
        if modules and real:
            raise SourceError(
                f"{self._name}: {modules[0]} is a submodule, whose files are another repository's.",
                hint="Name the source in that repository.",
            )
        return [at for at in inside if at not in modules]

    def _check_circle(self, step: _Step, real: str) -> None:
        """Refuse a link to a folder that it lies in: there would be no end to it."""
        if any(not real or link.startswith(f"{real}/") for link in step.links):
            raise SourceError(f"{self._name}: the link {step.links[-1]} leads back to where it came from.")

    def _real(self, path: str) -> str:
        """Return a path without links in it."""
        passed: list[str] = []
        while link := self._first_link(path):
            if len(passed) == _MOST_LINKS:
                raise SourceError(f"{self._name}: the link {passed[0]} leads nowhere but to links.")
            passed.append(link)
            rest = path[len(link) :].lstrip("/")
            path = posixpath.normpath(posixpath.join(self._target(link), rest)) if rest else self._target(link)
        return path

    def _first_link(self, path: str) -> str:
        parts = path.split("/") if path else []
        return next((at for end in range(1, len(parts) + 1) if (at := "/".join(parts[:end])) in self._links), "")

    def _target(self, link: str) -> str:
        """Return where a link leads, seen from the top."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(link), self._links[link]))
        if target.startswith(("/", "../")) or target == "..":
            raise SourceError(
                f"{self._name}: {link} is a link to {self._links[link]}, which is outside the repository.",
                hint="A revision holds only what was committed.",
            )
        return "" if target == "." else target

    def _nothing(self, path: str) -> SourceError:
        leading = [link for link in self._links if self._target_or_nothing(link) == path]
        if leading:
            return SourceError(f"{self._name}: {leading[0]} is a link to {path}, which is not in that revision.")
        return SourceError(f"{self._name}: there is no {path or 'file'} in that revision.", hint="Check the path.")

    def _target_or_nothing(self, link: str) -> str:
        try:
            return self._target(link)
        except SourceError:
            return ""
