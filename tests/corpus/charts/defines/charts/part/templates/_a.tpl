{{- define "shared" }}part{{ end }}
{{- define "only.part" }}only-part{{ end }}
{{- define "both.parts" }}part{{ end }}
{{- define "blocked" }}from part{{ end }}
