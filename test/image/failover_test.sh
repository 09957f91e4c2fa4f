#!/usr/bin/env bash
# Two appliances and a client on one link, requests through HAProxy and through IPVS all the time: the master loses its power,
# its cable, its daemon, is updated. What the client lost is counted.
#
# Usage: test/image/failover_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
#
# Client and servers are this machine: pair.sh.
# shellcheck source=test/image/pair.sh
source "$(dirname "${BASH_SOURCE[0]}")/pair.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
make_updates
make_link

is_whole() { [ "$(on "$1" ipvsadm -Sn | grep -c -- '-r ')" = 2 ] && on "$1" holdfast status | grep -q 'HAProxy.*2 of 2 servers up'; }

echo "-- two appliances, HAProxy and IPVS at one address"
appliance_settings left 1 150
appliance_settings right 2 100
update_tool public-key "$work/release" | put_config left update_keys
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
start_client
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

echo "-- the role of VRRP is killed"
on left "kill -9 \$(pgrep -f 'holdfast vrrp')"
sleep 8
check "left is master" eventually 60 back_left
tell "VRRP process killed"

echo "-- the daemon is started anew"
on left systemctl restart holdfast
check "left is master" eventually 120 back_left
sleep 5
tell "daemon started anew"

echo "-- the cable is pulled"
pull_cable

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

cut_power
summary
