"""values.yaml, the cases and the templates, against each other."""

from __future__ import annotations

import difflib
import re
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, chart_rule
from timonier.check.rules import partials, schemavalues
from timonier.check.templates.chartvalues import GLOBAL
from timonier.check.templates.things import ANY
from timonier.check.yamllines import line_of
from timonier.docs.comments import read_outline
from timonier.docs.table import make_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.check.context import ChartContext
    from timonier.check.templates.chartvalues import ChartValues
    from timonier.check.templates.reads import Read
    from timonier.check.templates.things import Path
    from timonier.docs.comments import Key

_VALUES = "values.yaml"


@chart_rule("value-unread", Severity.WARNING)
def unread(context: ChartContext) -> Iterator[Problem]:
    """A key of values.yaml that no template reads.

    Setting it changes nothing, and nobody is told. It is misspelt here or in the template, or what read it is gone.
    Remove the key, or read it.

    Keys of a subchart are compared with what that chart knows. A key counts as read when a template hands it, or what
    it lies in, to a function such as `toYaml` or `tpl`, loops over it, or looks it up by a name that is not constant.
    """
    known = context.known_values
    if not known.is_clear or not known.defaults:
        return
    text = context.files.text(_VALUES)
    for path, line in _unread(read_outline(text, _VALUES).keys, known):
        yield _of_value(path, line, f"No template reads {_dotted(path)}.", "Remove it, or read it in a template.")
    brought = {name: known.default((name,)) for name in known.parts if name in known.defaults}
    for path in known.strangers(brought):
        message = f"The subchart {path[0]} knows no value {_dotted(path[1:])}."
        yield _of_value(path, line_of(text, path), message, "Remove it, or see the subchart's values.yaml.")


def _unread(keys: Sequence[Key], known: ChartValues) -> Iterator[tuple[Path, int]]:
    """Yield keys of which nothing is read, those at the top only."""
    for key in keys:
        if key.path[0] == GLOBAL or key.path[0] in known.parts:
            continue
        if not known.is_read(key.path):
            yield key.path, key.line
        else:
            yield from _unread(key.keys, known)


@chart_rule("value-without-default", Severity.WARNING)
def without_default(context: ChartContext) -> Iterator[Problem]:
    """A template reads a value that has no default.

    Without one it renders to nothing, often to an object that Kubernetes refuses, and nobody learns from values.yaml
    that it can be set. Give it a default, even an empty one, or let the template do without it: `default`, `with`,
    `if`, `required`.

    Values that the schema describes, that stand in values.yaml as a comment, or that lie below an empty default are
    taken for known.
    """
    known = context.known_values
    if known.is_library or any(each.get("import-values") for each in known.dependencies.values()):
        return
    text = context.files.text(_VALUES) if known.defaults else ""
    found = {(read.file, read.line, missing) for read in known.reader.reads if (missing := _missing(read, known))}
    for file, line, path in sorted(found):
        if not re.search(rf"^\s*#[#\s-]*{re.escape(path[-1])}:", text, re.MULTILINE):
            name = _dotted(path)
            hint = "Add it to values.yaml, or let the template do without it."
            yield Problem(f"{name} is read and has no default.", file=file, line=line, values_path=name, hint=hint)


def _missing(read: Read, known: ChartValues) -> Path:
    """Return the key that is missing for a read, if nothing provides for that."""
    if read.is_lenient or not read.file.startswith("templates/") or not read.path or read.path[0] == GLOBAL:
        return ()
    lengths = range(read.known + 1, len(read.path) + 1)
    missing = next((read.path[:length] for length in lengths if _is_missing(read.path[:length], known)), ())
    if not missing or missing[0] in known.parts or ANY in missing or known.describes(missing):
        return ()
    asked_for = any(guard[: len(missing)] == missing for guard in read.guards)
    written = any(missing[: len(path)] == path for path in known.reader.written)
    return () if asked_for or written else missing


def _is_missing(path: Path, known: ChartValues) -> bool:
    """Whether values.yaml has the map and not the key. An empty map, or none, may hold anything."""
    above = known.default(path[:-1])
    return isinstance(above, dict) and bool(above or len(path) == 1) and path[-1] not in above


@chart_rule("case-value-unknown", Severity.WARNING)
def case_value_unknown(context: ChartContext) -> Iterator[Problem]:
    """A case sets a value that the chart does not know.

    Helm takes it without a word, and it changes nothing: the case does not show what it says it shows. Mostly it is
    misspelt, or was renamed in the chart.
    """
    known = context.known_values
    if not known.is_clear:
        return
    for case in context.chart.cases:
        for path in known.strangers(case.values):
            near = difflib.get_close_matches(path[-1], map(str, known.default(path[:-1]) or ()), n=1)
            hint = f"Did you mean {near[0]}?" if near else "See the chart's values.yaml."
            message = f"The case {case.name} sets {_dotted(path)}, which the chart does not know."
            file, line = f"ci/{case.name}-values.yaml", line_of(_text_of(case.origin), path)
            yield Problem(message, file=file, line=line, values_path=_dotted(path), hint=hint)


def _text_of(origin: str) -> str:
    """Return what a case's file holds; nothing when it lies in an archive or at a revision."""
    file = FilePath(origin)
    return file.read_text(encoding="utf-8") if origin and file.is_file() else ""


@chart_rule("value-uncommented", Severity.INFO)
def uncommented(context: ChartContext) -> Iterator[Problem]:
    """A key of values.yaml has no comment.

    values.yaml is what users read to learn what they can set. Where a chart comments most keys as helm-docs reads it
    (`# -- what it is`), each key, or the map it lies in, should have such a comment. Elsewhere any comment will do:
    above the key, behind it, or above the map it lies in.
    """
    if not context.defaults:
        return
    text = context.files.text(_VALUES)
    keys = read_outline(text, _VALUES).keys
    if sum(key.is_told for key in keys) * 2 > len(keys):
        for line, message in make_table(context.chart.path, text, {}).gaps:
            yield Problem(f"{_VALUES}: {message}.", file=_VALUES, line=line)
        return
    for key in _untold(keys, ["", *text.splitlines()]):
        yield _of_value(key.path, key.line, f"{_dotted(key.path)} has no comment.", "Say above it what it is for.")


def _untold(keys: Sequence[Key], lines: Sequence[str]) -> Iterator[Key]:
    """Yield the keys that no comment tells of. A comment tells of the keys that follow it without a gap, too."""
    told_up_to = -1
    for key in keys:
        above = lines[key.line - 1].strip()
        if above.startswith("#") or " #" in lines[key.line] or told_up_to == key.line - 1:
            told_up_to = key.line
        elif untold := list(_untold(key.keys, lines)):
            yield from untold if len(untold) < len(key.keys) else [key]
        elif not key.keys:
            yield key


def _of_value(path: Path, line: int, message: str, hint: str) -> Problem:
    return Problem(message, file=_VALUES, line=line, values_path=_dotted(path), hint=hint)


def _dotted(path: Path) -> str:
    return ".".join(path)


RULES: tuple[Rule, ...] = (
    unread,
    without_default,
    case_value_unknown,
    uncommented,
    *schemavalues.RULES,
    *partials.RULES,
)
