{{/* One database at most, with a password, a name of its own, and shared by pods that replicate sessions. */}}
{{- define "eni-todo.validate.database" -}}
{{- with .Values.externalDatabase }}
{{- $named := ternary "host" "addresses" (empty .addresses) }}
{{- $given := not (empty (get . $named)) }}
{{- if and $given $.Values.mariadb.enabled }}
- {{ printf "externalDatabase.%s is given while mariadb.enabled is true: set mariadb.enabled=false, or remove it" $named | quote }}
{{- end }}
{{- if and .host .addresses }}
- "externalDatabase.addresses is given, so externalDatabase.host would be ignored: remove it"
{{- end }}
{{- if and .externalName (or .addresses (not (contains "." .host)) (regexMatch "^[0-9.]*$" .host)) }}
- "externalDatabase.externalName needs a full name in externalDatabase.host, such as db.example.org"
{{- end }}
{{- if not (regexMatch "^([^:]*|[^.]*)$" (join "" .addresses)) }}
- "externalDatabase.addresses has IPv4 and IPv6: keep one of them"
{{- end }}
{{- if and $given (not (or .password .existingSecret)) }}
- {{ printf "externalDatabase.%s needs externalDatabase.existingSecret (or externalDatabase.password)" $named | quote }}
{{- end }}
{{- if and .password .existingSecret }}
- "externalDatabase.existingSecret is given, so externalDatabase.password would be ignored: remove it"
{{- end }}
{{- if and $.Values.sessionReplication.enabled (not $given) (not $.Values.mariadb.enabled) }}
- "sessionReplication needs a database all pods share: set mariadb.enabled=true or externalDatabase.host"
{{- end }}
{{- end }}
{{- if .Values.mariadb.enabled }}
{{- $name := include "mariadb.fullname" .Subcharts.mariadb }}
{{- if eq $name (include "eni-todo.fullname" .) }}
- {{ printf "application and database are both called %s: set mariadb.fullnameOverride" $name | quote }}
{{- end }}
{{- end }}
{{- end }}
