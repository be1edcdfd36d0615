"""Rules about values that schemas let pass and the API server does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]


def an(api: str, kind: str, spec: str) -> str:
    """Return an object with a spec."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n"


def pod(container: str = "", spec: str = "") -> str:
    """Return what runs a pod by a schedule, deep down."""
    template = f"{{spec: {{containers: [{{name: a}}, {{name: b, {container}}}], {spec}}}}}"
    return an("batch/v1", "CronJob", f"{{jobTemplate: {{spec: {{template: {template}}}}}}}")


POD = "spec.jobTemplate.spec.template.spec"


@pytest.mark.parametrize(
    ("text", "path", "hint"),
    [
        (an("v1", "Service", "{type: ClusterIp}"), "spec.type", "Did you mean ClusterIP?"),
        (an("v1", "Service", "{ports: [{port: 1}, {protocol: http}]}"), "spec.ports[1].protocol", ""),
        (an("v1", "PersistentVolumeClaim", "{accessModes: [ReadWriteOnly]}"), "spec.accessModes[0]", "ReadWriteOnce?"),
        (
            an("apps/v1", "StatefulSet", "{volumeClaimTemplates: [{spec: {accessModes: [RWO]}}]}"),
            "spec.volumeClaimTemplates[0].spec.accessModes[0]",
            "",
        ),
        (
            an("networking.k8s.io/v1", "Ingress", "{rules: [{http: {paths: [{pathType: prefix}]}}]}"),
            "spec.rules[0].http.paths[0].pathType",
            "Did you mean Prefix?",
        ),
        (pod("imagePullPolicy: Allways"), f"{POD}.containers[1].imagePullPolicy", "Did you mean Always?"),
        (
            pod("readinessProbe: {httpGet: {scheme: https}}"),
            f"{POD}.containers[1].readinessProbe.httpGet.scheme",
            "HTTPS?",
        ),
        (pod(spec="tolerations: [{effect: NoRun}]"), f"{POD}.tolerations[0].effect", ""),
    ],
)
def test_a_word_that_is_not_among_the_few(found: Found, text: str, path: str, hint: str) -> None:
    """Wherever it stands; with the one that is meant, where that is plain."""
    [problem] = found(refused.unknown_choice, text)
    assert (problem.path, problem.hint.endswith(hint), bool(problem.hint)) == (path, True, bool(hint))


@pytest.mark.parametrize(
    "text",
    [
        an("v1", "Service", "{type: ExternalName, ports: [{protocol: UDP}, {}], sessionAffinity: ''}"),
        an("v1", "Service", "{type: null, ports: null}"),
        an("v1", "PersistentVolumeClaim", "{accessModes: ReadWriteOnly}"),
        an("serving.knative.dev/v1", "Service", "{type: Any}"),
        pod("imagePullPolicy: Never, ports: [{containerPort: 1}]", "dnsPolicy: Default"),
    ],
)
def test_words_that_are_and_what_is_none(found: Found, text: str) -> None:
    """What is left out or empty gets its default; a wrong type is said by the schema."""
    assert found(refused.unknown_choice, text) == []


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("kind: Secret\ndata: {a: c2VjcmV0, b: 'not so', c: abc, d: ''}", ["data.b", "data.c"]),
        ("kind: Secret\ndata:\n  a: |\n    c2Vj\n    cmV0\n", []),
        ("kind: Secret\nstringData: {a: 'not so'}", []),
        ("kind: ConfigMap\ndata: {a: 'not so'}\nbinaryData: {b: 'not so'}", ["binaryData.b"]),
        ("kind: Secret\ndata: {a: 1, b: null}", []),
    ],
)
def test_what_is_no_base64(found: Found, text: str, paths: list[str]) -> None:
    """Line breaks are passed over; the value itself is in no sentence."""
    problems = found(refused.invalid_base64, f"apiVersion: v1\nmetadata: {{name: a}}\n{text}")
    assert [problem.path for problem in problems] == paths
    assert not any("not so" in repr(problem.message) + problem.hint for problem in problems)


def test_an_account_without_its_namespace(found: Found) -> None:
    """For a ClusterRoleBinding only: any other binding has a namespace itself."""
    text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: KIND\nmetadata: {name: b}\nsubjects: [SUBJECT]\n"
    account = "{kind: User, name: u}, {kind: ServiceAccount, name: a}"
    [problem] = found(
        refused.subject_without_namespace, text.replace("KIND", "ClusterRoleBinding").replace("SUBJECT", account)
    )
    assert problem.path == "subjects[1].namespace"
    assert (
        found(refused.subject_without_namespace, text.replace("KIND", "RoleBinding").replace("SUBJECT", account)) == []
    )
