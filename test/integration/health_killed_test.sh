#!/usr/bin/env bash
# The health role is killed again and again while a client makes as many connections as this machine can: none is lost.
# Through the lab with NAT and DR, and on the director alone, where an emulated machine makes several times as many.
#
# Usage: test/vm/run.sh -m 2048 -- test/integration/health_killed_test.sh [local | NAT | DR]...
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"
# shellcheck source=test/lab/nginx.sh
source "$lab/nginx.sh"

log=${ARTEFACTS:-/tmp}
config=/tmp/dir1.conf
local_vip=10.9.9.100

table() {
  lab_exec dir1 ipvsadm -Sn | sort
}

# Connections of one request each, in batches until the load is stopped: a batch ends when each of its connections has.
start_load() { # node, virtual address, connections of a batch, file
  : >"$4"
  : >"$4.on"
  while [ -e "$4.on" ]; do
    lab_exec "$1" ab -q -r -s 60 -c 128 -n "$3" "http://$2/" >>"$4" 2>&1 || echo "ab failed" >>"$4"
  done &
  LOAD_PID=$!
}

stop_load() { # file
  rm -f "$1.on"
  wait "$LOAD_PID" 2>/dev/null
}

# The sum over the batches of a number that ab says.
said() { # file, words before it
  awk -F ':[ ]*' -v words="$2" '$1 == words { sum += int($2) } END { print sum + 0 }' "$1"
}

no_connection_failed() { # file
  tail -n 40 "$1"
  [ "$(said "$1" "Failed requests")" = 0 ] && [ "$(said "$1" "Non-2xx responses")" = 0 ] && ! grep -qx "ab failed" "$1"
}

# Packets to a virtual server, by the count of the kernel. Not its connections: among thousands the client takes a port for
# the second time, and IPVS, which sees no answers where they go another way (DR), takes that for the connection it knows.
counted() { # virtual address
  lab_exec dir1 ipvsadm -Ln --stats --exact -t "$1:80" | awk '$1 == "TCP" { print $4 }'
}

counts() { # virtual address, packets
  echo "$(counted "$1") of $2"
  [ "$(counted "$1")" -ge "$2" ]
}

# On the director itself: two addresses that serve, and one that IPVS spreads over them. A packet then takes no bridge and
# no pair of interfaces, so that the emulated machine makes several times as many connections.
set_up_local() {
  local folder=$LAB_STATE/local address
  mkdir -p "$folder"
  nginx_config "$folder" "worker_connections 4096; multi_accept on;" \
    'listen 10.9.9.1:80; listen 10.9.9.2:80; location / { return 200 "local\n"; }' >"$folder/nginx.conf"
  cp "$lab/dir1.conf" "$config"
  cat >>"$config" <<-END
		virtual_server $local_vip 80 {
		  delay_loop 2
		  lvs_sched rr
		  lvs_method NAT
		  protocol TCP
	END
  for address in 10.9.9.1 10.9.9.2; do
    ip -n "${LAB_PREFIX}dir1" address add "$address/32" dev lo
    printf 'real_server %s 80 {\nTCP_CHECK {\nconnect_timeout 20\n}\n}\n' "$address" >>"$config"
  done
  echo "}" >>"$config"
  ip -n "${LAB_PREFIX}dir1" address add "$local_vip/32" dev lo
  # More ports than one minute of connections has.
  lab_sysctl dir1 "net.ipv4.ip_local_port_range=1100 65500"
  # And more ends that wait: a server that forgets one answers what the client still says on it with a reset.
  lab_sysctl dir1 net.ipv4.tcp_max_tw_buckets=100000
  lab_exec dir1 nginx -c "$folder/nginx.conf" -e "$folder/error.log"
}

modprobe ip_vs
check "the lab comes up" lab_up
check "and servers on the director" set_up_local
start_director holdfast dir1 "$config"
check "dir1 becomes master" eventually 60 holds_vip dir1
check "NAT: both servers answer" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: both servers answer" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
check "local: they answer" eventually 30 lab_exec dir1 curl -sf -m 5 "http://$local_vip/"
before=$(table)
while read -r way node vip batch least times; do
  if [[ " ${*:-$way} " != *" $way "* ]]; then continue; fi
  file=$log/ab-$way.log
  start=$EPOCHREALTIME earlier=$(counted "$vip")
  start_load "$node" "$vip" "$batch" "$file"
  sleep 1
  for time in $times; do
    check "$way: kill -9 of health, the $time time: it is started again" kill_role dir1 health
    sleep 1
  done
  check_equal "$way: the table is as it was" "$(table)" "$before"
  stop_load "$file"
  seconds=$(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print int(b - a + 1) }')
  complete=$(said "$file" "Complete requests")
  check "$way: no connection was lost" no_connection_failed "$file"
  echo "     $complete connections, $((complete / seconds)) a second"
  # SYN, ACK, request, FIN: a client sends no fewer.
  check "$way: each of them went through IPVS" eventually 5 counts "$vip" $((earlier + 4 * complete))
  check "$way: there were many" test "$complete" -gt $((seconds * least))
done <<END
local dir1 $local_vip 4000 50 first second third
NAT client $LAB_NAT_VIP 400 10 first second
DR client $LAB_DR_VIP 400 10 first
END
stop_director dir1
lab_down
summary
