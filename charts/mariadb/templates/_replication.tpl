{{/* Whether there are replicas: "true", or nothing. */}}
{{- define "mariadb.replicates" -}}
{{- if eq .Values.architecture "replication" }}true{{ end }}
{{- end }}

{{/*
The replicas' StatefulSet, their headless Service too. A set of their own: a StatefulSet replaces pods one after the
other, each only once the one before is ready, and a replica that waits for the primary to be replaced would wait for
ever. So a running standalone release can become a primary, and no replica holds up what mends the primary.
*/}}
{{- define "mariadb.replicaName" -}}
{{- include "mariadb.fullname" . | trunc 44 | trimSuffix "-" }}-replica
{{- end }}

{{/* Labels of all members, whichever of the two sets they are of. */}}
{{- define "mariadb.memberLabels" -}}
app.kubernetes.io/name: {{ include "mariadb.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
replication: member
{{- end }}

{{/* Labels that pick every pod with a database. */}}
{{- define "mariadb.databaseLabels" -}}
{{- if include "mariadb.replicates" . }}{{ include "mariadb.memberLabels" . }}{{ else }}{{ include "mariadb.selectorLabels" . }}{{ end }}
{{- end }}

{{/* The pod that takes writes. Replicas count from 1, so a member is told by its ordinal alone. */}}
{{- define "mariadb.primaryPod" -}}
{{- $ordinal := ternary (int .Values.replication.primary) 0 (eq .Values.architecture "replication") }}
{{- printf "%s-%d" (ternary (include "mariadb.fullname" .) (include "mariadb.replicaName" .) (eq $ordinal 0)) $ordinal }}
{{- end }}

{{/* Its name in DNS: of the pod itself, so that no replica ever follows the pod behind a Service that was switched. */}}
{{- define "mariadb.primaryHost" -}}
{{- $service := ternary (include "mariadb.fullname" .) (include "mariadb.replicaName" .) (eq (int .Values.replication.primary) 0) }}
{{- printf "%s.%s" (include "mariadb.primaryPod" .) $service }}
{{- end }}

{{/* Labels of the pod that takes writes. */}}
{{- define "mariadb.primaryLabels" -}}
{{- if include "mariadb.replicates" . -}}
{{ include "mariadb.memberLabels" . }}
statefulset.kubernetes.io/pod-name: {{ include "mariadb.primaryPod" . | quote }}
{{- else }}
{{- include "mariadb.selectorLabels" . }}
{{- end }}
{{- end }}

{{/* The scripts, as a ConfigMap's data. */}}
{{- define "mariadb.replicationScripts" -}}
{{- range $path, $_ := .Files.Glob "files/replication/*.sh" }}
{{ base $path }}: |
  {{- $.Files.Get $path | trim | nindent 2 }}
{{- end }}
{{- end }}

{{/* What the scripts are told. Nothing in here changes with the number of replicas: adding one restarts no other. */}}
{{- define "mariadb.replicationEnv" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: PRIMARY_POD
  value: {{ include "mariadb.primaryPod" . | quote }}
- name: PRIMARY_HOST
  value: {{ include "mariadb.primaryHost" . | quote }}
- name: SERVICES
  value: {{ printf "%s %s" (include "mariadb.fullname" .) (include "mariadb.replicaName" .) | quote }}
{{- with .Values.replication }}
- name: REPLICATION_USER
  value: {{ .username | quote }}
- name: SEMI_SYNC_TIMEOUT_SECONDS
  value: {{ .semiSyncTimeoutSeconds | quote }}
- name: MAX_LAG_SECONDS
  value: {{ .maxLagSeconds | quote }}
- name: TAKEOVER_SECONDS
  value: {{ .takeoverSeconds | quote }}
{{- end }}
{{- end }}
