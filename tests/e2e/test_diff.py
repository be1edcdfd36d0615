"""`timonier diff` on a cluster: what it foretells of an upgrade is what the upgrade does, and drift is found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.happened import Differ, fields, foretold, last_two, look, wait_happened

from timonier.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from timonier.testing.cluster import TestCluster
    from timonier.testing.release import Release

pytestmark = pytest.mark.e2e

TOKENS = ("correct-horse-battery", "another-horse-battery")
VALUES: dict[str, Any] = {
    "replicas": 2,
    "a": "1",
    "b": "2",
    "strategy": "RollingUpdate",
    "token": TOKENS[0],
    "setting": "x",
    "hook": "1",
    "tier": "",
    "storage": "8Mi",
    "data": True,
    "keep": True,
    "extra": False,
    "bee": "1",
    "clusterIP": "",
    "job": "1",
    "memory": "16Mi",
    "budget": False,
    "order": False,
}
POD = """
      terminationGracePeriodSeconds: 0
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: main
          image: busybox:stable
          imagePullPolicy: IfNotPresent
          command: [sleep, "100000"]
          resources: {requests: {cpu: 1m, memory: 8Mi}, limits: {memory: {{ .Values.memory }}}}
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          {{- if .Values.order }}
          env: [{name: B, value: {{ .Values.b | quote }}}, {name: A, value: {{ .Values.a | quote }}}]
          {{- else }}
          env: [{name: A, value: {{ .Values.a | quote }}}, {name: B, value: {{ .Values.b | quote }}}]
          {{- end }}
"""
IN_ORDER = POD.replace(".Values.order", "false")
DONE = IN_ORDER.replace('[sleep, "100000"]', '["true"]')
TEMPLATES = {
    "web": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: {{ .Values.replicas }}\n"
    "  strategy: {type: {{ .Values.strategy }}}\n  selector: {matchLabels: {app: web, tier: TIER}}\n"
    f"  template:\n    metadata: {{labels: {{app: web, tier: TIER}}}}\n    spec:{POD}".replace(
        "TIER", '"{{ .Values.tier }}"'
    ),
    "db": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: web\n  replicas: 1\n"
    "  selector: {matchLabels: {app: db}}\n  volumeClaimTemplates:\n    - metadata: {name: data}\n      spec:\n"
    "        accessModes: [ReadWriteOnce]\n        resources: {requests: {storage: {{ .Values.storage }}}}\n"
    f"  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:{IN_ORDER}".replace(".Values.a ", ".Values.hook "),
    "config": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  setting: {{ .Values.setting | quote }}\n"
    "  conf: |\n    token={{ .Values.token }}\n",
    "secret": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {token: {{ .Values.token | quote }}}\n",
    "service": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec:\n  selector: {app: web}\n"
    "  {{- with .Values.clusterIP }}\n  clusterIP: {{ . | quote }}\n  {{- end }}\n  ports: [{name: http, port: 80}]\n",
    "hook": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: hook, annotations: {helm.sh/hook: pre-upgrade}}\n"
    f"spec:\n  template:\n    spec:{IN_ORDER}      restartPolicy: Never\n".replace(
        '[sleep, "100000"]', '["true"]'
    ).replace(".Values.a ", ".Values.hook "),
    "job": "apiVersion: batch/v1\nkind: Job\nmetadata: {name: job}\n"
    f"spec:\n  template:\n    spec:{IN_ORDER}      restartPolicy: Never\n".replace(
        '[sleep, "100000"]', '["true"]'
    ).replace(".Values.a ", ".Values.job "),
    "data": "{{- if .Values.data }}\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
    "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 8Mi}}}\n{{- end }}\n",
    "kept": "{{- if .Values.keep }}\napiVersion: v1\nkind: ConfigMap\n"
    "metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}\n{{- end }}\n",
    "extra": "{{- if .Values.extra }}\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: extra}\n{{- end }}\n",
    "bee": "apiVersion: diff.timonier.example/v1\nkind: Bee\nmetadata: {name: bee}\n"
    "spec: {size: {{ .Values.bee | quote }}}\n",
}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "bees.diff.timonier.example"},
    "spec": {
        "group": "diff.timonier.example",
        "scope": "Namespaced",
        "names": {"kind": "Bee", "plural": "bees", "singular": "bee", "listKind": "BeeList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}


@pytest.fixture
def diff(cluster: TestCluster, module_namespace: str, capsys: pytest.CaptureFixture[str]) -> Differ:
    """Runs the command in the module's namespace; whatever it says, it tells no secret."""
    return Differ(cluster, module_namespace, capsys, set(TOKENS))


