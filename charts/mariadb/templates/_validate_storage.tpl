{{/* Volumes that would never be bound, be lost, or be refused by the cluster halfway through an installation. */}}
{{- define "mariadb.validate.storage" -}}
{{- include "mariadb.validate.claim" . }}
{{- include "mariadb.validate.storageClass" . }}
{{- if .Values.persistence.staticVolume.enabled }}
{{- include "mariadb.validate.staticVolume" . }}
{{- end }}
{{- if and .Values.updateStrategy.rollingUpdate (ne .Values.updateStrategy.type "RollingUpdate") }}
- "updateStrategy.rollingUpdate needs updateStrategy.type RollingUpdate: set it to {}"
{{- end }}
{{- end }}

{{/* Two ways to say which volume the claim is to have. */}}
{{- define "mariadb.validate.claim" -}}
{{- with .Values.persistence }}
{{- $chosen := list }}
{{- range $name := list "existingClaim" "volumeName" "selector" }}
{{- if get $.Values.persistence $name }}{{ $chosen = append $chosen (printf "persistence.%s" $name) }}{{ end }}
{{- end }}
{{- if .staticVolume.enabled }}{{ $chosen = append $chosen "persistence.staticVolume.enabled" }}{{ end }}
{{- if gt (len $chosen) 1 }}
- {{ printf "%s each choose the volume: keep one" (join " and " $chosen) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* A volume made by hand. */}}
{{- define "mariadb.validate.staticVolume" -}}
{{- with .Values.persistence }}
{{- $sources := include "mariadb.staticVolumeSources" $ | fromYamlArray }}
{{- if not .enabled }}
- "persistence.staticVolume.enabled needs persistence.enabled: nothing else would use the volume"
{{- end }}
{{- if ne (len $sources) 1 }}
- {{ printf "persistence.staticVolume.source names %s: keep one of hostPath, local, nfs and csi, and set the others to null" (join " and " $sources | default "nothing") | quote }}
{{- end }}
{{- range $source := list "hostPath" "local" }}
{{- if and (has $source $sources) (not $.Values.persistence.staticVolume.nodeAffinity) }}
- {{ printf "persistence.staticVolume.source.%s is a directory of one node: say which in persistence.staticVolume.nodeAffinity, or the pod finds an empty one on another" $source | quote }}
{{- end }}
{{- end }}
{{- if and (eq .staticVolume.reclaimPolicy "Delete") (not (has "csi" $sources)) }}
- "persistence.staticVolume.reclaimPolicy Delete needs a csi source: nobody deletes another one's files. Use Retain"
{{- end }}
{{- end }}
{{- end }}

{{/* A class that the cluster would refuse, or that nothing would use. */}}
{{- define "mariadb.validate.storageClass" -}}
{{- with .Values.storageClass }}
{{- if and .create (not .provisioner) }}
- "storageClass.create needs storageClass.provisioner: name the cluster's, as `kubectl get storageclass` shows it"
{{- end }}
{{- if eq .reclaimPolicy "Recycle" }}
- "storageClass.reclaimPolicy is Recycle, which Kubernetes no longer has: use Retain to keep the rows, or Delete"
{{- end }}
{{- $named := $.Values.persistence.storageClass }}
{{- if and .create $named (ne $named (include "mariadb.storageClassName" $)) }}
- {{ printf "persistence.storageClass is %s, and storageClass.create makes %s, which nothing would use: leave persistence.storageClass empty" $named (include "mariadb.storageClassName" $) | quote }}
{{- end }}
{{- end }}
{{- end }}
