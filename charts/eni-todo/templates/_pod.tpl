{{/* The application's pod, without its metadata. */}}
{{- define "eni-todo.podSpec" -}}
serviceAccountName: {{ include "eni-todo.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ .Values.sessionReplication.enabled }}
enableServiceLinks: false
{{- with include "eni-todo.imagePullSecrets" . }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $key := list "nodeSelector" "affinity" "tolerations" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with include "eni-todo.topologySpreadConstraints" . }}
topologySpreadConstraints:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - name: eni-todo
    {{- include "eni-todo.container" . | nindent 4 }}
volumes:
  - name: uploads
    {{- if .Values.uploads.persistence.enabled }}
    persistentVolumeClaim:
      claimName: {{ include "eni-todo.uploadsClaim" . | quote }}
    {{- else }}
    emptyDir: {}
    {{- end }}
  {{- if .Values.writablePaths }}
  - name: scratch
    emptyDir: {}
  {{- end }}
{{- end }}

{{/* The constraints as a YAML list, this release's pods being counted where no others are named. */}}
{{- define "eni-todo.topologySpreadConstraints" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "eni-todo.selectorLabels" . | fromYaml)) }}
{{- $constraints := list }}
{{- range .Values.topologySpreadConstraints }}{{ $constraints = append $constraints (merge (dict) . $own) }}{{ end }}
{{- with $constraints }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* The claim the uploads lie on. */}}
{{- define "eni-todo.uploadsClaim" -}}
{{- .Values.uploads.persistence.existingClaim | default (printf "%s-uploads" (include "eni-todo.fullname" .)) }}
{{- end }}

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
{{- end }}
