#!/usr/bin/env bash
# A machine that finds no configuration asks for one on its console: answered over the serial line, until it is master of its
# virtual address and can be reached by ssh.
#
# Usage: test/image/first_start_test.sh [IMAGE]
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
boot_seconds=300

# What was shown since the last answer.
shown_from=0
shows() { tail -c +$((shown_from + 1)) "$work/box.serial" | tr -d '\r' | grep -F -- "$1" >/dev/null; }
answer() { # question, line
  check "it asks: $1" eventually 60 shows "$1"
  shown_from=$(stat -c %s "$work/box.serial")
  keys box "$2\r"
}
has_vip() { on box ip -4 -o address show dev enp0s3 | grep -q ' 192.0.2.100/'; }

make_empty_disk_of box
power_on box bios 1
check "nothing is configured: it asks" eventually $boot_seconds shows 'Host name [holdfast]'
answer 'Host name [holdfast]' 'not a name'
check "a wrong answer is named at once" eventually 60 shows 'Not so: letters, digits and dashes'
answer 'Host name [holdfast]' 'first'
answer 'Network card for management' '1'
answer 'Address of enp0s2 with prefix length' ''
answer 'Network card for VRRP' ''
answer 'Address of enp0s3 with prefix length' '192.0.2.1/24'
answer 'Virtual router id' '300'
check "again" eventually 60 shows 'Not so: a number from 1 to 255'
answer 'Virtual router id' '77'
answer 'Role of this machine' 'master'
answer 'Virtual address' '192.0.2.100/24'
answer 'Address of the peer for unicast' ''
answer 'Public ssh key of root' "$(cat "$work/key.pub")"
answer 'TCP port of a virtual server' '80'
answer 'Its real servers' '192.0.2.11 192.0.2.12:8080'
check "it shows what it would write" eventually 60 shows 'virtual_router_id 77'
answer 'yes: write it' 'yes'
check "it is written and used" eventually 120 shows 'Written to HOLDFAST and used'
check "the key opens ssh, and the slot is healthy" eventually $boot_seconds healthy box
check "it is master of the virtual address" eventually 180 has_vip
check_equal "the host name" "$(on box uname -n)" first
# Nobody answers there: both servers leave.
has_server() { [ "$(on box ipvsadm -Sn)" = "-A -t 192.0.2.100:80 -s wlc" ]; }
check "the virtual server, and its checks" eventually 90 has_server
check_equal "is on HOLDFAST, with all that belongs to it" "$(on box 'cd /config && ls -d keepalived.conf hostname management authorized_keys network/* | paste -sd" "')" \
  "authorized_keys hostname keepalived.conf management network/10-console-enp0s2.network network/10-console-enp0s3.network network/80-dhcp.network"
check "which is read-only again" on box "findmnt -n -o OPTIONS /config | grep -qE '(^|,)ro(,|\$)'"
check "no unit has failed" [ "$(on box systemctl --failed --no-legend --plain | tee "$work/failed")" = "" ]
cat "$work/failed"
keys box '\r0'
check "the console shows the summary" eventually 60 shows 'VRRP       VI_1 MASTER  192.0.2.100'
cp "$work/box.serial" "$project/.cache/image/first_start.serial"
summary
