{{/* A member's pod, without its metadata. Call with `dict "root" . "component" "…"`. */}}
{{- define "mariadb.podSpec" -}}
{{- $component := .component }}
{{- with .root -}}
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
{{- range $key := list "nodeSelector" "affinity" "tolerations" }}
{{- with get $.root.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with include "mariadb.topologySpread" . }}
topologySpreadConstraints:
  {{- . | nindent 2 }}
{{- end }}
{{- if include "mariadb.replicates" . }}
initContainers:
  - {{- include "mariadb.prepareContainer" . | nindent 4 }}
{{- end }}
containers:
  - name: mariadb
    {{- include "mariadb.container" . | nindent 4 }}
  {{- if include "mariadb.replicates" . }}
  - {{- include "mariadb.replicationContainer" . | nindent 4 }}
  {{- end }}
volumes:
  {{- include "mariadb.volumes" . | nindent 2 }}
  {{- with and (eq $component "database") (include "mariadb.dataVolume" .) }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Where nothing is said, members keep to different nodes as long as there are nodes: one is to outlive the other's. */}}
{{- define "mariadb.topologySpread" -}}
{{- if .Values.topologySpreadConstraints }}
{{- toYaml .Values.topologySpreadConstraints }}
{{- else if include "mariadb.replicates" . -}}
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "mariadb.memberLabels" . | nindent 6 }}
{{- end }}
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
  {{- if include "mariadb.replicates" . }}
  {{- include "mariadb.replicationEnv" . | nindent 2 }}
  {{- end }}
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: mariadb
    containerPort: 3306
{{- range $name := list "startup" "liveness" "readiness" }}
{{- $probe := get $.Values.probes $name }}
{{- $default := dict "exec" (dict "command" $.Values.probes.command) }}
{{- if and (eq $name "readiness") (include "mariadb.replicates" $) }}
{{- $default = dict "exec" (dict "command" (list "bash" "/scripts/ready.sh")) }}
{{- end }}
{{- if $probe.enabled }}
{{ $name }}Probe:
  {{- include "mariadb.probe" (dict "probe" $probe "default" $default) | nindent 2 }}
{{- end }}
{{- end }}
{{- if include "mariadb.replicates" . }}
lifecycle:
  preStop:
    exec:
      command: [bash, /scripts/drain.sh]
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
  {{- with include "mariadb.settingsMount" . }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- if include "mariadb.replicates" . }}
  - name: scripts
    mountPath: /scripts
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
      {{- if include "mariadb.replicates" . }}
      - key: {{ .Values.auth.secretKeys.replicationPassword | quote }}
        path: replication-password
      {{- end }}
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
{{- if include "mariadb.replicates" . }}
- name: scripts
  configMap:
    name: {{ include "mariadb.fullname" . }}-replication
{{- end }}
{{- end }}

{{/* Where the data of the pod with the ordinal 0 lie, when not on a claim of the StatefulSet's own making. */}}
{{- define "mariadb.dataVolume" -}}
{{- if not .Values.persistence.enabled -}}
- name: data
  emptyDir: {}
{{- else if .Values.persistence.existingClaim -}}
- name: data
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim | quote }}
{{- end }}
{{- end }}
