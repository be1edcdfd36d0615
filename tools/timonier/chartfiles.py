"""A chart's files in memory, subcharts included: to read templates, and to render a chart that was altered.

What is read is what `helm package` would put into an archive: links are followed, and what `.helmignore` names is left
out, by the rules of Helm's `pkg/ignore/rules.go`.
"""

from __future__ import annotations

import functools
import gzip
import io
import os
import stat
import tarfile
import zlib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_IGNORE_FILE = ".helmignore"
_ALWAYS_IGNORED = "templates/.?*"
_TEMPLATES = "templates"
_SUBCHARTS = "charts"
_ARCHIVE_SUFFIXES = (".tgz", ".tar.gz")


@dataclass(frozen=True)
class ChartFiles:
    """The files of one chart.

    Attributes:
        path: Where the chart lies, for messages.
        folder: The archive's top folder: what Helm calls it in `# Source:` is the chart's name, not this.
        files: What each file holds, by its path inside the chart with `/` between folders.
        kept: What engines made of the files, to use it again.
    """

    path: Path
    folder: str
    files: Mapping[str, bytes]
    kept: dict[object, Any] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return a file as text.

        Raises:
            SourceError: There is no such file, or it is not UTF-8.
        """
        try:
            return self.files[name].decode("utf-8")
        except KeyError:
            raise SourceError(f"{self.path} has no {name}.") from None
        except UnicodeDecodeError:
            raise SourceError(f"{self.path}/{name} is not text in UTF-8.") from None

    @property
    def templates(self) -> list[str]:
        """The paths of the templates, partials and those of unpacked subcharts included, in order."""
        return sorted(name for name in self.files if is_template(PurePosixPath(name)))

    def replaced(self, changes: Mapping[str, bytes]) -> ChartFiles:
        """Return the chart with some files holding something else."""
        return ChartFiles(self.path, self.folder, {**self.files, **changes})

    @functools.cached_property
    def archive(self) -> bytes:
        """The chart as a gzipped tar archive, not compressed: it is made to be read again at once.

        It holds no time: two of the same files are the same.
        """
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=0, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            for name, content in self.files.items():
                member = tarfile.TarInfo(f"{self.folder}/{name}")
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of a packaged chart."""
    return path.name.endswith(_ARCHIVE_SUFFIXES)


def read_chart_files(path: Path) -> ChartFiles:
    """Read a chart's directory or archive.

    Raises:
        SourceError: There is no chart, or it cannot be read.
    """
    found = _read_directory(path) if path.is_dir() else read_archive(path, path)
    if "Chart.yaml" not in found.files:
        raise SourceError(f"{path} holds no Chart.yaml.", hint="Name a chart's own directory or archive.")
    return found


def unpack_subcharts(chart: ChartFiles) -> ChartFiles:
    """Return the chart with packed subcharts unpacked beside where they lay: `charts/x-1.0.0.tgz.d/…`.

    Helm goes by the name in a subchart's Chart.yaml, so that it is the same chart to it. What is no archive stays as
    it is: Helm has the better sentence for it.
    """
    files: dict[str, bytes] = {}
    for name, content in chart.files.items():
        if _is_packed_subchart(PurePosixPath(name)) and (inner := _unpack(content)):
            files |= {f"{name}.d/{path}": inside for path, inside in unpack_subcharts(inner).files.items()}
        else:
            files[name] = content
    return chart if files.keys() == chart.files.keys() else ChartFiles(chart.path, chart.folder, files)


def _unpack(content: bytes) -> ChartFiles | None:
    try:
        return read_archive(io.BytesIO(content), Path())
    except SourceError:
        return None


def _is_packed_subchart(name: PurePosixPath) -> bool:
    """Whether a file is `charts/NAME.tgz` of the chart or of a subchart; `_` and `.` in front make Helm skip it."""
    *folders, file = name.parts
    inside = folders[::2] == [_SUBCHARTS] * len(folders[::2]) and len(folders) % 2 == 1
    return inside and file.endswith(".tgz") and not file.startswith(("_", "."))


def is_template(name: PurePosixPath) -> bool:
    """Whether a file is `templates/…` of the chart or of a subchart that lies unpacked in `charts/`."""
    parts = list(name.parts)
    while len(parts) > 2 and parts[0] == _SUBCHARTS:  # noqa: PLR2004 - charts, NAME and what is below
        parts = parts[2:]
    return len(parts) > 1 and parts[0] == _TEMPLATES


