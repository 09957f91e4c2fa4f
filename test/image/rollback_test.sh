#!/usr/bin/env bash
# Releases that do not work, and the way back: one whose root is damaged, one that never becomes healthy, one that is taken back.
#
# Usage: test/image/rollback_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
#
# A release has three minutes to become healthy: this takes a while.
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
make_updates
# A root that is what was signed, and not what its hash tree says; in the block that is read first.
cp "$images/root.img" "$work/root.img"
printf 'damaged' | dd of="$work/root.img" bs=1 seek=64 conv=notrunc status=none
update_tool make "$work/release" 9.0.3 "$images/boot.img" "$work/root.img" "$work/damaged"
# A release whose Holdfast never starts.
unsquashfs -quiet -no-progress -dest "$work/boot" "$images/boot.img" >/dev/null
sed -i 's/panic=10/panic=10 systemd.mask=holdfast.service/' "$work/boot/slot.cfg"
mksquashfs "$work/boot" "$work/boot.img" -all-root -noappend -quiet -no-progress -noI -noD -noF -noX >/dev/null
update_tool make "$work/release" 9.0.4 "$work/boot.img" "$images/root.img" "$work/unhealthy"

make_disk_of box
update_tool public-key "$work/release" | put_config box update_keys
printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n\n[Link]\nRequiredForOnline=no\n' | put_config box network/20-dhcp.network
power_on box bios 1
check "slot a becomes healthy" eventually $boot_seconds runs_healthy_in a

echo "-- a release that does not become healthy"
check "it is taken" send "$work/unhealthy"
check "it starts" reboot_box
check_equal "in slot b" "$(slot_of box)" b
check "which must not overwrite the slot to go back to" refuses "$work/good"
before=$(boot_id)
rm -f "$work/${ssh_port[box]}"
check "it gives up by itself" eventually 500 started_again "$before"
check "slot a is healthy" eventually $boot_seconds runs_healthy_in a
check_equal "slot b is not to be started again" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"

echo "-- a damaged root"
check "it is taken: its signature is good" send "$work/damaged"
check "it starts, again and again, and then slot a by itself" reboot_box
check "slot a is healthy" eventually $boot_seconds runs_healthy_in a
check_equal "slot b has no try left" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"

echo "-- back"
check "a good update to slot b" send "$work/good"
check "it starts" reboot_box
check "and is healthy" eventually $boot_seconds runs_healthy_in b
check "rollback chooses slot a" on box holdfast rollback
check "it starts" reboot_box
check "slot a is healthy" eventually $boot_seconds runs_healthy_in a
summary
