"""Renderings before and after an alteration, and whether they say the same."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from timonier import yamlio
from timonier.engine import Template
from timonier.errors import SourceError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from timonier.chartfiles import ChartFiles
    from timonier.engine import Engine, Release

Outcome: TypeAlias = tuple[Template, ...] | TimonierError
"""What an engine answered: documents, or an error."""

_YAML = (".yaml", ".yml", ".json")
# Where in a template an error arose, which an alteration moves: `a.yaml:3:4`, `at <include "x" .>`.
_PLACE = re.compile(r":\d+(?::\d+)?\b| at <.*?>(?=:)")


@dataclass(frozen=True, slots=True)
class Question:
    """What was rendered.

    Attributes:
        label: What to call it: a case.
        values: What is set.
        release: What the chart may ask about its release.
        added: Files that were put beside the chart's own to ask: a template that includes the notes.
    """

    label: str
    values: Mapping[str, Any]
    release: Release
    added: Mapping[str, bytes] = field(default_factory=dict)


def ask(engine: Engine, files: ChartFiles, question: Question) -> Outcome:
    """Render, and take a refusal for an answer."""
    try:
        chart = files.replaced(question.added) if question.added else files
        return tuple(engine.template(chart, question.values, question.release))
    except TimonierError as problem:
        return problem


class Baseline:
    """What a question's answer is when nothing is altered.

    Of two answers to the same question, the lines that differ are generated anew each time: passwords, certificates,
    their checksums. They are left out of every comparison.
    """

    def __init__(self, first: Outcome, second: Outcome) -> None:
        self.outcome = first
        self._generated = _generated(first, second)
        self._own = [] if isinstance(first, TimonierError) else self._comparable(first)

    def differs(self, other: Outcome) -> bool:
        """Whether the text is another one; of errors, whether they say something else, wherever in the template."""
        if isinstance(self.outcome, TimonierError) or isinstance(other, TimonierError):
            return _message(self.outcome) != _message(other)
        return self._own != self._comparable(other)

    def says_otherwise(self, other: Outcome) -> bool:
        """Whether a reader of the YAML sees a difference: not one of quotes, comments or indentation."""
        if isinstance(self.outcome, TimonierError) or isinstance(other, TimonierError):
            return self.differs(other)
        before, after = _without_ends(self._own, self._comparable(other))
        return _read_all(before) != _read_all(after)

    def _comparable(self, templates: Sequence[Template]) -> list[Template]:
        """Take the generated lines out, where they are still the same lines."""
        if not self._generated or not isinstance(self.outcome, tuple) or len(templates) != len(self.outcome):
            return list(templates)
        return [self._without_generated(at, template) for at, template in enumerate(templates)]

    def _without_generated(self, at: int, template: Template) -> Template:
        lines = template.text.splitlines()
        count, numbers = self._generated.get(at, (len(lines), frozenset()))
        if count is None:
            return template._replace(text="")
        if count != len(lines):
            return template
        return template._replace(text="\n".join(line for at, line in enumerate(lines) if at not in numbers))


_Generated: TypeAlias = dict[int, tuple[int | None, frozenset[int]]]
"""By document: how many lines it has, and which of them are generated; None when even their number is."""


def _generated(first: Outcome, second: Outcome) -> _Generated:
    if isinstance(first, TimonierError) or isinstance(second, TimonierError) or len(first) != len(second):
        return {}
    found: _Generated = {}
    for at, (one, other) in enumerate(zip(first, second, strict=True)):
        if one.text != other.text:
            lines, others = one.text.splitlines(), other.text.splitlines()
            numbers = frozenset(at for at, pair in enumerate(zip(lines, others, strict=False)) if len(set(pair)) > 1)
            found[at] = (len(lines) if len(lines) == len(others) else None, numbers)
    return found


def _message(outcome: Outcome) -> str | None:
    return _PLACE.sub("", outcome.message) if isinstance(outcome, TimonierError) else None


def _without_ends(one: list[Template], other: list[Template]) -> tuple[list[Template], list[Template]]:
    """Leave out what two lists begin with, and end with, alike: reading it is most of a comparison."""
    shorter = min(len(one), len(other))
    begin = next((at for at in range(shorter) if one[at] != other[at]), shorter)
    end = next((at for at in range(shorter - begin) if one[-1 - at] != other[-1 - at]), shorter - begin)
    return one[begin : len(one) - end], other[begin : len(other) - end]


def _read_all(templates: Sequence[Template]) -> list[tuple[str, Any]]:
    """Read documents; those that hold nothing do not count."""
    read = [(template.source, _read(template)) for template in templates]
    return [(source, document) for source, document in read if document is not None]


@functools.lru_cache(maxsize=4096)
def _read(template: Template) -> Any:  # noqa: ANN401 - YAML is anything
    """Return what a document says; its text, where it is no YAML."""
    if not template.source.endswith(_YAML):
        return template.text.strip() or None
    try:
        documents = list(yamlio.load_all(template.text, origin=template.source, error=SourceError))
    except SourceError:
        return template.text
    return [document for document in documents if document is not None] or None
