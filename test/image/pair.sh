# shellcheck shell=bash
# Two machines and a client on one link, whose requests are counted while things happen to the machines. Sourced before anything
# else: it starts the test anew in a network namespace of its own, which nobody has to be root for. Client and servers are this
# machine.
set -uo pipefail

if [ -z "${IN_NAMESPACE:-}" ]; then
  if [ "$(id -u)" -eq 0 ]; then exec env IN_NAMESPACE=1 unshare --net --mount "$0" "$@"; fi
  exec env IN_NAMESPACE=1 unshare --net --mount --map-root-user "$0" "$@"
fi
# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
declare -a started=()
trap 'power_off_all; kill "${started[@]}" 2>/dev/null; rm -rf "$work"' EXIT
link_bridge=br0
vip=192.0.2.100

# The client on the bridge, two servers behind it that have the virtual address for direct routing.
make_link() {
  local server
  ip link set lo up
  ip link add br0 type bridge
  ip address add 192.0.2.200/24 dev br0
  ip link set br0 up
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns
  for server in 11 12; do
    ip netns add "server$server"
    ip link add "veth$server" type veth peer name eth0 netns "server$server"
    ip link set "veth$server" master br0 up
    ip netns exec "server$server" sh -c "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
      ip link set lo up; ip address add $vip/32 dev lo; ip address add 192.0.2.$server/24 dev eth0; ip link set eth0 up"
    ip netns exec "server$server" "$DENO" eval --quiet 'Deno.serve({ hostname: "0.0.0.0", port: 80, onListen() {} }, () => new Response("hello\n"))' &
    started+=($!)
  done
}

# The frontend and the two servers, as everybody writes them.
haproxy_configuration() {
  cat <<-END
		global
		    maxconn 1000
		    user haproxy
		    group haproxy
		    chroot /var/lib/haproxy
		    stats socket /run/haproxy/admin.sock mode 660 level admin
		defaults
		    mode http
		    timeout connect 2s
		    timeout client 10s
		    timeout server 10s
		    retries 3
		    option redispatch
		frontend web
		    bind $vip:8080
		    default_backend servers
		backend servers
		    balance roundrobin
		    default-server check inter 2s fall 3 rise 1
		    server one 192.0.2.11:80
		    server two 192.0.2.12:80
	END
}

# An appliance that has the address where it is the master, for IPVS and for HAProxy.
appliance_settings() { # machine, number, priority, state (as keepalived knows it)
  make_disk_of "$1"
  echo "$1" | put_config "$1" hostname
  printf '[Match]\nMACAddress=52:54:00:00:01:0%s\n\n[Link]\nName=lan\n' "$2" | put_config "$1" network/10-lan.link
  printf '[Match]\nName=lan\n\n[Network]\nAddress=192.0.2.%s/24\n' "$2" | put_config "$1" network/10-lan.network
  printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n' | put_config "$1" network/20-dhcp.network
  haproxy_configuration | put_config "$1" haproxy.cfg
  put_config "$1" holdfast.yaml <<-END
		haproxy:
		  config: haproxy.cfg
		vrrp_instance:
		  web:
		    interface: lan
		    state: ${4:-BACKUP}
		    virtual_router_id: 51
		    version: 3
		    advert_int: 1
		    priority: $3
		    virtual_ipaddress: [$vip/24]
		    track_process: [haproxy]
		virtual_server:
		  - address: $vip
		    port: 80
		    delay_loop: 2
		    lvs_sched: wrr
		    lvs_method: DR
		    protocol: TCP
		    real_server:
		      - {address: 192.0.2.11, port: 80, TCP_CHECK: {connect_timeout: 5}}
		      - {address: 192.0.2.12, port: 80, TCP_CHECK: {connect_timeout: 5}}
	END
}

has_vip() { on "$1" ip -4 -o address show dev lan | grep -q " $vip/"; }
has_not_vip() { on "$1" "! ip -4 -o address show dev lan | grep -q ' $vip/'"; }
answers() { [ "$(curl -s -m 3 "http://$vip:$1/")" = hello ]; }

# The last thing that happens to left, before the summary.
cut_power() {
  echo "-- the power is cut"
  power_off left
  check "right has the address" eventually 30 has_vip right
  sleep 3
  tell "power cut"
  check "IPVS answers" answers 80
  check "HAProxy answers" answers 8080
}

# From here on the client asks, through IPVS and through HAProxy.
start_client() {
  : >"$work/counts"
  "$DENO" run --quiet --allow-net --allow-write --no-lock "$here/client.ts" "$work/counts" IPVS=$vip:80 HAProxy=$vip:8080 &
  client=$!
  started+=("$client")
}

# What the client says of the time since it was last asked.
count() {
  local lines
  lines=$(wc -l <"$work/counts")
  kill -USR1 "$client"
  eventually 10 eval "[ \$(wc -l <'$work/counts') -gt $lines ]"
}
# A line of the table; and it must go on after it.
tell() { # title
  sleep 4 # the last requests have their answers, or their time is over
  count
  tail -n 1 "$work/counts" | python3 -c '
import json, sys
cells = []
for name, of in json.load(sys.stdin).items():
    lost, requests, gap = of["lost"], of["requests"], of["gapSeconds"]
    cells.append(f"{name}: {lost} of {requests} lost, {gap} s")
print(f"     | {sys.argv[1]} | " + " | ".join(cells) + " |")' "$1"
}

# The master's cable is pulled, and put back; as often as $CABLE_ROUNDS says, since what is lost depends on when it was to speak.
pull_cable() {
  local round
  for ((round = 0; round < ${CABLE_ROUNDS:-1}; round++)); do
    set_link left off
    check "right has the address" eventually 30 has_vip right
    check "left gives it up" eventually 30 has_not_vip left
    tell "cable pulled"
    set_link left on
    check "left takes it back" eventually 60 has_vip left
    sleep 5
    tell "cable put back"
  done
}
