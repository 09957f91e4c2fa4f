#!/usr/bin/env bash
# From power on to the virtual address, by stage, and the memory in use: plain Debian with keepalived, then the appliance, in the
# same virtual machine with the same work. Each starts a first time, loses its power while it is the master, and starts again.
#
# Usage: test/bench/debian/boot.sh [IMAGE]     after build.sh; ROUNDS=2 starts after a power cut, of both by turns
# shellcheck source=test/image/pair.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../image/pair.sh"
# shellcheck source=test/image/measure.sh
source "$here/measure.sh"
# shellcheck source=test/bench/debian/machine.sh
source "$project/test/bench/debian/machine.sh"
boot_seconds=300
rounds=${ROUNDS:-2}
make_link

# When the first answer came, in seconds since power on.
first_answer() { # port
  until [ "$(curl -s -m 1 "http://$vip:$1/")" = hello ]; do sleep 0.1; done
  awk "BEGIN { printf \"%.1f\", ($(date +%s%3N) - $start_ms) / 1000 }" >"$work/answer.$1"
}

# What the processor has worked for the machine, in seconds: that hardly depends on what else this host does.
worked() { # machine
  awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.1f", ($14 + $15) / ticks }' "/proc/${qemu[$1]}/stat"
}
answered() { [ -s "$work/answer.80" ] && [ -s "$work/answer.8080" ]; }

# One start, and what is to be said about it.
start() { # title, machine, unit
  local -a asking=()
  local port worked
  echo "-- $1 (load $(cut -d' ' -f1 /proc/loadavg))"
  rm -f "$work"/answer.*
  start_ms=$(date +%s%3N)
  power_on "$2" bios 1
  for port in 80 8080; do
    first_answer $port &
    asking+=($!)
    started+=($!)
  done
  check "it answers, through IPVS and HAProxy" eventually $boot_seconds answered
  worked=$(worked "$2")
  kill "${asking[@]}" 2>/dev/null
  check "it can be reached" eventually 60 has_vip "$2"
  stages "$2" "$3" "$start_ms"
  echo "     first answer: IPVS after $(cat "$work/answer.80") s, HAProxy after $(cat "$work/answer.8080") s, $worked s of processor; load $(cut -d' ' -f1 /proc/loadavg)"
}

# What the last start leaves.
tell_more() { # machine, unit
  sleep 20
  memory "$1"
  echo "     seconds of processor since the start: $(on "$1" "ps -eo cputimes=,comm=,args= --sort -cputimes | awk '\$1 >= 1 { printf \"%s %s %s, \", \$1, \$2, (\$2 == \"holdfast\" ? \$4 : \"\") }'")"
  on "$1" "df -m / | awk 'NR == 2 { print \"     root file system: \" \$3 \" MB in use\" }'; echo \"     kernel modules: \$(du -sm /usr/lib/modules/ | cut -f1) MB\""
  on "$1" systemd-analyze critical-chain "$2.service" | sed -n 's/^.*@\|^[^ ].* +/     &/p'
}

debian_settings debian 1 MASTER 101
appliance_settings appliance 1 150 MASTER
du --block-size=MB --apparent-size "$debian_image" "$image" | sed 's/^/     /'
start "Debian with keepalived, the first time" debian keepalived
power_off debian
start "the appliance, the first time" appliance holdfast
power_off appliance
for ((round = 1; round <= rounds; round++)); do
  start "Debian with keepalived, after a power cut" debian keepalived
  if [ $round = "$rounds" ]; then tell_more debian keepalived; fi
  power_off debian
  start "the appliance, after a power cut" appliance holdfast
  if [ $round = "$rounds" ]; then tell_more appliance holdfast; fi
  power_off appliance
done
summary
