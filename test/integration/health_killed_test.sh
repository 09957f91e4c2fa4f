#!/usr/bin/env bash
# The health role is killed again and again while a client makes as many connections as this machine can: none is lost.
#
# Usage: test/vm/run.sh -m 2048 -- test/integration/health_killed_test.sh
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"

log=${ARTEFACTS:-/tmp}

table() {
  lab_exec dir1 ipvsadm -Sn | sort
}

kill_health() {
  local old
  old=$(role_pid dir1 health) || return
  kill -KILL "$old"
  eventually 30 role_is_new dir1 health "$old"
}

# Connections of one request each.
start_load() { # virtual address, file, seconds
  lab_exec client ab -q -r -s 10 -c 32 -n 200000 -t "$3" "http://$1/" >"$2" 2>&1 &
  LOAD_PID=$!
}

# A number that ab says.
said() { # file, words before it
  awk -F ':[ ]*' -v words="$2" '$1 == words { print int($2) }' "$1"
}

no_request_failed() { # file
  cat "$1"
  [ "$(said "$1" "Failed requests")" = 0 ] && [ -z "$(said "$1" "Non-2xx responses")" ]
}

modprobe ip_vs
check "the lab comes up" lab_up
start_director holdfast dir1
check "dir1 becomes master" eventually 60 holds_vip dir1
check "NAT: both servers answer" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: both servers answer" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
before=$(table)
for way in NAT DR; do
  if [ $way = NAT ]; then vip=$LAB_NAT_VIP seconds=24 times="first second third"; else vip=$LAB_DR_VIP seconds=12 times=first; fi
  start_load "$vip" "$log/ab-$way.log" $seconds
  sleep 2
  for time in $times; do
    check "$way: kill -9 of health, the $time time: it is started again" kill_health
    sleep 2
  done
  check_equal "$way: the table is as it was" "$(table)" "$before"
  wait $LOAD_PID
  check "$way: no connection was lost" no_request_failed "$log/ab-$way.log"
  echo "     $(said "$log/ab-$way.log" "Complete requests") connections, $(said "$log/ab-$way.log" "Requests per second") a second"
  check "$way: there were many" test "$(said "$log/ab-$way.log" "Complete requests")" -gt $((seconds * 20))
done
stop_director dir1
lab_down
summary
