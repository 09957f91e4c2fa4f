#!/usr/bin/env bash
# Tests the lab itself, with Debian's keepalived on both directors, so that what later fails on the lab is not the lab.
#
# Usage: test/vm/run.sh -- test/lab/lab_test.sh
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/topology.sh
source "$here/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$here/checks.sh"

# shellcheck source=test/lab/directors.sh
source "$here/directors.sh"

modprobe ip_vs
check "the lab comes up" lab_up
lab_forward rs1 80 8080
check_equal "a port of a node is reachable from outside" "$(eventually 5 curl -sf http://127.0.0.1:8080/)" rs1
check "the client reaches a director" lab_exec client ping -c1 -W2 10.0.0.1
check_equal "a real server answers on the front network" "$(lab_request http://10.0.0.12/)" rs2
check "a real server does not answer ARP for the virtual address" \
  bash -c "! ip netns exec ${LAB_PREFIX}client ping -c1 -W1 $LAB_DR_VIP"
for director in dir1 dir2; do
  check_equal "keepalived accepts $director.conf without a word" \
    "$(lab_exec $director keepalived --config-test --use-file "$here/$director.conf" 2>&1)" ""
done

start_director keepalived dir1
start_director keepalived dir2
check "dir1 becomes master" eventually 15 holds_vip dir1
check "dir2 stays backup" eventually 10 holds_no_vip dir2
check "NAT: a first answer" eventually 10 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "NAT: requests alternate" eventually 30 alternate "$LAB_NAT_VIP"
check "DR: requests alternate" eventually 30 alternate "$LAB_DR_VIP"
check "NAT: counted by the kernel of dir1" eventually 5 counts_packets dir1 "$LAB_NAT_VIP"
check "DR: counted by the kernel of dir1" eventually 5 counts_packets dir1 "$LAB_DR_VIP"

lab_web_stop rs1
check "NAT: a crashed real server leaves the pool" eventually 15 servers_are "$LAB_NAT_VIP" rs2
check "DR: a crashed real server leaves the pool" eventually 15 servers_are "$LAB_DR_VIP" rs2
lab_web_start rs1
check "NAT: it comes back" eventually 15 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: it comes back" eventually 15 servers_are "$LAB_DR_VIP" "rs1 rs2"

crash_director dir1
check "dir2 becomes master when dir1 crashes" eventually 15 holds_vip dir2
check "NAT: dir2 forwards" eventually 10 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: dir2 forwards" eventually 10 servers_are "$LAB_DR_VIP" "rs1 rs2"
check "NAT: requests alternate on dir2" eventually 30 alternate "$LAB_NAT_VIP"
check "NAT: counted by the kernel of dir2" eventually 5 counts_packets dir2 "$LAB_NAT_VIP"
check "DR: counted by the kernel of dir2" eventually 5 counts_packets dir2 "$LAB_DR_VIP"

reboot_director dir1
start_director keepalived dir1
check "dir1 is master again when it comes back" eventually 15 holds_vip dir1
check "dir2 gives way" eventually 5 holds_no_vip dir2
check "NAT: requests alternate on dir1 again" eventually 10 alternate "$LAB_NAT_VIP"

lab_down
check_equal "nothing is left of the lab" "$(ip netns list)" ""
summary