def without_ignored(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of a folder that Helm takes for its chart: without what its `.helmignore` names."""
    rules = _ignore_rules(files.get(_IGNORE_FILE, b"").decode(errors="replace"))

    def is_taken(name: str) -> bool:
        path = PurePosixPath(name)
        folders = [folder for folder in path.parents if folder.parts]
        return not (
            _is_ignored(path, rules, is_folder=False) or any(_is_ignored(one, rules, is_folder=True) for one in folders)
        )

    return {name: content for name, content in files.items() if is_taken(name)}


def _read_directory(path: Path) -> ChartFiles:
    try:
        file = path / _IGNORE_FILE
        rules = _ignore_rules(file.read_text(encoding="utf-8", errors="replace") if file.is_file() else "")
        return ChartFiles(path, path.resolve().name, {name: _read_file(path / name) for name in _walk(path, rules)})
    except OSError as problem:
        raise SourceError(f"{path} cannot be read: {problem}.") from None


def _read_file(path: Path) -> bytes:
    if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe would wait for whoever writes into it
        raise SourceError(f"{path} is no regular file.", hint="Take it out of the chart, or name it in .helmignore.")
    return path.read_bytes()


def _walk(root: Path, rules: Sequence[str]) -> Iterator[str]:
    """Yield the files below a chart's directory, in order, without what is ignored."""
    above: dict[str, tuple[tuple[int, int], ...]] = {}
    for folder, folders, files in os.walk(root, followlinks=True):
        way = above.get(os.path.dirname(folder), ())  # noqa: PTH120 - os.walk's own names, joined by it
        status = os.stat(folder)  # noqa: PTH116 - as above
        if (status.st_dev, status.st_ino) in way:
            raise SourceError(f"{folder} is a link that leads back to where it lies.", hint="Take it out of the chart.")
        above[folder] = (*way, (status.st_dev, status.st_ino))
        inner = PurePosixPath(Path(folder).relative_to(root).as_posix())
        folders[:] = sorted(name for name in folders if not _is_ignored(inner / name, rules, is_folder=True))
        for name in sorted(files):
            if not _is_ignored(inner / name, rules, is_folder=False):
                yield (inner / name).as_posix()


def _ignore_rules(text: str) -> list[str]:
    lines = text.splitlines()
    return [_ALWAYS_IGNORED, *(line.strip() for line in lines if line.strip() and not line.strip().startswith("#"))]


def _is_ignored(name: PurePosixPath, rules: Sequence[str], *, is_folder: bool) -> bool:
    return any(_matches(rule, name, is_folder=is_folder) for rule in rules)


def _matches(rule: str, name: PurePosixPath, *, is_folder: bool) -> bool:
    """Whether one rule leaves a file out: a rule that begins with `!` leaves out all that it does not name."""
    pattern = rule.removeprefix("!")
    if pattern.endswith("/"):
        if not is_folder:
            return False
        pattern = pattern[:-1]
    rooted = pattern.startswith("/")
    against = name.as_posix() if rooted or "/" in pattern else name.name
    matched = matches_path(pattern.removeprefix("/"), against)
    return matched is not rule.startswith("!")


def matches_path(pattern: str, name: str) -> bool:
    """Whether a path matches a pattern, part by part, because Go's `*` stops at a slash."""
    patterns, parts = pattern.split("/"), name.split("/")
    return len(patterns) == len(parts) and all(map(fnmatchcase, parts, patterns))


def read_archive(source: Path | io.BytesIO, label: Path) -> ChartFiles:
    """Read a packaged chart from a file or from memory.

    Args:
        source: Where the archive is.
        label: What to call it in messages.

    Raises:
        SourceError: It cannot be read, or is no archive.
    """
    files: dict[str, bytes] = {}
    folder = ""
    try:
        with _opened(source) as archive:
            for member in archive:
                parts = PurePosixPath(member.name).parts
                if member.isfile() and len(parts) > 1 and (stream := archive.extractfile(member)):
                    folder = parts[0]
                    files[PurePosixPath(*parts[1:]).as_posix()] = stream.read()
    except FileNotFoundError:
        raise SourceError(f"{label} does not exist.", hint="Check the path.") from None
    except (OSError, EOFError, tarfile.TarError, zlib.error) as problem:
        # What tarfile says of a file that is no archive takes a line for each form it tried.
        raise SourceError(f"{label} is not a chart archive: {' '.join(str(problem).split()).rstrip('.')}.") from None
    return ChartFiles(label, folder, files)


def _opened(source: Path | io.BytesIO) -> tarfile.TarFile:
    return tarfile.open(source, "r:*") if isinstance(source, Path) else tarfile.open(fileobj=source, mode="r:*")
