kind: ConfigMap
metadata: {name: {{ .Template.Name | quote }}, annotations: {base: {{ .Template.BasePath | quote }}, chart: {{ .Chart.Name }}}}
