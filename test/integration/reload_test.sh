#!/usr/bin/env bash
# One Holdfast director under traffic whose configuration is reloaded a hundred times: other objects are added, changed and
# removed, and not a request is lost. What a reload does not name goes on as if there had been none.
#
# Usage: test/vm/run.sh -- test/integration/reload_test.sh [reloads]
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"

reloads=${1:-100}
config=/tmp/dir1.conf
nat=/tmp/nat
dr=/tmp/dr
log=$DIRECTOR_LOGS/holdfast-dir1.log

# The configuration of dir1 in its N-th form. VI_1 changes its priority and has one more address every other time; VI_2 and
# the virtual server on 10.0.0.102 come, change and go; the one on $LAB_DR_VIP changes weights and checks. The one on
# $LAB_NAT_VIP stays as it is. (A scheduler changes only where no client asks: the kernel has none for a moment then.)
write_config() { # N
  local n=$1
  sed -e "s/priority 150/priority $((150 + n % 3))/" -e 's/advert_int 1$/advert_int 5/' \
    -e "/lb_kind DR/,\$s/weight 1/weight $((1 + n % 4))/" \
    -e "/lb_kind DR/,\$s/connect_timeout 10/connect_timeout $((10 + n % 2))/" \
    "$lab/dir1.conf" >"$config.new"
  if [ $((n % 2)) -eq 0 ]; then sed -i 's/10.0.0.101\/24/&\n        10.0.0.102\/24/' "$config.new"; fi
  if [ $((n % 4)) -gt 0 ]; then
    cat >>"$config.new" <<-END
			vrrp_instance VI_2 {
			    interface eth1
			    virtual_router_id $((52 + n % 8 / 4))
			    priority $((100 + n % 3))
			    advert_int 1
			    virtual_ipaddress {
			        10.0.1.$((200 + n % 2))/24
			    }
			}
		END
  fi
  if [ $((n % 3)) -gt 0 ]; then
    cat >>"$config.new" <<-END
			virtual_server 10.0.0.102 80 {
			    delay_loop $((1 + n % 2))
			    lb_algo $([ $((n / 3 % 2)) -eq 0 ] && echo rr || echo wlc)
			    lb_kind NAT
			    protocol TCP
			    real_server 10.0.1.$((11 + n % 2)) 80 {
			        weight $n
			        TCP_CHECK {
			            connect_timeout 10
			        }
			    }
			}
		END
  fi
  mv "$config.new" "$config"
}

# Reloads, every tenth time by the command, and waits until the configuration is in use.
reload_to() { # N
  local count=$(($1 + 1))
  write_config "$1"
  if [ $(($1 % 10)) -eq 0 ]; then
    lab_exec dir1 "$HOLDFAST" reload >/tmp/reload.txt 2>&1 && grep -q "configuration $count is in use: .*changed" /tmp/reload.txt
  else
    kill -HUP "$(director_pid dir1)"
    eventually 20 grep -q "configuration $count is in use" "$log"
  fi
}

all_reloads() {
  local n
  for ((n = 1; n <= reloads; n++)); do
    reload_to "$n" || return
  done
}

clients_asked() {
  [ "$(answered "$nat")" -gt "$reloads" ] && [ "$(answered "$dr")" -gt "$reloads" ]
}

status_is_whole() {
  director_page dir1 /api/v1/status | jq -e '.vrrpInstances[0].state == "master" and .virtualServers[0].counters.connections > 0
    and ([.virtualServers[0, 1].realServers[].check.at] | length == 4 and all(. != null))' >/dev/null
}

# What the status says of the virtual server that no reload touches, and of the instance that changes in place.
untouched() {
  director_page dir1 /api/v1/status | jq -c '[.virtualServers[0] | .name, .quorum, (.realServers[] | .transitions, .failedChecks)]'
}

instance_since() {
  director_page dir1 /api/v1/status | jq -r '.vrrpInstances[0] | "\(.name) \(.state) \(.since) \(.counters.transitions)"'
}

