#!/usr/bin/env bash
# What test/image/failover_test.sh counts for two appliances, for two machines with plain Debian, keepalived and HAProxy: the same
# virtual machines, client and servers, the same things happen.
#
# Usage: test/bench/debian/failover.sh     after build.sh
# shellcheck source=test/image/pair.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../image/pair.sh"
# shellcheck source=test/bench/debian/machine.sh
source "$project/test/bench/debian/machine.sh"
boot_seconds=300
make_link

is_whole() { has_vip "$1" && [ "$(on "$1" ipvsadm -Sn | grep -c -- '-r ')" = 2 ] && answers 80 && answers 8080; }
# What became of the address meanwhile, for who reads the table.
who_has() { for machine in left right; do if has_vip $machine; then echo "     $machine has the address"; fi; done; }

echo "-- two machines with Debian, keepalived, HAProxy"
debian_settings left 1 MASTER 101
debian_settings right 2 BACKUP 100
power_on left bios 1
power_on right uefi 2
check "left is up" eventually $boot_seconds is_up left
check "right is up" eventually $boot_seconds is_up right
check "left is the master, and all is there" eventually 60 is_whole left
check "right is not" has_not_vip right
start_client
sleep 10
tell "nothing happens"

echo "-- HAProxy is killed"
on left pkill -9 -x haproxy
sleep 10
check "left is the master, as before or again" eventually 30 is_whole left
tell "HAProxy killed"

echo "-- systemd-networkd is started anew"
taken=$(on left "timeout 20 ip monitor address dev lan | grep -F Deleted & sleep 2; systemctl restart systemd-networkd; wait" | grep -cF "$vip")
echo "     the address was taken away $taken times"
who_has
check "left is the master" eventually 60 is_whole left
tell "systemd-networkd started anew"

echo "-- the daemon is killed: the one that systemd started"
on left "kill -9 \$(systemctl show --property MainPID --value keepalived)"
sleep 15
who_has
tell "daemon killed"
echo "     it is $(on left systemctl is-active keepalived)"
on left "systemctl reset-failed keepalived; systemctl start keepalived"
check "started by hand, left is the master" eventually 120 is_whole left
sleep 5
tell "daemon started by hand"

echo "-- its process for VRRP is killed"
on left "kill -9 \$(pgrep -P \$(systemctl show --property MainPID --value keepalived) | tail -n 1)"
sleep 10
who_has
check "left is the master" eventually 60 is_whole left
tell "VRRP process killed"

echo "-- the daemon is started anew, as by an update of the package"
on left systemctl restart keepalived
sleep 5
check "left is the master" eventually 60 is_whole left
sleep 5
tell "daemon started anew"

echo "-- the cable is pulled"
pull_cable

echo "-- the master is restarted, as by an update of the kernel"
before=$(on left cat /proc/sys/kernel/random/boot_id)
on left systemctl reboot
check "right has the address" eventually 60 has_vip right
tell "handed over for the restart"
rm -f "$work/${ssh_port[left]}"
is_back() { [ "$(on left cat /proc/sys/kernel/random/boot_id)" != "$before" ] && is_up left && is_whole left; }
check "left is back, and the master" eventually $boot_seconds is_back
sleep 5
tell "restarted and back"

cut_power
summary
