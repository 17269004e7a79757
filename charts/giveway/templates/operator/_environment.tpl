{{- /* GIVEWAY_OPERATOR_<NAME> for each setting; what is a list or has its place elsewhere comes first. */ -}}
{{- define "giveway.environment" -}}
- name: GIVEWAY_POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
{{- with .Values.operator }}
- name: GIVEWAY_OPERATOR_NAMESPACES
  value: {{ join "," .namespaces | quote }}
- name: GIVEWAY_OPERATOR_SERVICE_ACCOUNTS
  value: {{ join "," .workerServiceAccounts | quote }}
- name: GIVEWAY_OPERATOR_LEASE_NAMESPACE
  value: {{ $.Release.Namespace | quote }}
- name: GIVEWAY_OPERATOR_LEASE_NAME
  value: {{ default (include "giveway.operator" $) .settings.leaseName | quote }}
{{- range $name, $value := omit .settings "leaseName" }}
- name: GIVEWAY_OPERATOR_{{ snakecase $name | upper }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with .extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- end -}}

{{- /* As far as it can be: a second zone must not keep the operator from running. */ -}}
{{- define "giveway.spread" -}}
{{- range $place, $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
{{- if $place }}
{{ end -}}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "giveway.selector" (dict "component" "operator" "root" $) | nindent 6 }}
{{- end }}
{{- end -}}

{{- define "giveway.probe" -}}
httpGet: {path: {{ .path }}, port: metrics}
periodSeconds: {{ .probe.periodSeconds }}
timeoutSeconds: {{ .probe.timeoutSeconds }}
failureThreshold: {{ .probe.failureThreshold }}
{{- end -}}
