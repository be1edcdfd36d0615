"""Who may do what at the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from timonier.check.model import Problem, Rule, Severity, case_rule, object_rule
from timonier.check.objects.podspec import namespace_of, pods_of
from timonier.check.objects.reading import entries, string, strings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from timonier.check.context import CaseContext
    from timonier.check.objects.podspec import Pod
    from timonier.manifest import Manifest

_RBAC = "rbac.authorization.k8s.io"
_ALL_ACCOUNTS = "system:serviceaccounts"


@object_rule("wildcard-rights", Severity.WARNING)
def wildcard_rights(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """A role allows everything that can be done, or something with everything there is.

    `*` covers what does not exist yet as well, and `escalate`, `bind` and `impersonate` among the verbs: whoever has
    the role may give themselves any other. See *Role Based Access Control Good Practices* in the Kubernetes
    documentation. Name the verbs and the resources.
    """
    if manifest.identity[:2] not in ((_RBAC, "Role"), (_RBAC, "ClusterRole")):
        return
    for index, rule in entries(manifest.document, "rules"):
        for field in ("verbs", "resources"):
            if "*" in strings(rule, field):
                yield Problem(f"It allows all {field}, those of tomorrow included.", f"rules[{index}].{field}")


@object_rule("cluster-admin", Severity.WARNING)
def cluster_admin(manifest: Manifest, context: CaseContext) -> Iterator[Problem]:  # noqa: ARG001 - a rule's signature
    """Somebody is made an administrator of the whole cluster.

    Whoever breaks into the pod has the cluster. Write a role with what is needed.
    """
    is_binding = manifest.identity[:2] == (_RBAC, "ClusterRoleBinding")
    if is_binding and string(manifest.document, "roleRef", "name") == "cluster-admin":
        yield Problem("It grants cluster-admin.", "roleRef.name")


@case_rule("unused-token", Severity.INFO)
def unused_token(context: CaseContext) -> Iterator[Problem]:
    """A pod has a token for the API server, and its service account has no rights there.

    Nothing in the rendering binds a role to the account, so that nobody but a thief has a use for the token. Set
    `automountServiceAccountToken: false` on the pod or on its account. See *Configure Service Accounts for Pods* in the
    Kubernetes documentation. Hooks are left out.
    """
    bound = set(_bound(context))
    accounts = {
        (namespace_of(account, context), account.identity.name): account.document.get("automountServiceAccountToken")
        for account in context.manifests
        if account.identity[:2] == ("", "ServiceAccount")
    }
    for pod in pods_of(manifest for manifest in context.manifests if not manifest.hooks):
        namespace = namespace_of(pod.manifest, context)
        name = _account(pod)
        mounted = pod.spec.get("automountServiceAccountToken")
        wanted = accounts.get((namespace, name)) if mounted is None else mounted
        # Of an account that is somebody else's it is not known what it is bound to.
        is_known = name == "default" or (namespace, name) in accounts
        if is_known and wanted is not False and not bound & {(namespace, name), ("", _ALL_ACCOUNTS)}:
            sentence = f"A token of the service account {name} is mounted, to which nothing grants any right."
            hint = "Set automountServiceAccountToken: false."
            yield Problem(sentence, pod.spec_path, pod.manifest, hint=hint)


def _account(pod: Pod) -> str:
    return string(pod.spec, "serviceAccountName") or string(pod.spec, "serviceAccount") or "default"


def _bound(context: CaseContext) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of every service account to which a role is bound."""
    for binding in context.manifests:
        if binding.identity[:2] not in ((_RBAC, "RoleBinding"), (_RBAC, "ClusterRoleBinding")):
            continue
        for _, subject in entries(binding.document, "subjects"):
            name = string(subject, "name")
            if string(subject, "kind") == "Group" and name.startswith(_ALL_ACCOUNTS):
                yield "", _ALL_ACCOUNTS
            elif string(subject, "kind") == "ServiceAccount":
                yield string(subject, "namespace") or namespace_of(binding, context), name


RULES: tuple[Rule, ...] = (wildcard_rights, cluster_admin, unused_token)
