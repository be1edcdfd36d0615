"""Templates that give nothing, and definitions and inclusions that do not meet."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, chart_rule
from timonier.gotemplate import Command, Comment, Define, Identifier, String, TemplateCall, Text, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import ChartContext
    from timonier.check.templates.chartvalues import ChartValues
    from timonier.gotemplate import Tree

_NOTES = "NOTES.txt"
_ADD_CASE = "Add a case, ci/NAME-values.yaml, that switches it on."


@chart_rule("template-never-rendered", Severity.INFO)
def never_rendered(context: ChartContext) -> Iterator[Problem]:
    """A template that renders to nothing in any case.

    No check sees what it would render to. Add a case, `ci/NAME-values.yaml`, with the values that switch it on.
    """
    known = context.known_values
    if known.is_library or len(context.renderings) < len(context.chart.cases):
        return
    silent = list(_silent(context))
    if silent and len(context.chart.cases) == 1:
        message = f"There are no cases, and with the defaults {_listed(silent)} to nothing."
        yield Problem(message, file=silent[0], line=1, hint=_ADD_CASE)
        return
    for name in silent:
        yield Problem(f"{name} renders to nothing in any case.", file=name, line=1, hint=_ADD_CASE)


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return f"{names[0]} renders"
    return f"{len(names)} templates render, such as {names[0]} and {names[-1]},"


def _silent(context: ChartContext) -> Iterator[str]:
    """Yield the templates that no manifest of any case comes from."""
    seen = {manifest.source for manifests in context.renderings.values() for manifest in manifests}
    for name, tree in context.known_values.trees.items():
        file = PurePosixPath(name)
        partial = file.name.startswith("_") or file.name == _NOTES or not _gives_something(tree)
        if not partial and f"{context.chart.name}/{name}" not in seen:
            yield name


def _gives_something(tree: Tree) -> bool:
    """Whether there is more in a template than definitions."""
    return any(
        node.text.strip() if isinstance(node, Text) else not isinstance(node, Define | Comment) for node in tree.body
    )


@chart_rule("partial-unused", Severity.INFO)
def unused(context: ChartContext) -> Iterator[Problem]:
    """A definition that no template includes.

    It is left over, or its name is misspelt where it is included. Remove it, unless charts around this one include it.
    """
    known = context.known_values
    if known.is_library or not known.reader.is_complete:
        return
    included = known.reader.included | {name for tree in _all_trees(known) for name, _ in _included(tree)}
    for name, found in known.own_definitions.items():
        if name not in included:
            yield Problem(f"Nothing includes {name}.", file=found.file, line=found.line, hint="Remove it.")


@chart_rule("include-undefined", Severity.ERROR)
def undefined(context: ChartContext) -> Iterator[Problem]:
    """A template includes what nothing defines.

    Rendering fails as soon as it gets there, perhaps only with values that no case has. The name is misspelt, or the
    library chart that has the definition is not among the dependencies.
    """
    known = context.known_values
    if None in known.parts.values():
        return
    for file, tree in known.trees.items():
        for name, line in _included(tree):
            if name not in known.definitions and f"/{name}".rpartition("/templates/")[2] not in _names(known):
                yield Problem(f"Nothing defines {name}, which is included here.", file=file, line=line)


def _names(known: ChartValues) -> set[str]:
    """Return the names of templates as Helm knows them: files can be included as well."""
    return {name.removeprefix("templates/") for name in known.trees}


def _all_trees(known: ChartValues) -> Iterator[Tree]:
    yield from known.trees.values()
    for part in known.parts.values():
        if part:
            yield from _all_trees(part)


def _included(tree: Tree) -> Iterator[tuple[str, int]]:
    """Yield the names that are included by a constant, each with its line."""
    for node in walk(tree):
        if isinstance(node, TemplateCall):
            yield node.name, node.line
        if isinstance(node, Command):
            match node.args:
                case (Identifier(name="include"), String(value=name), *_):
                    yield name, node.line


RULES: tuple[Rule, ...] = (never_rendered, unused, undefined)