@pytest.fixture(scope="module")
def bees(cluster: TestCluster) -> Iterator[None]:
    """A kind of custom resources."""
    cluster.apply(CRD)
    name = CRD["metadata"]["name"]  # type: ignore[index]
    cluster.kubectl("wait", f"crd/{name}", "--for=condition=Established", "--timeout=30s")
    yield
    cluster.delete("crd", name, wait=False)


@pytest.fixture(scope="module")
def shop(
    bees: None,  # noqa: ARG001 - has to be there
    module_release: Callable[..., Release],
    tmp_path_factory: pytest.TempPathFactory,
) -> Release:
    """A release of a chart with one of each kind of object."""
    chart = tmp_path_factory.mktemp("charts") / "shop"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: shop\nversion: 0.1.0\n")
    for name, text in TEMPLATES.items():
        (chart / "templates" / f"{name}.yaml").write_text(text)
    return module_release(chart, VALUES, wait=False)  # Helm would wait for a claim that no pod has


CHANGES = [
    pytest.param({"a": "2"}, {"Deployment web": "rolls pods"}, id="a variable"),
    pytest.param({"order": True}, {"Deployment web": "rolls pods"}, id="its order"),
    pytest.param({"replicas": 3}, {"Deployment web": "in place"}, id="replicas"),
    pytest.param({"setting": "other"}, {"ConfigMap c": "in place"}, id="a setting"),
    pytest.param({"token": TOKENS[1]}, {"ConfigMap c": "in place", "Secret s": "in place"}, id="a token"),
    pytest.param({"extra": True}, {"ServiceAccount extra": "created"}, id="an object more"),
    pytest.param({"extra": False}, {"ServiceAccount extra": "deleted"}, id="an object less"),
    pytest.param({"data": False}, {"PersistentVolumeClaim data": "deleted with data"}, id="a claim less"),
    pytest.param({"keep": False}, {"ConfigMap kept": "kept"}, id="a kept one less"),
    pytest.param({"bee": "2"}, {"Bee bee": "in place"}, id="a custom resource"),
    pytest.param({"strategy": "Recreate"}, {"Deployment web": "refused"}, id="the strategy"),
    pytest.param({"a": "3"}, {"Deployment web": "rolls pods"}, id="a variable again"),
    pytest.param({"tier": "-front"}, {"Deployment web": "refused"}, id="a selector"),
    pytest.param({"storage": "9Mi"}, {"StatefulSet db": "refused"}, id="a claim's template"),
    pytest.param({"job": "2"}, {"Job job": "refused"}, id="a Job's template"),
    pytest.param({"clusterIP": "None"}, {"Service web": "refused"}, id="a Service's address"),
    pytest.param({"hook": "2"}, {"StatefulSet db": "rolls pods", "Job hook": "recreated"}, id="a hook"),
]


def given(values: dict[str, Any], shop: Release) -> list[str]:
    """The release's values with others over them, as options."""
    return [f"--set-json={key}={json.dumps(value)}" for key, value in {**shop.values, **values}.items()]


