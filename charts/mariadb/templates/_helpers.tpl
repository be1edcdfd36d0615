{{/* The chart's name, as it appears in labels. */}}
{{- define "mariadb.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The name of every object, release name first, not doubled when the release is named after the chart. Cut at 52, not 63:
the controller labels its pods with it, an ordinal and a revision hash of 10. A long release name is cut rather than the
chart's, which tells this chart's objects from those of a chart around it.
*/}}
{{- define "mariadb.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "mariadb.name" . }}
{{- $release := .Release.Name | trunc (sub 51 (len $name) | max 1 | int) | trimSuffix "-" }}
{{- ternary .Release.Name (printf "%s-%s" $release $name) (contains $name .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/*
Labels that pick the database's pods, and nothing that may change from one version of the chart to the next; give
another component by `dict "root" . "component" "replica"`.
*/}}
{{- define "mariadb.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "mariadb.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | default "database" }}
{{- end }}

{{/* Labels of every object; give another component by `dict "root" . "component" "test"`. */}}
{{- define "mariadb.labels" -}}
{{- $root := .root | default . -}}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "mariadb.name" $root | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | default "database" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The image with registry, and tag or digest; another than the database's by `dict "root" . "image" …`. */}}
{{- define "mariadb.image" -}}
{{- $root := .root | default . }}
{{- $image := .image | default $root.Values.image }}
{{- $name := list (($root.Values.global).imageRegistry | default $image.registry) $image.repository | compact | join "/" }}
{{- if $image.digest }}
{{- printf "%s@%s" $name $image.digest }}
{{- else }}
{{- printf "%s:%s" $name ($image.tag | default $root.Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The Secrets for pulling, the release's and the chart's, as a YAML list. */}}
{{- define "mariadb.imagePullSecrets" -}}
{{- with concat ((.Values.global).imagePullSecrets | default list) (.Values.imagePullSecrets | default list) | uniq }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{/* The ServiceAccount the pod runs as. */}}
{{- define "mariadb.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (ternary (include "mariadb.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end }}

{{/* The Secret that holds the passwords. */}}
{{- define "mariadb.secretName" -}}
{{- .Values.auth.existingSecret | default (include "mariadb.fullname" .) }}
{{- end }}

{{/* The Service clients connect to: the one with an address of its own when there is one. With replicas, the primary's. */}}
{{- define "mariadb.clientService" -}}
{{- $other := ternary "-primary" "" (eq .Values.architecture "replication") }}
{{- include "mariadb.fullname" . }}{{ ternary "-client" $other .Values.service.enabled }}
{{- end }}

{{/* The port to go with it: a headless Service translates none, so there it is the pod's. */}}
{{- define "mariadb.clientPort" -}}
{{- ternary .Values.service.port 3306 .Values.service.enabled }}
{{- end }}

{{/*
One password in base64: the given one, else the one the cluster holds already, else a new one. Without a cluster
(`helm template`, GitOps) there is nothing to look up: give values or `auth.existingSecret` there.
*/}}
{{- define "mariadb.password" -}}
{{- if .given }}
{{- b64enc .given }}
{{- else }}
{{- get .kept .key | default (randAlphaNum 24 | b64enc) }}
{{- end }}
{{- end }}

{{/* Where the Secret says which generation of generated passwords it holds. */}}
{{- define "mariadb.generationAnnotation" -}}
mariadb/password-generation
{{- end }}

{{/*
The passwords as a Secret has them, in YAML; generated ones are others each time. Another generation in the values than
in the cluster keeps none of those that are there.
*/}}
{{- define "mariadb.passwords" -}}
{{- $secret := lookup "v1" "Secret" .Release.Namespace (include "mariadb.secretName" .) | default dict }}
{{- $generation := get (($secret.metadata).annotations | default dict) (include "mariadb.generationAnnotation" .) }}
{{- $asked := .Values.passwordRotation.generation | default $generation }}
{{- $kept := ternary $secret.data dict (eq $asked $generation) | default dict }}
{{- with .Values.auth }}
{{ .secretKeys.rootPassword | quote }}: {{ include "mariadb.password" (dict "given" .rootPassword "kept" $kept "key" .secretKeys.rootPassword) }}
{{ .secretKeys.password | quote }}: {{ include "mariadb.password" (dict "given" .password "kept" $kept "key" .secretKeys.password) }}
{{- if include "mariadb.replicates" $ }}
{{ .secretKeys.replicationPassword | quote }}: {{ include "mariadb.password" (dict "given" $.Values.replication.password "kept" $kept "key" .secretKeys.replicationPassword) }}
{{- end }}
{{- end }}
{{- end }}

{{/*
A probe: the mechanism the user named in place of the default one (Kubernetes takes exactly one, and Helm would merge
the two), and the timing. The same mechanism as the default one may name a part of its fields only.
Call with `dict "probe" … "default" …`.
*/}}
{{- define "mariadb.probe" -}}
{{- $mechanism := dict }}
{{- range $name := list "exec" "httpGet" "tcpSocket" }}
{{- with get $.probe $name }}{{ $_ := set $mechanism $name (merge (dict) . (get $.default $name | default dict)) }}{{ end }}
{{- end }}
{{- merge (dict) ($mechanism | default .default) (omit .probe "enabled" "exec" "httpGet" "tcpSocket") | toYaml }}
{{- end }}
