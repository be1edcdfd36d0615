"""What may be set in a chart's values: every key of the schema and of the defaults, subcharts' included."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import ChartFiles
from timonier.errors import SourceError, ValuesError
from timonier.fuzz.schemas import parts, says_something, schema_of, standalone
from timonier.values import merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_DEEPEST = 8
_SUBCHARTS = "charts/"


@dataclass(frozen=True)
class Key:
    """A key that may be set.

    Attributes:
        path: From the top.
        schema: What is allowed there, by itself; from the default's type where no schema says.
        default: Its default; None when there is none.
        is_checked: Whether the chart's schema tells right values from wrong ones: only then must it refuse some.
    """

    path: tuple[str, ...]
    schema: Mapping[str, Any]
    default: Any
    is_checked: bool

    def __str__(self) -> str:
        """Write it dotted, as `--set` takes it."""
        return ".".join(self.path)


def read_keys(files: ChartFiles) -> list[Key]:
    """Return the keys of a chart and of its subcharts, each once, those of the chart itself first.

    Raises:
        SourceError: The chart's Chart.yaml or schema cannot be read.
        ValuesError: Its values.yaml cannot be read.
    """
    defaults = _yaml(files, "values.yaml", ValuesError)
    schema = _schema(files)
    found = {key.path: key for key in _below(schema, defaults, (), schema)}
    for name, subchart in _subcharts(files):
        own = defaults.get(name)
        for key in read_keys(subchart):
            path = (name, *key.path)
            known = found.get(path)
            if known is None or not known.is_checked:
                found[path] = replace(key, path=path, default=_at(own, key.path, key.default))
    return list(found.values())


def _below(schema: object, defaults: object, path: tuple[str, ...], root: Mapping[str, Any]) -> Iterator[Key]:
    """Yield the keys of one map, each followed by those below it."""
    if len(path) > _DEEPEST:
        return
    properties = _properties(schema, root)
    own = {str(name): value for name, value in defaults.items()} if isinstance(defaults, dict) else {}
    for name in dict.fromkeys([*own, *properties]):
        said = properties.get(name, {})
        default = own.get(name)
        alone = standalone(said, root)
        checked = says_something(alone)
        yield Key((*path, name), alone if checked else schema_of(default), default, checked)
        yield from _below(said, default, (*path, name), root)


def _properties(schema: object, root: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a schema says of each key; where several of its parts do, the one that says most."""
    found: dict[str, Any] = {}
    for part in parts(schema, root):
        for name, said in (part.get("properties") or {}).items():
            if name not in found or not says_something(found[name]):
                found[name] = said
    return found


def _at(values: object, path: Sequence[str], otherwise: object) -> object:
    """Return what values say at a path, else something else."""
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return otherwise
        values = values[name]
    return values


def _subcharts(files: ChartFiles) -> Iterator[tuple[str, ChartFiles]]:
    """Yield the subcharts by the key their values go under: a dependency's alias, else the chart's name."""
    charts = list(_unpacked(files)) + list(_packed(files))
    named = {str(_yaml(chart, "Chart.yaml", SourceError).get("name", "")): chart for chart in charts}
    declared = _yaml(files, "Chart.yaml", SourceError).get("dependencies") or []
    for dependency in declared:
        name = str(dependency.get("name"))
        if name in named:
            yield str(dependency.get("alias") or name), named[name]
    for name in sorted(named.keys() - {str(dependency.get("name")) for dependency in declared}):
        yield name, named[name]


def _unpacked(files: ChartFiles) -> Iterator[ChartFiles]:
    folders = {name.split("/")[1] for name in files.files if name.startswith(_SUBCHARTS) and name.count("/") > 1}
    for folder in sorted(folders):
        prefix = f"{_SUBCHARTS}{folder}/"
        inner = {name.removeprefix(prefix): text for name, text in files.files.items() if name.startswith(prefix)}
        if "Chart.yaml" in inner:
            yield ChartFiles(files.path / prefix, folder, inner)


def _packed(files: ChartFiles) -> Iterator[ChartFiles]:
    for name, content in files.files.items():
        if name.startswith(_SUBCHARTS) and name.endswith(".tgz") and name.count("/") == 1:
            inner = _unpack(content)
            if "Chart.yaml" in inner:
                yield ChartFiles(files.path / name, Path(name).stem, inner)


def _unpack(content: bytes) -> dict[str, bytes]:
    """Read an archive in an archive; one that cannot be read is the engine's business."""
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r:*") as archive:
            read = ((member.name, archive.extractfile(member)) for member in archive if member.isfile())
            return {
                PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix(): file.read() for name, file in read if file
            }
    except (tarfile.TarError, OSError, EOFError):
        return {}


def _schema(files: ChartFiles) -> dict[str, Any]:
    name = "values.schema.json"
    if name not in files.files:
        return {}
    try:
        schema = json.loads(files.text(name))
    except ValueError as problem:
        raise SourceError(f"{files.path}/{name} is not valid JSON: {problem}.") from None
    return schema if isinstance(schema, dict) else {}


def _yaml(files: ChartFiles, name: str, error: type[SourceError | ValuesError]) -> dict[str, Any]:
    if name not in files.files:
        return {}
    found = yamlio.load(files.text(name), origin=f"{files.path}/{name}", error=error)
    return found if isinstance(found, dict) else {}


def set_at(values: Mapping[str, Any], path: Sequence[str], value: object) -> dict[str, Any]:
    """Return values with one key set; what is in its way gives way."""
    below: dict[str, Any] = {path[-1]: value}
    for name in reversed(path[:-1]):
        below = {name: below}
    return merge(values, below)
