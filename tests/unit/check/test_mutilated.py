"""No rule is upset by a manifest that is not what Kubernetes wants: whoever wrote it is not to be trusted."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from timonier import yamlio
from timonier.chart import Case
from timonier.check.catalogue import all_rules
from timonier.check.context import CaseContext
from timonier.check.model import Rule, Scope
from timonier.check.objects.reading import at
from timonier.engine import Release
from timonier.errors import SourceError
from timonier.manifest import Manifest, identify, read_manifests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WHOLE = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop, labels: {app: web}, annotations: {a: b}}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web}, matchExpressions: [{key: app, operator: In, values: [web]}]}
  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}
  template:
    metadata: {labels: {app: web}, annotations: {container.apparmor.security.beta.kubernetes.io/web: unconfined}}
    spec:
      serviceAccountName: web
      hostNetwork: true
      os: {name: linux}
      terminationGracePeriodSeconds: 10
      imagePullSecrets: [{name: pull}]
      resources: {requests: {cpu: 1}}
      securityContext: {runAsUser: 0, sysctls: [{name: kernel.msgmax}], seLinuxOptions: {type: x}}
      initContainers: [{name: wait, image: busybox, restartPolicy: Always}]
      containers:
        - name: web
          image: host/web:latest
          command: [run, --password=correct-horse-7]
          args: [a]
          env: [{name: DB_PASSWORD, value: correct-horse-7}, {name: B, valueFrom: {secretKeyRef: {name: db, key: no}}}]
          envFrom: [{configMapRef: {name: settings}}]
          ports: [{name: http, containerPort: 80, hostPort: 80}]
          resources: {requests: {cpu: 2, memory: 1m}, limits: {cpu: 1}}
          livenessProbe: {httpGet: {path: /, port: web}, initialDelaySeconds: 90, successThreshold: 2}
          readinessProbe: {httpGet: {path: /, port: web}}
          lifecycle: {preStop: {exec: {command: [sleep, "60"]}}}
          volumeMounts: [{name: files, mountPath: /a, subPath: x}, {name: claim, mountPath: /b}]
          securityContext:
            privileged: true
            capabilities: {add: [NET_RAW], drop: [x]}
            seccompProfile: {type: Unconfined}
            appArmorProfile: {type: Unconfined}
            procMount: Unmasked
      volumes:
        - {name: files, configMap: {name: settings, items: [{key: k, path: p}]}}
        - {name: claim, persistentVolumeClaim: {claimName: claim}}
        - {name: more, projected: {sources: [{secret: {name: db, items: [{key: k, path: p}]}}]}}
        - {name: node, hostPath: {path: /}}
  volumeClaimTemplates:
    - {metadata: {name: data, labels: {helm.sh/chart: a-1}}, spec: {resources: {requests: {storage: 1x}}}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: web, nodePort: 30080}, {name: b, port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: db, namespace: shop}
data: {password: Y29ycmVjdC1ob3JzZS03}
stringData: {token: correct-horse-8}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop, annotations: {note: correct-horse-7}}
data: {k: correct-horse-8}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
imagePullSecrets: [{name: pull}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: claim, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, annotations: {kubernetes.io/ingress.class: a}}
spec:
  ingressClassName: a
  defaultBackend: {service: {name: web, port: {number: 81}}}
  tls: [{secretName: tls}]
  rules: [{http: {paths: [{backend: {service: {name: web, port: {name: x}}}}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {rules: [{backendRefs: [{name: web, port: 81}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {matchExpressions: [{key: a, operator: Exists}]}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 100%, selector: {matchLabels: {app: web}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  minReplicas: 1
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}
  metrics: [{resource: {name: memory, target: {type: Utilization}}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: web, namespace: shop, annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: hook-succeeded}}
spec:
  schedule: "0 0 * * 7"
  jobTemplate: {spec: {template: {metadata: {labels: {chart: a-1.0}}, spec: {containers: [{name: a, args: [x]}]}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: web}
rules: [{verbs: ["*"], resources: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: x}]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: other}
"""
MODULES = (
    *("identity", "stability", "references", "selecting", "uniqueness", "resources", "probes", "images", "rollout"),
    *("jobs", "traffic", "podsecurity", "access", "exposure"),
)
REPLACEMENTS: tuple[object, ...] = (None, "text", 7, ["text", None, [1], {"a": 1}], {1: None, "a": ["b"]})
RULES = [rule for rule in all_rules().values() if rule.check.__module__.rpartition(".")[2] in MODULES]


def places(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield every place in a document below its root."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield (*path, key)
            yield from places(value, (*path, key))


def replaced(document: dict[str, Any], path: Sequence[str | int], value: object) -> dict[str, Any]:
    """Return a document with something else in one place."""
    changed = copy.deepcopy(document)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def ask(rule: Rule, manifests: Sequence[Manifest], index: int) -> int:
    """Return how much a rule finds in some manifests, or a rule for objects in one of them."""
    context = CaseContext(Case("", ""), manifests, "1.34.0", Release("some", "shop"), again=lambda _: manifests[::-1])
    if rule.scope is Scope.CASE:
        return len(list(rule.check(context)))  # type: ignore[call-arg, arg-type]
    return len(list(rule.check(manifests[index], context)))  # type: ignore[call-arg, arg-type]


def hooks_of(document: dict[str, Any]) -> tuple[str, ...]:
    """Return that a document is a hook, where it still says so."""
    annotations = at(document, "metadata", "annotations")
    return ("test",) if isinstance(annotations, dict) and "helm.sh/hook" in annotations else ()


def test_the_whole_manifests_upset_most_rules() -> None:
    """Otherwise what is mutilated below would never have been looked at."""
    manifests = read_manifests(WHOLE, origin="test")
    asked = [rule for rule in RULES if any(ask(rule, manifests, index) for index in range(len(manifests)))]
    assert len(RULES) > 40
    assert len(asked) > len(RULES) * 2 // 3


@pytest.mark.parametrize("index", range(len(list(yamlio.load_all(WHOLE, origin="test", error=SourceError)))))
def test_anything_may_stand_anywhere(index: int) -> None:
    """Each place of each document holds nothing, text, a number, a list, a mapping: no rule raises."""
    manifests = read_manifests(WHOLE, origin="test")
    document = dict(manifests[index].document)
    for path in places(document):
        for value in REPLACEMENTS:
            changed = replaced(document, path, value)
            manifest = Manifest(identify(changed), yamlio.dump(changed), changed, "", hooks_of(changed))
            mutilated = [*manifests[:index], manifest, *manifests[index + 1 :]]
            for rule in RULES:
                try:
                    ask(rule, mutilated, index)
                except Exception as problem:
                    raise AssertionError(f"{rule.name} is upset by {value!r} at {path}") from problem
