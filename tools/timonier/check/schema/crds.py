"""Schemas of custom resources, made of the CustomResourceDefinitions that are known.

What `openAPIV3Schema` leaves to Kubernetes' own reading of it is said in JSON Schema's words: a field it does not name
is refused (the API server would drop it, and with strict field validation refuses it too), `nullable`,
`x-kubernetes-int-or-string`, `x-kubernetes-preserve-unknown-fields` and `x-kubernetes-embedded-resource` are heeded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier import yamlio
from timonier.chartfiles import unpack_subcharts
from timonier.check.schema.kubeschemas import Api
from timonier.errors import SourceError
from timonier.manifest import read_manifests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from timonier.chartfiles import ChartFiles
    from timonier.kube import Access

CRD_KIND = "CustomResourceDefinition"
_OBJECT_META = "https://kubernetes.io/api/_definitions.json#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
# A folder of that name below `templates/` holds templates as any other.
_CRD_FILE = re.compile(r"(?:charts/[^/]+/)*crds/")
_SUFFIXES = (".yaml", ".yml", ".json")
# Keywords of JSON Schema that say the same in `openAPIV3Schema`, and hold no further fields.
_KEPT = (
    *("enum", "pattern", "minimum", "maximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "uniqueItems", "required", "allOf", "anyOf", "oneOf", "not"),
)


class Served(NamedTuple):
    """What the known CustomResourceDefinitions say of one kind.

    Attributes:
        schema: Its schema; None when none is given, and anything is taken.
        is_served: Whether the API server answers to this version.
    """

    schema: Mapping[str, Any] | None
    is_served: bool


def crds_of_files(files: ChartFiles) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions of a chart's `crds/` folders, those of its subcharts included.

    Raises:
        SourceError: One is not YAML.
    """
    unpacked = unpack_subcharts(files)
    names = [name for name in sorted(unpacked.files) if _CRD_FILE.match(name) and name.endswith(_SUFFIXES)]
    return [crd for name in names for crd in read_crds(unpacked.text(name), origin=f"{files.path}/{name}")]


def crds_of_paths(paths: Iterable[Path]) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions of files, and of all files in folders.

    Raises:
        SourceError: There is no such file, it cannot be read or is not YAML.
    """
    found: list[Mapping[str, Any]] = []
    for path in paths:
        inside = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES) if path.is_dir() else [path]
        for file in inside:
            try:
                found += read_crds(file.read_text(encoding="utf-8"), origin=str(file))
            except (OSError, UnicodeDecodeError) as problem:
                reason = problem.strerror if isinstance(problem, OSError) else "it is not text"
                raise SourceError(f"The CRDs in {file} cannot be read: {reason}.") from None
    return found


def crds_of_cluster(access: Access) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions of a cluster.

    Raises:
        ClusterError: There is no kubectl, or it has no answer.
    """
    return [one for one in access.get("customresourcedefinitions") if one.get("kind") == CRD_KIND]


def read_crds(text: str, *, origin: str) -> list[Mapping[str, Any]]:
    """Return the CustomResourceDefinitions in a stream of manifests; what else there is, is left out.

    Raises:
        SourceError: It is not YAML.
    """
    if text.lstrip().startswith("{"):
        documents: Sequence[Any] = [yamlio.load(text, origin=origin, error=SourceError)]
    else:
        documents = [manifest.document for manifest in read_manifests(text, origin=origin)]
    mappings = [document for document in documents if isinstance(document, dict)]
    items = [item for document in mappings for item in document.get("items") or [document]]
    return [item for item in items if isinstance(item, dict) and item.get("kind") == CRD_KIND]


def served(crds: Iterable[Mapping[str, Any]]) -> dict[Api, Served]:
    """Return what CustomResourceDefinitions say of each kind in each version."""
    return {api: said for crd in crds if isinstance(crd.get("spec"), dict) for api, said in _versions(crd["spec"])}


def _versions(spec: Mapping[str, Any]) -> Iterator[tuple[Api, Served]]:
    group, kind = spec.get("group"), (spec.get("names") or {}).get("kind")
    for version in spec.get("versions") or []:
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        yield (
            Api(f"{group}/{version.get('name')}", str(kind)),
            Served(_object(schema) if isinstance(schema, dict) else None, bool(version.get("served", True))),
        )


def _object(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the schema of a whole object, which has `apiVersion`, `kind` and `metadata` whatever it says."""
    converted = _converted(schema)
    text = {"type": "string"}
    said = converted.get("properties", {})
    converted["properties"] = said | {"apiVersion": text, "kind": text, "metadata": {"$ref": _OBJECT_META}}
    return converted | {"type": "object"}


def _converted(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a schema: the keywords that hold fields one by one, the others as they are."""
    made: dict[str, Any] = {key: schema[key] for key in _KEPT if key in schema}
    made |= _bounds(schema)
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {name: _converted(part) for name, part in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        made["items"] = _converted(schema["items"])
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        made["additionalProperties"] = _converted(more)
    elif "properties" in made and not more and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made["additionalProperties"] = False
    if schema.get("x-kubernetes-embedded-resource"):
        made["properties"] = _object({})["properties"] | made.get("properties", {})
    return made | _types(schema)


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """OpenAPI says by true or false that a bound is exclusive, JSON Schema by the bound itself."""
    pairs = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
    return {word: schema[bound] for word, bound in pairs if schema.get(word) is True and bound in schema}


def _types(schema: Mapping[str, Any]) -> dict[str, Any]:
    if schema.get("x-kubernetes-int-or-string"):
        types = ["integer", "string"]
    elif "type" in schema:
        types = [str(schema["type"])]
    else:
        return {}
    if schema.get("nullable"):
        types.append("null")
        if "enum" in schema:
            return {"type": types, "enum": [*schema["enum"], None]}
    return {"type": types if len(types) > 1 else types[0]}
