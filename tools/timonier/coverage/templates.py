"""A chart's templates, their places, and the chart as it is with one of them instrumented or altered."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.chartfiles import ChartFiles
from timonier.coverage.calls import Calls
from timonier.coverage.flow import Flow
from timonier.coverage.instrument import MARK, failing, instrument, marking
from timonier.coverage.places import declares, find_places
from timonier.coverage.result import Unaltered
from timonier.errors import SourceError, TimonierError, ValuesError
from timonier.gotemplate import Action, parse, walk
from timonier.source import ChartSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from timonier.coverage.alter import Alteration
    from timonier.coverage.places import Key, Place
    from timonier.coverage.renders import Outcome
    from timonier.gotemplate import Tree

NOTES = "templates/NOTES.txt"
# Engines leave the notes out of what they yield; under another name they are a template like any other.
SHOWN_NOTES = "templates/NOTES.timonier.txt"

# What templates of a chart share, as a sum: two of them differ when a template changed it (`set .Values "a" 1`).
_SHARED_SUM = (
    '⟦timonier:shared {{ omit . "Template" "Chart" "Capabilities" "Files" "Subcharts" | toJson | sha256sum }}⟧'
)
SHARED = re.compile("⟦timonier:shared ([0-9a-f]+)⟧")

_SCHEMA = "values.schema.json"
# What a rendering needs, where no template reads the chart's other files.
_NEEDED = ("templates/", "charts/", "Chart.yaml", "values.yaml", _SCHEMA)


class Templates:
    """A chart's templates, parsed.

    Attributes:
        files: The chart as it is.
        trees: By file, the templates that are measured.
        calls: Which of all templates call which.
        flow: Where the text goes that they write.
        places: All places of those that are measured, in the order of files and lines; their numbers are their indexes.
    """

    def __init__(self, files: ChartFiles, *, subcharts: bool = False) -> None:
        """Parse a chart's templates.

        Args:
            files: The chart.
            subcharts: Whether the templates of charts in `charts/` are measured too.

        Raises:
            SourceError: A template does not parse.
        """
        self.files = files
        self._light = _light(files)
        self._all = {name: parse(files.text(name), name) for name in files.templates if _is_template(name)}
        self.calls = Calls(self._all)
        self.flow = Flow(self._all.values())
        self.trees: Mapping[str, Tree] = {
            name: tree for name, tree in self._all.items() if subcharts or not name.startswith("charts/")
        }
        self.places: list[Place] = [
            place for name, tree in self.trees.items() for place in find_places(tree, _defaults(files, name))
        ]

    def unaltered(self) -> tuple[Unaltered, ...]:
        """List what is not altered: declarations of variables, but for the defaults in them."""
        return tuple(
            Unaltered(name, node.line, " ".join(tree.source(node.pipe).split()), "it declares a variable of any type")
            for name, tree in self.trees.items()
            for node in walk(tree)
            if isinstance(node, Action) and declares(node)
        )

    def plain(self) -> ChartFiles:
        """Return the chart as it is, its notes among the manifests."""
        return self._with({})

    def quick(self) -> ChartFiles:
        """Return the chart as it is, the notes where they are."""
        return self._light

    def marked(self, *, lenient: bool = False) -> ChartFiles:
        """Return the chart with marks at every place, its notes among the manifests."""
        return self._instrumented(range(len(self.places)), marking, lenient=lenient, around=_SHARED_SUM)

    def failing(self, numbers: Collection[int]) -> ChartFiles:
        """Return the chart made to fail at the first of these places that a rendering comes by."""
        return self._instrumented(numbers, failing)

    def altered(self, alteration: Alteration, *, notes: bool = True) -> ChartFiles:
        """Return the chart with an alteration; `notes` puts the notes among the manifests."""
        changes = {alteration.place.file: alteration.text}
        return self._with(changes) if notes else self._light.replaced(_encoded(changes))

    def _instrumented(
        self, numbers: Collection[int], probe: Callable[[int], str], *, lenient: bool = False, around: str = ""
    ) -> ChartFiles:
        wanted: dict[str, dict[Key, int]] = {}
        for number in numbers:
            place = self.places[number]
            wanted.setdefault(place.file, {})[place.key] = number
        texts = {
            name: instrument(tree, wanted.get(name, {}), probe, lenient=lenient) for name, tree in self._all.items()
        }
        return self._with({name: f"{around}{text}{around}" for name, text in texts.items()})

    def _with(self, changes: Mapping[str, str]) -> ChartFiles:
        changed = dict(changes)
        if NOTES in self.files.files:
            changed[SHOWN_NOTES] = changed.get(NOTES, self.files.text(NOTES))
            changed[NOTES] = ""
        return self._light.replaced(_encoded(changed))


def _light(files: ChartFiles) -> ChartFiles:
    """Return a chart that renders the same and faster, for values that its schema is known to allow.

    Compiling the schema takes most of a rendering, and packing files that nobody reads much of the rest.
    """
    texts = [files.text(name) for name in files.templates if _is_template(name)]
    reads_files = any(".Files" in text or "tpl " in text for text in texts)
    kept = {name: content for name, content in files.files.items() if reads_files or name.startswith(_NEEDED)}
    schemas = {name: b"{}" for name in kept if PurePosixPath(name).name == _SCHEMA}
    return ChartFiles(files.path, files.folder, {**kept, **schemas})


def _defaults(files: ChartFiles, template: str) -> Mapping[str, Any]:
    """Return the values.yaml of the chart that a template belongs to; empty when there is none."""
    name = f"{template.rpartition('templates/')[0]}values.yaml"
    if name not in files.files:
        return {}
    defaults = yamlio.load(files.text(name), origin=f"{files.path}/{name}", error=ValuesError)
    return defaults if isinstance(defaults, dict) else {}


def open_templates(name: str, engine: str, *, subcharts: bool) -> tuple[ChartSource, Templates]:
    """Open a chart and parse its templates.

    Raises:
        SourceError: It is no chart, or a template does not parse.
        EngineError: There is no such engine.
    """
    source = open_source(name, engine)
    if not isinstance(source, ChartSource):
        raise SourceError(f"{name} is not a chart.", hint="Only a chart has templates.")
    return source, Templates(source.files(), subcharts=subcharts)


def _is_template(name: str) -> bool:
    """Whether Helm parses it as a template: all below `templates/` but what is no text of this language."""
    return not name.endswith((".tgz", ".prov"))


def _encoded(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {name: text.encode() for name, text in texts.items()}


def marks(outcome: Outcome) -> dict[int, frozenset[str]]:
    """Return the numbers of the places that an answer bears marks of, and the templates that bear them."""
    if isinstance(outcome, TimonierError):
        return {int(number): frozenset() for number in MARK.findall(outcome.message)}
    found: dict[int, set[str]] = {}
    for template in outcome:
        for number in MARK.findall(template.text):
            found.setdefault(int(number), set()).add(template.source)
    return {number: frozenset(sources) for number, sources in found.items()}


def leave_values_alone(outcome: Outcome) -> bool:
    """Whether the templates of a marked answer found what they share as they left it: none can tell of another."""
    if isinstance(outcome, TimonierError):
        return False
    seen: dict[str, set[str]] = {}
    for template in outcome:
        chart = template.source.rpartition("/templates/")[0]
        seen.setdefault(chart, set()).update(SHARED.findall(template.text))
    return all(len(sums) <= 1 for sums in seen.values())
