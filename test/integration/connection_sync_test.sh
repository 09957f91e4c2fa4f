#!/usr/bin/env bash
# Connections outlive their director: `lvs_sync_daemon` bound to an instance tells the other director of them, and when the
# master is lost they go on through it, with NAT and with direct routing. Without synchronisation they are lost.
#
# Usage: test/vm/run.sh -- test/integration/connection_sync_test.sh
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

nat=(nat1 nat2 nat3 nat4)
dr=(dr1 dr2 dr3 dr4)
HOLDFAST_OPTIONS=(--api off --journal off)

# Neither takes over from the other while that lives: what is tested is who is lost.
write_config() { # node, priority, line for global_defs
  cat >"/tmp/$1.conf" <<-END
		child_wait_time 30
		global_defs {
		  router_id $1
		  $3
		}
		vrrp_instance VI_1 {
		  state BACKUP
		  nopreempt
		  interface eth0
		  virtual_router_id 51
		  priority $2
		  advert_int 1
		  virtual_ipaddress {
		    $LAB_NAT_VIP/24
		    $LAB_DR_VIP/24
		    $LAB_GATEWAY_VIP/24 dev eth1
		  }
		}
		$(virtual_server "$LAB_NAT_VIP" NAT 10.0.1)
		$(virtual_server "$LAB_DR_VIP" DR 10.0.0)
	END
}

virtual_server() { # address, method, network of the real servers
  echo "virtual_server $1 $port {"
  echo "  delay_loop 2"
  echo "  lb_algo rr"
  echo "  lb_kind $2"
  echo "  protocol TCP"
  echo "  real_server $3.11 $port {"
  echo "    weight 1"
  echo "  }"
  echo "  real_server $3.12 $port {"
  echo "    weight 1"
  echo "  }"
  echo "}"
}

open_connections() {
  local name
  for name in "${nat[@]}"; do open_connection "$name" "$LAB_NAT_VIP" || return; done
  for name in "${dr[@]}"; do open_connection "$name" "$LAB_DR_VIP" || return; done
}

close_connections() {
  local name
  for name in "${nat[@]}" "${dr[@]}"; do close_connection "$name"; done
}

lost() { # connection
  ! talk again "$1"
}

# Connections that a director's kernel has as established.
established() { # node
  lab_exec "$1" ipvsadm -Lnc | grep -c "ESTABLISHED.*:$port "
}

knows() { # node, connections
  [ "$(established "$1")" -ge "$2" ]
}

daemon_is() { # node, master or backup
  lab_exec "$1" ipvsadm -L --daemon | grep -qx "$2 sync daemon (mcast=eth1, syncid=51.*"
}

start_both() { # line for global_defs
  write_config dir1 150 "$1"
  write_config dir2 100 "$1"
  start_director holdfast dir1 /tmp/dir1.conf
  check "dir1 becomes master" eventually 60 holds_vip dir1
  start_director holdfast dir2 /tmp/dir2.conf
  check "dir2 has its virtual servers" eventually 60 bash -c "ip netns exec ${LAB_PREFIX}dir2 ipvsadm -Sn | grep -q $LAB_DR_VIP"
}

modprobe ip_vs
check "the network comes up" lab_network_up
for node in rs1 rs2; do start_server $node; done

# --- the master is lost as by a loss of power
start_both "lvs_sync_daemon eth1 inst VI_1 id 51"
check "dir1, the master, tells of connections" eventually 10 daemon_is dir1 master
check "dir2, the backup, listens" eventually 10 daemon_is dir2 backup
check "four connections by NAT and four by DR are made" open_connections
check "all are answered" talk hello "${nat[@]}" "${dr[@]}"
check_equal "they have gone to both servers" "$(head -qn1 /tmp/*.out | sort -u | xargs)" "rs1 rs2"
check "dir2 hears of all of them" eventually 15 knows dir2 8
crash_director dir1
check "dir2 takes over when dir1 crashes" eventually 30 holds_vip dir2
check "NAT: the connections go on through dir2" talk "through dir2" "${nat[@]}"
check "DR: the connections go on through dir2" talk "through dir2" "${dr[@]}"
sleep 5
check "and on" talk "a while later" "${nat[@]}" "${dr[@]}"
check "dir2 tells of connections now" eventually 10 daemon_is dir2 master
close_connections

# --- the other way round, and in good order
reboot_director dir1
start_director holdfast dir1 /tmp/dir1.conf
check "dir1 is back, and listens" eventually 60 daemon_is dir1 backup
check "dir2 stays master" holds_vip dir2
check "connections through dir2 are made" open_connections
check "and answered" talk hello "${nat[@]}" "${dr[@]}"
check "dir1 hears of all of them" eventually 15 knows dir1 8
stop_director dir2
check "dir1 takes over when dir2 is stopped" eventually 30 holds_vip dir1
check "the connections go on through dir1" talk "through dir1" "${nat[@]}" "${dr[@]}"
check_equal "dir2 has stopped its half" "$(lab_exec dir2 ipvsadm -L --daemon)" ""
close_connections
stop_director dir1
check_equal "dir1 has stopped its half" "$(lab_exec dir1 ipvsadm -L --daemon)" ""

# --- what the synchronisation was good for
for node in dir1 dir2; do reboot_director $node; done
start_both ""
check "without synchronisation: connections are made" open_connections
check "and answered" talk hello "${nat[@]}" "${dr[@]}"
crash_director dir1
check "dir2 takes over" eventually 30 holds_vip dir2
check "the one by NAT is lost" lost nat1
check "and the one by DR" lost dr1

lab_down
summary
