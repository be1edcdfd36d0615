"""Rules about names and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import identity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]
    Look = Callable[..., list[Problem]]


def config(name: str, *, namespace: str = "", annotations: str = "{}", kind: str = "ConfigMap", api: str = "v1") -> str:
    """Return a document that is nothing but its metadata."""
    where = f"namespace: {namespace}, " if namespace else ""
    return f"{{apiVersion: {api}, kind: {kind}, metadata: {{name: {name}, {where}annotations: {annotations}}}}}\n---\n"


def hook(events: str) -> str:
    """Return annotations of a hook."""
    return f"{{helm.sh/hook: '{events}'}}"


@pytest.mark.parametrize(
    "text",
    [
        config("a") + config("a"),
        config("a") + config("a", namespace="somewhere"),
        config("a", annotations=hook("pre-install,post-upgrade")) + config("a", annotations=hook("post-upgrade,test")),
        config("a", api="rbac.authorization.k8s.io/v1", kind="ClusterRole", namespace="x")
        + config("a", api="rbac.authorization.k8s.io/v1", kind="ClusterRole", namespace="y"),
        config("a", api="apps/v1", kind="Deployment") + config("a", api="apps/v1beta1", kind="Deployment"),
    ],
)
def test_the_same_object_twice(found: Found, text: str) -> None:
    """The second is named: an object of a namespace, of the cluster, a hook of the same event."""
    [problem] = found(identity.duplicate_object, text)
    assert problem.manifest is not None
    assert problem.message.startswith("Another document is called the same, ")


@pytest.mark.parametrize(
    "text",
    [
        config("a") + config("b"),
        config("a") + config("a", kind="Secret"),
        config("a") + config("a", namespace="elsewhere"),
        config("a") + config("a", annotations=hook("pre-install")),
        config("a", annotations=hook("pre-install")) + config("a", annotations=hook("pre-upgrade")),
        config("a", api="serving.knative.dev/v1", kind="Service") + config("a", kind="Service"),
        "{apiVersion: batch/v1, kind: Job, metadata: {generateName: a-}}\n---\n" * 2,
        "{apiVersion: v1, kind: Pod}\n---\n" * 2,
        "{apiVersion: v1, metadata: {name: a}}\n---\n" * 2,
    ],
)
def test_objects_that_only_look_the_same(found: Found, text: str) -> None:
    """Another kind, namespace, group or event; and names that the API server makes."""
    assert found(identity.duplicate_object, text) == []


def test_a_document_that_is_rendered_twice_to_the_letter(make_chart: Callable[..., Path], look: Look) -> None:
    """And the template of the first is named."""
    chart = make_chart({"templates/a.yaml": config("a") * 2, "templates/b.yaml": config("a")})
    messages = [problem.message for problem in look(identity.duplicate_object, chart)]
    assert messages == [
        "Another document is called the same, ConfigMap a.",
        "shop/templates/a.yaml is called the same, ConfigMap a.",
    ]


POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: %s, ports: [{name: %s}]}]
  volumes: [{name: %s}]
"""


