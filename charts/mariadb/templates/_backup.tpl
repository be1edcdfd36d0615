{{/* A CronJob's fields: `dict "root" . "component" … "schedule" … "job" <the Job's spec as text>`. */}}
{{- define "mariadb.cronJobSpec" -}}
{{- $backup := .root.Values.backup -}}
schedule: {{ .schedule | quote }}
{{- with $backup.timeZone }}
timeZone: {{ . | quote }}
{{- end }}
concurrencyPolicy: {{ $backup.concurrencyPolicy }}
suspend: {{ $backup.suspend }}
{{- include "mariadb.numbers" (dict "of" $backup "names" (list "startingDeadlineSeconds")) }}
successfulJobsHistoryLimit: {{ $backup.successfulJobsHistoryLimit }}
failedJobsHistoryLimit: {{ $backup.failedJobsHistoryLimit }}
jobTemplate:
  metadata:
    labels:
      {{- include "mariadb.labels" (dict "root" .root "component" .component) | nindent 6 }}
  spec:
    {{- .job | nindent 4 }}
{{- end }}

{{/*
A pod that works on dumps: `dict "root" . "component" … "command" [script, argument…] "claim" … "readOnly" … "env" {…}
"login" <whether it gets root's password>`.
*/}}
{{- define "mariadb.backupPod" -}}
{{- $fullname := include "mariadb.fullname" .root }}
{{- $mounts := list
  (dict "name" "backups" "mountPath" "/backups" "readOnly" .readOnly)
  (dict "name" "scratch" "mountPath" "/scratch" "subPath" "data") }}
{{- $volumes := list (dict "name" "backups" "persistentVolumeClaim" (dict "claimName" .claim)) }}
{{- if .login }}
{{- $mounts = append $mounts (dict "name" "password" "mountPath" "/run/secrets/mariadb" "readOnly" true) }}
{{- $item := dict "key" .root.Values.auth.secretKeys.rootPassword "path" "root-password" }}
{{- $secret := dict "secretName" (include "mariadb.secretName" .root) "defaultMode" 0o440 "items" (list $item) }}
{{- $volumes = append $volumes (dict "name" "password" "secret" $secret) }}
{{- end }}
{{- if .root.Values.configuration }}
{{- /* The scratch server is configured like the database, or it would not prove what the database can restore. */}}
{{- $mounts = append $mounts (dict "name" "configuration" "mountPath" "/etc/mysql/conf.d" "readOnly" true) }}
{{- $volumes = append $volumes (dict "name" "configuration" "configMap" (dict "name" $fullname)) }}
{{- end }}
{{- $env := merge (dict "BACKUP_DIR" "/backups" "DB_HOST" (include "mariadb.jobHost" .root)) .env }}
{{- $given := dict "scripts" (printf "%s-jobs" $fullname) "resources" .root.Values.backup.resources }}
{{- $given = merge $given (pick . "root" "component" "command") }}
{{- include "mariadb.jobPod" (merge $given (dict "env" $env "mounts" $mounts "volumes" $volumes)) }}
{{- end }}
