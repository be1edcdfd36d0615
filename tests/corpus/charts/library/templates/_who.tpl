{{ define "common.who" }}chart{{ end }}
