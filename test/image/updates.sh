# shellcheck shell=bash
# Updates for the machine `box`: made, signed, sent. Sourced after machine.sh; needs $image, $work, $project.
# shellcheck disable=SC2154 # $image, $work, $project

images=${image%.img.zst}
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
boot_seconds=300

update_tool() { "$DENO" run --quiet --allow-read --allow-write --allow-env --no-lock "$project/appliance/image/update.ts" "$@"; }

# The key that the machines of this test trust, and an update that is as good as the image.
make_updates() {
  update_tool new-key "$work/release"
  update_tool make "$work/release" 9.0.1 "$images/boot.img" "$images/root.img" "$work/good"
}

# Sends an update over ssh, as a person would.
send() { send_to box "$@"; }
send_to() { # machine, file, option...
  local machine=$1 file=$2
  shift 2
  timeout 300 ssh -q -i "$work/key" -p "${ssh_port[$machine]}" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    root@127.0.0.1 holdfast update - "$@" <"$file"
}

refuses() { ! send "$@"; }
slot_of() { on "$1" cat /run/holdfast/slot; }
runs_healthy_in() { [ "$(slot_of box)" = "$1" ] && healthy box; }
marks() { on box "sed -n '/_/p' /boot/grub/grubenv | tr -d '#' | paste -sd' '"; }
boot_id() { on box cat /proc/sys/kernel/random/boot_id; }
started_again() { local now; now=$(boot_id) && [ "$now" != "$1" ]; }

reboot_box() {
  local before
  before=$(boot_id)
  on box systemctl reboot
  rm -f "$work/${ssh_port[box]}"
  eventually $boot_seconds started_again "$before"
}
