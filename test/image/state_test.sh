#!/usr/bin/env bash
# What the appliance starts with and keeps: configuration from the machine's credentials, logs over restarts, a full state
# partition, power cut while things are saved, the factory reset.
#
# Usage: test/image/state_test.sh [IMAGE]
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/measure.sh
source "$here/measure.sh"
boot_seconds=300

has_vip() { on box ip -4 -o address show | grep -q ' 192.0.2.100/'; }
in_use() { on box holdfast vrrp --json | sed -n 's/^ *"base": \([0-9]*\).*/\1/p'; }
boot_id() { on box cat /proc/sys/kernel/random/boot_id; }
is_up_again() { local now; now=$(boot_id) && [ "$now" != "$1" ] && healthy box; }
reboot_box() {
  local before
  before=$(boot_id)
  on box systemctl reboot
  rm -f "$work/${ssh_port[box]}"
  eventually $boot_seconds is_up_again "$before"
}

echo "-- a machine with nothing on HOLDFAST, and with credentials"
make_empty_disk_of box
printf 'vrrp_instance web {\n interface enp0s3\n virtual_router_id 51\n priority 150\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n' >"$work/conf"
machine_options=(
  -smbios "$(credential holdfast.conf <"$work/conf")"
  -smbios "$(printf '[Match]\nName=enp0s3\n\n[Network]\nAddress=192.0.2.1/24\n' | credential holdfast.network)"
  -smbios "$(credential holdfast.hostname <<<"from-smbios")"
  -smbios "$(credential holdfast.authorized_keys <"$work/key.pub")"
)
start_ms=$(date +%s%3N)
power_on box bios 1
check "it becomes healthy, and its ssh key is the credential's" eventually $boot_seconds healthy box
check_equal "its host name" "$(on box uname -n)" from-smbios
uses() { [ "$(in_use)" = "$1" ]; }
check "its configuration" eventually 20 uses 150
check "its network: it is master" eventually 60 has_vip
stages box holdfast "$start_ms"
check "what nobody but root may read" on box "stat -c %a /run/holdfast/credentials/keepalived.conf | grep -qx '[46]00'"

echo "-- a configuration on HOLDFAST comes first"
on box "mount -o remount,rw /config && sed 's/150/120/' /run/holdfast/credentials/keepalived.conf >/config/keepalived.conf && mount -o remount,ro /config && systemctl reload holdfast"
check "it is used after a reload" eventually 20 uses 120

echo "-- saved while the power is cut"
on box 'mount -o remount,rw /config; for i in $(seq 1 60); do sed "s/150/$((100 + i % 9))/" /run/holdfast/credentials/keepalived.conf >/config/new && mv /config/new /config/keepalived.conf; sync; systemctl reload holdfast; done' >/dev/null 2>&1 &
saving=$!
sleep 7
power_off box
wait $saving
power_on box bios 1
check "it becomes healthy" eventually $boot_seconds healthy box
one_of_them() { in_use | grep -qxE '10[0-8]|120'; }
check "with one of the configurations" eventually 20 one_of_them
check "and is master with it" eventually 60 has_vip
check "the journal of the start before is there" on box "[ \$(journalctl --list-boots | grep -c '^ *-*[0-9]') -ge 2 ] && journalctl -b -1 -u holdfast | grep -q ."
check "and Holdfast's own" on box "holdfast events | grep -q MASTER && findmnt -n -o SOURCE /var/lib/holdfast | grep -q vda8"

echo "-- a full state partition"
on box "dd if=/dev/zero of=/state/full bs=1M 2>/dev/null; for i in 1 2 3 4 5 6 7 8; do dd if=/dev/zero of=/state/full\$i bs=4k 2>/dev/null; done; sync; df /state | tail -n 1"
check "nothing fits on it" on box "[ \$(df --output=avail /state | tail -n 1) = 0 ]"
on box "mount -o remount,rw /config && sed 's/150/130/' /run/holdfast/credentials/keepalived.conf >/config/keepalived.conf && mount -o remount,ro /config"
check "it starts and is healthy" reboot_box
check "with the configuration of HOLDFAST" eventually 20 uses 130
check "and is master" eventually 60 has_vip

echo "-- factory reset"
before=$(on box cat /state/machine-id)
check "it wants to be told that it is meant" on box "! holdfast factory-reset && [ ! -e /state/factory-reset ]"
check "told so, it is noted for the next start" on box "holdfast factory-reset --yes"
check "it starts" reboot_box
check "the machine is another one, its journal empty" on box "[ \$(cat /state/machine-id) != $before ] && [ \$(journalctl --list-boots | grep -c '^ *-*[0-9]') = 1 ] && [ ! -e /state/full ]"
check "HOLDFAST is as it was" eventually 20 uses 130

echo "-- the console, on the serial line"
# What was shown since the last key.
shown_from=0
shows() { tail -c +$((shown_from + 1)) "$work/box.serial" | tr -d '\r' | grep "$1" >/dev/null; }
press() { # keys
  shown_from=$(stat -c %s "$work/box.serial")
  keys box "$1"
}
shown_from=$(stat -c %s "$work/box.serial")
on box systemctl restart holdfast-console
check "the summary" eventually 60 shows 'VRRP       web MASTER  192.0.2.100'
press '\r'
check "Enter opens the menu" eventually 20 shows '5  Factory reset'
press '6'
check "there is no shell" eventually 20 shows 'console_shell'
press '\r23'
check "the journal" eventually 30 shows 'lines. Enter: more'
press 'q0\r'
sleep 1
press '11\rdhcp\ryes\r'
check "network settings are taken" eventually 60 shows 'Written to HOLDFAST, network/10-console-enp0s2.network'
check "and are on HOLDFAST, beside the default for the other cards" eventually 60 on box "grep -qx DHCP=yes /config/network/10-console-enp0s2.network && [ -e /config/network/80-dhcp.network ]"
check "and used, and the machine can be reached" on box "[ -e /etc/systemd/network/10-console-enp0s2.network ] && findmnt -n -o OPTIONS /config | grep -qE '(^|,)ro(,|\$)'"
check "the address of VRRP stays" has_vip
check "no restart of systemd-networkd takes it away" on box "[ -z \"\$(timeout 25 ip monitor address dev enp0s3 | grep -F 'Deleted' & sleep 2; systemctl restart systemd-networkd; wait)\" ]"
memory box
before=$(boot_id)
press '\r0\r3yes\r'
rm -f "$work/${ssh_port[box]}"
check "restarted from the menu" eventually $boot_seconds is_up_again "$before"

summary
