#!/usr/bin/env bash
# Tests the test VM: what run.sh promises, and that the guest can do IPVS.
#
# Usage: test/vm/vm_test.sh
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/checks.sh
source "$here/../lab/checks.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Runs run.sh in the background and ends it with a signal once the guest has said hello. Prints its exit status.
status_after_signal() { # signal
  "$here/run.sh" -t 300 -a "$folder/artefacts" -- bash -c 'echo hello; sleep 60' >"$folder/output" &
  local script=$!
  eventually 30 grep -q hello "$folder/output"
  kill -s "$1" "$script"
  wait "$script" 2>/dev/null
  echo $?
}

# Succeeds if no QEMU of this test is left.
no_qemu() {
  ! grep -ls "path=$folder/[a]rtefacts" /proc/[0-9]*/cmdline
}

# shellcheck disable=SC2016 # expanded in the guest
guest_script='modprobe -a ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh veth bridge dummy macvlan 8021q ipip nf_conntrack &&
  ipvsadm -A -t 192.0.2.1:80 -s rr && ipvsadm -a -t 192.0.2.1:80 -r 192.0.2.2:80 -m && ipvsadm -Sn &&
  echo kept >"$ARTEFACTS/log" && exit 7'
output=$("$here/run.sh" -t 300 -a "$folder/artefacts" -- bash -c "$guest_script")
check_equal "the exit status of the command comes back" $? 7
check_equal "the kernel of the guest has IPVS" "$output" $'-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 192.0.2.2:80 -m -w 1'
check_equal "a file left in /artefacts is on the host" "$(cat "$folder/artefacts/log")" kept

"$here/run.sh" -t 5 -- sleep 60 2>"$folder/output"
check_equal "the time limit gives 124" $? 124
"$here/run.sh" -t 300 -- bash -c 'echo c >/proc/sysrq-trigger; sleep 60' 2>"$folder/output"
check_equal "a guest that dies gives 125" $? 125
check "and the end of its kernel log" grep -q 'sysrq triggered crash' "$folder/output"
check_equal "standard input reaches the command" "$(printf 'a\nb\n' | "$here/run.sh" -t 300 -i -- cat)" $'a\nb'
check_equal "SIGTERM gives 143" "$(status_after_signal TERM)" 143
check "and leaves no QEMU" no_qemu
check_equal "SIGKILL gives 137" "$(status_after_signal KILL)" 137
check "and leaves no QEMU" eventually 5 no_qemu
summary
