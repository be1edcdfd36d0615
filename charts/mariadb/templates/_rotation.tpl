{{/* Metadata of what exists for the rotation only: `dict "root" . "weight" … "policy" …`, without the name. */}}
{{- define "mariadb.rotationMetadata" -}}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "mariadb.labels" (dict "root" .root "component" "password-rotation") | nindent 2 }}
annotations:
  # A rollback runs the hooks of the revision it goes back to, and the passwords of that one must work again.
  helm.sh/hook: pre-upgrade,pre-rollback
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: {{ .policy }}
{{- end }}

{{/* The name of everything of the rotation's. */}}
{{- define "mariadb.rotationName" -}}
{{- include "mariadb.jobName" (dict "root" . "suffix" "rotation" "max" 63) }}
{{- end }}

{{/* The accounts and the file their password is in, as the script takes them, in a YAML list. */}}
{{- define "mariadb.rotationAccounts" -}}
- root=root-password
- {{ printf "%s=password" .Values.auth.username | quote }}
{{- if include "mariadb.replicates" . }}
- {{ printf "%s=replication-password" .Values.replication.username | quote }}
{{- end }}
{{- end }}

{{/*
Where the primary is up to now: behind its Service, which an upgrade that promotes another pod has not switched yet; or
without that Service, of a release that had no replicas.
*/}}
{{- define "mariadb.rotationHosts" -}}
{{- $fullname := include "mariadb.fullname" . }}
{{- if include "mariadb.replicates" . }}{{ $fullname }}-primary {{ end }}{{ $fullname }}
{{- end }}

{{/* A Secret's passwords as a volume: `dict "root" . "name" current|next "secret" …`. */}}
{{- define "mariadb.rotationVolume" -}}
name: {{ .name }}
secret:
  secretName: {{ .secret | quote }}
  defaultMode: 0440
  items:
    - key: {{ .root.Values.auth.secretKeys.rootPassword | quote }}
      path: root-password
    - key: {{ .root.Values.auth.secretKeys.password | quote }}
      path: password
    {{- if include "mariadb.replicates" .root }}
    - key: {{ .root.Values.auth.secretKeys.replicationPassword | quote }}
      path: replication-password
    {{- end }}
  {{- if include "mariadb.replicates" .root }}
  # Of a release that had no replicas up to now, that password is not there yet.
  optional: true
  {{- end }}
{{- end }}

{{/*
The Job's pod. The passwords of now are still in the release's Secret, which Helm replaces after this Job has ended; the
next ones are in a Secret that somebody else made, or in one that goes with the Job.
*/}}
{{- define "mariadb.rotationPod" -}}
{{- $current := .Values.passwordRotation.previousSecret | default (include "mariadb.secretName" .) }}
{{- $next := .Values.auth.existingSecret | default (include "mariadb.rotationName" .) }}
{{- $mounts := list
  (dict "name" "current" "mountPath" "/run/secrets/current" "readOnly" true)
  (dict "name" "next" "mountPath" "/run/secrets/next" "readOnly" true) }}
{{- $volumes := list
  (include "mariadb.rotationVolume" (dict "root" . "name" "current" "secret" $current) | fromYaml)
  (include "mariadb.rotationVolume" (dict "root" . "name" "next" "secret" $next) | fromYaml) }}
{{- $command := concat (list "/scripts/rotate.sh") (include "mariadb.rotationAccounts" . | fromYamlArray) }}
{{- $env := dict "DB_HOSTS" (include "mariadb.rotationHosts" .) "OVERLAP_SECONDS" .Values.passwordRotation.overlapSeconds }}
{{- $resources := dict "requests" (dict "cpu" "10m" "memory" "32Mi") "limits" (dict "memory" "64Mi") }}
{{- $pod := dict "root" . "component" "password-rotation" "command" $command "scripts" (include "mariadb.rotationName" .) }}
{{- include "mariadb.jobPod" (merge $pod (dict "env" $env "resources" $resources "mounts" $mounts "volumes" $volumes)) }}
{{- end }}
