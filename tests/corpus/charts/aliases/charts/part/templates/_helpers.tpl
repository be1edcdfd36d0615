{{ define "part.name" }}{{ .Release.Name }}-{{ .Chart.Name }}{{ end }}
