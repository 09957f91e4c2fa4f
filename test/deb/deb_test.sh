#!/usr/bin/env bash
# Tests the Debian package on a small Debian with systemd, in a VM: guest_test.sh.
#
# Usage: test/deb/deb_test.sh [PACKAGE]
#
# The Debian is made by mmdebstrap from this machine's package sources, without installing anything here, and kept in
# .cache/deb. It boots with the kernel of the test VM.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$project/.cache/deb
vm=$project/.cache/vm
package=${1:-$(echo "$project"/dist/holdfast_*_amd64.deb)}
limit_seconds=280
packages=systemd,systemd-sysv,udev,iproute2,iputils-ping,keepalived,ipvsadm,kmod,curl,bash-completion,man-db,procps,haproxy

main() {
  mkdir -p "$cache"
  "$project/test/vm/build.sh" >&2
  make_debian
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/run.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  add_test
  boot
  tr -d '\r' <"$work/output" | grep -aE '^(-- |ok |FAIL |     |[0-9]+ passed)'
  grep -aq '[0-9] passed, 0 failed' "$work/output"
}

# The guest's file system, as an archive.
make_debian() {
  local stamp
  stamp=$(echo "$packages" | sha256sum | cut -d' ' -f1)
  if [ -s "$cache/debian-$stamp.tar" ]; then return; fi
  echo "making a small Debian in .cache/deb" >&2
  rm -f "$cache"/debian-*.tar
  mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$cache/new.tar" "$(sources)"
  mv "$cache/new.tar" "$cache/debian-$stamp.tar"
}

# Where this Debian has its packages from.
sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then
      echo "$file"
      return
    fi
  done
  echo "error: this machine has no package sources of Debian" >&2
  return 1
}

# Debian, the kernel's modules, the test and the unit that runs it, in one squashfs.
add_test() {
  local added=$work/added archive=$work/debian.tar
  mkdir -p "$added/opt/test" "$added/etc/systemd/system/multi-user.target.wants" "$added/etc/keepalived"
  cp "$package" "$here/guest_test.sh" "$here/keepalived.conf" \
    "$project/appliance/image/root/usr/lib/systemd/system/holdfast.service.d/haproxy.conf" "$project/test/lab/checks.sh" "$added/opt/test/"
  ln -s /lib/systemd/systemd "$added/init"
  cat >"$added/etc/systemd/system/test.service" <<-END
		[Unit]
		After=network.target
		[Service]
		Type=idle
		Environment=HOME=/root
		ExecStart=/bin/bash /opt/test/guest_test.sh
		ExecStopPost=/bin/systemctl poweroff --force --force
		StandardOutput=file:/dev/ttyS0
		StandardError=file:/dev/ttyS0
	END
  ln -s ../test.service "$added/etc/systemd/system/multi-user.target.wants/test.service"
  ln -s /dev/null "$added/etc/systemd/system/serial-getty@ttyS0.service"
  unsquashfs -quiet -no-progress -dest "$work/guest" "$vm/root.squashfs" lib usr/lib/modules >/dev/null
  mkdir -p "$added/usr/lib"
  mv "$work"/guest/usr/lib/modules "$added/usr/lib/modules" 2>/dev/null || mv "$work"/guest/lib/modules "$added/usr/lib/modules"
  cp "$cache"/debian-*.tar "$archive"
  (cd "$added" && find . ! -type d | tar -rf "$archive" --owner=0 --group=0 -T -)
  rm -rf "$added" "$work/guest"
  mksquashfs - "$work/root.squashfs" -tar -no-xattrs -noappend -quiet -no-progress -comp lz4 <"$archive" >/dev/null 2>&1
  rm "$archive"
}

boot() {
  local status=0
  timeout --kill-after=5 "$limit_seconds" qemu-system-x86_64 \
    -machine q35 -accel "tcg,thread=multi,tb-size=512" -cpu max -smp 2 -m 2048 \
    -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$vm/vmlinux" -initrd "$vm/initramfs" \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on no_timer_check systemd.show_status=no" \
    -drive "if=none,id=root,file=${work//,/,,}/root.squashfs,format=raw,readonly=on" -device virtio-blk-pci,drive=root \
    -device virtio-rng-pci -serial "file:$work/output" </dev/null || status=$?
  if [ $status -ne 0 ]; then
    tail -n 40 "$work/output"
    echo "the guest ended with status $status (124: after $limit_seconds s)" >&2
    exit 1
  fi
}

main
