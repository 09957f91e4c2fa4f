#!/usr/bin/env bash
# The package for aarch64 in an emulated machine of that kind with Debian's kernel: guest_test.sh.
#
# Usage: test/aarch64/aarch64_test.sh [PACKAGE]     after make deb TARGET=aarch64
#
# Debian's packages for arm64 are unpacked by mmdebstrap from this machine's sources; nothing of them runs here. They and the
# package are the machine's initramfs. Every instruction is emulated: minutes for what takes a second.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$project/.cache/aarch64
package=${1:-$(echo "$project"/dist/holdfast_*_arm64.deb)}
limit_seconds=1500
# shellcheck source=test/deb/debian.sh
source "$project/test/deb/debian.sh"
packages=libc6,libgcc-s1,libc-bin,busybox-static,bash,dash,iproute2,ipvsadm,kmod,coreutils,grep,linux-image-cloud-arm64

main() {
  mkdir -p "$cache"
  make_small_debian
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/run.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  make_guest
  boot
  tr -d '\r' <"$work/output" | grep -aE '^(-- |ok |FAIL |     |[0-9]+ passed)'
  grep -aq '[0-9] passed, 0 failed' "$work/output"
}

make_small_debian() {
  local stamp
  stamp=$(echo "$packages" | sha256sum | cut -d' ' -f1)
  if [ -s "$cache/debian-$stamp.tar" ]; then return; fi
  echo "unpacking a small Debian for arm64 in .cache/aarch64" >&2
  rm -f "$cache"/debian-*.tar
  mmdebstrap --quiet --variant=extract --arch=arm64 --include="$packages" bookworm "$cache/new.tar" "$(sources)"
  mv "$cache/new.tar" "$cache/debian-$stamp.tar"
}

# Its kernel, and its initramfs: Debian with the modules of the network, the package, the tests.
make_guest() {
  local guest=$work/guest kernel program
  mkdir -p "$guest"
  tar -x -C "$guest" --no-same-owner --exclude='./dev/*' --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' -f "$cache"/debian-*.tar
  cp "$guest"/boot/vmlinuz-* "$work/vmlinuz"
  kernel=$(basename "$guest"/lib/modules/*)
  rm -rf "$guest/boot" "$guest/lib/modules/$kernel/kernel"/{sound,fs,virt,drivers/{gpu,media,infiniband,scsi,md,ata,nvme,hv}}
  depmod -b "$guest" "$kernel" 2>/dev/null
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$guest" --no-same-owner --exclude='./usr/share/*'
  for program in mount umount poweroff sleep awk sed ps nc pidof time xargs find; do
    if [ ! -e "$guest/usr/bin/$program" ]; then ln -s busybox "$guest/usr/bin/$program"; fi
  done
  ln -sf dash "$guest/usr/bin/sh"
  printf 'root:x:0:0::/root:/bin/sh\nholdfast:x:108:108::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n' >"$guest/etc/passwd"
  printf 'root:x:0:\nholdfast:x:108:\nnogroup:x:65534:\n' >"$guest/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files\n' >"$guest/etc/nsswitch.conf"
  mkdir -p "$guest"/{proc,sys,dev,run,tmp,root,var/lib/holdfast,project/test}
  cp -r "$project/src" "$project/deno.json" "$guest/project/"
  cp -r "$project"/test/*.ts "$project/test/support" "$guest/project/test/"
  cp "$here/guest_test.sh" "$guest/project/test/"
  printf '#!/bin/sh\nexec /bin/busybox sh /project/test/guest_test.sh\n' >"$guest/init"
  chmod 755 "$guest/init"
  (cd "$guest" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1 >"$work/initramfs"
  rm -rf "$guest"
}

boot() {
  local status=0
  timeout --kill-after=5 "$limit_seconds" qemu-system-aarch64 -machine virt -accel "tcg,thread=multi,tb-size=512" -cpu cortex-a72 -smp 2 -m 2048 \
    -nodefaults -no-user-config -display none -no-reboot -kernel "$work/vmlinuz" -initrd "$work/initramfs" \
    -append "console=ttyAMA0 quiet loglevel=3 panic=-1 mitigations=off" -device virtio-rng-pci -serial "file:$work/output" </dev/null || status=$?
  if [ $status -ne 0 ]; then
    tail -n 40 "$work/output"
    echo "the guest ended with status $status (124: after $limit_seconds s)" >&2
    exit 1
  fi
}

main
