#!/usr/bin/env bash
# The plug is pulled again and again, at random moments: while an update is written, while the configuration is saved, while the
# machine starts. After each it starts by itself, in a slot that is whole, with a configuration that somebody wrote.
#
# Usage: [CUTS=50] [SEED=1] test/image/power_cuts_test.sh [IMAGE]     beside it are the images of its slot
#
# What the guest has given to its disk survives here, flushed or not; a disk that loses and tears is simulated by
# appliance/image/power_cut_test.ts.
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
make_updates
RANDOM=${SEED:-1}

config() { # priority
  printf 'vrrp_instance web {\n interface enp0s3\n virtual_router_id 51\n priority %s\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n' "$1"
}
in_use() { on box holdfast vrrp --json | sed -n 's/^ *"base": \([0-9]*\).*/\1/p'; }
is_well() { healthy box && in_use | grep -qxE '10[0-9]'; }
random_seconds() { echo "$((RANDOM % $1)).$((RANDOM % 10))"; } # limit

# Saved as an editor does, beside and then in its place, or as `cp` does, over what is there.
save_again_and_again() {
  # shellcheck disable=SC2016 # expanded in the machine
  on box 'mount -o remount,rw /config; for i in $(seq 1 200); do
    sed "s/priority .*/priority $((100 + i % 10))/" /tmp/base >/tmp/new
    if [ $((i % 2)) = 0 ]; then cp /tmp/new /config/new && mv /config/new /config/keepalived.conf; else cp /tmp/new /config/keepalived.conf; fi
    [ $((i % 3)) = 0 ] || sync
    systemctl reload holdfast
  done' >/dev/null 2>&1
}

make_disk_of box
update_tool public-key "$work/release" | put_config box update_keys
config 100 | put_config box keepalived.conf
printf '[Match]\nName=enp0s3\n\n[Network]\nAddress=192.0.2.1/24\n' | put_config box network/10-lan.network
printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n\n[Link]\nRequiredForOnline=no\n' | put_config box network/20-dhcp.network
power_on box bios 1
check "it becomes healthy" eventually $boot_seconds is_well

declare -A cuts=() slots=()
for ((cut = 1; cut <= ${CUTS:-50}; cut++)); do
  slot=$(slot_of box)
  kind=$((cut % 3))
  case $kind in
  0)
    what="while an update is written"
    send "$work/good" --while-master >/dev/null 2>&1 &
    worker=$!
    limit=45
    ;;
  1)
    what="while the configuration is saved"
    on box "echo '$(config 100)' >/tmp/base"
    save_again_and_again &
    worker=$!
    limit=10
    ;;
  2)
    what="while it starts"
    power_off box
    power_on box bios 1
    worker=
    limit=40
    ;;
  esac
  after=$(random_seconds "$limit")
  sleep "$after"
  power_off box
  if [ -n "$worker" ]; then wait "$worker"; fi
  power_on box bios 1
  check "$cut: cut $what, after $after s: it starts and is healthy, with a good configuration" eventually $boot_seconds is_well
  now=$(slot_of box)
  echo "     slot $slot, now $now, priority $(in_use), $(marks)"
  cuts[$what]=$((${cuts[$what]:-0} + 1))
  slots[$slot$now]=$((${slots[$slot$now]:-0} + 1))
done
for what in "${!cuts[@]}"; do echo "     ${cuts[$what]} cuts $what"; done
for pair in "${!slots[@]}"; do echo "     ${slots[$pair]} times from slot ${pair:0:1} to slot ${pair:1}"; done
summary
