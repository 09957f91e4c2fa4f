#!/usr/bin/env bash
# Measures, beside keepalived in one run. Nothing here passes or fails: numbers of two shared cores are for comparing.
#
# Usage: test/bench/run.sh [part]...          (make bench); CYCLES=3, ROUNDS=5 or MINUTES=1 for a quick look
#
# Parts: footprint check many failover soak page checks ipvs; without any, all. The first need root, keepalived and tcpdump, and
# page needs haproxy and curl; they work in network namespaces. ipvs runs in the test VM, whose kernel has IPVS, for five
# minutes at most (BUDGET, CELLS; see test/bench/ipvs/guest.ts).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
export DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
export DENO_DIR=${DENO_DIR:-$project/.cache/deno}
export HOLDFAST=${HOLDFAST:-$project/dist/holdfast}
export PATH=$PATH:/usr/sbin:/sbin

parts=("$@")
if [ ${#parts[@]} -eq 0 ]; then parts=(footprint check many failover soak page checks ipvs); fi
for part in "${parts[@]}"; do
  case $part in
  footprint | check | many | failover | soak | page | checks | ipvs) ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
  esac
done

# What the parts on this machine need.
need_host() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "SKIPPED: the benchmarks need root, for network namespaces" >&2
    exit 1
  fi
  local -a programs=(keepalived tcpdump ip)
  if [[ " ${parts[*]} " == *" page "* ]]; then programs+=(haproxy curl); fi
  for program in "${programs[@]}"; do
    if ! command -v "$program" >/dev/null; then
      echo "SKIPPED: the benchmarks need $program (Debian package ${program/#ip/iproute2})" >&2
      exit 1
    fi
  done
}

in_vm() { # script
  "$project/test/vm/host_packages.sh" >&2
  "$project/test/vm/run.sh" -m 2048 -t 480 -- env CELLS="${CELLS:-}" BUDGET="${BUDGET:-}" CHECKS="${CHECKS:-}" \
    SECONDS_EACH="${SECONDS_EACH:-}" "$@"
}

if [ "${parts[*]}" != ipvs ]; then need_host; fi
mkdir -p "$project/.cache/bench"
{
  date -u '+%Y-%m-%d %H:%M UTC'
  uname -r
  for part in "${parts[@]}"; do
    case $part in
    ipvs) in_vm test/bench/ipvs/guest.sh ;;
    checks) "$here/checks.sh" ;;
    *) "$DENO" run --allow-all --frozen --quiet "$here/$part.ts" ;;
    esac
    echo
  done
} | tee "$project/.cache/bench/results.txt"
