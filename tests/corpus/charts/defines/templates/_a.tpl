{{- define "twice" }}first{{ end }}
{{- define "shared" }}parent{{ end }}
