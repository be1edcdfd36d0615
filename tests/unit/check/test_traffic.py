"""Rules about how requests get in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import traffic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def ingress(spec: str = "", annotation: str = "", api: str = "networking.k8s.io/v1") -> str:
    """Return an Ingress."""
    annotations = f"kubernetes.io/ingress.class: {annotation}" if annotation else ""
    return f"apiVersion: {api}\nkind: Ingress\nmetadata: {{annotations: {{{annotations}}}}}\nspec: {{{spec}}}\n"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (ingress(), ["ingress-class"]),
        (ingress("ingressClassName: ''"), ["ingress-class"]),
        (ingress("ingressClassName: nginx"), []),
        (ingress(annotation="nginx"), ["ingress-class-annotation"]),
        (ingress("ingressClassName: nginx", "nginx"), ["ingress-class-annotation", "ingress-class-twice"]),
        (ingress(api="other.io/v1"), []),
        (ingress("ingressClassName: nginx", "nginx", "other.io/v1"), []),
    ],
)
def test_the_class_of_an_ingress(found: Found, text: str, rules: list[str]) -> None:
    """Once, and by the field."""
    every = (traffic.ingress_class, traffic.ingress_class_annotation, traffic.ingress_class_twice)
    assert [rule.name for rule in every if found(rule, text)] == rules


SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80, nodePort: %s}]}\n"


def test_a_port_of_every_node(found: Found) -> None:
    """Only when it is said which."""
    [problem] = found(traffic.fixed_node_port, SERVICE % "30080")
    assert problem.message == "Port 30080 of every node can belong to one Service only."
    assert found(traffic.fixed_node_port, SERVICE % "null") == []


def test_a_port_of_every_node_that_the_case_asks_for(
    make_chart: Callable[..., Path], look: Callable[..., list[Problem]]
) -> None:
    """Somebody chose it; as a default nobody did."""
    template = {"templates/a.yaml": SERVICE % "{{ .Values.nodePort }}", "ci/own-values.yaml": "nodePort: 31000\n"}
    chart = make_chart(template, values="nodePort: 30080\n")
    assert [problem.message[:10] for problem in look(traffic.fixed_node_port, chart)] == ["Port 30080"]
