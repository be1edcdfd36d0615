{{/* Volumes the chart has already, that nobody has, or that no restricted namespace lets in. */}}
{{- define "eni-todo.validate.volumes" -}}
{{- $names := list "uploads" "scratch" }}
{{- range .Values.extraVolumes }}
{{- if has .name $names }}
- {{ printf "extraVolumes names %s twice, or as the chart does: rename it" .name | quote }}
{{- end }}
{{- if hasKey . "hostPath" }}
- {{ printf "extraVolumes.%s is a hostPath, which Pod Security forbids: use a claim" .name | quote }}
{{- end }}
{{- $names = append $names .name }}
{{- end }}
{{- range .Values.extraVolumeMounts }}
{{- if not (has .name $names) }}
- {{ printf "extraVolumeMounts names %s, which extraVolumes does not have: add it there" .name | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A claim that only one node, or one pod, can mount. */}}
{{- define "eni-todo.validate.uploads" -}}
{{- $modes := .Values.uploads.persistence.accessModes }}
{{- $pods := include "eni-todo.maxReplicas" . | int }}
{{- if and (include "eni-todo.uploadsOnOneNode" .) (gt $pods 1) }}
- {{ printf "%d pods cannot share uploads.persistence with accessModes %v: use ReadWriteMany, or one pod" $pods $modes | quote }}
{{- end }}
{{- if and .Values.uploads.persistence.enabled (has "ReadWriteOncePod" $modes) (eq .Values.strategy.type "RollingUpdate") }}
- "strategy.type RollingUpdate never ends with an uploads claim that is ReadWriteOncePod: use Recreate"
{{- end }}
{{- end }}
