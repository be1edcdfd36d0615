{{/* What the application itself needs to reach, as a NetworkPolicy's rules. */}}
{{- define "eni-todo.egress" -}}
# Names; where the cluster's DNS is differs from one to the next.
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
{{- if .Values.mariadb.enabled }}
- ports:
    - port: mariadb
  to:
    - podSelector:
        matchLabels:
          {{- include "mariadb.selectorLabels" .Subcharts.mariadb | nindent 10 }}
{{- else if include "eni-todo.outsideDatabase" . }}
- ports:
    - port: {{ .Values.externalDatabase.port }}
  {{- with .Values.externalDatabase.addresses }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ printf "%s/%s" . (ternary "128" "32" (contains ":" .)) | quote }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if .Values.sessionReplication.enabled }}
- ports:
    - port: members
  to:
    - podSelector:
        matchLabels:
          {{- include "eni-todo.selectorLabels" . | nindent 10 }}
{{- end }}
{{- if include "eni-todo.asksApi" . }}
# The Kubernetes API, before and behind its Service; no selector finds it.
- ports:
    - port: 443
    - port: 6443
{{- end }}
{{- with .Values.networkPolicy.egress.rules }}
{{ toYaml . }}
{{- end }}
{{- end }}
