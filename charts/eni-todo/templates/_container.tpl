{{/* The application's container. */}}
{{- define "eni-todo.container" -}}
image: {{ include "eni-todo.image" (dict "root" . "image" .Values.image) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  {{- include "eni-todo.env" . | nindent 2 }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- if .Values.config }}
envFrom:
  - configMapRef:
      name: {{ include "eni-todo.fullname" . | quote }}
{{- end }}
ports:
  - name: http
    containerPort: 8080
  {{- if .Values.sessionReplication.enabled }}
  - name: members
    containerPort: 4000
  {{- end }}
  {{- if .Values.metrics.enabled }}
  - name: metrics
    containerPort: {{ .Values.metrics.port }}
  {{- end }}
{{- $default := dict "httpGet" (dict "path" .Values.probes.path "port" "http") }}
{{- range $name := list "startup" "liveness" "readiness" }}
{{- $probe := get $.Values.probes $name }}
{{- if $probe.enabled }}
{{ $name }}Probe:
  {{- include "eni-todo.probe" (dict "probe" $probe "default" $default) | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.lifecycle }}
{{- if or .preStop .preStopSleepSeconds }}
lifecycle:
  # A sleep by the kubelet needs no program in the image. It holds back SIGTERM until proxies have let go of the pod.
  preStop:
    {{- .preStop | default (dict "sleep" (dict "seconds" .preStopSleepSeconds)) | toYaml | nindent 4 }}
{{- end }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: uploads
    mountPath: {{ .Values.uploads.path | quote }}
  {{- range .Values.writablePaths }}
  - name: scratch
    mountPath: {{ . | quote }}
    subPath: {{ . | trimAll "/" | replace "/" "-" | quote }}
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/*
A probe: the mechanism the user named in place of the default one (Kubernetes takes exactly one, and Helm would merge
the two), and the timing. The same mechanism as the default one may name a part of its fields only.
Call with `dict "probe" … "default" …`.
*/}}
{{- define "eni-todo.probe" -}}
{{- $mechanism := dict }}
{{- range $name := list "exec" "httpGet" "tcpSocket" }}
{{- with get $.probe $name }}{{ $_ := set $mechanism $name (merge (dict) . (get $.default $name | default dict)) }}{{ end }}
{{- end }}
{{- merge (dict) ($mechanism | default .default) (omit .probe "enabled" "exec" "httpGet" "tcpSocket") | toYaml }}
{{- end }}
