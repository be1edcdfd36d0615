"""Every object against the schema of its kind, in each Kubernetes version that is asked for."""

from __future__ import annotations

import difflib
import functools
import re
from typing import TYPE_CHECKING, Any

from timonier.check.model import Problem, Rule, Severity, object_rule
from timonier.check.rules import apiversions
from timonier.check.schema import schemaerrors
from timonier.check.schema.crds import served
from timonier.check.schema.kubeschemas import Api, KindSchema, kinds_of, known_versions, minor, schemas_of, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from timonier.check.context import CaseContext
    from timonier.check.schema.crds import Served
    from timonier.manifest import Manifest

_CUSTOM_GROUP = re.compile(r"[a-z0-9][-a-z0-9]*(\.[a-z0-9][-a-z0-9]*)+")


@object_rule("schema", Severity.ERROR, per_version=True)
def schema(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """An object is not what the schema of its kind says.

    A field that does not exist, a value of the wrong type, a field that is missing: the API server refuses the object,
    or drops the field and runs without it. The schemas are those of each Kubernetes version that is asked for, and of
    the CustomResourceDefinitions that are known: in the chart's `crds/` folder, among its manifests, given by `--crds`
    or by the setting `crds`, or read from a cluster by `--crds-from-cluster`.

    Mend the template at the line that is named; a misspelt field comes with the nearest one that exists.
    """
    api = api_of(manifest)
    if not api:
        return
    kind = schemas_of(context.kube_version).kind(api) or _custom(api, context)
    if kind and not kind.validator.is_valid(manifest.document):
        yield from schemaerrors.explain(kind, manifest)


@object_rule("unknown-api", Severity.ERROR, per_version=True)
def unknown_api(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """Kubernetes has no such kind, nor does a CustomResourceDefinition that is known for its API group.

    `kubectl apply` and Helm stop with "no matches for kind". The kind or its API version is misspelt, or comes with a
    later Kubernetes version only. A custom resource of whose group nothing is known has a rule of its own,
    `missing-definition`.
    """
    api = api_of(manifest)
    if not api or schemas_of(context.kube_version).has(api) or apiversions.removal(api, context.kube_version):
        return
    crds = _known_crds(context)
    if said := crds.get(api):
        if not said.is_served:
            message = f"The CustomResourceDefinition of {api} says that this version is not served."
            yield Problem(message, path="apiVersion")
    elif not _is_strange(api, crds):
        yield _unknown(api, crds)


@object_rule("missing-definition", Severity.INFO, per_version=True)
def missing_definition(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:
    """The definition of a custom resource is not known, so that nothing of it is validated.

    A misspelt field is found by the API server only, or is dropped without a word.

    Give the CustomResourceDefinition by `--crds FILE`, by the setting `crds` or with `--crds-from-cluster`.
    `--ignore-missing-schemas` says nothing of such kinds; `missing-definition: error` in the settings lets none pass.
    """
    api = api_of(manifest)
    if api and _is_strange(api, _known_crds(context)) and not schemas_of(context.kube_version).has(api):
        yield Problem(
            f"Nothing is known of {api}: it is not validated.",
            path="apiVersion",
            hint="Give its CustomResourceDefinition by --crds.",
        )


def api_of(manifest: Manifest) -> Api | None:
    """Return which kind of which API version an object is, None when it does not say."""
    version, kind = manifest.document.get("apiVersion"), manifest.document.get("kind")
    return Api(version, kind) if isinstance(version, str) and isinstance(kind, str) and version and kind else None


def _unknown(api: Api, crds: Mapping[Api, Served]) -> Problem:
    """Say why a kind is unknown: it comes later, is misspelt, is of another API version, or nobody knows."""
    later = versions_of(api)
    if later:
        return Problem(
            f"{api} is not there before Kubernetes {minor(later[0])}.", path="apiVersion", hint="Ask for a later one."
        )
    newest = kinds_of(known_versions()[-1])
    if others := sorted(other.version for other in (*newest, *crds) if other.kind == api.kind):
        return Problem(f"There is no {api}.", path="apiVersion", hint=f"{api.kind} is in {' and '.join(others)}.")
    of_group = [other.kind for other in (*newest, *crds) if other.version == api.version]
    if near := difflib.get_close_matches(api.kind, of_group, n=1):
        return Problem(f"There is no {api}.", path="kind", hint=f"Did you mean {near[0]}?")
    return Problem(
        f"There is no {api} in Kubernetes, nor in a CustomResourceDefinition that is known.",
        path="apiVersion",
        hint="Is it misspelt?",
    )


def _is_strange(api: Api, crds: Mapping[Api, Served]) -> bool:
    """Whether an API group is neither one of Kubernetes nor of a known definition, nor misspelt: all have dots."""
    if not _CUSTOM_GROUP.fullmatch(api.group) or versions_of(api) or any(known.group == api.group for known in crds):
        return False
    builtin = kinds_of(known_versions()[-1])
    meant = difflib.get_close_matches(api.group, {known.group for known in builtin if known.kind == api.kind}, n=1)
    return not meant and not any(known.group == api.group for known in builtin) and not apiversions.retirement(api)


def _custom(api: Api, context: CaseContext) -> KindSchema | None:
    said = _known_crds(context).get(api)
    if not said or said.schema is None:
        return None
    return _compiled(_Held(said.schema), context.kube_version)


def _known_crds(context: CaseContext) -> Mapping[Api, Served]:
    return _served(_Held(context.crds))


class _Held:
    """Something that cannot be hashed, taken for the same as long as it is the same object."""

    def __init__(self, value: Any) -> None:  # noqa: ANN401 - whatever is held
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.value is self.value


@functools.lru_cache(maxsize=64)
def _served(crds: _Held) -> Mapping[Api, Served]:
    definitions: Sequence[Mapping[str, Any]] = crds.value
    return served(definitions)


@functools.lru_cache(maxsize=4096)
def _compiled(held: _Held, version: str) -> KindSchema | None:
    """Compile the schema of a custom resource; None when its definition is none (the API server would refuse it)."""
    try:
        return schemas_of(version).compiled(held.value)
    except ValueError:
        return None


RULES: tuple[Rule, ...] = (schema, unknown_api, missing_definition)
