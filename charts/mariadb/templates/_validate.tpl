{{/* Mistakes the schema cannot see, all of them in one failure, so that nobody repairs them one by one. */}}
{{- define "mariadb.validate" -}}
{{- $errors := list }}
{{- range list "jobs" "labels" "probes" "replication" "storage" "values" }}
{{- $errors = concat $errors (include (printf "mariadb.validate.%s" .) $ | fromYamlArray) }}
{{- end }}
{{- with $errors }}
{{- printf "\n\nchart mariadb, release %s: wrong values\n  - %s\n" $.Release.Name (join "\n  - " .) | fail }}
{{- end }}
{{- end }}

{{/* Labels the chart sets itself: twice the same key is no YAML, and pods with other ones would not be found. */}}
{{- define "mariadb.validate.labels" -}}
{{- range $values := list "commonLabels" "podLabels" }}
{{- range $label, $_ := get $.Values $values | default dict }}
{{- if regexMatch "^(app\\.kubernetes\\.io/(name|instance|component|version|managed-by)|helm\\.sh/chart)$" $label }}
- {{ printf "%s sets %s, which the chart sets itself: remove it" $values $label | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* A probe with two mechanisms: which one did the user mean? */}}
{{- define "mariadb.validate.probes" -}}
{{- range $name := list "startup" "liveness" "readiness" }}
{{- $probe := get $.Values.probes $name }}
{{- $named := list }}
{{- range $mechanism := list "exec" "httpGet" "tcpSocket" }}
{{- if get $probe $mechanism }}{{ $named = append $named $mechanism }}{{ end }}
{{- end }}
{{- if gt (len $named) 1 }}
- {{ printf "probes.%s names %s: keep one, and set the others to {}" $name (join " and " $named) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Values that contradict each other. */}}
{{- define "mariadb.validate.values" -}}
{{- with .Values.auth }}
{{- if and .existingSecret (or .password .rootPassword) }}
- "auth.existingSecret is given, so auth.password and auth.rootPassword would be ignored: remove them"
{{- end }}
{{- if eq .username "root" }}
- "auth.username is root, which exists anyway: name another user"
{{- end }}
{{- if eq .secretKeys.rootPassword .secretKeys.password }}
- "auth.secretKeys.rootPassword and auth.secretKeys.password are the same: one password would be lost"
{{- end }}
{{- end }}
{{- with .Values.service }}
{{- if and .nodePort (or (not .enabled) (eq .type "ClusterIP")) }}
- "service.nodePort needs service.enabled and a service.type of NodePort or LoadBalancer"
{{- end }}
{{- end }}
{{- if and .Values.metrics.serviceMonitor.enabled (not .Values.metrics.enabled) }}
- "metrics.serviceMonitor.enabled needs metrics.enabled: there is nothing to scrape"
{{- end }}
{{- range .Values.extraEnv }}
{{- if has .name (list "MARIADB_ROOT_PASSWORD_FILE" "MARIADB_DATABASE" "MARIADB_USER" "MARIADB_PASSWORD_FILE") }}
- {{ printf "extraEnv sets %s, which the chart sets from auth.*: use that" .name | quote }}
{{- end }}
{{- end }}
{{- end }}
