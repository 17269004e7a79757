{{- /* A file of rules or panels, with links to where the runbooks are. Takes "path" and "root". */ -}}
{{- define "giveway.withRunbooks" -}}
{{- .root.Files.Get .path | replace "https://giveway.dev/docs/operations" .root.Values.metrics.runbooks -}}
{{- end -}}