connections() {
  director_page dir1 /api/v1/status | jq '.virtualServers[0].counters.connections'
}

rm -f "$DIRECTOR_LOGS"/holdfast-dir[12].log # an earlier test's would answer for ours
modprobe ip_vs
check "the lab comes up" lab_up
write_config 0
start_director holdfast dir1 "$config"
sed 's/advert_int 1$/advert_int 5/' "$lab/dir2.conf" >/tmp/dir2.conf
start_director holdfast dir2 /tmp/dir2.conf
check "dir1 becomes master" eventually 60 holds_vip dir1
check "NAT: both servers answer" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: both servers answer" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
check "the first checks are through, the counters are read" eventually 60 status_is_whole
processes="$(director_pid dir1) $(role_pid dir1 vrrp) $(role_pid dir1 health) $(role_pid dir1 api)"
before=$(untouched)
since=$(instance_since)
counted=$(connections)

watch_addresses dir1 /tmp/addresses
start_traffic "$LAB_NAT_VIP" "$nat" 20
nat_pid=$TRAFFIC_PID
start_traffic "$LAB_DR_VIP" "$dr" 20
dr_pid=$TRAFFIC_PID
start=$SECONDS
check "$reloads reloads are carried out" all_reloads
echo "     in $((SECONDS - start)) s"
sed -i 's/virtual_router_id 51/virtual_router_id 51 51 }/' "$config"
check "a wrong file is refused with exit status 1" bash -c \
  "! ip netns exec ${LAB_PREFIX}dir1 $HOLDFAST reload 2>/tmp/refused.txt && grep -q 'was not taken over' /tmp/refused.txt"
check "and shown with its place" grep -q "$config:[0-9]*:" /tmp/refused.txt
write_config "$reloads"
check "the clients asked all the time" eventually 120 clients_asked
rm -f "$nat.on" "$dr.on"
wait "$nat_pid" "$dr_pid" 2>/dev/null
stop_watching
cp "$nat" "$DIRECTOR_LOGS/reload-nat.txt"
cp "$dr" "$DIRECTOR_LOGS/reload-dr.txt"

echo "     NAT: $(answered "$nat") requests, longest time without an answer $(longest_gap "$nat") s; DR: $(answered "$dr"), $(longest_gap "$dr") s"
check_equal "no request to the untouched virtual server was lost" "$(unanswered "$nat")" 0
check_equal "nor to the one whose weights and checks changed" "$(unanswered "$dr")" 0
check "nor was an address missing" kept_addresses /tmp/addresses
check_equal "all processes are the same" \
  "$(director_pid dir1) $(role_pid dir1 vrrp) $(role_pid dir1 health) $(role_pid dir1 api)" "$processes"
check_equal "the untouched virtual server has its history" "$(eventually 30 untouched)" "$before"
check_equal "VI_1 has been master since the beginning" "$(eventually 30 instance_since)" "$since"
check "the kernel counted every connection of the untouched virtual server" \
  eventually 10 bash -c "[ \$(($counted + $(answered "$nat"))) -le \$(ip netns exec ${LAB_PREFIX}dir1 curl -sf http://127.0.0.1:8404/api/v1/status | jq '.virtualServers[0].counters.connections') ]"
check_equal "no role died" "$(grep -c "ended with status" "$log")" 0
check "dir2 has never been master" bash -c "! grep -q 'Entering MASTER STATE' '$DIRECTOR_LOGS/holdfast-dir2.log'"

stop_director dir1
check_equal "at the end nothing is left of all the virtual servers" "$(lab_exec dir1 ipvsadm -Sn)" ""
check_equal "and of all the addresses" "$(ip -n "${LAB_PREFIX}dir1" -4 -o address show scope global | awk '{ print $4 }' | sort | xargs)" \
  "10.0.0.1/24 10.0.1.1/24"
stop_director dir2
lab_down
summary
