{{- define "outer" -}}{{ include "inner" . }}{{- end -}}
{{- define "inner" -}}
{{- if eq .Values.how "helper" }}{{ fail "from a helper: {{ braces }}" }}{{ end -}}
{{- if eq .Values.how "helper-nil" }}{{ .Values.no.such.key }}{{ end -}}
{{- end -}}
{{- define "endless" -}}{{ include "endless" . }}{{- end -}}
