{{/* The application's pod, without its metadata. */}}
{{- define "eni-todo.podSpec" -}}
serviceAccountName: {{ include "eni-todo.serviceAccountName" . | quote }}
automountServiceAccountToken: {{ eq (include "eni-todo.asksApi" .) "true" }}
enableServiceLinks: false
{{- with include "eni-todo.imagePullSecrets" . }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- range $key := list "nodeSelector" "affinity" "tolerations" }}
{{- with get $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with include "eni-todo.topologySpreadConstraints" . }}
topologySpreadConstraints:
  {{- . | nindent 2 }}
{{- end }}
containers:
  - name: eni-todo
    {{- include "eni-todo.container" . | nindent 4 }}
volumes:
  - name: uploads
    {{- if .Values.uploads.persistence.enabled }}
    persistentVolumeClaim:
      claimName: {{ include "eni-todo.uploadsClaim" . | quote }}
    {{- else }}
    emptyDir: {}
    {{- end }}
  {{- if .Values.writablePaths }}
  - name: scratch
    emptyDir: {}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The constraints as a YAML list, this release's pods being counted where no others are named. */}}
{{- define "eni-todo.topologySpreadConstraints" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "eni-todo.selectorLabels" . | fromYaml)) }}
{{- $constraints := list }}
{{- range .Values.topologySpreadConstraints }}{{ $constraints = append $constraints (merge (dict) . $own) }}{{ end }}
{{- with $constraints }}{{ toYaml . }}{{ end }}
{{- end }}

{{/* The claim the uploads lie on. */}}
{{- define "eni-todo.uploadsClaim" -}}
{{- .Values.uploads.persistence.existingClaim | default (printf "%s-uploads" (include "eni-todo.fullname" .)) }}
{{- end }}
