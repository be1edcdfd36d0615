{{/*
A pod that holds the image on a node where the application may run, and costs nothing: it sleeps. Of the affinity only
what concerns nodes: the pods' own would keep it away from where they are.
*/}}
{{- define "eni-todo.prepullPodSpec" -}}
serviceAccountName: {{ include "eni-todo.serviceAccountName" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
# A process 1 that sleeps does not hear SIGTERM.
terminationGracePeriodSeconds: 1
{{- with include "eni-todo.imagePullSecrets" . }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $placed := dict "nodeSelector" .Values.nodeSelector "affinity" (pick (.Values.affinity | default dict) "nodeAffinity") "tolerations" .Values.tolerations }}
{{- range $key, $value := $placed }}
{{- with $value }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
containers:
  - name: prepull
    image: {{ include "eni-todo.image" (dict "root" . "image" .Values.image) | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    {{- with .Values.securityContext }}
    securityContext:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    # In every image that has a shell; the application itself would open a port, and count as one of its pods.
    command: [sleep, infinity]
    resources:
      requests:
        cpu: 1m
        memory: 4Mi
      limits:
        memory: 16Mi
{{- end }}
