{{- /* Where Redis is, as spec.redis of a PriorityQueue has it. Empty if nobody has said. */ -}}
{{- define "giveway.redis" -}}
{{- with .Values.redis -}}
{{- if .existingSecret }}
secret: {name: {{ .existingSecret }}, key: {{ .urlKey }}}
{{- else if $.Values.valkey.enabled }}
secret: {name: {{ include "giveway.valkeySecret" $ }}, key: {{ $.Values.valkey.auth.urlKey }}}
{{- end }}
{{- if .passwordSecret }}
passwordSecret: {name: {{ .passwordSecret }}, key: {{ .passwordKey }}}
{{- end }}
{{- if .caSecret }}
caSecret: {name: {{ .caSecret }}, key: {{ .caKey }}}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "giveway.valkeySecret" -}}
{{- default (include "giveway.valkey" .) .Values.valkey.auth.existingSecret -}}
{{- end -}}
