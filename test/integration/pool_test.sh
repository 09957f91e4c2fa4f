#!/usr/bin/env bash
# Backups, fail_open and follow_instance with real connections through the kernel's IPVS: a backup serves when nobody else is
# up and keeps its connections after that; when all checks fail, connections go on to the servers of that outage, health role
# or not; the entries of a virtual server that follows an instance are there while the instance is master.
#
# Usage: test/vm/run.sh -- test/integration/pool_test.sh
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

config=/tmp/pool.yaml
well=/tmp/pool # a server is well while it has a file here
service=10.0.0.100:$port

write_config() { # fail_open
  cat >"$config" <<-END
		child_wait_time: 30
		global_defs:
		  script_user: root
		  shared_checks: true
		vrrp_instance:
		  VI_1:
		    interface: eth0
		    virtual_router_id: 51
		    version: 3
		    advert_int: 1
		    virtual_ipaddress: [10.0.0.200/24]
		    track_virtual_server: ["tcp $service"]
		virtual_server:
		  - &web
		    address: 10.0.0.100
		    port: $port
		    delay_loop: 1
		    lvs_sched: wrr
		    lvs_method: NAT
		    protocol: TCP
		    fail_open: $1
		    real_server:
		      - address: 10.0.1.11
		        port: $port
		        MISC_CHECK: {misc_path: "/usr/bin/test -e $well/rs1", misc_timeout: 20}
		      - address: 10.0.1.12
		        port: $port
		        weight: 3
		        backup: true
		        MISC_CHECK: {misc_path: "/usr/bin/test -e $well/rs2", misc_timeout: 20}
		  - <<: *web
		    address: 10.0.0.200
		    fail_open: false
		    follow_instance: VI_1 table
	END
}

# `10.0.1.11=1 10.0.1.12=0`: the real servers of a virtual server in the kernel; `absent`: it is not there.
table() { # address
  local all
  all=$(lab_exec dir1 ipvsadm -Sn)
  if grep -q "^-A -t $1:$port " <<<"$all"; then
    sed -n "s/^-a -t $1:$port -r \\([^:]*\\):.* -w \\([0-9]*\\).*/\\1=\\2/p" <<<"$all" | sort | xargs
  else
    echo absent
  fi
}

table_is() { # address, table
  [ "$(table "$1")" = "$2" ]
}

order() { # command, argument...
  lab_exec dir1 "$HOLDFAST" "$@"
}

mkdir -p "$well"
touch "$well/rs1" "$well/rs2"
modprobe ip_vs
check "the network comes up" lab_network_up
ip -n "${LAB_PREFIX}dir1" address add 10.0.0.100/24 dev eth0
ip -n "${LAB_PREFIX}dir1" address add "$LAB_GATEWAY_VIP/24" dev eth1
start_server rs1
start_server rs2
write_config last
HOLDFAST_OPTIONS=(--api off)
start_director holdfast dir1 "$config"

# --- backups
check "the backup stands by at weight 0" eventually 90 table_is 10.0.0.100 "10.0.1.11=1 10.0.1.12=0"
check "connections go to the other" eventually 30 reaches rs1
check "what follows the instance is in the table when it is master" \
  eventually 30 table_is 10.0.0.200 "10.0.1.11=1 10.0.1.12=0"
rm "$well/rs1"
check "the backup serves when the other is down" eventually 30 table_is 10.0.0.100 "10.0.1.12=3"
check "connections go to it" eventually 30 reaches rs2
# shellcheck disable=SC2016 # expanded on the client
ip netns exec "${LAB_PREFIX}client" bash -c 'exec 3<>"/dev/tcp/$0/$1"; read -r name <&3; echo "$name"; read -r; echo hello >&3
  read -t 30 -r back <&3 && echo "$back"' 10.0.0.100 "$port" < <(while [ ! -e "$well/talk" ]; do sleep 0.2; done; echo) >/tmp/pool.out &
talker=$!
check "one of them stays" eventually 10 grep -qx rs2 /tmp/pool.out
touch "$well/rs1"
check "the backup stands by again" eventually 30 table_is 10.0.0.100 "10.0.1.11=1 10.0.1.12=0"
check "new connections go to the other again" eventually 30 reaches rs1
touch "$well/talk"
wait $talker
check "and the one that stayed goes on" grep -qx hello /tmp/pool.out

# --- all checks fail
rm "$well/rs1" "$well/rs2"
check "when all checks fail, the primary stays in the table" eventually 30 \
  bash -c "ip netns exec ${LAB_PREFIX}dir1 $HOLDFAST servers $service | grep -q 'it gets connections although its checks fail'"
check_equal "with its weight" "$(table 10.0.0.100)" "10.0.1.11=1"
check "connections go on" eventually 30 reaches rs1
check "the status has an alarm" eventually 5 bash -c "ip netns exec ${LAB_PREFIX}dir1 $HOLDFAST status | grep -q 'no real server is up, so failed ones stay in the table'"
check "the instance leaves with the quorum, and the entries that follow it, too" eventually 20 table_is 10.0.0.200 absent
old=$(role_pid dir1 health)
kill -KILL "$old"
for _ in $(seq 30); do
  table 10.0.0.100
  sleep 0.2
done >/tmp/pool.tables
check "the health role is there again" eventually 20 role_is_new dir1 health "$old"
check_equal "which changed nothing in the table" "$(sort -u /tmp/pool.tables)" "10.0.1.11=1"
check "connections go on all the same" eventually 30 reaches rs1
check_equal "and the instance has not come back" "$(table 10.0.0.200)" absent
write_config all
check "a reload takes in more" order reload
check_equal "but no backup beside another" "$(table 10.0.0.100)" "10.0.1.11=1"
write_config false
check "a reload switches fail_open off" order reload
check "and nothing is left" eventually 30 table_is 10.0.0.100 ""
touch "$well/rs2"
check "the first that recovers serves, backup or not" eventually 30 table_is 10.0.0.100 "10.0.1.12=3"
check "the instance comes back, and the entries that follow it" eventually 30 table_is 10.0.0.200 "10.0.1.12=3"

stop_director dir1
check_equal "at the end the table is empty" "$(lab_exec dir1 ipvsadm -Sn)" ""
lab_down
summary
