{{/* The claim of the pod with the ordinal 0, as the StatefulSet's controller names it. */}}
{{- define "mariadb.claimName" -}}
data-{{ include "mariadb.fullname" . }}-0
{{- end }}

{{/*
A name that no other release's object has, for objects that are in no namespace: neither part of it may hold a dot, so
two releases never come to the same one. Not cut: such a name may have 253 characters, and these come to 120 at most.
Call with `dict "root" . "name" "…"`.
*/}}
{{- define "mariadb.clusterName" -}}
{{ .name }}.{{ .root.Release.Namespace }}
{{- end }}

{{/* The StorageClass the chart makes. */}}
{{- define "mariadb.storageClassName" -}}
{{- .Values.storageClass.name | default (include "mariadb.clusterName" (dict "root" . "name" (include "mariadb.fullname" .))) }}
{{- end }}

{{/*
The class of the claim, and of the volume made for it; nothing where the cluster is to choose. A static volume's claim
must not be left to the cluster: the default class would be written into it, and the two would not fit.
*/}}
{{- define "mariadb.storageClassField" -}}
{{- $named := .Values.persistence.storageClass }}
{{- if and $named (ne $named "-") -}}
storageClassName: {{ $named | quote }}
{{- else if and .Values.storageClass.create (not $named) -}}
storageClassName: {{ include "mariadb.storageClassName" . | quote }}
{{- else if or $named .Values.persistence.staticVolume.enabled -}}
storageClassName: ""
{{- end }}
{{- end }}

{{/*
Whether the rows outlive `helm uninstall`, on a claim that is kept or in a volume that no provisioner deletes: then the
passwords must, too.
*/}}
{{- define "mariadb.rowsAreKept" -}}
{{- with .Values.persistence }}
{{- if and .enabled (or .existingClaim .staticVolume.enabled (eq $.Values.persistentVolumeClaimRetentionPolicy.whenDeleted "Retain")) }}true{{ end }}
{{- end }}
{{- end }}

{{/* The PersistentVolume the chart makes: as its claim, which is in a namespace. */}}
{{- define "mariadb.staticVolumeName" -}}
{{- include "mariadb.clusterName" (dict "root" . "name" (include "mariadb.claimName" .)) }}
{{- end }}

{{/* The sources that are given for it, as a YAML list; one, in values that are right. */}}
{{- define "mariadb.staticVolumeSources" -}}
{{- $given := list }}
{{- range $kind, $fields := .Values.persistence.staticVolume.source }}
{{- if $fields }}{{ $given = append $given $kind }}{{ end }}
{{- end }}
{{- toYaml $given }}
{{- end }}

{{/*
The claim of each pod. Kubernetes takes no change of it once it is installed: so no version in here, or every upgrade of
the chart would be refused, and nothing new that is not asked for. Call with `dict "root" . "component" "…"`.
*/}}
{{- define "mariadb.claimTemplate" -}}
{{- $first := eq .component "database" }}
{{- $labels := include "mariadb.selectorLabels" . }}
{{- with .root -}}
metadata:
  name: data
  labels:
    {{- $labels | nindent 4 }}
  {{- with .Values.persistence.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes:
    {{- toYaml .Values.persistence.accessModes | nindent 4 }}
  {{- with include "mariadb.storageClassField" . }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- $volume := ternary (include "mariadb.staticVolumeName" .) .Values.persistence.volumeName .Values.persistence.staticVolume.enabled }}
  {{- if and $volume $first }}
  volumeName: {{ $volume | quote }}
  {{- end }}
  {{- with .Values.persistence.selector }}
  selector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  resources:
    requests:
      storage: {{ .Values.persistence.size | quote }}
{{- end }}
{{- end }}
