"""Charts and their cases, as they lie on disk."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import is_archive
from timonier.errors import SourceError, ValuesError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from timonier.chartfiles import ChartFiles

DEFAULTS = "defaults"
"""The name of the case every chart has: its values as they are."""

_CASE_SUFFIX = "-values.yaml"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to install a chart: a values file `ci/NAME-values.yaml`, as chart-testing knows them.

    Attributes:
        name: The file's name without `-values.yaml`, or `defaults`.
        purpose: What the case is for: the file's first comment line.
        values: What the file holds.
        origin: The file, for messages; empty for the defaults.
    """

    name: str
    purpose: str
    values: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: a directory with a Chart.yaml, or the archive `helm package` makes of one.

    Attributes:
        path: The directory or the archive.
        name: As Chart.yaml says.
        version: As Chart.yaml says.
        cases: The defaults first, then `ci/*-values.yaml` by name.
        files: What is rendered where that is not what lies at `path`: of a revision, or with dependencies that are
            missing there.
    """

    path: Path
    name: str
    version: str
    cases: tuple[Case, ...]
    files: ChartFiles | None = None

    def case(self, name: str) -> Case:
        """Return the case of that name.

        Raises:
            ValuesError: When there is none.
        """
        for case in self.cases:
            if case.name == name:
                return case
        known = ", ".join(case.name for case in self.cases)
        raise ValuesError(f"{self.path} has no case {name!r}.", hint=f"It has: {known}.")


def is_chart(path: Path) -> bool:
    """Whether there is a chart at `path`, or what claims to be a packaged one."""
    return (path / "Chart.yaml").is_file() or (path.is_file() and is_archive(path))


def load_chart(path: Path) -> Chart:
    """Read a chart's metadata and its cases; its templates stay the engine's business.

    Raises:
        SourceError: When there is no chart at `path`, or its Chart.yaml is not one.
        ValuesError: When a case is not valid YAML.
    """
    return read_chart(path, _read_directory(path) if path.is_dir() else _read_archive(path))


def read_chart(path: Path, files: Mapping[str, str], rendered: ChartFiles | None = None) -> Chart:
    """Read a chart's metadata and its cases from memory.

    Args:
        path: What to call the chart in messages.
        files: Its Chart.yaml and its cases, by their paths in the chart.
        rendered: Its files, where they do not lie at `path`.

    Raises:
        SourceError: Its Chart.yaml is not one.
        ValuesError: When a case is not valid YAML.
    """
    metadata = yamlio.load(files["Chart.yaml"], origin=f"{path}/Chart.yaml", error=SourceError)
    if not isinstance(metadata, dict) or not metadata.get("name") or not metadata.get("version"):
        raise SourceError(f"{path}/Chart.yaml lacks the chart's name or version.", hint="Both are required.")
    cases = [_read_case(name, text, path) for name, text in sorted(files.items()) if name != "Chart.yaml"]
    defaults = Case(DEFAULTS, "The chart's own values, nothing set.")
    return Chart(path, str(metadata["name"]), str(metadata["version"]), (defaults, *cases), rendered)


def _read_directory(path: Path) -> dict[str, str]:
    manifest = path / "Chart.yaml"
    if not manifest.is_file():
        raise SourceError(f"{path} is a directory without a Chart.yaml.", hint="Name a chart's own directory.")
    files = [manifest, *sorted((path / "ci").glob(f"*{_CASE_SUFFIX}"))]
    try:
        return {file.relative_to(path).as_posix(): file.read_text(encoding="utf-8") for file in files}
    except (OSError, UnicodeDecodeError) as problem:
        raise SourceError(f"{path} cannot be read: {problem}.") from None


def _read_archive(path: Path) -> dict[str, str]:
    """Read Chart.yaml and the cases out of an archive, whose files lie in one directory named after the chart."""
    files: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:*") as archive:
            for member in archive:
                inner = PurePosixPath(*PurePosixPath(member.name).parts[1:])
                if member.isfile() and is_metadata(inner) and (stream := archive.extractfile(member)):
                    files[inner.as_posix()] = stream.read().decode("utf-8")
    except FileNotFoundError:
        raise SourceError(f"{path} does not exist.", hint="Check the path.") from None
    except (OSError, EOFError, tarfile.TarError, UnicodeDecodeError) as problem:
        # What tarfile says of a file that is no archive takes a line for each form it tried.
        raise SourceError(f"{path} is not a chart archive: {' '.join(str(problem).split()).rstrip('.')}.") from None
    if "Chart.yaml" not in files:
        raise SourceError(f"{path} holds no Chart.yaml.", hint="A chart archive is what `helm package` makes.")
    return files


def is_metadata(inner: PurePosixPath) -> bool:
    """Whether a file of a chart is its Chart.yaml or a case."""
    return inner.as_posix() == "Chart.yaml" or (inner.parent.as_posix() == "ci" and inner.name.endswith(_CASE_SUFFIX))


def _read_case(name: str, text: str, chart: Path) -> Case:
    origin = f"{chart}/{name}"
    values = yamlio.load(text, origin=origin, error=ValuesError)
    if not isinstance(values, dict | None):
        raise ValuesError(f"{origin} holds no mapping.", hint="Values are keys and what they are set to.")
    return Case(PurePosixPath(name).name.removesuffix(_CASE_SUFFIX), _first_comment(text), values or {}, origin)


def _first_comment(text: str) -> str:
    """Return the first comment of a file whose comments say what it is for."""
    for line in text.splitlines():
        if line.startswith("#") and (comment := line.lstrip("# ").rstrip()):
            return comment
        if line.strip() and not line.startswith(("#", "---")):
            break
    return ""
