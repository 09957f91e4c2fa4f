#!/usr/bin/env bash
# Real servers that leave and come back, with real connections through the kernel's IPVS: a drained server keeps those that it
# has and gets no others; it leaves when they have ended, or when its time is over; one that comes back starts slowly.
#
# Usage: test/vm/run.sh -- test/integration/drain_test.sh
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"
# shellcheck source=test/lab/connections.sh
source "$lab/connections.sh"

config=/tmp/drain.yaml
service=10.0.0.100:$port
drain_timeout=300 # the emulated machine is slow

write_config() { # real servers: rs1, rs2 or both
  cat >"$config" <<-END
		child_wait_time: 30
		ipvs: {sync_threshold: [3, 10]}
		virtual_server:
		  - address: 10.0.0.100
		    port: $port
		    delay_loop: 1
		    lvs_sched: wrr
		    lvs_method: NAT
		    protocol: TCP
		    drain_timeout: $drain_timeout
		    slow_start: 60
		    real_server:
	END
  for node in "$@"; do
    cat >>"$config" <<-END
			      - address: 10.0.1.1${node#rs}
			        port: $port
			        weight: 100
			        TCP_CHECK: {connect_timeout: 20}
		END
  done
}

# Opens connections until one is with rs1; the others end.
open_connection_to_rs1() {
  for _ in 1 2 3 4 5 6; do
    close_connection one
    open_connection one && [ "$(server_of one)" = rs1 ] && return
  done
  return 1
}

weight_of() { # address
  lab_exec dir1 ipvsadm -Sn | sed -n "s/.*-r $1:$port .*-w \([0-9]*\).*/\1/p"
}

weight_is() { # address, weight; none: not in the table
  [ "$(weight_of "$1")" = "${2#none}" ]
}

order() { # command, argument...
  local command=$1
  shift
  lab_exec dir1 "$HOLDFAST" "$command" "$@"
}

sync_threshold() {
  lab_exec dir1 sysctl -n net.ipv4.vs.sync_threshold | xargs
}

why() {
  order servers "$service"
}

modprobe ip_vs
check "the network comes up" lab_network_up
ip -n "${LAB_PREFIX}dir1" address add 10.0.0.100/24 dev eth0
ip -n "${LAB_PREFIX}dir1" address add "$LAB_GATEWAY_VIP/24" dev eth1
start_server rs1
start_server rs2
write_config rs1 rs2
HOLDFAST_OPTIONS=(--api off)
start_director holdfast dir1 "$config"
check "both servers get connections" eventually 90 reaches "rs1 rs2"
check_equal "a setting of the kernel is as configured" "$(sync_threshold)" "3 10"

# --- an operator drains a server
check "a connection to rs1 is made" open_connection_to_rs1
check "rs1 is drained" order drain "$service" 10.0.1.11 --reason "new disk"
check "it has weight 0 in the kernel" weight_is 10.0.1.11 0
check "new connections go to rs2 only" eventually 30 reaches rs2
check "the connection to rs1 goes on" talk hello one
sleep 7 # a drain takes five seconds at least
check "and after a while, too" talk again one
check "rs1 is still in the table" weight_is 10.0.1.11 0
check "and it is said why" eventually 10 bash -c "ip netns exec ${LAB_PREFIX}dir1 $HOLDFAST servers | grep -q 'new disk): it gets nothing new and waits for 1 connection to end'"
why
close_connection one
check "when the connection has ended, rs1 leaves the table" eventually 30 weight_is 10.0.1.11 none
check "rs1 is given back" order ready "$service" 10.0.1.11
weight=$(weight_of 10.0.1.11)
check "and starts slowly, with $weight" test "${weight:-0}" -gt 0 -a "${weight:-0}" -lt 50
check "until it has its whole weight" eventually 120 weight_is 10.0.1.11 100

# --- a reload takes a server out
check "another connection to rs1 is made" open_connection_to_rs1
write_config rs2
check "a reload takes rs1 out of the configuration" order reload
check "it has weight 0" weight_is 10.0.1.11 0
check "its connection goes on" talk hello one
write_config rs1 rs2
check "a reload brings it back" order reload
check "with some weight" bash -c "[ \$(ip netns exec ${LAB_PREFIX}dir1 ipvsadm -Sn | grep -c -- '-w 0') = 0 ]"
check "and its connection was not touched" talk again one
check "it rises" eventually 120 weight_is 10.0.1.11 100
drain_timeout=20
write_config rs1 rs2
check "a reload makes the time to drain shorter" order reload
write_config rs2
start=$SECONDS
check "a reload takes it out again" order reload
check "it leaves when its time is over, connection or not" eventually 40 weight_is 10.0.1.11 none
check "which was not before its time" test $((SECONDS - start)) -ge 18
close_connection one

stop_director dir1
check_equal "at the end the setting is what it was" "$(sync_threshold)" "3 50"
check_equal "and the table is empty" "$(lab_exec dir1 ipvsadm -Sn)" ""
lab_down
summary
