"""The schemas of each Kubernetes version: the files of the package kubernetes-validate, read when they are needed.

They are strict (a field that a kind does not have is an error) and lie one file a kind in a folder a version, named
`KIND-GROUP-VERSION.json` with the group's first part only, beside one `_definitions.json` that all refer to. Reading
the definitions takes about 20 ms a version and compiling a kind 1 to 5, so nothing is cached on disk.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from timonier.errors import EngineError, TimonierError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import jsonschema_rs

_FOLDER = re.compile(r"v(\d+\.\d+\.\d+)-local-strict")
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?$")
_DEFINITIONS = "_definitions.json"
_GROUP_VERSION_KIND = "x-kubernetes-group-version-kind"


class Api(NamedTuple):
    """A kind of an API version: `apps/v1` and `Deployment`."""

    version: str
    kind: str

    def __str__(self) -> str:
        """Write it as people do: `apps/v1 Deployment`."""
        return f"{self.version} {self.kind}"

    @property
    def group(self) -> str:
        """The API group; empty for the core one."""
        return self.version.rpartition("/")[0]


@dataclass(frozen=True)
class KindSchema:
    """The schema of one kind, ready to validate.

    Attributes:
        schema: The kind's own schema.
        definitions: What it refers to, by name.
        validator: Both, compiled.
    """

    schema: Mapping[str, Any]
    definitions: Mapping[str, Any]
    validator: jsonschema_rs.Validator

    def at(self, path: Iterable[str | int]) -> Any:  # noqa: ANN401 - any part of a schema
        """Return the part of the schema that a validation error's `schema_path` names."""
        parts = list(path)
        part: Any = self.schema
        if parts[:1] == ["$defs"] and "$defs" not in self.schema:
            part, parts = self.definitions, parts[1:]
        for key in parts:
            part = part[key]
        return part


@functools.cache
def package_folder() -> Path:
    """Return the folder that holds a folder of schemas a version.

    Raises:
        EngineError: What `timonier check` needs on top is not installed.
    """
    spec = importlib.util.find_spec("kubernetes_validate")
    if not spec or not spec.submodule_search_locations or not importlib.util.find_spec("jsonschema_rs"):
        raise EngineError("The schemas of Kubernetes are not installed.", hint="Run `pip install 'timonier[check]'`.")
    return Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema"


@functools.cache
def known_versions() -> tuple[str, ...]:
    """The Kubernetes versions with schemas, `1.34.0`, the oldest first.

    Raises:
        EngineError: What `timonier check` needs on top is not installed.
    """
    found = [match[1] for folder in package_folder().iterdir() if (match := _FOLDER.fullmatch(folder.name))]
    return tuple(sorted(found, key=version_key))


def version_key(version: str) -> tuple[int, int, int]:
    """Return a Kubernetes version as something to compare: `1.34` is 1.34.0.

    Raises:
        TimonierError: It is no version.
    """
    match = _VERSION.fullmatch(version.strip())
    if not match:
        raise TimonierError(f"{version!r} is no Kubernetes version.", hint="Say 1.34, 1.34.2 or 1.30-1.36.")
    return int(match[1]), int(match[2]), int(match[3] or 0)


def minor(version: str) -> str:
    """Return a version without its patch: `1.34`."""
    return "{}.{}".format(*version_key(version))


def read_versions(texts: Iterable[str]) -> tuple[str, ...]:
    """Read Kubernetes versions and ranges of them, `1.34`, `1.34.2`, `1.30-1.36`; the newest known when there is none.

    Returns:
        Full versions in order, each once.

    Raises:
        TimonierError: One is no version, or has no schemas.
        EngineError: What `timonier check` needs on top is not installed.
    """
    wanted = {version for text in texts for part in text.split(",") for version in _range(part.strip())}
    return tuple(sorted(wanted, key=version_key)) or known_versions()[-1:]


def _range(text: str) -> list[str]:
    first, dash, last = text.partition("-")
    if not dash:
        _schema_version(first)
        return ["{}.{}.{}".format(*version_key(first))]
    if version_key(first) > version_key(last):
        raise TimonierError(f"{text} is no range of Kubernetes versions.", hint="The older one comes first.")
    low, high = version_key(_schema_version(first)), version_key(_schema_version(last))
    return [version for version in known_versions() if low <= version_key(version) <= high]


