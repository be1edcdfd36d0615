{{/* The chart's name, as it appears in labels. */}}
{{- define "eni-todo.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The name of every object, release name first, not doubled when the release is named after the chart; leaves room for a
suffix. A long release name is cut rather than the chart's, which tells this chart's objects from the database's.
*/}}
{{- define "eni-todo.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "eni-todo.name" . }}
{{- $release := .Release.Name | trunc (sub 51 (len $name) | max 1 | int) | trimSuffix "-" }}
{{- ternary .Release.Name (printf "%s-%s" $release $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/*
Labels that pick the application's pods, and nothing that may change from one version of the chart to the next; those of
another component by `dict "root" . "component" "prepull"`.
*/}}
{{- define "eni-todo.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "eni-todo.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | default "web" }}
{{- end }}

{{/* Labels of every object; give another component by `dict "root" . "component" "test"`. */}}
{{- define "eni-todo.labels" -}}
{{- $root := .root | default . -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "eni-todo.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | default "web" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* An image with registry, and tag or digest. Call with `dict "root" . "image" …`. */}}
{{- define "eni-todo.image" -}}
{{- $name := list ((.root.Values.global).imageRegistry | default .image.registry) .image.repository | compact | join "/" }}
{{- if .image.digest }}
{{- printf "%s@%s" $name .image.digest }}
{{- else }}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The Secrets for pulling, the release's and the chart's, as a YAML list. */}}
{{- define "eni-todo.imagePullSecrets" -}}
{{- with concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) | uniq }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* The ServiceAccount the pods run as. */}}
{{- define "eni-todo.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "eni-todo.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* Whether the pods ask the Kubernetes API for each other, which takes a token and rights: "true", or nothing. */}}
{{- define "eni-todo.asksApi" -}}
{{- if and .Values.sessionReplication.enabled (eq .Values.sessionReplication.membership "kubernetes") -}}
true
{{- end }}
{{- end }}

{{/* How many pods there may be at most. */}}
{{- define "eni-todo.maxReplicas" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicas .Values.autoscaling.enabled }}
{{- end }}

{{/* How many pods there are at least. */}}
{{- define "eni-todo.minReplicas" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled }}
{{- end }}

{{/* Whether the uploads lie on a claim that can be mounted on one node only: "true", or nothing. */}}
{{- define "eni-todo.uploadsOnOneNode" -}}
{{- if and .Values.uploads.persistence.enabled (not (has "ReadWriteMany" .Values.uploads.persistence.accessModes)) -}}
true
{{- end }}
{{- end }}

{{/* The Deployment's strategy: with uploads on one node a new pod elsewhere would wait for the old one for ever. */}}
{{- define "eni-todo.strategyType" -}}
{{- .Values.strategy.type | default (ternary "Recreate" "RollingUpdate" (eq (include "eni-todo.uploadsOnOneNode" .) "true")) }}
{{- end }}
