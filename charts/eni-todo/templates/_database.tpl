{{/*
Where the database is, as YAML: host, port, database, username, secretName, secretKey; nothing at all for the embedded one.
What concerns the MariaDB brought along is asked of that chart's own helpers, so the names cannot drift apart.
*/}}
{{- define "eni-todo.database" -}}
{{- if .Values.mariadb.enabled }}
{{- with .Subcharts.mariadb -}}
host: {{ include "mariadb.clientService" . | quote }}
port: {{ include "mariadb.clientPort" . }}
database: {{ .Values.auth.database | quote }}
username: {{ .Values.auth.username | quote }}
secretName: {{ include "mariadb.secretName" . | quote }}
secretKey: {{ .Values.auth.secretKeys.password | quote }}
{{- end }}
{{- else if include "eni-todo.outsideDatabase" . }}
{{- with .Values.externalDatabase -}}
host: {{ include "eni-todo.databaseService" $ | default .host | quote }}
port: {{ .port }}
database: {{ .database | quote }}
username: {{ .username | quote }}
secretName: {{ .existingSecret | default (printf "%s-database" (include "eni-todo.fullname" $)) | quote }}
secretKey: {{ ternary .existingSecretKey "password" (not (empty .existingSecret)) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether a database outside this release is named: "true", or nothing. */}}
{{- define "eni-todo.outsideDatabase" -}}
{{- if and (not .Values.mariadb.enabled) (or .Values.externalDatabase.host .Values.externalDatabase.addresses) -}}
true
{{- end }}
{{- end }}

{{/* The Service before a database outside the release; nothing when its host is asked for as it is. */}}
{{- define "eni-todo.databaseService" -}}
{{- if and (include "eni-todo.outsideDatabase" .) (or .Values.externalDatabase.addresses .Values.externalDatabase.externalName) -}}
{{ include "eni-todo.fullname" . }}-database
{{- end }}
{{- end }}

{{/* Whether the chart itself keeps the password of an outside database: "true", or nothing. */}}
{{- define "eni-todo.ownsDatabaseSecret" -}}
{{- if and (include "eni-todo.outsideDatabase" .) (not .Values.externalDatabase.existingSecret) -}}
true
{{- end }}
{{- end }}

{{/*
What changes when the password does and its Secret's name does not: nothing when the values say nothing of it. The
MariaDB brought along generates another password with another generation.
*/}}
{{- define "eni-todo.passwordChecksum" -}}
{{- if include "eni-todo.ownsDatabaseSecret" . }}
{{- .Values.externalDatabase.password | sha256sum }}
{{- else if .Values.mariadb.enabled }}
{{- with .Subcharts.mariadb.Values }}
{{- with list .auth.password .passwordRotation.generation | compact }}
{{- toJson . | sha256sum }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* The environment the application's contract asks for, as a YAML list. */}}
{{- define "eni-todo.env" -}}
- name: MULTIPART_LOCATION
  value: {{ .Values.uploads.path | quote }}
{{- with include "eni-todo.database" . | fromYaml }}
- name: SPRING_PROFILES_ACTIVE
  value: {{ ternary "tomcat-mariadb-kub" "tomcat-mariadb-env" (eq (include "eni-todo.asksApi" $) "true") }}
- name: DB_DTB_JDBC_URL
  value: {{ printf "jdbc:mariadb://%s:%v/%s" .host .port .database | quote }}
- name: DB_DTB_USERNAME
  value: {{ .username | quote }}
- name: DB_DTB_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .secretName | quote }}
      key: {{ .secretKey | quote }}
{{- end }}
{{- if .Values.metrics.enabled }}
- name: METRICS_PORT
  value: {{ .Values.metrics.port | quote }}
{{- end }}
{{- if .Values.sessionReplication.enabled }}
- name: KUBERNETES_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: HOSTNAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- if include "eni-todo.asksApi" . }}
# Without labels every pod of the namespace would become a member.
- name: KUBERNETES_LABELS
  value: {{ include "eni-todo.memberSelector" . | quote }}
{{- else }}
- name: DNS_MEMBERSHIP_SERVICE_NAME
  value: {{ include "eni-todo.fullname" . }}-members
{{- end }}
{{- end }}
{{- end }}

{{/* The application's pods as a label selector, for the Kubernetes API. */}}
{{- define "eni-todo.memberSelector" -}}
{{- $pairs := list }}
{{- range $key, $value := include "eni-todo.selectorLabels" . | fromYaml }}
{{- $pairs = append $pairs (printf "%s=%s" $key $value) }}
{{- end }}
{{- join "," $pairs }}
{{- end }}
