{{/* Mistakes the schema cannot see, all of them in one failure, so that nobody repairs them one by one. */}}
{{- define "eni-todo.validate" -}}
{{- $errors := list }}
{{- range list "labels" "probes" "database" "environment" "volumes" "uploads" "rollout" "network" "metrics" }}
{{- $errors = concat $errors (include (printf "eni-todo.validate.%s" .) $ | fromYamlArray) }}
{{- end }}
{{- with $errors }}
{{- printf "\n\nchart eni-todo, release %s: wrong values\n  - %s\n" $.Release.Name (join "\n  - " .) | fail }}
{{- end }}
{{- end }}

{{/* Labels the chart sets itself: twice the same key is no YAML, and pods with other ones would not be found. */}}
{{- define "eni-todo.validate.labels" -}}
{{- range $values := list "commonLabels" "podLabels" }}
{{- range $label, $_ := get $.Values $values | default dict }}
{{- if regexMatch "^(app\\.kubernetes\\.io/(name|instance|component|version|managed-by)|helm\\.sh/chart)$" $label }}
- {{ printf "%s sets %s, which the chart sets itself: remove it" $values $label | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* A probe with two mechanisms: which one did the user mean? */}}
{{- define "eni-todo.validate.probes" -}}
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

{{/* A variable set twice: one of the two would be lost without a word. */}}
{{- define "eni-todo.validate.environment" -}}
{{- $own := list }}
{{- range include "eni-todo.env" . | fromYamlArray }}{{ $own = append $own .name }}{{ end }}
{{- range .Values.extraEnv }}
{{- if has .name $own }}
- {{ printf "extraEnv sets %s, which the chart sets from other values: remove it" .name | quote }}
{{- end }}
{{- end }}
{{- range $name, $_ := .Values.config }}
{{- if has $name $own }}
- {{ printf "config sets %s, which the chart sets from other values: remove it" $name | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Rollouts that could not move, and grace periods that end too soon. */}}
{{- define "eni-todo.validate.rollout" -}}
{{- with .Values.strategy }}
{{- if and (has (toString .maxUnavailable) (list "0" "0%")) (has (toString .maxSurge) (list "0" "0%")) }}
- "strategy.maxUnavailable and strategy.maxSurge are both 0: no pod could ever be replaced"
{{- end }}
{{- end }}
{{- with .Values.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
- {{ printf "autoscaling.minReplicas (%v) is more than autoscaling.maxReplicas (%v)" .minReplicas .maxReplicas | quote }}
{{- end }}
{{- if and .enabled (not (or .targetCPUUtilizationPercentage .targetMemoryUtilizationPercentage)) }}
- "autoscaling needs a target: set autoscaling.targetCPUUtilizationPercentage"
{{- end }}
{{- end }}
{{- $sleep := ternary 0 (int .Values.lifecycle.preStopSleepSeconds) (not (empty .Values.lifecycle.preStop)) }}
{{- if ge $sleep (int .Values.terminationGracePeriodSeconds) }}
- {{ printf "lifecycle.preStopSleepSeconds (%d) leaves nothing of terminationGracePeriodSeconds (%v) to stop in" $sleep .Values.terminationGracePeriodSeconds | quote }}
{{- end }}
{{- end }}

{{/* What the type of the Service, or an Ingress without hosts, would make of the values. */}}
{{- define "eni-todo.validate.network" -}}
{{- with .Values.service }}
{{- if and .nodePort (eq .type "ClusterIP") }}
- "service.nodePort needs a service.type of NodePort or LoadBalancer"
{{- end }}
{{- if and .loadBalancerClass (ne .type "LoadBalancer") }}
- "service.loadBalancerClass needs service.type LoadBalancer"
{{- end }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.hosts) }}
- "ingress.enabled needs a host: set ingress.hosts"
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
- "httpRoute.enabled needs a Gateway: set httpRoute.parentRefs"
{{- end }}
{{- end }}

{{/* A port that is somebody else's: Services and the Ingress lead to 8080, session messages go to 4000. */}}
{{- define "eni-todo.validate.metrics" -}}
{{- with .Values.metrics }}
{{- if and .enabled (has (int .port) (list 8080 4000)) }}
- {{ printf "metrics.port is %v, where the application's own traffic arrives: choose another" .port | quote }}
{{- end }}
{{- if and .serviceMonitor.enabled (not .enabled) }}
- "metrics.serviceMonitor.enabled needs metrics.enabled: there is nothing to scrape"
{{- end }}
{{- end }}
{{- end }}
