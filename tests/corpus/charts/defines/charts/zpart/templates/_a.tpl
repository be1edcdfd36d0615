{{- define "shared" }}zpart{{ end }}
{{- define "only.zpart" }}only-zpart{{ end }}
{{- define "both.parts" }}zpart{{ end }}
{{- define "blocked" }}from zpart{{ end }}
