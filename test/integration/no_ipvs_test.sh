#!/usr/bin/env bash
# A kernel without IPVS: VRRP runs all the same, and one clear sentence says what is missing. Then without privileges.
#
# Usage: test/vm/run.sh -- test/integration/no_ipvs_test.sh
set -uo pipefail

lab=$(cd "$(dirname "${BASH_SOURCE[0]}")/../lab" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab/directors.sh"

log=$DIRECTOR_LOGS/holdfast-dir1.log

check "the network comes up" lab_network_up
echo 1 >/proc/sys/kernel/modules_disabled
check "the kernel has no IPVS" bash -c "! ipvsadm -Ln"
start_director holdfast dir1
check "VRRP runs without IPVS" eventually 60 holds_vip dir1
check "one sentence says what is missing" eventually 10 grep -q "Cannot use IPVS: the kernel module .ip_vs. is missing" "$log"
check "the status says so, too" eventually 30 bash -c \
  "ip netns exec ${LAB_PREFIX}dir1 curl -sf http://127.0.0.1:8404/api/v1/status | jq -e '.warnings[0].code == \"ipvs-unavailable\"'"
stop_director dir1
check "it ends in good order" holds_no_vip dir1

message=$(lab_exec dir1 setpriv --bounding-set -net_admin --inh-caps -net_admin "$HOLDFAST" run -f "$lab/dir1.conf" 2>&1)
check_equal "without CAP_NET_ADMIN the exit status is 1" $? 1
check_equal "and one sentence says why" "$message" \
  "error: Holdfast needs the capability CAP_NET_ADMIN to manage addresses and IPVS: run it as root, or grant it"

lab_down
summary
