"""Rules about rights at the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from timonier.check.rules import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from timonier.check.model import Problem

    Found = Callable[..., list[Problem]]

RBAC = "rbac.authorization.k8s.io"


def role(rule: str, kind: str = "Role", api: str = f"{RBAC}/v1") -> str:
    """Return a role of one rule."""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: r}}\nrules: [{rule}]\n"


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (role("{verbs: ['*'], resources: [pods]}"), ["rules[0].verbs"]),
        (role("{verbs: [get], resources: [pods, '*']}", "ClusterRole"), ["rules[0].resources"]),
        (role("{verbs: ['*'], resources: ['*']}"), ["rules[0].verbs", "rules[0].resources"]),
        (role("{verbs: [get, list], resources: ['pods/*'], apiGroups: ['*']}"), []),
        (role("{verbs: [get], nonResourceURLs: ['*']}", "ClusterRole"), []),
        (role("{verbs: ['*']}", api="iam.example.org/v1"), []),
    ],
)
def test_a_role_that_may_do_everything(found: Found, text: str, paths: list[str]) -> None:
    """Verbs and resources; Kubernetes' own roles only."""
    assert [problem.path for problem in found(access.wildcard_rights, text)] == paths


def binding(kind: str, name: str, subject: str = "{kind: ServiceAccount, name: a, namespace: somewhere}") -> str:
    """Return a binding."""
    return (
        f"apiVersion: {RBAC}/v1\nkind: {kind}\nmetadata: {{name: b}}\nroleRef: {{kind: ClusterRole, name: {name}}}\n"
        f"subjects: [{subject}]\n---\n"
    )


def test_an_administrator_of_the_cluster(found: Found) -> None:
    """Within a namespace it is only one of that."""
    assert [p.path for p in found(access.cluster_admin, binding("ClusterRoleBinding", "cluster-admin"))] == [
        "roleRef.name"
    ]
    assert found(access.cluster_admin, binding("RoleBinding", "cluster-admin")) == []
    assert found(access.cluster_admin, binding("ClusterRoleBinding", "view")) == []


def pod(spec: str = "serviceAccountName: a") -> str:
    """Return a pod."""
    return f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{containers: [], {spec}}}\n---\n"


def account(said: str = "") -> str:
    """Return the service account."""
    return f"apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: a}}\n{said}\n---\n"


@pytest.mark.parametrize(
    "text",
    [
        account() + pod(),
        pod(""),
        account("automountServiceAccountToken: false")
        + pod("serviceAccountName: a, automountServiceAccountToken: true"),
        account() + pod() + binding("RoleBinding", "r", "{kind: ServiceAccount, name: other}"),
        account() + pod() + binding("RoleBinding", "r", "{kind: ServiceAccount, name: a, namespace: elsewhere}"),
        account() + pod() + binding("RoleBinding", "r", "{kind: User, name: a}"),
        account() + pod() + binding("RoleBinding", "r", "{kind: Group, name: developers}"),
        account() + pod() + binding("RoleBinding", "r", "{kind: User, name: 'system:serviceaccounts'}"),
        account() + pod("serviceAccount: a"),
    ],
)
def test_a_token_nobody_needs(found: Found, text: str) -> None:
    """Nothing gives the account a right: not that of another, elsewhere, or of a user of the same name."""
    [problem] = found(access.unused_token, text)
    assert problem.path == "spec"
    assert "to which nothing grants any right" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        account() + pod("serviceAccountName: a, automountServiceAccountToken: false"),
        account("automountServiceAccountToken: false") + pod(),
        account() + pod() + binding("RoleBinding", "r"),
        account() + pod() + binding("RoleBinding", "r", "{kind: ServiceAccount, name: a}"),
        account() + pod() + binding("ClusterRoleBinding", "r"),
        account()
        + pod()
        + binding("ClusterRoleBinding", "r", "{kind: Group, name: 'system:serviceaccounts:somewhere'}"),
        pod("serviceAccountName: theirs"),
        pod("").replace("name: web", "name: web, annotations: {helm.sh/hook: test}"),
    ],
)
def test_a_token_that_is_used_or_not_there(found: Found, text: str) -> None:
    """The pod decides before its account; of a stranger's account nothing is known."""
    assert found(access.unused_token, text) == []
