{{/* Before the server: writes its settings, and fetches a copy of the primary's data where there are none. */}}
{{- define "mariadb.prepareContainer" -}}
name: prepare
image: {{ include "mariadb.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
command: [bash, /scripts/prepare.sh]
env:
  {{- include "mariadb.replicationEnv" . | nindent 2 }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- include "mariadb.replicationMounts" . | nindent 2 }}
  - name: scratch
    mountPath: /settings
    subPath: settings
  - name: scratch
    mountPath: /tmp
    subPath: prepare
  {{- if .Values.configuration }}
  - name: configuration
    mountPath: /configuration
    readOnly: true
  {{- end }}
{{- end }}

{{/* Beside the server: opens the primary for writes, keeps replicas following it, hands out copies. */}}
{{- define "mariadb.replicationContainer" -}}
name: replication
image: {{ include "mariadb.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
command: [bash, /scripts/agent.sh]
env:
  {{- include "mariadb.replicationEnv" . | nindent 2 }}
ports:
  - name: replication
    containerPort: 3307
# Whether others can ask it. The agent ends by itself when it no longer listens, so nothing has to kill it.
readinessProbe:
  tcpSocket:
    port: replication
  periodSeconds: 10
{{- with .Values.replication.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- include "mariadb.replicationMounts" . | nindent 2 }}
  {{- include "mariadb.settingsMount" . | nindent 2 }}
  - name: scratch
    mountPath: /run/mysqld
    subPath: run
  - name: scratch
    mountPath: /tmp
    subPath: replication
{{- end }}

{{/* What both of them need of the pod's volumes. */}}
{{- define "mariadb.replicationMounts" -}}
- name: data
  mountPath: /var/lib/mysql
- name: passwords
  mountPath: /run/secrets/mariadb
  readOnly: true
- name: scripts
  mountPath: /scripts
  readOnly: true
{{- end }}

{{/* The server's settings: with replication the pod writes some itself, beside the chart's `configuration`. */}}
{{- define "mariadb.settingsMount" -}}
{{- if include "mariadb.replicates" . -}}
- name: scratch
  mountPath: /etc/mysql/conf.d
  subPath: settings
  readOnly: true
{{- else if .Values.configuration -}}
- name: configuration
  mountPath: /etc/mysql/conf.d
  readOnly: true
{{- end }}
{{- end }}
