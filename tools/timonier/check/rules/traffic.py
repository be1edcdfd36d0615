"""How requests get in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.reading import entries, integer, leaves, mapping, pairs, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.manifest import Manifest

_INGRESS = ("networking.k8s.io", "Ingress")
_CLASS = "kubernetes.io/ingress.class"


@object_rule("ingress-class", Severity.INFO)
def ingress_class(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An Ingress does not say which controller it is for.

    It works where the cluster has a default IngressClass, and nowhere else: no controller takes it, and nobody says so.
    Set `ingressClassName`, at least from a value.
    """
    annotations = pairs(manifest.document, "metadata", "annotations")
    named = string(manifest.document, "spec", "ingressClassName") or annotations.get(_CLASS)
    if manifest.identity[:2] == _INGRESS and not named:
        yield Problem("It has no class: only a cluster's default controller takes it.", "spec.ingressClassName")


@object_rule("ingress-class-annotation", Severity.WARNING)
def ingress_class_annotation(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An Ingress names its class by the annotation that is deprecated since Kubernetes 1.18.

    `spec.ingressClassName` replaces `kubernetes.io/ingress.class`, and newer controllers heed nothing else.
    """
    if manifest.identity[:2] == _INGRESS and _CLASS in mapping(manifest.document, "metadata", "annotations"):
        path = f"metadata.annotations.{_CLASS}"
        yield Problem("This annotation is deprecated.", path, hint="Use spec.ingressClassName.")


@object_rule("ingress-class-twice", Severity.ERROR)
def ingress_class_twice(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """An Ingress has its class both as an annotation and as a field.

    The API server refuses to create it. Mostly a user's annotations, from the days before `ingressClassName`, come on
    top of what the chart sets: leave the annotation out.
    """
    annotations = mapping(manifest.document, "metadata", "annotations")
    if (
        manifest.identity[:2] == _INGRESS
        and _CLASS in annotations
        and string(manifest.document, "spec", "ingressClassName")
    ):
        sentence = f"{_CLASS} cannot be set when ingressClassName is."
        yield Problem(sentence, f"metadata.annotations.{_CLASS}", hint="Leave the annotation out.")


@case_rule("fixed-node-port", Severity.INFO)
def fixed_node_port(context: CaseContext) -> Iterator[Problem]:
    """A Service takes a certain port of every node, though nobody asked for that one.

    A second release, or any other Service with that port, is refused: `provided port is already allocated`. A port that
    the case's values set is somebody's choice, and fine.
    """
    values = context.chart.values.get(context.case.name, {}) if context.chart else {}
    chosen = {value for _, value in leaves(values) if isinstance(value, int)}
    for manifest in context.manifests:
        if manifest.identity[:2] == ("", "Service"):
            for index, port in entries(manifest.document, "spec", "ports"):
                number = integer(port, "nodePort")
                if number and number not in chosen:
                    sentence = f"Port {number} of every node can belong to one Service only."
                    yield Problem(sentence, f"spec.ports[{index}].nodePort", manifest)


RULES: tuple[Rule, ...] = (ingress_class, ingress_class_annotation, ingress_class_twice, fixed_node_port)
