"""What the API server sets by itself anyway: to say it changes nothing, of every default that the foretelling knows."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from tests.e2e.happened import Differ, foretold

from timonier.diff.effects.defaults import POD, SPECS, TOP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.testing.cluster import TestCluster

pytestmark = pytest.mark.e2e
OBJECTS = Path(__file__).parent / "foretold" / "defaults.yaml"
NAME = "defaults"
ASTERISK = "*"
# What may be made for a default to be in: it does nothing by being there.
MADE = frozenset(("strategy", "updateStrategy", "rollingUpdate", "persistentVolumeClaimRetentionPolicy"))


def explicit(document: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return an object that says all its defaults, and which ones those are."""
    said = copy.deepcopy(document)
    group = document["apiVersion"].rpartition("/")[0]
    tables = [("spec", SPECS.get((group, document["kind"]), {})), ("", TOP.get((group, document["kind"]), {}))]
    if "template" in document.get("spec", {}):
        tables.append(("spec.template.spec", POD))
    found = {
        f"{document['kind']} {path}" if table is not POD else path
        for above, table in tables
        for path, value in table.items()
        if put(said, [step for step in f"{above}.{path}".split(".") if step], value)
    }
    for container in said.get("spec", {}).get("template", {}).get("spec", {}).get("containers", ()):
        container.update(imagePullPolicy="IfNotPresent", args=[], envFrom=[])
    for port in said["spec"]["ports"] if document["kind"] == "Service" else ():
        port["targetPort"] = port["port"]
    said["metadata"].update(labels={}, annotations={})
    return said, found


def put(value: Any, steps: list[str], default: Any) -> bool:  # noqa: ANN401 - any part of a document
    """Say a default wherever it applies: what names a mechanism or a source of its own is in the object already."""
    step, *rest = steps
    if step == ASTERISK:
        return max([put(element, rest, default) for element in value], default=False)
    if not rest:
        is_other = (
            step in value or (step == "value" and "valueFrom" in value) or (step == "emptyDir" and len(value) > 1)
        )
        return False if is_other else not value.update({step: copy.deepcopy(default)})
    if step not in value and step not in MADE:
        return False
    return put(value.setdefault(step, {}), rest, default)


def test_to_say_a_default_changes_nothing(
    cluster: TestCluster,
    module_namespace: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """Every default of the tables is said: `nothing` is foretold, and no object gets another generation or spec."""
    text = OBJECTS.read_text(encoding="utf-8").replace("NAMESPACE", module_namespace)
    old = list(yaml.safe_load_all(text))
    pairs = [explicit(document) for document in old]
    known = {
        *POD,
        *(f"{kind} {path}" for table in (SPECS, TOP) for (_, kind), paths in table.items() for path in paths),
    }
    assert known == {path for _, found in pairs for path in found}

    chart = tmp_path / NAME
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text(f"apiVersion: v2\nname: {NAME}\nversion: 0.1.0\n")
    (chart / "templates" / "all.yaml").write_text(yaml.safe_dump_all(old))
    cluster.helm("install", NAME, str(chart), namespace=module_namespace)
    request.addfinalizer(lambda: cluster.helm("uninstall", NAME, namespace=module_namespace))
    before = dict(specs(cluster, module_namespace, old))
    (chart / "templates" / "all.yaml").write_text(yaml.safe_dump_all(document for document, _ in pairs))
    said = json.loads(Differ(cluster, module_namespace, capsys)(f"release:{NAME}", str(chart), "-o", "json").out)
    assert foretold(said) == {f"{one['kind']} {one['metadata']['name']}": "nothing" for one in old}
    cluster.helm("upgrade", NAME, str(chart), namespace=module_namespace)
    assert dict(specs(cluster, module_namespace, old)) == before


def specs(cluster: TestCluster, namespace: str, objects: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Yield each object's generation, and what it is but for its metadata and its status."""
    for one in objects:
        kind = f"{one['kind']}.{one['apiVersion'].rpartition('/')[0]}".rstrip(".")
        there = cluster.get(kind, one["metadata"]["name"], namespace)
        generation = there.pop("metadata").get("generation")
        yield one["kind"], [generation, {key: value for key, value in there.items() if key != "status"}]
