#!/usr/bin/env bash
# One Holdfast director under traffic while its processes are killed one by one and its configuration changes: nothing of
# that may cost a request that another role's work could have served.
#
# Usage: test/vm/run.sh -- test/integration/roles_test.sh
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"

config=/tmp/dir1.conf
base=/tmp/base.conf
traffic=/tmp/traffic

table() { # node
  lab_exec "$1" ipvsadm -Sn | sort
}

status_says() { # node, jq expression that is true
  director_page "$1" /api/v1/status | jq -e "$2" >/dev/null
}

metric() { # node, pattern of the line
  director_page "$1" /metrics | grep -E "$2"
}

# Capabilities of every thread of a process: one line each, empty sets left out.
effective_capabilities() { # process id
  cat "/proc/$1/task/"*/status | grep -E '^Cap(Eff|Prm|Amb)' | grep -v '0000000000000000$'
}

lines() { # word to look for in the log of dir1
  grep -c "$1" "$DIRECTOR_LOGS/holdfast-dir1.log"
}

rm -f "$DIRECTOR_LOGS"/holdfast-dir[12].log # an earlier test's would answer for ours
modprobe ip_vs
check "the lab comes up" lab_up
# A role that is back within two advertisement intervals resumes as master. The emulated machine takes seconds to start
# one; a real one takes a tenth of a second.
sed 's/advert_int 1/advert_int 10/' "$lab/dir1.conf" >"$base"
sed 's/advert_int 1/advert_int 10/' "$lab/dir2.conf" >/tmp/dir2.conf
cp "$base" "$config"
start_director holdfast dir1 "$config"
start_director holdfast dir2 /tmp/dir2.conf
check "dir1 becomes master" eventually 120 holds_vip dir1
check "both servers answer" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"

# --- what is seen from outside
check "/healthz is well" eventually 30 director_page dir1 /healthz
check "/api/v1/status tells the master" eventually 10 status_says dir1 '.vrrpInstances[0].state == "master"'
check "/api/v1/status tells the backup" eventually 10 status_says dir2 '.vrrpInstances[0].state == "backup"'
check "/api/v1/status sees the addresses in the kernel" eventually 10 status_says dir1 '[.vrrpInstances[0].vips[].present] == [true, true, true]'
check "/api/v1/status has both virtual servers" eventually 10 status_says dir1 '.virtualServers | length == 2'
check "/metrics counts advertisements" eventually 20 metric dir1 '^holdfast_vrrp_adverts_total\{.*direction="out".*\} [1-9]'
check "/metrics has keepalived's name for the state" metric dir1 '^keepalived_vrrp_state\{.*\} 2$'
check "/stats shows the instance and a real server" bash -c \
  "ip netns exec ${LAB_PREFIX}dir1 curl -sf http://127.0.0.1:8404/stats | grep -q 10.0.1.11 && ip netns exec ${LAB_PREFIX}dir1 curl -sf http://127.0.0.1:8404/stats | grep -q VI_1"
for _ in 1 2 3 4 5 6; do lab_request "http://$LAB_NAT_VIP/" >/dev/null; done
check "the counters are the kernel's" eventually 10 status_says dir1 '.virtualServers[0].counters.connections >= 6'
check_equal "the api role has no capability on any thread" "$(effective_capabilities "$(role_pid dir1 api)")" ""
check_equal "the api role runs as nobody on every thread" \
  "$(grep -h '^Uid' "/proc/$(role_pid dir1 api)/task/"*/status | sort -u | xargs)" "Uid: 65534 65534 65534 65534"

# --- a role dies under traffic
has_asked() { [ "$(answered "$traffic")" -gt 20 ]; }
before=$(table dir1)
watch_addresses dir1 /tmp/addresses
start_traffic "$LAB_NAT_VIP" "$traffic" 20
check "kill -9 of health: it is started again" kill_role dir1 health
check_equal "and the table is as it was" "$(table dir1)" "$before"
check "kill -9 of api: it is started again" kill_role dir1 api
check "and serves" eventually 30 director_page dir1 /healthz
check "kill -9 of vrrp: it is started again" kill_role dir1 vrrp
sleep 40 # longer than dir2 would wait
check "and is master, the addresses in place" eventually 10 holds_vip dir1
check "and dir2 has none of them" holds_no_vip dir2
check "the client asked all the time" eventually 60 has_asked
stop_traffic "$traffic"
check_equal "no request was lost meanwhile" "$(unanswered "$traffic")" 0