@pytest.mark.parametrize(
    ("text", "path", "what"),
    [
        (config("Web"), "metadata.name", '"Web" is refused'),
        (config("web_1"), "metadata.name", '"web_1" is refused'),
        (config("web-"), "metadata.name", '"web-" is refused'),
        (config("a..b"), "metadata.name", '"a..b" is refused'),
        (config("a" * 254), "metadata.name", "(254 characters) is too long a name: it may have 253"),
        (config("a.b", kind="Service"), "metadata.name", '"a.b" is refused'),
        (config("1a", kind="Service"), "metadata.name", '"1a" is refused'),
        (config("a" * 64, kind="Service"), "metadata.name", "it may have 63"),
        (config("a.b", kind="Namespace"), "metadata.name", '"a.b" is refused'),
        (config("a.b", kind="StatefulSet", api="apps/v1"), "metadata.name", '"a.b" is refused'),
        (config("a" * 53, kind="StatefulSet", api="apps/v1"), "metadata.name", "it may have 52"),
        (config("a" * 53, kind="CronJob", api="batch/v1"), "metadata.name", "it may have 52"),
        (config("a" * 64, kind="Job", api="batch/v1"), "metadata.name", "it may have 63"),
        (config("a/b", kind="Role", api="rbac.authorization.k8s.io/v1"), "metadata.name", '"a/b" is refused'),
        (POD % ("Web", "http", "data"), "spec.containers[0].name", '"Web" is refused'),
        (POD % ("web", "very-long-port-name", "data"), "spec.containers[0].ports[0].name", "it may have 15"),
        (POD % ("web", "'8080'", "data"), "spec.containers[0].ports[0].name", '"8080" is refused'),
        (POD % ("web", "http", "a.b"), "spec.volumes[0].name", '"a.b" is refused'),
    ],
)
def test_names_that_are_refused(found: Found, text: str, path: str, what: str) -> None:
    """Each kind has its form and its length."""
    [problem] = found(identity.invalid_name, text)
    assert problem.path == path
    assert what in problem.message


@pytest.mark.parametrize(
    "text",
    [
        config("a.b-c"),
        config("a" * 253),
        config("1a", kind="Namespace"),
        config("a" * 63, kind="Service"),
        config("a" * 52, kind="StatefulSet", api="apps/v1"),
        config("a" * 52, kind="CronJob", api="batch/v1"),
        config("a" * 63, kind="Job", api="batch/v1"),
        config("'system:web.Admin'", kind="ClusterRole", api="rbac.authorization.k8s.io/v1"),
        "{apiVersion: v1, kind: Pod, metadata: {generateName: web-}}",
        POD % ("web", "http", "data"),
        "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, ports: [{}]}]}}",
    ],
)
def test_names_that_are_taken(found: Found, text: str) -> None:
    """As long as they may be, and with all the characters they may have."""
    assert found(identity.invalid_name, text) == []


LABELLED = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: a, labels: {0}}}
spec:
  template: {{metadata: {{labels: {1}}}, spec: {{containers: []}}}}
  volumeClaimTemplates: [{{metadata: {{labels: {2}}}}}]
"""


@pytest.mark.parametrize(
    ("labels", "path"),
    [
        (("{chart: web-1.0+2}", "{}", "{}"), "metadata.labels.chart"),
        (("{}", "{a: -b}", "{}"), "spec.template.metadata.labels.a"),
        (("{}", "{}", "{a: 'b c'}"), "spec.volumeClaimTemplates[0].metadata.labels.a"),
        ((f"{{a: {'b' * 64}}}", "{}", "{}"), "metadata.labels.a"),
        (("{a/b/c: d}", "{}", "{}"), "metadata.labels.a/b/c"),
        ((f"{{{'b' * 64}: a}}", "{}", "{}"), f"metadata.labels.{'b' * 64}"),
    ],
)
def test_labels_that_are_refused(found: Found, labels: tuple[str, str, str], path: str) -> None:
    """Of the object, of its pods and of its claims."""
    [problem] = found(identity.invalid_label, LABELLED.format(*labels))
    assert problem.path == path


def test_labels_that_are_taken(found: Found) -> None:
    """Empty ones, ones with a prefix, ones as long as they may be."""
    labels = f"{{a: '', app.kubernetes.io/name: A.b_c-1, {'k' * 63}: {'v' * 63}}}"
    assert found(identity.invalid_label, LABELLED.format(labels, labels, labels)) == []


def test_labels_that_helm_recommends(make_chart: Callable[..., Path], look: Look, found: Found) -> None:
    """One finding an object; plain manifests are not Helm's."""
    all_of_them = (
        "{app.kubernetes.io/name: a, app.kubernetes.io/instance: b, app.kubernetes.io/managed-by: Helm,"
        " helm.sh/chart: a-1}"
    )
    some = "{apiVersion: v1, kind: Secret, metadata: {name: a, labels: {app.kubernetes.io/name: a}}}"
    chart = make_chart(
        {"templates/a.yaml": f"{{apiVersion: v1, kind: Secret, metadata: {{labels: {all_of_them}}}}}\n---\n{some}"}
    )
    [problem] = look(identity.helm_labels, chart)
    assert problem.message == (
        "Recommended labels are missing: helm.sh/chart, app.kubernetes.io/managed-by, app.kubernetes.io/instance."
    )
    assert found(identity.helm_labels, some) == []


