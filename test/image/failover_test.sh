#!/usr/bin/env bash
# Two appliances and a client on one link, requests through HAProxy and through IPVS all the time: the master loses its power,
# its cable, its daemon, is updated. What the client lost is counted.
#
# Usage: test/image/failover_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
#
# Client and servers are this machine, in a network namespace of their own, which nobody has to be root for.
set -uo pipefail

if [ -z "${IN_NAMESPACE:-}" ]; then
  if [ "$(id -u)" -eq 0 ]; then exec env IN_NAMESPACE=1 unshare --net --mount "$0" "$@"; fi
  exec env IN_NAMESPACE=1 unshare --net --mount --map-root-user "$0" "$@"
fi
# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
trap 'power_off_all; kill "${started[@]}" 2>/dev/null; rm -rf "$work"' EXIT
make_updates
declare -a started=()
link_bridge=br0
vip=192.0.2.100

# This host: the client on the bridge, two servers behind it that have the virtual address for direct routing.
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

settings() { # machine, number, priority
  make_disk_of "$1"
  echo "$1" | put_config "$1" hostname
  update_tool public-key "$work/release" | put_config "$1" update_keys
  printf '[Match]\nMACAddress=52:54:00:00:01:0%s\n\n[Link]\nName=lan\n' "$2" | put_config "$1" network/10-lan.link
  printf '[Match]\nName=lan\n\n[Network]\nAddress=192.0.2.%s/24\n' "$2" | put_config "$1" network/10-lan.network
  printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n' | put_config "$1" network/20-dhcp.network
  put_config "$1" haproxy.cfg <<-END
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
  put_config "$1" holdfast.yaml <<-END
		haproxy:
		  config: haproxy.cfg
		vrrp_instance:
		  web:
		    interface: lan
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
is_whole() { [ "$(on "$1" ipvsadm -Sn | grep -c -- '-r ')" = 2 ] && on "$1" holdfast status | grep -q 'HAProxy.*2 of 2 servers up'; }
answers() { [ "$(curl -s -m 3 "http://$vip:$1/")" = hello ]; }

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

echo "-- two appliances, HAProxy and IPVS at one address"
settings left 1 150
settings right 2 100
power_on left bios 1
power_on right uefi 2
check "left becomes healthy" eventually $boot_seconds healthy left
check "right becomes healthy" eventually $boot_seconds healthy right
check "left has the address" eventually 60 has_vip left
check "left sees all servers, by HAProxy and IPVS" eventually 60 is_whole left
check "right does, too" eventually 60 is_whole right
check "IPVS answers at the address" eventually 20 answers 80
check "HAProxy answers at the address" eventually 20 answers 8080
# The supervisor's child is HAProxy's master; its worker answers.
worker() { on left "for pid in \$(pgrep -x haproxy); do $1; done | sort | paste -sd' '"; }
check_equal "its worker is nobody special, without capabilities, in a root of its own" \
  "$(worker 'echo "$(ps -o user= -p $pid) $(sed -n "s/^CapEff:\s*//p" /proc/$pid/status | tr -d 0 | sed "s/.\+/some/") $(readlink /proc/$pid/root)"')" \
  "haproxy  /var/lib/haproxy root some /"
check "the socket that its file names is there" on left test -S /run/haproxy/admin.sock
on left "free -m | awk '/^Mem/ { print \"     RAM in use: \" \$3 \" MB\" }'; ps -eo rss=,args= --sort -rss | awk '\$1 > 8000 { printf \"     %d MB %s %s\\n\", \$1 / 1024, \$2, \$3 }'"
: >"$work/counts"
"$DENO" run --quiet --allow-net --allow-write --no-lock "$here/client.ts" "$work/counts" IPVS=$vip:80 HAProxy=$vip:8080 &
client=$!
started+=("$client")
sleep 10
tell "nothing happens"

echo "-- HAProxy is killed"
on left pkill -9 -x haproxy
sleep 5
tell "HAProxy killed"
check "left has the address all the same" has_vip left

echo "-- systemd-networkd is started anew"
check_equal "it takes no address away" \
  "$(on left "timeout 20 ip monitor address dev lan | grep -F Deleted & sleep 2; systemctl restart systemd-networkd; wait" | grep -F "$vip")" ""
tell "systemd-networkd started anew"

echo "-- the daemon is killed"
on left "kill -9 \$(systemctl show --property MainPID --value holdfast)"
back_left() { has_vip left && is_whole left; }
check "left is master again" eventually 120 back_left
tell "daemon killed"

echo "-- the cable is pulled"
set_link left off
check "right has the address" eventually 30 has_vip right
check "left gives it up" eventually 30 has_not_vip left
tell "cable pulled"
set_link left on
check "left takes it back" eventually 60 has_vip left
sleep 5
tell "cable put back"

echo "-- the master is updated"
send_to left "$work/good" --failover-first --reboot >"$work/said" 2>&1
check_equal "it is" $? 0
check "right has the address" eventually 30 has_vip right
tell "handed over for the update"
rm -f "$work/${ssh_port[left]}"
is_updated() { [ "$(slot_of left)" = b ] && healthy left; }
check "left is healthy with the new version" eventually $boot_seconds is_updated
check "and takes the address back" eventually 60 back_left
sleep 5
tell "updated and back"

echo "-- the power is cut"
power_off left
check "right has the address" eventually 30 has_vip right
sleep 3
tell "power cut"
check "IPVS answers" answers 80
check "HAProxy answers" answers 8080
summary
