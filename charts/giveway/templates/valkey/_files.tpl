{{- define "giveway.valkeyFiles" -}}
{{- with .Values.valkey -}}
# docs/operations.md, "Redis", says why each of them.
valkey.conf: |
  bind * -::*
  port 6379
  protected-mode no
  dir /data
  aclfile /run/valkey/users.acl
  maxmemory {{ .maxmemory }}
  maxmemory-policy noeviction
  appendonly {{ ternary "yes" "no" .persistence.enabled }}
  appendfsync everysec
  save ""
  timeout 0
  tcp-keepalive 60
  hash-max-listpack-value 2048
  maxclients 10000
  busy-reply-threshold 5000
  client-output-buffer-limit normal 0 0 0
  {{- with .extraConfig }}
  {{- . | nindent 2 }}
  {{- end }}
# The user "giveway" with the rights of docs/operations.md, "Redis users", all together: of whoever
# enqueues, works, looks, and of the operator. Nobody else is let in. Only a hash of the password
# is written down.
start.sh: |
  set -eu
  hash=$(printf %s "$VALKEY_PASSWORD" | sha256sum | cut -d ' ' -f 1)
  unset VALKEY_PASSWORD
  {
    echo "user default off"
    echo "user giveway on #$hash $(cat /etc/valkey/rights)"
  } >/run/valkey/users.acl
  exec {{ .command }} /etc/valkey/valkey.conf
rights: |
  {{- $.Files.Get "files/valkey-rights" | nindent 2 }}
{{- end -}}
{{- end -}}