IMMUTABLE = """
apiVersion: {api}
kind: {kind}
metadata: {{name: {name}, labels: {{helm.sh/chart: a-1}}, annotations: {annotations}}}
spec:
  {more}
  selector: {{matchLabels: {selector}}}
  template: {{metadata: {{labels: {template}}}}}
  volumeClaimTemplates: [{{metadata: {{labels: {claim}}}}}]
"""


def immutable(kind: str = "apps/v1/StatefulSet", **parts: str) -> str:
    """Return a workload with labels here and there."""
    api, _, kind = kind.rpartition("/")
    defaults = dict.fromkeys(("selector", "template", "claim", "annotations"), "{a: b}")
    return IMMUTABLE.format(**{"api": api, "kind": kind, "name": "a", "more": "", **defaults, **parts})


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (immutable(selector="{helm.sh/chart: a-1}"), "spec.selector.matchLabels.helm.sh/chart"),
        (
            immutable("apps/v1/Deployment", selector="{app.kubernetes.io/version: '1'}"),
            "spec.selector.matchLabels.app.kubernetes.io/version",
        ),
        (immutable(claim="{chart: a-1.0.2}"), "spec.volumeClaimTemplates[0].metadata.labels.chart"),
        (immutable("batch/v1/Job", template="{helm.sh/chart: a-1}"), "spec.template.metadata.labels.helm.sh/chart"),
    ],
)
def test_a_version_where_nothing_can_be_changed(found: Found, text: str, path: str) -> None:
    """In a selector, in the claims of a StatefulSet, in a Job's pod."""
    [problem] = found(identity.version_in_immutable_field, text)
    assert problem.path == path


def test_all_versions_in_one_sentence(found: Found, make_chart: Callable[..., Path], look: Look) -> None:
    """And a Job that only an installation has is no matter."""
    job = immutable("batch/v1/Job", template="{app.kubernetes.io/version: '1', helm.sh/chart: a-1}")
    [problem] = found(identity.version_in_immutable_field, job)
    assert problem.message.startswith("helm.sh/chart and app.kubernetes.io/version may change with the next version")
    refusing = '{{ if .Release.IsUpgrade }}{{ fail "no" }}{{ end }}'
    for text, problems in ((job, 1), (f"{{{{ if .Release.IsInstall }}}}{job}{{{{ end }}}}", 0), (refusing + job, 1)):
        chart = make_chart({"templates/a.yaml": text})
        assert len(look(identity.version_in_immutable_field, chart)) == problems


@pytest.mark.parametrize(
    "text",
    [
        immutable(),
        immutable(template="{helm.sh/chart: a-1}"),
        immutable(selector="{chart: weather}"),
        immutable("apps/v1/Deployment", claim="{helm.sh/chart: a-1}"),
        immutable("batch/v1/Job", template="{helm.sh/chart: a-1}", annotations="{helm.sh/hook: post-install}"),
        immutable("batch/v1/Job", template="{helm.sh/chart: a-1}", name="migrate-7"),
        immutable("batch/v1/Job", template="{helm.sh/chart: a-1}", more="ttlSecondsAfterFinished: 60"),
    ],
)
def test_a_version_where_it_may_change(found: Found, text: str) -> None:
    """In pods of a workload, in hooks, and in Jobs that are gone or called otherwise at the next upgrade."""
    assert found(identity.version_in_immutable_field, text) == []
