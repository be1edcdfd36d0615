{{/* Jobs that could not run, or would do nothing. */}}
{{- define "mariadb.validate.jobs" -}}
{{- with .Values.backup }}
{{- if and .verification.enabled (not .enabled) }}
- "backup.verification.enabled needs backup.enabled: there are no dumps to verify"
{{- end }}
{{- if gt (int .verification.completions) (int .keep) }}
- "backup.verification.completions is more than backup.keep: so many dumps are never there"
{{- end }}
{{- if and .verification.enabled (gt (int .verification.parallelism) 1) (eq (join "," .persistence.accessModes) "ReadWriteOncePod") }}
- "backup.verification.parallelism is more than 1, and backup.persistence.accessModes lets in one pod only"
{{- end }}
{{- if and $.Values.restore.enabled (not (or .enabled .persistence.existingClaim $.Values.restore.existingClaim)) }}
- "restore.enabled needs a claim with dumps: set restore.existingClaim, or backup.enabled"
{{- end }}
{{- end }}
{{- with .Values.passwordRotation }}
{{- range $name := list "generation" "previousSecret" }}
{{- if and (get $.Values.passwordRotation $name) (not $.Values.passwordRotation.enabled) }}
- {{ printf "passwordRotation.%s needs passwordRotation.enabled, or the database would not know the passwords" $name | quote }}
{{- end }}
{{- end }}
{{- if and .generation $.Values.auth.existingSecret }}
- "passwordRotation.generation has nothing generated while auth.existingSecret is given: name another Secret there"
{{- end }}
{{- end }}
{{- end }}
