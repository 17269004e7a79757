{{- /* Names, labels, images: what every object takes from here. */ -}}

{{- define "giveway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 40 characters: what is added makes names of pods, whose labels hold 63. */ -}}
{{- define "giveway.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "giveway.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "giveway.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "giveway.operator" -}}
{{- include "giveway.fullname" . }}-operator
{{- end -}}

{{- define "giveway.valkey" -}}
{{- include "giveway.fullname" . }}-valkey
{{- end -}}

{{- /* Of objects without a namespace. A team with an operator of its own must not meet another's. */ -}}
{{- define "giveway.clusterName" -}}
{{- if .Values.operator.namespaces -}}
{{- printf "%s-%s" .Release.Namespace (include "giveway.operator" .) -}}
{{- else -}}
{{- include "giveway.operator" . -}}
{{- end -}}
{{- end -}}

{{- define "giveway.serviceAccount" -}}
{{- default (include "giveway.operator" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- /* By these pods are found: they never change. Takes (dict "component" … "root" $). */ -}}
{{- define "giveway.selector" -}}
app.kubernetes.io/name: {{ include "giveway.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- /* "labels" win over commonLabels, and the selector's over both. */ -}}
{{- define "giveway.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")
  "app.kubernetes.io/version" (.root.Chart.AppVersion | replace "+" "_")
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/part-of" "giveway" -}}
{{- $selector := include "giveway.selector" . | fromYaml -}}
{{- mergeOverwrite $own (deepCopy .root.Values.commonLabels) (deepCopy (default dict .labels)) $selector | toYaml -}}
{{- end -}}

{{- /* Of pods. Without the chart's version: an upgrade that changes nothing must replace no pod. */ -}}
{{- define "giveway.podLabels" -}}
{{- $selector := include "giveway.selector" . | fromYaml -}}
{{- mergeOverwrite (deepCopy .root.Values.commonLabels) (deepCopy (default dict .labels)) $selector | toYaml -}}
{{- end -}}

{{- /* Takes a label selector. Maps of values are merged, so a default there could not be replaced. */ -}}
{{- define "giveway.workers" -}}
{{- toYaml (default (dict "matchLabels" (dict "app.kubernetes.io/name" "giveway-worker")) .) -}}
{{- end -}}

{{- /* Annotations, with the word before them; nothing where there are none. */ -}}
{{- define "giveway.annotations" -}}
{{- $all := mergeOverwrite (deepCopy .root.Values.commonAnnotations) (deepCopy (default dict .annotations)) -}}
{{- if $all -}}
annotations:
  {{- toYaml $all | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Name, namespace, labels, annotations. Takes "name", "namespace" ("" for none), "component". */ -}}
{{- define "giveway.metadata" -}}
name: {{ .name }}
{{- with default .root.Release.Namespace .namespace }}
namespace: {{ . }}
{{- end }}
labels:
  {{- include "giveway.labels" . | nindent 2 }}
{{- with include "giveway.annotations" . }}
{{ . }}
{{- end }}
{{- end -}}

{{- define "giveway.clusterMetadata" -}}
name: {{ .name }}
labels:
  {{- include "giveway.labels" . | nindent 2 }}
{{- with include "giveway.annotations" . }}
{{ . }}
{{- end }}
{{- end -}}

{{- /* Takes "image" and "root". */ -}}
{{- define "giveway.image" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end -}}
{{- end -}}

{{- define "giveway.imagePullSecrets" -}}
{{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
