"""Where a finding lies: the template's line, the key of values.yaml behind it, the line of a manifest file."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from timonier import yamlio
from timonier.chartfiles import unpack_subcharts
from timonier.check.model import Finding, Place
from timonier.check.templates.templatelines import Action, Line, TemplateText, read_template
from timonier.check.templates.templatewalk import Spot, Walker, child
from timonier.check.yamllines import line_of
from timonier.errors import TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.check.context import CaseContext, ChartContext
    from timonier.check.renderings import Subject
    from timonier.manifest import Manifest

_VALUES = re.compile(r"\.Values((?:\.\w+)+)")
# The dot alone, or a field of it: neither a variable's nor another expression's.
_DOT = re.compile(r"(?<![\w.$)])\.(?!Chart\b|Release\b|Values\b|Capabilities\b|Template\b|Files\b)")
_VARIABLE = re.compile(r"\$(\w+)")
_FAILED_AT = re.compile(
    r"(?P<source>[\w.-]+/(?:charts/[\w.-]+/)*templates/[^\s:]+?)(?::(?P<line>\d+))?(?::\d+)?(?=[\s:)]|$)"
)
_SCHEMA = "values.schema.json"
_REFUSED = " refuses these values: "
_KEY = re.compile(r"(?P<key>[\w.-]+): ")
_INDEX = re.compile(r"\[(\d+)\]")


class Placer:
    """Finds the places of findings about one subject."""

    def __init__(self, subject: Subject) -> None:
        self._label = subject.label
        self._templates = _Templates(subject.chart) if subject.chart else None

    def of_object(self, finding: Finding, manifest: Manifest) -> Finding:
        """Place a finding about an object: in its template, or in the file of manifests."""
        if self._templates:
            return self._templates.place(finding, manifest)
        return replace(finding, place=Place(self._label, manifest.line + line_in(manifest, finding.path) - 1))

    def of_file(self, finding: Finding, file: str, line: int) -> Finding:
        """Place a finding about a chart's file, or about the chart as a whole: that is its Chart.yaml."""
        if self._templates:
            return replace(finding, place=Place(self._templates.path_in_chart(file or "Chart.yaml"), line))
        return replace(finding, place=Place(self._label, line))

    def of_failure(self, finding: Finding, context: CaseContext) -> Finding:
        """Place what a case fails with: at the template's line, or at the case's values."""
        if not self._templates:
            return replace(finding, place=Place(self._label))
        if match := _FAILED_AT.search(finding.message):
            # What is wrong with a rendered document has a line of that, and not of the template.
            rendered = f"rendered {match['source']}" in finding.message
            line = 0 if rendered else int(match["line"] or 0)
            return replace(finding, place=Place(self._templates.path_of(match["source"]), line))
        return self._templates.place_of_value(finding, context)


class _Templates:
    """The templates of a chart and its subcharts."""

    def __init__(self, chart: ChartContext) -> None:
        self._chart = chart
        self._files: ChartFiles = unpack_subcharts(chart.files)

    def place(self, finding: Finding, manifest: Manifest) -> Finding:
        """Find the line of the template that wrote what a finding is about, and the value it takes it from."""
        file = self._file_of(manifest.source)
        if file not in self._texts:
            return replace(finding, place=Place(self.path_of(manifest.source)))
        steps = split_path(finding.path, manifest.document)
        lines = _document_lines(self._texts[file], manifest)
        spot = self._walker.walk(file, lines, steps, manifest.document)
        if not spot:
            return replace(finding, place=Place(self.path_of(manifest.source)))
        place = Place(self.path_in_chart(spot.file), spot.line)
        return replace(finding, place=place, values_path=finding.values_path or self._value(spot, manifest.source))

    def place_of_value(self, finding: Finding, context: CaseContext) -> Finding:
        """Find the line of the value that the chart's schema refuses; the case's file where it is something else."""
        _, _, refused = finding.message.partition(_REFUSED)
        # The chart is named too where its folder is called otherwise.
        key = _KEY.match(refused.removeprefix(f"{self._chart.chart.name}: ")) or _KEY.match(refused)
        defaults = self.path_in_chart("values.yaml" if refused else "Chart.yaml")
        if f": {_SCHEMA} " in finding.message:
            return replace(finding, place=Place(self.path_in_chart(_SCHEMA), 1))
        file = context.case.origin or defaults
        place = _of_key(key["key"], file, defaults) if key else Place(file)
        return replace(finding, place=place, values_path=key["key"] if key else "")

    def path_of(self, source: str) -> str:
        """Return the path of a template as the user would name it, `charts/shop/templates/a.yaml`."""
        return self.path_in_chart(self._file_of(source))

    def path_in_chart(self, file: str) -> str:
        """Return the path of a file of the chart as the user would name it."""
        return str(self._chart.chart.path / file)

    def _file_of(self, source: str) -> str:
        """Return the file in the chart of a template as Helm names it: with aliases for subcharts' folders."""
        file = source.partition("/")[2]
        if file in self._files.files:
            return file
        match = re.fullmatch(r"charts/([^/]+)/(.+)", file)
        return f"charts/{self._folder_of(match[1])}/{match[2]}" if match else file

    def _folder_of(self, name: str) -> str:
        """Return the folder of a subchart that goes by an alias."""
        for dependency in self._chart.metadata.get("dependencies") or []:
            if isinstance(dependency, dict) and dependency.get("alias") == name:
                return str(dependency.get("name"))
        return name

    @functools.cached_property
    def _texts(self) -> dict[str, TemplateText]:
        texts = {}
        for file in self._files.templates:
            try:
                texts[file] = read_template(self._files.text(file))
            except TimonierError:  # not text: nothing can be found in it
                continue
        return texts

    @functools.cached_property
    def _walker(self) -> Walker:
        # A chart's own partial wins over a subchart's of the same name, as in Helm.
        deepest_first = sorted(self._texts, key=lambda file: -file.count("/"))
        return Walker(self._texts, {name: file for file in deepest_first for name in self._texts[file].defined})

    def _value(self, spot: Spot, source: str) -> str:
        """Return the key of values.yaml that a line takes what it prints from, when it is one only."""
        if not spot.exact:
            return ""
        text = self._texts[spot.file]
        line = next(line for line in text.lines if line.number == spot.line)
        scope = _scope_of(line, text)
        keys = _values_of(line.actions)
        keys = keys or (_values_of([scope]) or self._values_of_partials([scope]) if scope else set())
        keys = keys or self._values_of_partials(line.actions)
        if not keys:
            return ""
        subchart = "".join(f"{name}." for name in re.findall(r"/charts/([^/]+)", source))
        key = _common(keys)
        return key if not key or key.startswith("global") else subchart + key

    def _values_of_partials(self, actions: Iterable[Action]) -> set[str]:
        """Return the values that the partials actions include read, and those partials' own."""
        waiting = [name for action in actions for name in action.included]
        keys: set[str] = set()
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in self._walker.defined:
                continue
            seen.add(name)
            text = self._texts[self._walker.defined[name]]
            first, last = text.defined[name]
            inside = [action for action in text.actions if first <= action.line <= last]
            keys |= _values_of(inside)
            waiting += [name for action in inside for name in action.included]
        return keys


