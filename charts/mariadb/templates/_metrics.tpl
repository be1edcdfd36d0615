{{/* The exporter's objects. */}}
{{- define "mariadb.metricsName" -}}
{{- include "mariadb.fullname" . }}-metrics
{{- end }}

{{/* The script, as a ConfigMap's data. */}}
{{- define "mariadb.metricsScript" -}}
exporter.sh: |
  {{- .Files.Get "files/metrics/exporter.sh" | trim | nindent 2 }}
{{- end }}

{{/*
What mysqld_exporter is told. The application's user may not read the state of replication, nor InnoDB's tables of
compression: those collectors would fail at each scrape.
*/}}
{{- define "mariadb.metricsArgs" -}}
- sh
- /scripts/exporter.sh
- --web.listen-address=:9104
{{- if not .Values.metrics.existingSecret }}
- --no-collect.slave_status
- --no-collect.info_schema.innodb_cmp
- --no-collect.info_schema.innodb_cmpmem
{{- end }}
{{- with .Values.metrics.args }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The exporter's pod, without its metadata: beside the database, so that it comes and goes without it. */}}
{{- define "mariadb.metricsPod" -}}
serviceAccountName: {{ include "mariadb.serviceAccountName" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "mariadb.imagePullSecrets" . }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  - name: exporter
    {{- include "mariadb.metricsContainer" . | nindent 4 }}
volumes:
  - name: login
    secret:
      secretName: {{ .Values.metrics.existingSecret | default (include "mariadb.secretName" .) | quote }}
      defaultMode: 0440
      items:
        # Never root's password, which is in the same Secret.
        - key: {{ ternary "my.cnf" .Values.auth.secretKeys.password (not (empty .Values.metrics.existingSecret)) | quote }}
          path: {{ ternary "my.cnf" "password" (not (empty .Values.metrics.existingSecret)) }}
  - name: scripts
    configMap:
      name: {{ include "mariadb.metricsName" . | quote }}
  - name: scratch
    emptyDir:
      medium: Memory
{{- end }}

{{/* Its container. It is alive and ready while its front page is there: a database that is away is a measurement. */}}
{{- define "mariadb.metricsContainer" -}}
image: {{ include "mariadb.image" (dict "root" . "image" .Values.metrics.image) | quote }}
imagePullPolicy: {{ .Values.metrics.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
command:
  {{- include "mariadb.metricsArgs" . | nindent 2 }}
{{- if not .Values.metrics.existingSecret }}
env:
  - name: DB_HOST
    value: {{ include "mariadb.jobHost" . | quote }}
  - name: DB_USER
    value: {{ .Values.auth.username | quote }}
{{- end }}
ports:
  - name: metrics
    containerPort: 9104
{{- range $probe, $period := dict "readiness" 5 "liveness" 30 }}
{{ $probe }}Probe:
  httpGet:
    path: /
    port: metrics
  periodSeconds: {{ $period }}
{{- end }}
{{- with .Values.metrics.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: login
    mountPath: /run/secrets/metrics
    readOnly: true
  - name: scripts
    mountPath: /scripts
    readOnly: true
  - name: scratch
    mountPath: /tmp
{{- end }}
