#!/usr/bin/env bash
# Two directors on the lab, each Holdfast or keepalived: traffic, a real server that dies, a director that dies, and back.
#
# Usage: test/vm/run.sh -- test/integration/pair_test.sh holdfast keepalived
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"

first=$1 second=$2

modprobe ip_vs
check "the lab comes up" lab_up
start_director "$first" dir1
start_director "$second" dir2
check "dir1 ($first) becomes master" eventually 60 holds_vip dir1
check "dir2 ($second) stays backup" eventually 10 holds_no_vip dir2
check "NAT: both servers answer" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "NAT: requests alternate" eventually 30 alternate "$LAB_NAT_VIP"
check "DR: both servers answer" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
check "DR: requests alternate" eventually 30 alternate "$LAB_DR_VIP"
check "NAT: counted by the kernel of dir1" eventually 5 counts_packets dir1 "$LAB_NAT_VIP"

lab_web_stop rs1
check "NAT: a dead real server leaves the pool" eventually 30 servers_are "$LAB_NAT_VIP" rs2
check "DR: a dead real server leaves the pool" eventually 30 servers_are "$LAB_DR_VIP" rs2
lab_web_start rs1
check "NAT: it comes back" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: it comes back" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"

crash_director dir1
check "dir2 ($second) takes over when dir1 crashes" eventually 30 holds_vip dir2
check "NAT: dir2 forwards" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"
check "DR: dir2 forwards" eventually 30 servers_are "$LAB_DR_VIP" "rs1 rs2"
check "NAT: counted by the kernel of dir2" eventually 5 counts_packets dir2 "$LAB_NAT_VIP"

reboot_director dir1
start_director "$first" dir1
check "dir1 ($first) is master again when it comes back" eventually 60 holds_vip dir1
check "dir2 ($second) gives way" eventually 10 holds_no_vip dir2
check "NAT: requests alternate on dir1 again" eventually 30 alternate "$LAB_NAT_VIP"

stop_director dir1
check "dir1 ($first) ends without leaving an address" holds_no_vip dir1
check_equal "and without leaving a virtual server" "$(lab_exec dir1 ipvsadm -Sn)" ""
check "dir2 ($second) takes over at once" eventually 10 holds_vip dir2
check "NAT: dir2 forwards again" eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2"

lab_down
summary
