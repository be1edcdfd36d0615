{{/*
What the two sets have in common: their pods are alike, and find out by their names what they are to be.
Call with `dict "root" . "component" "…"`.
*/}}
{{- define "mariadb.statefulSetSpec" -}}
{{- $root := .root -}}
podManagementPolicy: {{ .root.Values.podManagementPolicy }}
updateStrategy:
  type: {{ .root.Values.updateStrategy.type }}
  {{- with .root.Values.updateStrategy.rollingUpdate }}
  rollingUpdate:
    {{- toYaml . | nindent 4 }}
  {{- end }}
revisionHistoryLimit: {{ .root.Values.revisionHistoryLimit }}
minReadySeconds: {{ .root.Values.minReadySeconds }}
persistentVolumeClaimRetentionPolicy:
  {{- toYaml .root.Values.persistentVolumeClaimRetentionPolicy | nindent 2 }}
selector:
  matchLabels:
    {{- include "mariadb.selectorLabels" . | nindent 4 }}
template:
  metadata:
    # Without the chart's version: a new chart that changes nothing here leaves the database running.
    labels:
      {{- include "mariadb.selectorLabels" . | nindent 6 }}
      {{- if include "mariadb.replicates" .root }}
      replication: member
      {{- end }}
      {{- with merge (dict) (.root.Values.podLabels | default dict) (.root.Values.commonLabels | default dict) }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    annotations:
      kubectl.kubernetes.io/default-container: mariadb
      {{- with .root.Values.configuration }}
      checksum/configuration: {{ trim . | sha256sum }}
      {{- end }}
      {{- if include "mariadb.replicates" .root }}
      checksum/replication: {{ include "mariadb.replicationScripts" .root | sha256sum }}
      {{- end }}
      {{- with .root.Values.podAnnotations }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    {{- include "mariadb.podSpec" . | nindent 4 }}
{{- end }}
