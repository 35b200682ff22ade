#!/bin/sh
# Doorward on `wasmtime serve` (wasmtime 48). Written by `doorward compose --for wasmtime`.
#
# DOORWARD_SEALING_KEY  32 bytes in base64, under which the signing keys are encrypted in the data directory
# DOORWARD_DATA         the data directory; default: `data` beside this file
# DOORWARD_ISSUER       goes before the configured issuer
# DOORWARD_MAIL_TOKEN   the token of the service that takes the mail
# DOORWARD_SETTINGS     the text of settings.json, if that was left out of the component
# DOORWARD_LISTEN       address and port; default: @LISTEN@. There is no TLS: a proxy ends it in front.
# WASMTIME              the program; default: wasmtime
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=${DOORWARD_DATA:-$here/data}

refuse() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

[ -n "${DOORWARD_SEALING_KEY:-}" ] || refuse "DOORWARD_SEALING_KEY is not set: make a key once with \
\`openssl rand -base64 32 > sealing.key\`, keep it apart from the data, and start with \
DOORWARD_SEALING_KEY=\$(cat sealing.key)"
[ -d "$data" ] || refuse "the data directory $data is not there: create it with mkdir -m 700 '$data', or set DOORWARD_DATA"
# begin mail
[ -n "${DOORWARD_MAIL_TOKEN:-}" ] || refuse "DOORWARD_MAIL_TOKEN is not set: set it to the token of the service that takes the mail"
# end mail
# begin settings
[ -n "${DOORWARD_SETTINGS:-}" ] || refuse "DOORWARD_SETTINGS is not set: start with DOORWARD_SETTINGS=\$(cat settings.json)"
# end settings
command -v "${WASMTIME:-wasmtime}" >/dev/null || refuse "wasmtime is not there: https://wasmtime.dev, or set WASMTIME to the program"

# --env takes the value from this process, so that no secret stands on a command line. Nothing else of the environment goes in.
set --
for name in SEALING_KEY ISSUER MAIL_TOKEN SETTINGS; do
  if printenv "DOORWARD_$name" >/dev/null; then
    set -- "$@" --env "DOORWARD_$name"
  fi
done

# -Scli           the components' standard libraries ask for it
# -Wtimeout       of one request
# -Wmax-memory-size  of each component; hashing a password takes 19 MiB
# --max-concurrent-requests  more of them wait; -Opooling-…  is the room that these need
exec "${WASMTIME:-wasmtime}" serve \
  --no-logging-prefix --addr "${DOORWARD_LISTEN:-@LISTEN@}" \
  --dir "$data::/data" \
  -Scli -Sinherit-stdin=n -Smax-http-fields-size=32768 -Smax-resources=10000 \
  -Wtimeout=10s -Wmax-memory-size=67108864 \
  --max-concurrent-requests @REQUESTS@ -Opooling-total-memories=@MEMORIES@ -Opooling-total-stacks=@REQUESTS@ \
  -Opooling-total-core-instances=@CORE_INSTANCES@ -Opooling-total-tables=@CORE_INSTANCES@ \
  "$@" "$here/doorward.wasm"
