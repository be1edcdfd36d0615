{{/* What a primary and its replicas cannot be, or could not keep. */}}
{{- define "mariadb.validate.replication" -}}
{{- if include "mariadb.replicates" . }}
{{- include "mariadb.validate.members" . }}
{{- include "mariadb.validate.replicationUser" . }}
{{- include "mariadb.validate.formerReplicas" . }}
{{- end }}
{{- end }}

{{/* Who there is, and where their rows are. */}}
{{- define "mariadb.validate.members" -}}
{{- with .Values.replication }}
{{- if lt (int .replicas) 1 }}
- "replication.replicas is 0, so nothing would be replicated: use at least 1, or architecture standalone"
{{- end }}
{{- if gt (int .primary) (int .replicas) }}
- {{ printf "replication.primary is %d, and the members are 0 to %d (replication.replicas): name one of them" (int .primary) (int .replicas) | quote }}
{{- end }}
{{- end }}
{{- if not .Values.persistence.enabled }}
- "architecture replication needs persistence.enabled: a primary that lost its rows with its pod would have none to hand on"
{{- end }}
{{- if .Values.persistence.staticVolume.enabled }}
- "persistence.staticVolume makes one volume, and with architecture replication each member has a claim: use persistence.storageClass"
{{- end }}
{{- range $values := list "commonLabels" "podLabels" }}
{{- if hasKey (get $.Values $values | default dict) "replication" }}
- {{ printf "%s sets replication, which the chart sets itself: remove it" $values | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whom the replicas log in as. */}}
{{- define "mariadb.validate.replicationUser" -}}
{{- if has .Values.replication.username (list "root" .Values.auth.username) }}
- {{ printf "replication.username is %s, which is another user already: name one that only replicates" .Values.replication.username | quote }}
{{- end }}
{{- with .Values.auth }}
{{- if and .existingSecret $.Values.replication.password }}
- "auth.existingSecret is given, so replication.password would be ignored: remove it"
{{- end }}
{{- if has .secretKeys.replicationPassword (list .secretKeys.rootPassword .secretKeys.password) }}
- "auth.secretKeys.replicationPassword is the key of another password: one of them would be lost"
{{- end }}
{{- end }}
{{- end }}

{{/*
A standalone database keeps no binary log: replicas of an earlier time would go on from where they were, and never get
what was written in between. Only the cluster knows of them.
*/}}
{{- define "mariadb.validate.formerReplicas" -}}
{{- $server := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "mariadb.fullname" .) }}
{{- $claim := printf "data-%s-1" (include "mariadb.replicaName" .) }}
{{- if and $server (not (dig "spec" "template" "metadata" "labels" "replication" "" $server)) (lookup "v1" "PersistentVolumeClaim" .Release.Namespace $claim) }}
- {{ printf "architecture replication finds claims of former replicas, which lack what was written since: delete %s and those that follow it first" $claim | quote }}
{{- end }}
{{- end }}
