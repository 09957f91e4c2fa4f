#!/usr/bin/env bash
# Operators and the kernel's table: what they say by command line and API is what `ipvsadm -Ln` shows, through a reload and the
# death of the health role; connections end when they are to end; and a virtual server out of service refuses.
#
# Usage: test/vm/run.sh -- test/integration/steering_test.sh
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

config=/tmp/steering.yaml
socket=/tmp/steering/api.sock
service=10.0.0.100:$port

write_config() { # delay_loop
  cat >"$config" <<-END
		child_wait_time: 30
		api: {socket: $socket}
		virtual_server:
		  - address: 10.0.0.100
		    port: $port
		    delay_loop: $1
		    lvs_sched: wrr
		    lvs_method: NAT
		    protocol: TCP
		    real_server:
		      - {address: 10.0.1.11, port: $port, weight: 100, TCP_CHECK: {connect_timeout: 20}}
		      - {address: 10.0.1.12, port: $port, weight: 100, TCP_CHECK: {connect_timeout: 20}}
	END
}

order() { # command, argument...
  lab_exec dir1 "$HOLDFAST" "$@"
}

# Asks the API; its exit status is that of a reply that says so.
api() { # method, path, body
  lab_exec dir1 curl -sS -f -m 20 --unix-socket "$socket" -X "$1" -H 'Content-Type: application/json' \
    ${3:+-d "$3"} "http://localhost/api/v1$2" >/tmp/api.out 2>&1
}

# The servers with their weights, as ipvsadm lists them.
table() {
  lab_exec dir1 ipvsadm -Ln | sed -n 's/.*-> \(10[0-9.]*\):[0-9]* *Masq *\([0-9]*\).*/\1=\2/p' | sort | xargs
}

table_is() { # servers with weights
  [ "$(table)" = "$1" ]
}

connections_of() { # address
  lab_exec dir1 ipvsadm -Lnc | grep -c "ESTABLISHED.* $1:$port"
}

has_no_connections() { # address
  [ "$(connections_of "$1")" = 0 ]
}

# A connection that stays open; when it is reset, its process ends.
open_connections() {
  for _ in 1 2 3 4; do
    # shellcheck disable=SC2016 # expanded on the client
    ip netns exec "${LAB_PREFIX}client" bash -c 'exec 3<>"/dev/tcp/$0/$1"; read -r name <&3; echo "$name"
      while echo tick >&3 2>/dev/null && read -t 20 -r _ <&3; do sleep 1; done; echo "$name lost"' \
      10.0.0.100 "$port" >>/tmp/clients 2>/dev/null &
  done
  eventually 20 are_four
}

# Each says its server's name, and when it was reset.
are_four() {
  [ "$(grep -c 'rs.$' /tmp/clients)" = 4 ]
}

all_lost() { # server
  [ "$(grep -c "$1 lost" /tmp/clients)" = "$(grep -c "^$1\$" /tmp/clients)" ]
}

modprobe ip_vs
check "the network comes up" lab_network_up
ip -n "${LAB_PREFIX}dir1" address add 10.0.0.100/24 dev eth0
ip -n "${LAB_PREFIX}dir1" address add "$LAB_GATEWAY_VIP/24" dev eth1
start_server rs1
start_server rs2
write_config 1
start_director holdfast dir1 "$config"
check "both servers get connections" eventually 90 reaches "rs1 rs2"
check "with their weights" table_is "10.0.1.11=100 10.0.1.12=100"
check "the API answers" eventually 60 api GET /virtual-servers
uid=$(sed -n 's/.*"uid":"\([^"]*\)".*/\1/p' /tmp/api.out)
rs=/virtual-servers/$uid/real-servers

check "the command line drains rs1" order drain "$service" 10.0.1.11 --reason disk
check "the kernel has it at weight 0" table_is "10.0.1.11=0 10.0.1.12=100"
check "the API gives rs2 half of its weight" api PUT "$rs/10.0.1.12:$port/weight" '{"weight":"50%"}'
check "the kernel has that" table_is "10.0.1.11=0 10.0.1.12=50"
check "new connections go to rs2" eventually 30 reaches rs2
check "the API takes rs1 out" api PUT "$rs/10.0.1.11:$port/admin-state" '{"state":"maint"}'
check "the kernel has it no more" table_is "10.0.1.12=50"
if api PUT "$rs/10.0.1.12:$port/admin-state" '{"state":"maint"}'; then fail "the last one stays"; else pass "the last one stays"; fi
write_config 2
check "a reload" order reload
check "changes none of it" table_is "10.0.1.12=50"
check "the health role is killed, and back" kill_role dir1 health
check "which changes none of it either" table_is "10.0.1.12=50"
sleep 3 # its first checks
check "nor do the checks of the new one" table_is "10.0.1.12=50"
check "the command line gives rs1 back" order ready "$service" 10.0.1.11
check "with its weight, once its check is good" eventually 30 table_is "10.0.1.11=100 10.0.1.12=50"
check "the API takes everything else back" api DELETE /overrides
check "the table is as configured" table_is "10.0.1.11=100 10.0.1.12=100"
check "all servers of an address are drained" order drain --all 10.0.1.12
check "in the kernel, too" table_is "10.0.1.11=100 10.0.1.12=0"
check "and given back" order ready --all 10.0.1.12

# --- connections end
lab_sysctl dir1 net.ipv4.vs.expire_nodest_conn=0 # the lab has it otherwise
check "four connections are made" open_connections
echo "connections to rs1: $(connections_of 10.0.1.11), to rs2: $(connections_of 10.0.1.12)"
check "some are with rs1" test "$(connections_of 10.0.1.11)" -gt 0
before=$(connections_of 10.0.1.12)
check "those of rs1 are to end" order kill-connections "$service" 10.0.1.11
check "the kernel has none of them" eventually 20 has_no_connections 10.0.1.11
check "rs1 is in the table again" eventually 20 table_is "10.0.1.11=100 10.0.1.12=100"
check_equal "the kernel's setting is what it was" "$(lab_exec dir1 sysctl -n net.ipv4.vs.expire_nodest_conn)" 0
check "their clients know it" eventually 60 all_lost rs1
check_equal "those of rs2 did not notice" "$(grep -c "rs2 lost" /tmp/clients) $(connections_of 10.0.1.12)" "0 $before"
check "rs1 gets new ones" eventually 30 reaches "rs1 rs2"

# --- a whole virtual server
if order disable "$service"; then fail "without a sorry server it needs --force"; else pass "without a sorry server it needs --force"; fi
check "it is out of service" api PUT "/virtual-servers/$uid/override" '{"state":"disabled","force":true,"reason":"moving"}'
check "the kernel has the virtual server without servers" table_is ""
check "clients are refused" eventually 30 reaches none
check "the health role is killed again" kill_role dir1 health
sleep 3
check "it is out of service still" table_is ""
check "it is in service again" order enable "$service"
check "with all of its servers" eventually 30 table_is "10.0.1.11=100 10.0.1.12=100"
check "which get connections" eventually 30 reaches "rs1 rs2"

stop_director dir1
lab_down
summary
