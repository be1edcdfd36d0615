"""A chart to test the testing with: a bit of everything that a unit test asks about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
  labels:
    app.kubernetes.io/name: web
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: sidecar
          image: proxy:1
        - name: web
          image: web:{{ .Values.tag }}
          tty: true
          ports:
            - name: http
              containerPort: 80
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}-web
  namespace: {{ .Release.Namespace }}
spec:
  type: {{ required "type: say which" .Values.type }}
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata:
  name: {{ .Release.Name }}-key
data:
  key: {{ "hunter2" | b64enc }}
  random: {{ randAlphaNum 20 | b64enc }}
"""
CONFIG = """\
{{- if .Values.config }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-config
data: {{ .Values.config | toJson }}
{{- end }}
"""
SCHEMA = '{"properties": {"replicas": {"type": "integer", "minimum": 1}}}'
CASE = "# Two of them.\nreplicas: 2\nconfig: {colour: red}\n"


@pytest.fixture
def shop(make_chart: Callable[..., Path]) -> Path:
    """A chart with a Deployment, a Service, a Secret, a ConfigMap in one case, and a schema."""
    templates = {"deployment": DEPLOYMENT, "service": SERVICE, "secret": SECRET, "config": CONFIG}
    files = {f"templates/{name}.yaml": text for name, text in templates.items()}
    files |= {"values.schema.json": SCHEMA, "ci/red-values.yaml": CASE}
    return make_chart(files, values="replicas: 1\ntag: 1\ntype: ClusterIP\nconfig: {}\n")
