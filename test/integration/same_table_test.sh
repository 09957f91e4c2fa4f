#!/usr/bin/env bash
# The same configuration under keepalived and under Holdfast gives the same table in the kernel: at the start, when a server
# has failed, when it is back, and at the end.
#
# Usage: test/vm/run.sh -- test/integration/same_table_test.sh [configuration...]
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/checks.sh
source "$here/../lab/checks.sh"

HOLDFAST=${HOLDFAST:-$here/../../dist/holdfast}
logs=${ARTEFACTS:-/tmp}
# The director has 10.0.1.1; the servers are in a network namespace, TCP port 80 of each answers.
servers=(10.0.1.11 10.0.1.12 10.0.1.13 2001:db8:1::11 2001:db8:1::12)
# keepalived has settled when its table was the same for so long: its checks are a second apart, with one retry a second later.
settle_seconds=6

set_up() {
  ip link set lo up
  ip netns add servers
  ip link add eth0 type veth peer name eth0 netns servers
  ip link set eth0 up
  ip address add 10.0.1.1/24 dev eth0
  ip address add 2001:db8:1::1/64 dev eth0 nodad
  ip -n servers link set lo up
  ip -n servers link set eth0 up
  for address in "${servers[@]}"; do come_back "$address"; done
  ip netns exec servers socat TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0 SYSTEM:true &
  modprobe ip_vs
}

fail_server() { # address
  ip -n servers address delete "$1" dev eth0 2>/dev/null ||
    ip -n servers address delete "$1/64" dev eth0
}

come_back() { # address
  if [[ $1 == *:* ]]; then ip -n servers address add "$1/64" dev eth0 nodad; else ip -n servers address add "$1/24" dev eth0; fi
}

# The table in the words of ipvsadm-save, the timeouts and the connection synchronisation.
table() {
  ipvsadm -Sn | sort
  ipvsadm -Ln --timeout
  ipvsadm -Ln --daemon
}

table_is() { # table
  local now
  now=$(table)
  [ "$now" = "$1" ] || { echo "wanted, and there instead:"; comm -3 <(echo "$1" | sort) <(echo "$now" | sort); false; }
}

settle() {
  local before now deadline=$((SECONDS + 40)) since=$SECONDS
  before=$(table)
  while [ $((SECONDS - since)) -lt "$settle_seconds" ] && [ "$SECONDS" -lt "$deadline" ]; do
    sleep 0.5
    now=$(table)
    if [ "$now" != "$before" ]; then since=$SECONDS; fi
    before=$now
  done
}

start_keepalived() { # configuration
  keepalived --dont-fork --log-console --log-detail --use-file "$1" \
    --pid /tmp/keepalived.pid --vrrp_pid /tmp/vrrp.pid --checkers_pid /tmp/checkers.pid >"$logs/keepalived-$name.log" 2>&1 &
  director=$!
}

start_holdfast() { # configuration
  "$HOLDFAST" run --api off -f "$1" >"$logs/holdfast-$name.log" 2>&1 &
  director=$!
}

stop_director() {
  kill -TERM "$director"
  wait "$director" 2>/dev/null
}

# The server that a configuration loses in the middle: 10.0.1.11, or its IPv6 neighbour where there are no others.
victim_of() { # configuration
  if grep -q "real_server 10.0.1.11" "$1"; then echo 10.0.1.11; else echo 2001:db8:1::11; fi
}

compare() { # configuration
  local config=$1 name victim empty started failed back stopped
  name=$(basename "$config" .conf)
  victim=$(victim_of "$config")
  empty=$(table)

  start_keepalived "$config"
  settle
  started=$(table)
  fail_server "$victim"
  settle
  failed=$(table)
  come_back "$victim"
  settle
  back=$(table)
  stop_director
  stopped=$(table)

  check "$name: keepalived fills the table" bash -c "[ '$started' != '$empty' ]"
  start_holdfast "$config"
  check "$name: the same table at the start" eventually 40 table_is "$started"
  fail_server "$victim"
  check "$name: the same when $victim has failed" eventually 20 table_is "$failed"
  come_back "$victim"
  check "$name: the same when it is back" eventually 20 table_is "$back"
  stop_director
  check "$name: the same at the end" table_is "$stopped"
  ipvsadm --clear
}

set_up
for config in "${@:-"$here"/tables/*.conf}"; do
  # shellcheck disable=SC2086 # a pattern, unless names were given
  for file in $config; do compare "$file"; done
done
summary
