{{/*
Traefik and HAProxy read what concerns the backend from the Service: the sticky cookie. HAProxy's controller reads it on
an Ingress too up to 3.2, deprecated, and not at all after that.
*/}}
{{- define "eni-todo.ingressServiceAnnotations" -}}
{{- with .Values.ingress }}
{{- if and .enabled .sticky.enabled (eq .controller "haproxy") -}}
haproxy.org/cookie-persistence: {{ .sticky.cookieName | quote }}
{{- else if and .enabled .sticky.enabled (eq .controller "traefik") -}}
traefik.ingress.kubernetes.io/service.sticky.cookie: "true"
traefik.ingress.kubernetes.io/service.sticky.cookie.name: {{ .sticky.cookieName | quote }}
traefik.ingress.kubernetes.io/service.sticky.cookie.httponly: "true"
traefik.ingress.kubernetes.io/service.sticky.cookie.samesite: lax
{{- if include "eni-todo.tlsOnly" $ }}
traefik.ingress.kubernetes.io/service.sticky.cookie.secure: "true"
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/*
What the named controller reads from the Ingress. `/` leads to the application with each of them: Traefik has no
annotation for it, and leaves it to timonier/eni-todo, which redirects itself.
*/}}
{{- define "eni-todo.ingressAnnotations" -}}
{{- with .Values.ingress }}
{{- if and (eq .controller "traefik") (include "eni-todo.tlsOnly" $) }}
# Without it Traefik offers the hosts by HTTPS only where its own entry point has TLS switched on. It holds for the
# whole Ingress, and ends plain HTTP: so only where every host has a certificate.
traefik.ingress.kubernetes.io/router.tls: "true"
{{- else if eq .controller "nginx" }}
nginx.ingress.kubernetes.io/app-root: /eni-todo/
nginx.ingress.kubernetes.io/proxy-body-size: {{ .maxBodySize | quote }}
{{- if .sticky.enabled }}
nginx.ingress.kubernetes.io/affinity: cookie
nginx.ingress.kubernetes.io/affinity-mode: persistent
nginx.ingress.kubernetes.io/session-cookie-name: {{ .sticky.cookieName | quote }}
nginx.ingress.kubernetes.io/session-cookie-samesite: Lax
{{- if include "eni-todo.tlsOnly" $ }}
# ingress-nginx itself tells it from the request; those that took over its annotations need to be told.
nginx.ingress.kubernetes.io/session-cookie-secure: "true"
{{- end }}
{{- end }}
{{- else if eq .controller "haproxy" }}
haproxy.org/backend-config-snippet: http-request redirect location /eni-todo/ code 302 if { path / }
{{- end }}
{{- end }}
{{- end }}

{{/* The address to open in a browser, when there is an ingress. */}}
{{- define "eni-todo.ingressUrl" -}}
{{- $host := (first .Values.ingress.hosts).host }}
{{- $secured := include "eni-todo.hostHasTls" (dict "host" $host "tls" .Values.ingress.tls) }}
{{- printf "%s://%s/eni-todo/" (ternary "https" "http" (eq $secured "true")) $host }}
{{- end }}

{{/* Whether a certificate is named for `host`, its own or a wildcard: "true", or nothing. */}}
{{- define "eni-todo.hostHasTls" -}}
{{- $wildcard := regexReplaceAll "^[^.]*" .host "*" }}
{{- range .tls }}
{{- if or (has $.host .hosts) (has $wildcard .hosts) }}{{ $_ := set $ "found" true }}{{ end }}
{{- end }}
{{- if .found -}}
true
{{- end }}
{{- end }}

{{/* Whether every host has a certificate: "true", or nothing. */}}
{{- define "eni-todo.tlsOnly" -}}
{{- $plain := list }}
{{- range .Values.ingress.hosts }}
{{- if not (include "eni-todo.hostHasTls" (dict "host" .host "tls" $.Values.ingress.tls)) }}{{ $plain = append $plain .host }}{{ end }}
{{- end }}
{{- if not $plain -}}
true
{{- end }}
{{- end }}
