#!/bin/sh
# Starts Holdfast with the Deno that lies beside this file: for processors that there is no single file for.
here=$(dirname "$(readlink -f "$0")")
# No cache is written and nothing is asked for on the network: all there is lies here.
export DENO_DIR=/dev/null/none DENO_NO_UPDATE_CHECK=1
exec "$here/deno" run --quiet --allow-all --no-config --no-lock --cached-only \
  --v8-flags=--max-semi-space-size=4,--heap-growing-percent=100 "$here/js/main.js" "$@"