def _of_key(key: str, *files: str) -> Place:
    """Return where a value is set: in the first of the values files that says it; in an archive, no line is known."""
    there = (Path(file) for file in files)
    lines = [line_of(path.read_text(encoding="utf-8"), key.split(".")) if path.is_file() else 0 for path in there]
    return next((Place(file, line) for file, line in zip(files, lines, strict=True) if line), Place(files[0]))


def _values_of(actions: Iterable[Action]) -> set[str]:
    """Return the values that actions read by their names."""
    return {key[1:] for action in actions for key in _VALUES.findall(action.text)}


def _scope_of(line: Line, text: TemplateText) -> Action | None:
    """Return the `with` or `range` whose dot or variable a line prints; None when there is none."""
    said = " ".join(action.text for action in line.actions)
    variables = set(_VARIABLE.findall(said))
    around = (action for action in text.around(line.number) if action.word in {"with", "range"})
    return next((action for action in around if _DOT.search(said) or variables & action.variables), None)


def _common(keys: set[str]) -> str:
    """Return the key that all of them are, or lie in."""
    first, *others = [key.split(".") for key in sorted(keys)]
    same = 0
    while all(
        len(other) > same and len(first) > same and other[same] == first[same] for other in others
    ) and same < len(first):
        same += 1
    return ".".join(first[:same])


def _document_lines(text: TemplateText, manifest: Manifest) -> list[Line]:
    """Return the lines of the document of a file that wrote a manifest: of its kind, and most alike."""
    documents: list[list[Line]] = [[]]
    for line in text.lines:
        if line.text.startswith("---"):
            documents.append([])
        else:
            documents[-1].append(line)
    kind = manifest.identity.kind
    of_kind = [lines for lines in documents if any(line.key == "kind" and line.value == kind for line in lines)]
    written = {line.strip() for line in manifest.text.splitlines()}
    return max(of_kind or documents, key=lambda lines: sum(line.text.strip() in written for line in lines))


def split_path(path: str, document: Any) -> list[str | int]:  # noqa: ANN401 - any part of an object
    """Take a dotted path apart, with the object at hand to tell a key with dots in it from several keys."""
    steps: list[str | int] = []
    while path:
        if match := _INDEX.match(path):
            step: str | int = int(match[1])
            path = path[match.end() :]
        else:
            step = _key_of(path.removeprefix("."), document)
            path = path.removeprefix(".")[len(step) :]
        steps.append(step)
        document = child(document, step)
    return steps


def _key_of(path: str, document: object) -> str:
    known: Mapping[Any, Any] = document if isinstance(document, dict) else {}
    fitting = [key for key in known if isinstance(key, str) and key and re.match(rf"{re.escape(key)}(?:[.\[]|$)", path)]
    return max(fitting, key=len, default=re.split(r"[.\[]", path, maxsplit=1)[0] or path)


def line_in(manifest: Manifest, path: str) -> int:
    """Return the line of a manifest's own text at which a path, or its nearest parent, stands; counted from 1."""
    steps = split_path(path, manifest.document)
    with yamlio.nodes(manifest.text, origin=str(manifest.identity), error=TimonierError) as (root, _):
        return _line_of(root, steps)


def _line_of(node: yaml.Node | None, steps: Sequence[str | int]) -> int:
    line = node.start_mark.line + 1 if node else 1
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            # The last of two equal keys is the one that counts.
            pair = next(((key, value) for key, value in reversed(node.value) if key.value == step), None)
            if not pair:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        else:
            break
    return line
