"""values.schema.json, against values.yaml and the templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem, Rule, Severity, chart_rule
from timonier.check.templates.chartvalues import GLOBAL
from timonier.check.yamllines import line_of
from timonier.docs.comments import read_outline
from timonier.docs.schema import names, schemas_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from timonier.check.context import ChartContext
    from timonier.check.templates.chartvalues import ChartValues
    from timonier.check.templates.things import Path
    from timonier.docs.comments import Key

_SCHEMA = "values.schema.json"
_VALUES = "values.yaml"
# By custom, a chart around this one switches it by this key, which then is among its values.
_SWITCH = ("enabled",)


@chart_rule("schema-incomplete", Severity.WARNING)
def incomplete(context: ChartContext) -> Iterator[Problem]:
    """The schema does not describe a key of values.yaml.

    Whatever users set there is taken without a look: a wrong type fails in a template, with a message about the
    template, or in the cluster. Add the key to the `properties` around it.

    A map of which the schema describes less than half, or all keys alike (`additionalProperties`), is taken for one
    that was left open on purpose.
    """
    known = context.known_values
    if known.schema and known.defaults:
        for key in _undescribed(read_outline(context.files.text(_VALUES), _VALUES).keys, known):
            name = ".".join(key.path)
            hint = f"Add it to the properties in {_SCHEMA}."
            yield Problem(
                f"The schema does not describe {name}.", file=_VALUES, line=key.line, values_path=name, hint=hint
            )


def _undescribed(keys: Sequence[Key], known: ChartValues) -> Iterator[Key]:
    if not keys:
        return
    around = schemas_at(known.schema, keys[0].path[:-1])
    own = [key for key in keys if key.path[0] != GLOBAL and key.path[0] not in known.parts]
    described = [key for key in own if any(names(part, key.path[-1]) for part in around)]
    is_open = any(isinstance(part.get("additionalProperties"), dict) for part in around)
    if len(described) * 2 > len(own) and not is_open:
        yield from (key for key in own if key not in described)
    for key in described:
        yield from _undescribed(key.keys, known)


@chart_rule("schema-stale", Severity.WARNING)
def stale(context: ChartContext) -> Iterator[Problem]:
    """The schema describes a key that values.yaml does not have and no template reads.

    Users, and the editors that help them with the schema, take it for a key that does something. Remove it from the
    schema.
    """
    known = context.known_values
    if not known.is_clear:
        return
    for path in _stale((), known):
        steps = [step for key in path for step in ("properties", key)]
        name = ".".join(path)
        yield Problem(
            f"The schema describes {name}, which values.yaml does not have and no template reads.",
            file=_SCHEMA,
            line=line_of(context.files.text(_SCHEMA), steps),
            values_path=name,
            hint="Remove it from the schema, or add it to values.yaml.",
        )


def _stale(above: Path, known: ChartValues) -> Iterator[Path]:
    """Yield keys of the schema below a map of values.yaml, those at the top only."""
    default = known.default(above)
    described = [key for part in schemas_at(known.schema, above) for key in part.get("properties") or ()]
    for key in dict.fromkeys(described):
        path = (*above, key)
        if path[0] == GLOBAL or path[0] in known.parts or path == _SWITCH:
            continue
        if not isinstance(default, dict) or key not in default:
            if not known.is_read(path):
                yield path
        elif isinstance(default[key], dict):
            yield from _stale(path, known)


@chart_rule("default-refused", Severity.ERROR)
def refused(context: ChartContext) -> Iterator[Problem]:
    """The schema refuses a default of values.yaml.

    Whoever installs the chart without setting the value gets an error from Helm: the schema says text, say, and
    values.yaml has a number. Mend whichever is wrong. Values that the schema requires and values.yaml leaves out are
    the user's to give, and no finding; neither are nulls, which Helm takes for absent.
    """
    known = context.known_values
    if not known.schema or not known.defaults:
        return
    text = context.files.text(_VALUES)
    for path, message in _refusals(known):
        name = ".".join(map(str, path))
        yield Problem(
            f"The schema refuses the default of {name}: {message}.",
            file=_VALUES,
            line=line_of(text, path),
            values_path=name,
            hint="Mend the default, or the schema.",
        )


def _refusals(known: ChartValues) -> Iterator[tuple[tuple[str | int, ...], str]]:
    import jsonschema_rs

    try:
        validator = jsonschema_rs.validator_for(known.schema, retriever=_nothing_from_elsewhere)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return  # Helm refuses the schema, or fetches parts of it: the rule `render` says what it says
    for error in validator.iter_errors(_without_nulls(known.defaults)):
        path = tuple(error.instance_path)
        if path and path[0] not in known.parts and error.schema_path[-1] != "required":
            yield path, str(error.message).rstrip(".")


def _nothing_from_elsewhere(uri: str) -> Any:  # noqa: ANN401 - jsonschema-rs wants a schema
    raise ValueError(uri)


def _without_nulls(values: object) -> object:
    if isinstance(values, dict):
        return {str(key): _without_nulls(value) for key, value in values.items() if value is not None}
    return [_without_nulls(value) for value in values] if isinstance(values, list) else values


RULES: tuple[Rule, ...] = (incomplete, stale, refused)
