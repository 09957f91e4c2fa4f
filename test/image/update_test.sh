#!/usr/bin/env bash
# Updates the appliance, and takes it back: a good update, one that nobody trusted has signed, one whose root is damaged, one
# that never becomes healthy, power cut while one is written.
#
# Usage: test/image/update_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
#
# Takes about ten minutes without KVM: a release has three minutes to become healthy.
set -uo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
image=${1:-$project/dist/holdfast-appliance-amd64.img.zst}
images=${image%.img.zst}
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
# shellcheck source=test/image/machine.sh
source "$here/machine.sh"
mkdir -p "$project/.cache/image"
work=$(mktemp -d "$project/.cache/image/test.XXXXXX")
trap 'power_off_all; rm -rf "$work"' EXIT
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
boot_seconds=300

update_tool() { "$DENO" run --quiet --allow-read --allow-write --allow-env --no-lock "$project/appliance/image/update.ts" "$@"; }
slot_of() { on "$1" cat /run/holdfast/slot; }
runs_healthy_in() { [ "$(slot_of box)" = "$1" ] && healthy box; }
marks() { on box "sed -n '/_/p' /boot/grub/grubenv | tr -d '#' | paste -sd' '"; }
boot_id() { on box cat /proc/sys/kernel/random/boot_id; }
started_again() { local now; now=$(boot_id) && [ "$now" != "$1" ]; }

# Sends an update over ssh, as a person would.
send() { # file
  timeout 300 ssh -q -i "$work/key" -p "${ssh_port[box]}" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1 holdfast update - <"$1"
}

refuses() { ! send "$1"; }

reboot_box() {
  local before
  before=$(boot_id)
  on box systemctl reboot
  rm -f "$work/${ssh_port[box]}"
  eventually $boot_seconds started_again "$before"
}

update_tool new-key "$work/release"
update_tool new-key "$work/stranger"
update_tool make "$work/release" 9.0.1 "$images/boot.img" "$images/root.img" "$work/good"
update_tool make "$work/stranger" 9.0.2 "$images/boot.img" "$images/root.img" "$work/foreign"
# A root that is what was signed, and not what its hash tree says; in the block that is read first.
cp "$images/root.img" "$work/root.img"
printf 'damaged' | dd of="$work/root.img" bs=1 seek=64 conv=notrunc status=none
update_tool make "$work/release" 9.0.3 "$images/boot.img" "$work/root.img" "$work/damaged"
# A release whose Holdfast never starts.
unsquashfs -quiet -no-progress -dest "$work/boot" "$images/boot.img" >/dev/null
sed -i 's/panic=10/panic=10 systemd.mask=holdfast.service/' "$work/boot/slot.cfg"
mksquashfs "$work/boot" "$work/boot.img" -all-root -noappend -quiet -no-progress -noI -noD -noF -noX >/dev/null
update_tool make "$work/release" 9.0.4 "$work/boot.img" "$images/root.img" "$work/unhealthy"
head -c 20000000 "$work/good" >"$work/short"

make_disk_of box
update_tool public-key "$work/release" | put_config box update_keys
printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n\n[Link]\nRequiredForOnline=no\n' | put_config box network/20-dhcp.network
power_on box bios 1
check "slot a becomes healthy" eventually $boot_seconds runs_healthy_in a

echo "-- what must not be taken"
check "an update that a stranger has signed is refused" refuses "$work/foreign"
check "nothing was written: slot b is as empty as before" on box "head -c 1000000 /dev/vda6 | tr -d '\\0' | wc -c | grep -qx 0"
check "an update that ends too early is refused" refuses "$work/short"
check_equal "slot b is not to be started" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
check "there is nothing to go back to" on box "! holdfast rollback"

echo "-- power cut while an update is written"
send "$work/good" >/dev/null 2>&1 &
sleep 4
power_off box
wait
power_on box bios 1
check "slot a is started" eventually $boot_seconds runs_healthy_in a

echo "-- a good update"
check "it is taken" send "$work/good"
check_equal "slot b is armed" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=0"
check "it starts" reboot_box
check "slot b becomes healthy" eventually $boot_seconds runs_healthy_in b
check_equal "and is good" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=1"

echo "-- a damaged root"
check "it is taken: its signature is good" send "$work/damaged"
check "it starts, again and again, and then slot b by itself" reboot_box
check "slot b is healthy" eventually $boot_seconds runs_healthy_in b
check_equal "slot a has no try left" "$(marks)" "a_left=0 a_ok=0 b_left=3 b_ok=1"

echo "-- a release that does not become healthy"
check "it is taken" send "$work/unhealthy"
check "it starts" reboot_box
check_equal "in slot a" "$(slot_of box)" a
before=$(boot_id)
rm -f "$work/${ssh_port[box]}"
check "it gives up by itself" eventually 500 started_again "$before"
check "slot b is healthy" eventually $boot_seconds runs_healthy_in b
check_equal "slot a is not to be started again" "$(marks)" "a_left=0 a_ok=0 b_left=3 b_ok=1"

echo "-- back"
check "a good update to slot a" send "$work/good"
check "it starts" reboot_box
check "and is healthy" eventually $boot_seconds runs_healthy_in a
check "rollback chooses slot b" on box holdfast rollback
check "it starts" reboot_box
check "slot b is healthy" eventually $boot_seconds runs_healthy_in b
summary
