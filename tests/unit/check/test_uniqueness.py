"""Rules about lists whose entries have names, and about volumes and their mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import uniqueness

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def pod(spec: str) -> str:
    """Return a pod."""
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{{spec}}}\n---\n"


def service(ports: str) -> str:
    """Return a Service."""
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {{ports: {ports}}}\n"


def stateful(container: str) -> str:
    """Return a StatefulSet with a claim `data`."""
    return (
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n"
        "  volumeClaimTemplates: [{metadata: {name: data}}]\n"
        f"  template: {{spec: {{containers: [{{{container}}}]}}}}\n"
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (pod("containers: [{volumeMounts: [{name: v}]}]"), "spec.containers[0].volumeMounts[0].name"),
        (
            pod("containers: [], initContainers: [{volumeMounts: [{name: v}]}]"),
            "spec.initContainers[0].volumeMounts[0].name",
        ),
        (pod("containers: [{volumeDevices: [{name: v}]}]"), "spec.containers[0].volumeDevices[0].name"),
        (stateful("volumeMounts: [{name: v}]"), "spec.template.spec.containers[0].volumeMounts[0].name"),
    ],
)
def test_a_mount_without_its_volume(found: Found, text: str, path: str) -> None:
    """In any container."""
    [problem] = found(uniqueness.mount_without_volume, text)
    assert (problem.path, problem.message) == (path, "The pod has no volume v.")


@pytest.mark.parametrize(
    "text",
    [
        pod("volumes: [{name: v}], containers: [{volumeMounts: [{name: v}]}]"),
        pod("volumes: [{}], containers: [{volumeMounts: [{mountPath: /a}]}]"),
        pod("containers: [{volumeMounts: [{mountPath: /a}]}]"),
        stateful("volumeMounts: [{name: data}]"),
    ],
)
def test_a_mount_with_its_volume(found: Found, text: str) -> None:
    """A volume of the pod, or a claim; and none is left unused. That a name is missing is what schemas say."""
    assert found(uniqueness.mount_without_volume, text) == []
    assert found(uniqueness.unused_volume, text) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (pod("volumes: [{name: v}], containers: [{volumeMounts: [{name: w}]}]"), "spec.volumes[0]"),
        (stateful("name: web"), "spec.volumeClaimTemplates[0]"),
    ],
)
def test_a_volume_nobody_mounts(found: Found, text: str, path: str) -> None:
    """A pod's, or a claim."""
    assert [problem.path for problem in found(uniqueness.unused_volume, text)] == [path]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (pod("containers: [{name: a}], initContainers: [{name: a}]"), "spec.containers[0].name"),
        (pod("containers: [], volumes: [{name: a}, {name: b}, {name: a}]"), "spec.volumes[2].name"),
        (
            pod("containers: [{volumeMounts: [{mountPath: /a}, {mountPath: /a}]}]"),
            "spec.containers[0].volumeMounts[1].mountPath",
        ),
        (pod("containers: [{ports: [{name: a}, {name: a}]}]"), "spec.containers[0].ports[1].name"),
        (service("[{name: a, port: 1}, {name: a, port: 2}]"), "spec.ports[1].name"),
        (service("[{name: a, port: 1}, {name: b, port: 1, protocol: TCP}]"), "spec.ports[1].port"),
    ],
)
def test_names_that_are_there_twice(found: Found, text: str, path: str) -> None:
    """The second is shown, and the message says where the first is."""
    [problem] = found(uniqueness.duplicate_entry, text)
    assert problem.path == path
    assert "is there twice: it is at spec." in problem.message


@pytest.mark.parametrize(
    "text",
    [
        pod("containers: [{name: a}, {name: b}], volumes: [{name: a}]"),
        pod("containers: [{name: a, ports: [{name: x}]}, {name: b, ports: [{name: x}]}]"),
        pod("containers: [{}, {}], volumes: [{}, {}]"),
        service("[{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]"),
    ],
)
def test_names_that_only_look_the_same(found: Found, text: str) -> None:
    """In two containers, in two lists, for two protocols, or missing."""
    assert found(uniqueness.duplicate_entry, text) == []


@pytest.mark.parametrize(
    ("container", "path"),
    [
        ("env: [{name: A}, {name: B}, {name: A}]", "env[2].name"),
        ("ports: [{containerPort: 80}, {containerPort: 80, name: b}]", "ports[1].containerPort"),
        ("env: [{name: A}, {name: a}], ports: [{containerPort: 53}, {containerPort: 53, protocol: UDP}]", ""),
    ],
)
def test_variables_and_ports_that_are_there_twice(found: Found, container: str, path: str) -> None:
    """Case matters, and so does the protocol."""
    problems = found(uniqueness.duplicate_variable, pod(f"containers: [{{{container}}}]"))
    assert [problem.path for problem in problems] == ([f"spec.containers[0].{path}"] if path else [])


@pytest.mark.parametrize(
    ("ports", "paths"),
    [
        ("[{port: 1}, {name: a, port: 2}]", ["spec.ports[0]"]),
        ("[{name: b, port: 1}, {name: a, port: 2}]", []),
        ("[{port: 1}]", []),
    ],
)
def test_ports_without_a_name(found: Found, ports: str, paths: list[str]) -> None:
    """One alone needs none."""
    assert [problem.path for problem in found(uniqueness.unnamed_port, service(ports))] == paths
    other = service(ports).replace("v1", "serving.knative.dev/v1")
    assert found(uniqueness.unnamed_port, other) == []
