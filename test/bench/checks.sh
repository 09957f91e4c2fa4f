#!/usr/bin/env bash
# A thousand and ten thousand checks a second on this machine, Holdfast beside keepalived, in a network namespace of its own.
# The kernel needs no IPVS: Holdfast checks without it, and keepalived gets one that does nothing.
#
# Usage: test/bench/run.sh checks; needs root, keepalived, tcpdump, nginx and gcc
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
namespace=hfchecks

if [ "${1:-}" = --inside ]; then
  # shellcheck source=test/bench/ipvs/servers.sh
  source "$here/ipvs/servers.sh"
  start_servers "$2/nginx"
  NO_IPVS=$2/no_ipvs.so exec "$DENO" run --allow-all --frozen --quiet "$here/ipvs/checks.ts"
fi

for program in nginx gcc; do
  if ! command -v "$program" >/dev/null; then
    echo "SKIPPED: the benchmark of checks needs $program (Debian package ${program/#nginx/nginx-light})" >&2
    exit 1
  fi
done
folder=$(mktemp -d)
chmod 755 "$folder"
clean_up() {
  if [ -e "$folder/nginx/nginx.pid" ]; then kill "$(cat "$folder/nginx/nginx.pid")" || true; fi
  ip netns delete "$namespace" || true
  rm -rf "$folder"
}
ip netns add "$namespace"
trap clean_up EXIT
gcc -shared -fPIC -O2 -o "$folder/no_ipvs.so" "$here/ipvs/no_ipvs.c" -ldl
ip netns exec "$namespace" "$here/checks.sh" --inside "$folder"
