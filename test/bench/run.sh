#!/usr/bin/env bash
# Measures, beside keepalived in one run. Nothing here passes or fails: numbers of two shared cores are for comparing.
#
# Usage: test/bench/run.sh [part]...          (make bench); CYCLES=3, ROUNDS=5 or MINUTES=1 for a quick look
#
# Parts: footprint check many failover soak page checks ipvs debian; without any, all but the last. The first need root,
# keepalived and tcpdump, and page needs haproxy and curl; they work in network namespaces. ipvs runs in the test VM, whose kernel
# has IPVS, for five minutes at most (BUDGET, CELLS; see test/bench/ipvs/guest.ts). debian, only when it is named, puts the
# appliance (make image first) beside plain Debian with keepalived in the same virtual machines: starts and fail-overs, for half
# an hour.
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
  footprint | check | many | failover | soak | page | checks | ipvs | debian) ;;
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

# One after the other: each has the same machine for itself.
beside_debian() {
  "$project/appliance/image/host_packages.sh" --test >&2
  if ! command -v mmdebstrap >/dev/null; then
    echo "SKIPPED: this benchmark needs mmdebstrap" >&2
    return
  fi
  "$here/debian/build.sh"
  export CABLE_ROUNDS=${CABLE_ROUNDS:-3}
  for script in "$here/debian/boot.sh" "$project/test/image/failover_test.sh" "$here/debian/failover.sh"; do "$script" || true; done
}

case ${parts[*]} in
ipvs | debian) ;;
*) need_host ;;
esac
mkdir -p "$project/.cache/bench"
{
  date -u '+%Y-%m-%d %H:%M UTC'
  uname -r
  for part in "${parts[@]}"; do
    case $part in
    ipvs) in_vm test/bench/ipvs/guest.sh ;;
    checks) "$here/checks.sh" ;;
    debian) beside_debian ;;
    *) "$DENO" run --allow-all --frozen --quiet "$here/$part.ts" ;;
    esac
    echo
  done
} | tee "$project/.cache/bench/results.txt"