# --- reload under traffic
masters=$(lines "Entering MASTER STATE")
processes="$(role_pid dir1 vrrp) $(role_pid dir1 health)"
start_traffic "$LAB_NAT_VIP" "$traffic" 20
sed -i 's/virtual_router_id 51/virtual_router_id 51 51 }/' "$config"
kill -HUP "$(director_pid dir1)"
check "a wrong configuration is refused" eventually 20 grep -q "was not taken over" "$DIRECTOR_LOGS/holdfast-dir1.log"
check "and said on the status" eventually 5 status_says dir1 '.warnings | length > 0'
sed -e 's/weight 1/weight 2/' -e 's/10.0.0.101\/24/10.0.0.101\/24\n        10.0.0.102\/24/' "$base" >"$config"
kill -HUP "$(director_pid dir1)"
check "a right one is taken over" eventually 40 grep -q "configuration 2 is in use" "$DIRECTOR_LOGS/holdfast-dir1.log"
check "with its new address" bash -c "ip -n ${LAB_PREFIX}dir1 -br address show dev eth0 | grep -q ' 10.0.0.102/'"
check "and its new weights" eventually 10 bash -c "ip netns exec ${LAB_PREFIX}dir1 ipvsadm -Sn | grep -q -- '-w 2'"
cp "$base" "$config"
kill -HUP "$(director_pid dir1)"
check "and back" eventually 40 grep -q "configuration 3 is in use" "$DIRECTOR_LOGS/holdfast-dir1.log"
check "an address that left the configuration is gone" bash -c \
  "! ip -n ${LAB_PREFIX}dir1 -br address show dev eth0 | grep -q ' 10.0.0.102/'"
check "dir1 holds the addresses" holds_vip dir1
check "dir2 does not" holds_no_vip dir2
check "the client asked all the time" eventually 60 has_asked # a reload takes less time than twenty requests
stop_traffic "$traffic"
stop_watching
check "no address of it was missing for a moment" kept_addresses /tmp/addresses
check_equal "no request was lost meanwhile" "$(unanswered "$traffic")" 0
check_equal "dir1 was master all the time" "$(lines "Entering MASTER STATE")" "$masters"
check_equal "vrrp and health are the same processes" "$(role_pid dir1 vrrp) $(role_pid dir1 health)" "$processes"
as_before() { [ "$(table dir1)" = "$before" ]; }
check "the table is back as it was" eventually 10 as_before

# --- the supervisor dies
start_traffic "$LAB_NAT_VIP" "$traffic"
sleep 1
kill -KILL "$(director_pid dir1)"
check "kill -9 of the supervisor: dir1 lets go of its addresses" eventually 10 holds_no_vip dir1
check "dir2 takes them over" eventually 120 holds_vip dir2
check_equal "dir1's table is left to forward what it still gets" "$(table dir1)" "$before"
no_process() { [ -z "$(ip netns pids "${LAB_PREFIX}dir1")" ]; }
check "no process of dir1 is left" eventually 10 no_process
check "the servers answer through dir2" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
stop_traffic "$traffic"
echo "     longest time without an answer: $(longest_gap "$traffic") s"
start_director holdfast dir1 "$config"
check "a new start adopts the table and takes the addresses back" eventually 120 holds_vip dir1
check "with the table as it was" eventually 30 as_before

# --- sorry server, and the last one standing
sed 's/protocol TCP/protocol TCP\n    sorry_server 10.0.1.12 80/; /real_server 10.0.1.12/,/^    }$/d' "$base" >"$config"
kill -HUP "$(director_pid dir1)"
check "one real server and a sorry server" eventually 40 servers_are "$LAB_NAT_VIP" rs1
lab_web_stop rs1
check "the sorry server takes over when quorum is lost" eventually 30 servers_are "$LAB_NAT_VIP" rs2
lab_web_start rs1
check "and gives back" eventually 30 servers_are "$LAB_NAT_VIP" rs1

stop_director dir1
check "dir1 ends without leaving an address" holds_no_vip dir1
check_equal "and without leaving a virtual server" "$(table dir1)" ""

HOLDFAST_OPTIONS=(--keep-ipvs)
cp "$base" "$config"
start_director holdfast dir1 "$config"
check "with --keep-ipvs it becomes master again" eventually 120 holds_vip dir1
check "and has its table" eventually 30 as_before
stop_director dir1
check "and ends without an address" holds_no_vip dir1
check_equal "but with its table" "$(table dir1)" "$before"

lab_down
summary
