#!/usr/bin/env bash
# Measures, beside keepalived in one run. Nothing here passes or fails: numbers of two shared cores are for comparing.
#
# Usage: test/bench/run.sh          (make bench); needs root, keepalived and tcpdump; CYCLES=3 for a quick look
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
export DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
export DENO_DIR=${DENO_DIR:-$project/.cache/deno}
export HOLDFAST=${HOLDFAST:-$project/dist/holdfast}
export PATH=$PATH:/usr/sbin:/sbin

if [ "$(id -u)" -ne 0 ]; then
  echo "SKIPPED: the benchmarks need root, for network namespaces" >&2
  exit 1
fi
for program in keepalived tcpdump ip; do
  if ! command -v "$program" >/dev/null; then
    echo "SKIPPED: the benchmarks need $program (Debian package ${program/#ip/iproute2})" >&2
    exit 1
  fi
done

mkdir -p "$project/.cache/bench"
{
  date -u '+%Y-%m-%d %H:%M UTC'
  uname -r
  "$DENO" run --allow-all --frozen --quiet "$here/footprint.ts"
  echo
  "$DENO" run --allow-all --frozen --quiet "$here/check.ts"
  echo
  "$DENO" run --allow-all --frozen --quiet "$here/many.ts"
  echo
  "$DENO" run --allow-all --frozen --quiet "$here/failover.ts"
} | tee "$project/.cache/bench/results.txt"
