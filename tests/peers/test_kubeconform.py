"""kubeconform -strict finds every object of every case valid, for the oldest and the newest Kubernetes promised."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from timonier.check.schema.kubeschemas import known_versions, package_folder, version_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.peers.conftest import Rendering

# What has no schema in Kubernetes' own API.
NOT_OURS = {
    "HTTPRoute": "a custom resource, whose schema comes with the Gateway API's CRDs",
    "ServiceMonitor": "another",
}
_REFERENCE = re.compile(r'"(?:/api/_definitions\.json)?#/\$defs/([^"]+)"')


def newest_of(minor: tuple[int, int]) -> str:
    """The newest Kubernetes version of a minor one that there are schemas of."""
    return max((one for one in known_versions() if version_key(one)[:2] == minor), key=version_key)


def write_schemas(version: str, kinds: Iterable[tuple[str, str]], folder: Path) -> None:
    """Write schemas as kubeconform reads them, from local files and with all they refer to in each.

    Args:
        version: The Kubernetes version.
        kinds: API versions and kinds.
        folder: Where they are put, named as kubeconform's template `{{.ResourceKind}}{{.KindSuffix}}` says.
    """
    source = package_folder() / f"v{version}-local-strict"
    definitions: dict[str, Any] = json.loads((source / "_definitions.json").read_bytes())["$defs"]
    for api, kind in kinds:
        group, _, number = api.rpartition("/")
        name = "-".join(part for part in (kind, group.partition(".")[0], number) if part).lower()
        text = (source / f"{name}.json").read_text(encoding="utf-8")
        needed = closure(text, definitions)
        whole = json.loads(text) | {"$defs": {one: definitions[one] for one in needed}}
        (folder / f"{name}.json").write_text(_REFERENCE.sub(r'"#/$defs/\1"', json.dumps(whole)), encoding="utf-8")


def closure(text: str, definitions: dict[str, Any]) -> set[str]:
    """The names of the definitions that a schema refers to, itself or by others."""
    found: set[str] = set()
    new = set(_REFERENCE.findall(text))
    while new:
        found |= new
        new = {one for name in new for one in _REFERENCE.findall(json.dumps(definitions[name]))} - found
    return found


@pytest.mark.parametrize("minor", [(1, 30), (1, 36)], ids=lambda minor: "{}.{}".format(*minor))
def test_every_case_is_valid(
    renderings: list[Rendering], peer: Callable[..., str], tmp_path: Path, minor: tuple[int, int]
) -> None:
    """No object has a field its kind does not have, or lacks one that it must have."""
    kinds = {(api, kind) for one in renderings for api, kind, _ in one.objects if kind not in NOT_OURS}
    schemas, cases = tmp_path / "schemas", tmp_path / "cases"
    schemas.mkdir()
    write_schemas(newest_of(minor), kinds, schemas)
    cases.mkdir()
    for one in renderings:
        (cases / f"{one.case}.yaml").write_text(one.text, encoding="utf-8")

    location = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    options = ("-strict", "-summary", "-output", "json", "-schema-location", location, "-skip", ",".join(NOT_OURS))
    told = json.loads(peer("kubeconform", *options, str(cases)))

    found = [f"{one['filename']}: {one['kind']} {one['name']}: {one['msg']}" for one in told["resources"]]
    assert found == []
    assert told["summary"]["valid"] == sum(kind not in NOT_OURS for one in renderings for _, kind, _ in one.objects)