def _schema_version(version: str) -> str:
    """Return the version whose schemas are those of `version`: they do not change with a patch."""
    for known in known_versions():
        if version_key(known)[:2] == version_key(version)[:2]:
            return known
    first, last = minor(known_versions()[0]), minor(known_versions()[-1])
    raise TimonierError(
        f"There are no schemas of Kubernetes {version.strip()}.", hint=f"There are those of {first} to {last}."
    )


class VersionSchemas:
    """The schemas of one Kubernetes version."""

    def __init__(self, version: str) -> None:
        self.folder = package_folder() / f"v{_schema_version(version)}-local-strict"
        self._kinds: dict[Api, KindSchema | None] = {}

    @functools.cached_property
    def definitions(self) -> Mapping[str, Any]:
        """What schemas of kinds refer to, by name."""
        definitions: Mapping[str, Any] = self._whole["$defs"]
        return definitions

    @functools.cached_property
    def _whole(self) -> dict[str, Any]:
        whole: dict[str, Any] = json.loads((self.folder / _DEFINITIONS).read_bytes())
        return whole

    @functools.cached_property
    def _registry(self) -> jsonschema_rs.Registry:
        import jsonschema_rs

        return jsonschema_rs.Registry([(_DEFINITIONS, self._whole)])

    def kind(self, api: Api) -> KindSchema | None:
        """Return the schema of a kind, compiled once; None when this version of Kubernetes has none of that name."""
        if api not in self._kinds:
            schema = self._read(api)
            self._kinds[api] = self.compiled(schema) if schema else None
        return self._kinds[api]

    def has(self, api: Api) -> bool:
        """Whether this version of Kubernetes has a kind, without compiling its schema."""
        return self._read(api) is not None

    def compiled(self, schema: dict[str, Any]) -> KindSchema:
        """Compile a schema that may refer to this version's definitions.

        Raises:
            ValueError: It is no schema.
        """
        import jsonschema_rs

        return KindSchema(schema, self.definitions, jsonschema_rs.validator_for(schema, registry=self._registry))

    def _read(self, api: Api) -> dict[str, Any] | None:
        group, _, version = api.version.rpartition("/")
        parts = (api.kind, group.partition(".")[0], version) if group else (api.kind, version)
        name = "-".join(parts).lower()
        # What is in a manifest becomes part of a path here: nothing but a name may.
        if not re.fullmatch(r"[a-z0-9-]+", name):
            return None
        schema = _read_json(self.folder / f"{name}.json")
        named = {"group": group, "version": version, "kind": api.kind}
        # Two groups may share their first part, and a type that is no object of its own has a file as well.
        return schema if schema and named in schema.get(_GROUP_VERSION_KIND, []) else None


@functools.cache
def _read_json(file: Path) -> dict[str, Any] | None:
    try:
        schema: dict[str, Any] = json.loads(file.read_bytes())
    except OSError:  # also a name longer than a file's may be
        return None
    return schema


@functools.cache
def schemas_of(version: str) -> VersionSchemas:
    """Return the schemas of a Kubernetes version.

    Raises:
        TimonierError: There are none of that version.
        EngineError: What `timonier check` needs on top is not installed.
    """
    return VersionSchemas(version)


@functools.cache
def versions_of(api: Api) -> tuple[str, ...]:
    """Return the Kubernetes versions that have a kind, the oldest first."""
    return tuple(version for version in known_versions() if schemas_of(version).has(api))


@functools.cache
def kinds_of(version: str) -> tuple[Api, ...]:
    """Return all kinds of a Kubernetes version that are objects of their own, lists left out."""
    found = []
    for name, schema in schemas_of(version).definitions.items():
        named = schema.get(_GROUP_VERSION_KIND, [])
        if len(named) == 1 and "metadata" in schema.get("properties", {}) and not name.endswith("List"):
            group = f"{named[0]['group']}/" if named[0]["group"] else ""
            found.append(Api(f"{group}{named[0]['version']}", named[0]["kind"]))
    return tuple(sorted(found))
