#!/usr/bin/env bash
# In the test VM: what the benchmarks of IPVS need of the machine, then the benchmarks.
#
# Usage: test/vm/run.sh -m 2048 -t 480 -- test/bench/ipvs/guest.sh
set -euo pipefail

modprobe -a ip_vs ip_vs_wrr
# shellcheck source=test/bench/ipvs/servers.sh
source "$(dirname "${BASH_SOURCE[0]}")/servers.sh"
start_servers /tmp/nginx

# The guest has no Deno of its own, and the project is read-only there.
export DENO_DIR=/tmp/deno HOLDFAST=/host/dist/holdfast DENO_NO_UPDATE_CHECK=1
exec .tools/node_modules/@deno/linux-x64-glibc/deno run --no-check --allow-all --no-lock --cached-only \
  test/bench/ipvs/guest.ts
