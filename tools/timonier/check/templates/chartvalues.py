"""A chart's values from all sides: what values.yaml says, what templates read, what the schema describes."""

from __future__ import annotations

import functools
import itertools
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.check.subcharts import metadata_of, subcharts
from timonier.check.templates.reads import Definition
from timonier.check.templates.things import ANYTHING, Path, Thing, made_of, value
from timonier.check.templates.valuesread import Reader
from timonier.docs.schema import names, schemas_at
from timonier.errors import TimonierError, ValuesError
from timonier.gotemplate import Block, Define, String, Tree, parse, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.docs.schema import Schema

GLOBAL = "global"
"""The values that a chart shares with its subcharts, which may read what the chart does not."""

_IN_OTHER_FILES = re.compile(r"\.Values\.([\w.]+)")
_NOT_READ_BY_FILES = ("templates/", "charts/", "ci/", "Chart.", "README", "values.")
_BUILT_IN = ("Chart", "Release", "Files", "Capabilities", "Template")


@dataclass(frozen=True)
class ChartValues:
    """What is known of a chart's values.

    Attributes:
        files: The chart.
        others: Definitions of the chart it is a subchart of, which its templates may include.
        texts: Values that may hold templates, beside those of values.yaml.
    """

    files: ChartFiles
    others: Mapping[str, Definition]
    texts: Sequence[Any] = ()

    @functools.cached_property
    def metadata(self) -> Mapping[str, Any]:
        """What Chart.yaml says."""
        return metadata_of(self.files)

    @functools.cached_property
    def defaults(self) -> Mapping[str, Any]:
        """What values.yaml says."""
        if "values.yaml" not in self.files.files:
            return {}
        origin = f"{self.files.path}/values.yaml"
        said = yamlio.load(self.files.text("values.yaml"), origin=origin, error=ValuesError)
        return said if isinstance(said, dict) else {}

    @functools.cached_property
    def schema(self) -> Schema:
        """What values.schema.json says; empty when there is none, or none that can be read."""
        try:
            schema = json.loads(self.files.files.get("values.schema.json", b"{}"))
        except ValueError:
            return {}
        return schema if isinstance(schema, dict) else {}

    @functools.cached_property
    def dependencies(self) -> dict[str, Mapping[str, Any]]:
        """What Chart.yaml says of dependencies, by the name that each has in the values."""
        said = self.metadata.get("dependencies")
        declared = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
        return {str(each.get("alias") or each.get("name")): each for each in declared}

    @functools.cached_property
    def parts(self) -> dict[str, ChartValues | None]:
        """The subcharts by their name in the values; None for one that is not there."""
        brought = {each.name: each.files for each in subcharts(self.files)}
        wanted = {name: str(each.get("name")) for name, each in self.dependencies.items()}
        wanted |= {name: name for name in brought if name not in wanted.values()}
        return {
            name: ChartValues(brought[chart], self.definitions) if chart in brought else None
            for name, chart in wanted.items()
        }

    @functools.cached_property
    def trees(self) -> dict[str, Tree]:
        """The chart's own templates, less those that cannot be parsed: the rule `render` has those."""
        trees = {}
        for name in self.files.templates:
            if name.startswith("templates/"):
                try:
                    trees[name] = _parsed(self.files.text(name), name)
                except TimonierError:
                    continue
        return trees

    @functools.cached_property
    def own_definitions(self) -> dict[str, Definition]:
        """What the chart's own templates define, by name."""
        return {
            node.name: Definition(file, node.line, node.body)
            for file, tree in self.trees.items()
            for node in walk(tree)
            if isinstance(node, Define | Block)
        }

    @functools.cached_property
    def definitions(self) -> dict[str, Definition]:
        """What can be included, subcharts' definitions among it: a chart's own win, as in Helm."""
        brought: dict[str, Definition] = {}
        for subchart in subcharts(self.files):
            inner = ChartValues(subchart.files, {})
            brought |= {
                name: Definition(f"{subchart.place}/{found.file}", found.line, found.body)
                for name, found in inner.definitions.items()
            }
        return {**self.others, **brought, **self.own_definitions}

    @property
    def is_library(self) -> bool:
        """Whether other charts read the values, not this one."""
        return self.metadata.get("type") == "library"

    @functools.cached_property
    def reader(self) -> Reader:
        """What has gone through the chart's templates."""
        reader = Reader(self.definitions, self.has_default)
        root = _root(value(), self.parts)
        for name, tree in self.trees.items():
            if not PurePosixPath(name).name.startswith("_"):
                reader.read(name, tree.body, root)
        # A definition that is not included here may be by a chart around this one.
        with reader.lenient():
            for name, found in self.own_definitions.items():
                if name not in reader.included:
                    reader.read(found.file, found.body, root)
        for text in _texts([self.defaults, *self.texts]):
            reader.template_text(text, root, "values.yaml")
        return reader

    @functools.cached_property
    def read_whole(self) -> frozenset[Path]:
        """The values that are read with all they hold."""
        found = {read.path for read in self.reader.reads if read.is_whole}
        return frozenset({*found, *self._read_by_helm, *self._read_in_files, *self._constants, ("exports",)})

    @functools.cached_property
    def _touched(self) -> frozenset[Path]:
        """The values that are read, and those above them."""
        paths = {read.path for read in self.reader.reads}
        return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))

    @property
    def _read_by_helm(self) -> Iterator[Path]:
        """What Helm itself reads of the values: conditions and tags of dependencies."""
        yield ("tags",)
        for dependency in self.dependencies.values():
            for path in str(dependency.get("condition") or "").split(","):
                yield tuple(path.strip().split("."))

    @property
    def _read_in_files(self) -> Iterator[Path]:
        """What files beside the templates read, which templates may hand to `tpl`."""
        for name, content in self.files.files.items():
            if not name.startswith(_NOT_READ_BY_FILES):
                for path in _IN_OTHER_FILES.findall(content.decode("utf-8", errors="replace")):
                    yield tuple(path.strip(".").split("."))

    @property
    def _constants(self) -> Iterator[Path]:
        """What a library reads whose names are handed to it."""
        if self.reader.is_asked_by_constants:
            for tree in self.trees.values():
                yield from (
                    tuple(node.value.split(".")) for node in walk(tree) if isinstance(node, String) and node.value
                )

    @property
    def is_clear(self) -> bool:
        """Whether everything that templates read could be found, and so what they do not read."""
        return self.reader.is_complete and () not in self.read_whole and not self.is_library

    def is_read(self, path: Path) -> bool:
        """Whether templates read a value, or something above it with all that holds."""
        return path in self._touched or any(path[:length] in self.read_whole for length in range(len(path) + 1))

    def is_read_whole(self, path: Path) -> bool:
        """Whether templates read a value with all it holds."""
        return any(path[:length] in self.read_whole for length in range(len(path) + 1))

    def describes(self, path: Path) -> bool:
        """Whether the schema names a key."""
        return any(names(part, path[-1]) for part in schemas_at(self.schema, path[:-1]))

    def strangers(self, values: Mapping[str, Any], above: Path = ()) -> Iterator[Path]:
        """Yield the keys of some values that the chart does not know, those at the top only.

        It knows what values.yaml or the schema names, what is below an empty default, and what a template reads.
        """
        for key, held in values.items():
            path = (*above, str(key))
            part = self.parts.get(path[0])
            if path[0] in self.parts or path[0] == GLOBAL:
                if part and part.is_clear and isinstance(held, dict):
                    found = ((*path, *stranger) for stranger in part.strangers(held))
                    yield from (stranger for stranger in found if not self.is_read(stranger))
            elif not self._knows(path):
                yield path
            elif isinstance(held, dict) and self._has_keys(path):
                yield from self.strangers(held, path)

    def _knows(self, path: Path) -> bool:
        above = self.default(path[:-1])
        return path[-1] in map(str, above or ()) or self.is_read(path) or self.describes(path)

    def _has_keys(self, path: Path) -> bool:
        default = self.default(path)
        return isinstance(default, dict) and bool(default) and not self.is_read_whole(path)

    def has_default(self, path: Path) -> bool:
        """Whether values.yaml names a key."""
        above = self.default(path[:-1])
        return not path or (isinstance(above, dict) and path[-1] in above)

    def default(self, path: Path) -> Any:  # noqa: ANN401 - a value is anything
        """Return what values.yaml says of a key; None also when it says nothing."""
        there: Any = self.defaults
        for key in path:
            there = there.get(key) if isinstance(there, dict) else None
        return there


@functools.lru_cache(maxsize=1024)
def _parsed(text: str, name: str) -> Tree:
    """Parse a template, once for all the charts that bring the same library along."""
    return parse(text, name)


def _root(values: Thing, parts: Mapping[str, ChartValues | None], above: Path = ()) -> Thing:
    """Return what `$` is to a chart whose values are `values`."""
    below = {
        name: _root(value(*above, name), part.parts if part else {}, (*above, name)) for name, part in parts.items()
    }
    built_in = dict.fromkeys(_BUILT_IN, ANYTHING)
    return made_of({"Values": values, "Subcharts": made_of(below), **built_in})


def _texts(values: object) -> Iterator[str]:
    """Yield the texts in some values that look like templates."""
    if isinstance(values, str) and "{{" in values:
        yield values
    if isinstance(values, dict):
        yield from itertools.chain.from_iterable(map(_texts, values.values()))
    if isinstance(values, list):
        yield from itertools.chain.from_iterable(map(_texts, values))
