{{/*
The name of a job's object: `dict "root" . "suffix" "backup" "max" 52`. A CronJob's may have 52 signs, for the controller
adds a time to it; a Job's may have 63.
*/}}
{{- define "mariadb.jobName" -}}
{{- $room := sub .max (add1 (len .suffix)) | int }}
{{- printf "%s-%s" (include "mariadb.fullname" .root | trunc $room | trimSuffix "-") .suffix }}
{{- end }}

{{/* Labels that pick the pods of jobs: `dict "root" . "component" "backup"`. */}}
{{- define "mariadb.jobSelectorLabels" -}}
app.kubernetes.io/name: {{ include "mariadb.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The server the jobs talk to: the one that takes writes. */}}
{{- define "mariadb.jobHost" -}}
{{- if include "mariadb.replicates" . }}{{ include "mariadb.primaryHost" . }}{{ else }}{{ include "mariadb.fullname" . }}{{ end }}
{{- end }}

{{/* The claim with the dumps. */}}
{{- define "mariadb.backupClaim" -}}
{{- .Values.backup.persistence.existingClaim | default (include "mariadb.jobName" (dict "root" . "suffix" "backup" "max" 63)) }}
{{- end }}

{{/* `name: number` for those of some values that are given, 0 included: `dict "of" {…} "names" […]`. */}}
{{- define "mariadb.numbers" -}}
{{- range $name := .names }}
{{- $value := get $.of $name }}
{{- if regexMatch "^[0-9]" (toString $value) }}
{{ $name }}: {{ int $value }}
{{- end }}
{{- end }}
{{- end }}

{{/*
A Job's fields: `dict "root" . "component" … "limits" <values> "pod" <the pod's spec as text>`. Without the
chart's version: names of Jobs hold a hash of this, and a new chart that changes nothing here makes no new Job.
With `"indexes" true` each index has its attempts: one that fails does not end the others.
*/}}
{{- define "mariadb.jobSpec" -}}
backoffLimit{{ if .indexes }}PerIndex{{ end }}: {{ .limits.backoffLimit }}
{{- include "mariadb.numbers" (dict "of" .limits "names" (list "activeDeadlineSeconds" "ttlSecondsAfterFinished")) }}
template:
  metadata:
    labels:
      {{- include "mariadb.jobSelectorLabels" (dict "root" .root "component" .component) | nindent 6 }}
      {{- with .root.Values.commonLabels }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
  spec:
    {{- .pod | nindent 4 }}
{{- end }}

{{/*
A job's pod: `dict "root" . "component" … "command" [script, argument…] "scripts" <ConfigMap> "env" {NAME: value}
"resources" {…} "mounts" [{name, mountPath…}] "volumes" [{name…}]`. It has the database's image, place and rights.
*/}}
{{- define "mariadb.jobPod" -}}
restartPolicy: Never
serviceAccountName: {{ include "mariadb.serviceAccountName" .root | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "mariadb.imagePullSecrets" .root }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with .root.Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" }}
{{- with get $.root.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  - name: {{ .component }}
    image: {{ include "mariadb.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    {{- with .root.Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    command:
      - bash
      {{- toYaml .command | nindent 6 }}
    env:
      {{- range $name, $value := .env }}
      - name: {{ $name }}
        value: {{ $value | toString | quote }}
      {{- end }}
    {{- with .resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - name: scripts
        mountPath: /scripts
        readOnly: true
      - name: scratch
        mountPath: /tmp
        subPath: tmp
      {{- toYaml .mounts | nindent 6 }}
volumes:
  - name: scripts
    configMap:
      name: {{ .scripts | quote }}
  - name: scratch
    emptyDir: {}
  {{- toYaml .volumes | nindent 2 }}
{{- end }}
