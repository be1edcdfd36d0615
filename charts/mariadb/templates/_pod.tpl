{{/* The database's pod, without its metadata. */}}
{{- define "mariadb.podSpec" -}}
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
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $key := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  - name: mariadb
    {{- include "mariadb.container" . | nindent 4 }}
volumes:
  {{- include "mariadb.volumes" . | nindent 2 }}
{{- end }}

{{/* The database's container. Passwords come as files, which no `kubectl describe` and no child process shows. */}}
{{- define "mariadb.container" -}}
image: {{ include "mariadb.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.args }}
args:
  {{- toYaml . | nindent 2 }}
{{- end }}
env:
  - name: MARIADB_ROOT_PASSWORD_FILE
    value: /run/secrets/mariadb/root-password
  - name: MARIADB_DATABASE
    value: {{ .Values.auth.database | quote }}
  - name: MARIADB_USER
    value: {{ .Values.auth.username | quote }}
  - name: MARIADB_PASSWORD_FILE
    value: /run/secrets/mariadb/password
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: mariadb
    containerPort: 3306
{{- $default := dict "exec" (dict "command" .Values.probes.command) }}
{{- range $name := list "startup" "liveness" "readiness" }}
{{- $probe := get $.Values.probes $name }}
{{- if $probe.enabled }}
{{ $name }}Probe:
  {{- include "mariadb.probe" (dict "probe" $probe "default" $default) | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - name: data
    mountPath: /var/lib/mysql
  - name: passwords
    mountPath: /run/secrets/mariadb
    readOnly: true
  # The root file system is read-only: these two are what mariadbd writes to beside its data.
  - name: scratch
    mountPath: /run/mysqld
    subPath: run
  - name: scratch
    mountPath: /tmp
    subPath: tmp
  {{- if .Values.configuration }}
  - name: configuration
    mountPath: /etc/mysql/conf.d
    readOnly: true
  {{- end }}
  {{- if .Values.initdbScripts }}
  - name: initdb
    mountPath: /docker-entrypoint-initdb.d
    readOnly: true
  {{- end }}
{{- end }}

{{/* The pod's volumes, less the one the StatefulSet makes from its claim template. */}}
{{- define "mariadb.volumes" -}}
- name: passwords
  secret:
    secretName: {{ include "mariadb.secretName" . | quote }}
    defaultMode: 0440
    items:
      - key: {{ .Values.auth.secretKeys.rootPassword | quote }}
        path: root-password
      - key: {{ .Values.auth.secretKeys.password | quote }}
        path: password
- name: scratch
  emptyDir: {}
{{- if .Values.configuration }}
- name: configuration
  configMap:
    name: {{ include "mariadb.fullname" . | quote }}
{{- end }}
{{- if .Values.initdbScripts }}
- name: initdb
  configMap:
    name: {{ include "mariadb.fullname" . }}-initdb
{{- end }}
{{- if not .Values.persistence.enabled }}
- name: data
  emptyDir: {}
{{- else if .Values.persistence.existingClaim }}
- name: data
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim | quote }}
{{- end }}
{{- end }}
