{{- define "giveway.ports" -}}
{{- range $place, $port := . }}
{{- if $place }}
{{ end -}}
- {port: {{ $port }}, protocol: TCP}
{{- end }}
{{- end -}}

{{- define "giveway.toDns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
  {{- with .Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "giveway.toRedis" -}}
{{- with .Values.networkPolicy.redis -}}
- ports:
    {{- include "giveway.ports" .ports | nindent 4 }}
  {{- with .to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- define "giveway.toApiServer" -}}
{{- with .Values.networkPolicy.apiServer -}}
- ports:
    {{- include "giveway.ports" .ports | nindent 4 }}
  {{- with .cidrs }}
  to:
    {{- range . }}
    - ipBlock: {cidr: {{ . }}}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{- /* Takes "port" and "from". The kubelet's probes need no rule: they come from the pod's own node. */ -}}
{{- define "giveway.fromPrometheus" -}}
- ports:
    - {port: {{ .port }}, protocol: TCP}
  {{- with .from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
