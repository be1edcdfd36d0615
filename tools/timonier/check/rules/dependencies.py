"""What a chart says of the charts it depends on, against what is there."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from timonier import yamlio
from timonier.check.model import Problem, Rule, Severity, chart_rule
from timonier.check.subcharts import subcharts
from timonier.check.yamllines import line_of
from timonier.constraints import parse_version, satisfies
from timonier.errors import SourceError
from timonier.values import merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.check.context import ChartContext

_FILE = "Chart.yaml"
_LOCK = "Chart.lock"
_LOCAL = "file://"
# pkg/chart/v2/dependency.go, in the order of the struct's fields. Those after the first are left out when empty.
_HASHED = ("version", "repository", "condition", "tags", "enabled", "import-values", "alias")


@chart_rule("dependency-unlocked", Severity.WARNING)
def unlocked(context: ChartContext) -> Iterator[Problem]:
    """A dependency has a range of versions, and there is no Chart.lock.

    `helm dependency build` then takes the newest version of the range there is: what was tested is not what is built
    tomorrow. Run `helm dependency update` and commit the Chart.lock it writes.
    """
    if _LOCK in context.files.files:
        return
    for place, dependency in enumerate(declared(context)):
        version, repository = str(dependency.get("version") or ""), str(dependency.get("repository") or "")
        if repository and not repository.startswith(_LOCAL) and parse_version(version) is None:
            message = f"The dependency {dependency.get('name')} may be any of {version!r}, and there is no {_LOCK}."
            yield _problem(context, place, "version", message, "Run `helm dependency update`, and commit the lock.")


@chart_rule("dependency-lock-stale", Severity.ERROR)
def lock_stale(context: ChartContext) -> Iterator[Problem]:
    """Chart.lock was written for other dependencies than Chart.yaml has.

    `helm dependency build` refuses it: the lock's digest is of both lists (internal/resolver, `HashReq`). Run
    `helm dependency update`.
    """
    if _LOCK not in context.files.files:
        return
    lock = yamlio.load(context.files.text(_LOCK), origin=f"{context.chart.path}/{_LOCK}", error=SourceError)
    locked = lock.get("dependencies") or [] if isinstance(lock, dict) else []
    if not isinstance(lock, dict) or lock.get("digest") != lock_digest(declared(context), locked):
        line = line_of(context.files.text(_LOCK), ("digest",))
        message = f"{_LOCK} was not written for the dependencies that {_FILE} has."
        yield Problem(message, file=_LOCK, line=line, hint="Run `helm dependency update`.")


def lock_digest(dependencies: Sequence[Mapping[str, Any]], locked: Sequence[Mapping[str, Any]]) -> str:
    """Return the digest that Helm writes into Chart.lock, of both lists as Go writes JSON."""
    lists = [[_hashed(dependency) for dependency in each] for each in (dependencies, locked)]
    text = json.dumps(lists, separators=(",", ":"), ensure_ascii=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _hashed(dependency: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: dependency[key] for key in _HASHED if dependency.get(key)}
    ordered = {"name": dependency.get("name", ""), **({"version": kept["version"]} if "version" in kept else {})}
    return ordered | {"repository": dependency.get("repository") or ""} | kept


@chart_rule("dependency-condition", Severity.WARNING)
def condition(context: ChartContext) -> Iterator[Problem]:
    """A dependency's condition names a key that has no default.

    Helm takes a condition whose key is not there for true. Whoever reads values.yaml does not learn how to switch the
    subchart off, and a misspelt condition never does. Give the key a default in values.yaml.
    """
    brought = {subchart.name: subchart.files for subchart in subcharts(context.files)}
    for place, dependency in enumerate(declared(context)):
        paths = [path.strip() for path in str(dependency.get("condition") or "").split(",") if path.strip()]
        values = context.defaults
        if (files := brought.get(str(dependency.get("name")))) and "values.yaml" in files.files:
            own = yamlio.load(files.text("values.yaml"), origin=f"{files.path}/values.yaml", error=SourceError)
            values = merge({name_of(dependency): own or {}}, values)
        if paths and not any(_has(values, path.split(".")) for path in paths):
            message = f"The condition {', '.join(paths)} of {dependency.get('name')} has no default in values.yaml."
            yield _problem(context, place, "condition", message, "Add the key, or mend the condition.")


def _has(values: object, path: Sequence[str]) -> bool:
    for step in path:
        if not isinstance(values, dict) or step not in values:
            return False
        values = values[step]
    return True


@chart_rule("dependency-undeclared", Severity.WARNING)
def undeclared(context: ChartContext) -> Iterator[Problem]:
    """`charts/` holds a chart that Chart.yaml does not declare.

    Helm installs it all the same, and nothing can switch it off; `helm dependency build` may delete it. Declare it in
    `dependencies`, or remove it.
    """
    known = {str(dependency.get("name")) for dependency in declared(context)}
    for subchart in subcharts(context.files):
        if subchart.name not in known:
            message = f"{_FILE} does not declare {subchart.name}, which {subchart.place} holds."
            line = context.metadata_line("dependencies")
            yield Problem(message, file=_FILE, line=line, hint="Declare it in `dependencies`, or remove it.")


@chart_rule("dependency-version", Severity.WARNING)
def version(context: ChartContext) -> Iterator[Problem]:
    """`charts/` holds a dependency in a version that Chart.yaml does not allow.

    Helm installs what is there. `helm dependency update` fetches what is asked for.
    """
    for place, dependency in enumerate(declared(context)):
        wanted = str(dependency.get("version") or "")
        there = [subchart.version for subchart in subcharts(context.files) if subchart.name == dependency.get("name")]
        if wanted and there and not any(satisfies(version, wanted) for version in there):
            message = f"charts/ holds {dependency.get('name')} {', '.join(there)}, which {wanted!r} does not allow."
            yield _problem(context, place, "version", message, "Run `helm dependency update`.")


def declared(context: ChartContext) -> list[Mapping[str, Any]]:
    """Return the dependencies of Chart.yaml."""
    said = context.metadata.get("dependencies")
    return [dependency for dependency in said if isinstance(dependency, dict)] if isinstance(said, list) else []


def name_of(dependency: Mapping[str, Any]) -> str:
    """Return what a dependency is called in the values: its alias, if it has one."""
    return str(dependency.get("alias") or dependency.get("name"))


def _problem(context: ChartContext, place: int, key: str, message: str, hint: str) -> Problem:
    line = context.metadata_line("dependencies", place, key)
    return Problem(message, file=_FILE, line=line, hint=hint)


RULES: tuple[Rule, ...] = (unlocked, lock_stale, condition, undeclared, version)
