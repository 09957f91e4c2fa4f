#!/usr/bin/env bash
# The story of `make demo`, told in the test VM: see demo.sh.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/topology.sh
source "$here/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$here/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$here/directors.sh"

traffic=/tmp/traffic
failures=0

say() {
  printf '%s\n' "$*"
}

chapter() {
  printf '\n== %s\n' "$*"
}

# Waits for something that has to come about, and tells how long it took; without it the story has no happy end.
expect() { # what, seconds, command, argument...
  local what=$1 limit=$2 start=$EPOCHREALTIME
  shift 2
  if eventually "$limit" "$@" >/dev/null 2>&1; then
    printf '   %-58s %5.1f s\n' "$what" "$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')"
  else
    printf '   %-58s NOT within %s s\n' "$what" "$limit"
    failures=$((failures + 1))
  fi
}

who_is_master() {
  local node
  for node in dir1 dir2; do
    if holds_vip "$node"; then say "   master: $node, holding $LAB_NAT_VIP, $LAB_DR_VIP and $LAB_GATEWAY_VIP"; fi
  done
}

# Ten requests, and who answered them.
requests() { # virtual address, how it forwards
  printf '   10 requests to http://%s/ (%s): ' "$1" "$2"
  for _ in 1 2 3 4 5 6 7 8 9 10; do lab_request "http://$1/" || echo nobody; done |
    sort | uniq -c | awk '{ printf "%s%s answered %s", (NR > 1 ? ", " : ""), $2, $1 } END { print "" }'
}

both_requests() {
  requests "$LAB_NAT_VIP" NAT
  requests "$LAB_DR_VIP" DR
}

# The numbers that Holdfast itself gives.
seen_by() { # node
  say "   as $1 sees it, from http://127.0.0.1:8404/api/v1/status:"
  director_page "$1" /api/v1/status | jq -r '
    (.vrrpInstances[] | "     \(.name): \(.state), priority \(.priority.effective), \(.counters.advertsOut) advertisements sent"),
    (.virtualServers[] | "     \(.name) \(.scheduler) \(.forward): \(.counters.connections) connections",
      (.realServers[] | "       \(.id): \(.operState), weight \(.weight.effective)"))'
}

chapter "The lab: a client, two directors running Holdfast, two web servers running nginx"
modprobe ip_vs
expect "network and web servers are up" 30 lab_up
start_director holdfast dir1
start_director holdfast dir2
expect "dir1 (priority 150) becomes master" 60 holds_vip dir1
expect "both web servers are in the pool (NAT)" 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
expect "both web servers are in the pool (DR)" 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
who_is_master
both_requests
seen_by dir1

chapter "rs1 dies"
lab_web_stop rs1
expect "rs1 leaves the pool (NAT)" 30 servers_are "$LAB_NAT_VIP" rs2
expect "rs1 leaves the pool (DR)" 30 servers_are "$LAB_DR_VIP" rs2
both_requests
lab_web_start rs1
expect "rs1 is started and comes back (NAT)" 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
expect "rs1 is started and comes back (DR)" 30 servers_are "$LAB_DR_VIP" "rs1 rs2"

chapter "dir1 loses its power: every process killed, every cable pulled, nothing said"
start_traffic "$LAB_NAT_VIP" "$traffic"
sleep 2
crash_director dir1
expect "dir2 takes over (floor: 3 advertisements and the skew, 3.6 s)" 30 holds_vip dir2
expect "both web servers answer through dir2" 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
stop_traffic "$traffic"
say "   seconds without service, seen by a client that asked all the time: $(longest_gap "$traffic")"
who_is_master
both_requests
seen_by dir2

chapter "dir1 is back"
reboot_director dir1
start_traffic "$LAB_NAT_VIP" "$traffic"
start_director holdfast dir1
expect "dir1 takes the addresses back" 60 holds_vip dir1
expect "dir2 lets go of them" 10 holds_no_vip dir2
expect "both web servers answer through dir1" 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
stop_traffic "$traffic"
say "   seconds without service: $(longest_gap "$traffic")"
who_is_master

chapter "dir1 is stopped in good order (SIGTERM)"
start_traffic "$LAB_NAT_VIP" "$traffic"
sleep 1
stop_director dir1
expect "dir2 takes over (floor: the skew, 0.6 s)" 30 holds_vip dir2
expect "both web servers answer through dir2" 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
stop_traffic "$traffic"
say "   seconds without service: $(longest_gap "$traffic")"

{ lab_down; } 2>/dev/null # bash would report each process that it ends
if [ "$failures" -gt 0 ]; then
  say ""
  say "$failures things did not come about. What the directors said:"
  tail -n 40 "$DIRECTOR_LOGS"/holdfast-dir*.log
  exit 1
fi
chapter "Everything came about. To play with it yourself: make lab"
