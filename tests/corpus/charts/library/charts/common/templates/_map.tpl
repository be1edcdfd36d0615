{{- define "common.map" -}}
{{- $root := index . 0 -}}
{{- $over := fromYaml (include (index . 1) $root) | default dict -}}
{{- $base := fromYaml (include "common.base" $root) | default dict -}}
{{- toYaml (merge $over $base) -}}
{{- end -}}
{{- define "common.base" }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ printf "%s-%s" .Release.Name .Chart.Name }}
  labels: {from: library}
{{- end }}
{{ define "common.who" }}library{{ end }}