@pytest.mark.parametrize(("values", "expected"), CHANGES)
def test_what_is_foretold_happens(
    diff: Differ, shop: Release, values: dict[str, Any], expected: dict[str, str]
) -> None:
    """In each object as it was said; afterwards nothing drifts, and the two revisions differ as was previewed."""
    options = given(values, shop)
    preview = json.loads(diff("release:shop", shop.chart, *options, "-o", "json").out)
    assert foretold(preview) == expected
    before = look(shop, preview["changes"])
    if "refused" in expected.values():
        asked = diff("release:shop", shop.chart, *options, "--server").out
        assert re.search(r"refused .*the API server says: ", asked)
        former = dict(shop.values)
        with pytest.raises(AssertionError, match="could not install or upgrade"):
            shop.upgrade(values, wait=False)
        shop.values = former
    else:
        shop.upgrade(values, wait=False)
        assert diff("release:shop", "live:shop").code == 0
        after = json.loads(diff(*last_two(shop), "-o", "json").out)
        assert fields(after) == fields(preview)
    wait_happened(shop, preview["changes"], before)


def test_what_was_edited_by_hand_is_drift(diff: Differ, shop: Release) -> None:
    """Of a built-in kind and of a custom resource: what the manifest sets, and what it does not."""
    assert diff("release:shop", "live:shop").code == 0
    shop.cluster.kubectl("set", "env", "deployment/web", "BY=hand", namespace=shop.namespace)
    patch = json.dumps({"spec": {"size": "9", "wings": "4"}})
    shop.cluster.kubectl("patch", "bee", "bee", "--type=merge", "-p", patch, namespace=shop.namespace)
    shop.cluster.kubectl("delete", "serviceaccount,configmap", "c", "--ignore-not-found", namespace=shop.namespace)
    code, out = diff("release:shop", "live:shop", "-o", "json")
    assert code == 1
    found = {f"{one['kind']} {one['name']}": one for one in json.loads(out)["changes"]}
    assert {name: one["action"] for name, one in found.items()} == {
        "Deployment web": "changed",
        "Bee bee": "changed",
        "ConfigMap c": "removed",
    }
    paths = {name: sorted(field["path"] for field in one["fields"]) for name, one in found.items()}
    assert paths["Bee bee"] == ["spec.size", "spec.wings"]
    assert paths["Deployment web"] == ["spec.template.spec.containers[name=main].env[name=BY]"]


@pytest.mark.parametrize("output", ["text", "json", "markdown", "html"])
def test_no_report_tells_a_secret(diff: Differ, shop: Release, output: str) -> None:
    """Neither of the release nor of the cluster; the fixture searches for it, raw and in base64."""
    other = next(token for token in TOKENS if token != shop.values["token"])
    for sides in (("release:shop", shop.chart), ("live:shop", shop.chart)):
        out = diff(*sides, *given({"token": other}, shop), "-o", output).out
        assert re.search("(<|&lt;)secret [0-9a-f]{12}(>|&gt;)", out)


def test_what_may_not_be_asked_is_said(diff: Differ, shop: Release) -> None:
    """Without the right to apply, manifests are compared, and the report says so."""
    shop.cluster.kubectl("create", "serviceaccount", "reader", namespace=shop.namespace)
    rule = ["--verb=get,list", "--resource=secrets,configmaps"]
    shop.cluster.kubectl("create", "role", "reader", *rule, namespace=shop.namespace)
    account = f"--serviceaccount={shop.namespace}:reader"
    shop.cluster.kubectl("create", "rolebinding", "reader", "--role=reader", account, namespace=shop.namespace)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HELM_KUBEASUSER", f"system:serviceaccount:{shop.namespace}:reader")
        code, out = diff("release:shop", shop.chart, *given({"setting": "z"}, shop), "--server")
    assert code == 1
    assert "Note: Without the API server's word, " in out
    assert "you may not apply them" in out


def test_a_cluster_that_does_not_answer_is_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2 and one sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["diff", "release:shop", "live:shop", "--kube-context=no-such-context", "-nx"])
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert "no-such-context" in err
