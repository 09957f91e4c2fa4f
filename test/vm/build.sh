#!/usr/bin/env bash
# Builds the test VM from Debian packages: .cache/vm/{vmlinux,initramfs,root.squashfs}. Needs no root.
#
# Usage: test/vm/build.sh
#
# The packages are downloaded and unpacked, never installed: no maintainer script runs. A second call
# returns at once; a changed package list, module list or script builds anew, from downloads kept in
# .cache/vm/debs. Host packages: see host_packages.sh.
#
# The kernel is Debian's amd64 flavour: the smaller cloud flavour has no 9p, and the one file sharing
# that it does have (virtiofs) needs a root daemon on the host. It is unpacked to a plain ELF file, which
# QEMU starts through the PVH entry: a guest without KVM would spend seconds on decompression.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(cd "$here/../.." && pwd)/.cache/vm
package_script=../../appliance/image/packages.sh

# shellcheck source=appliance/image/packages.sh
source "$here/$package_script"

main() {
  mkdir -p "$cache/debs"
  exec 9>"$cache/lock"
  flock 9

  local stamp
  stamp=$(cd "$here" && sha256sum packages.txt modules.txt build.sh "$package_script" guest/* | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
  rm -f "$cache/stamp"

  if [ "$(dpkg --print-architecture)" != amd64 ]; then fail "the test VM is built on Debian amd64 only"; fi
  echo "building the test VM in .cache/vm"
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT

  download_packages
  unpack_root
  unpack_kernel
  make_initramfs
  mksquashfs "$work/root" "$work/root.squashfs" -all-root -noappend -quiet -no-progress -comp lz4 -b 128K >/dev/null
  mv "$work/vmlinux" "$work/initramfs" "$work/root.squashfs" "$cache/"
  echo "$stamp" >"$cache/stamp"
  du -h "$cache/vmlinux" "$cache/initramfs" "$cache/root.squashfs" | sed "s|$cache/|  |"
}

fail() {
  echo "test/vm/build.sh: $*" >&2
  exit 1
}

# Everything but the kernel, and the few files that maintainer scripts would have made.
unpack_root() {
  local root=$work/root directory deb
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$root"/{etc,root,host,control,artefacts,run,tmp,proc,sys,dev,var/log/nginx,var/lib/nginx}
  for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
  for deb in "$cache"/debs/*.deb; do
    if [[ ${deb##*/} == linux-image-* ]]; then continue; fi
    # Not `dpkg-deb -x`: it would put folders in the place of the four links above.
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
      --exclude='./usr/share/*/*/*' --exclude='./usr/lib/*/perl*' --exclude='./usr/lib/*/gconv/*'
  done
  ln -sf bash "$root/usr/bin/sh"
  ln -sf mawk "$root/usr/bin/awk"
  printf 'root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33::/var/www:/bin/false\nnobody:x:65534:65534::/:/bin/false\n' >"$root/etc/passwd"
  printf 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n' >"$root/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  echo testvm >"$root/etc/hostname"
  install -m755 "$here/guest/init" "$root/init"
}

# The kernel as a plain ELF file, and in the root the modules of modules.txt.
unpack_kernel() {
  local kernel=$work/kernel root=$work/root offset entry
  mkdir -p "$kernel"
  dpkg-deb --fsys-tarfile "$cache"/debs/linux-image-*.deb | tar -x -C "$kernel"
  release=$(basename "$kernel"/lib/modules/*)

  # vmlinuz is a loader followed by the kernel as an xz stream; trailing bytes make xz complain at the end.
  offset=$(LC_ALL=C grep -abo -m1 -F $'\xfd7zXZ' "$kernel/boot/vmlinuz-$release" | head -n1 | cut -d: -f1)
  { tail -c "+$((offset + 1))" "$kernel/boot/vmlinuz-$release" | xz -dcq 2>/dev/null || true; } >"$work/vmlinux"
  if [ "$(head -c4 "$work/vmlinux")" != $'\x7fELF' ]; then fail "cannot unpack the kernel $release"; fi

  depmod -b "$kernel" "$release"
  while read -r entry; do
    if [[ $entry == */ ]]; then
      find "$kernel/lib/modules/$release/kernel/$entry" -name '*.ko' -printf '%f\n' | sed 's/\.ko$//'
    else
      echo "$entry"
    fi
  done < <(entries "$here/modules.txt") | module_files "$kernel" | while read -r file; do
    install -D -m644 "$kernel/$file" "$root/$file"
  done
  cp "$kernel/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$release/"
  depmod -b "$root" "$release"
}

# Module names on stdin; their files and those they depend on, relative to the tree $1, in loading order.
# Names built into the kernel have no file.
module_files() {
  xargs modprobe -d "$1" -S "$release" --show-depends -a |
    awk -v skip=$((${#1} + 2)) '$1 == "insmod" && !seen[$2]++ { print substr($2, skip) }'
}

# Static busybox and the modules needed to reach the root.
make_initramfs() {
  local initramfs=$work/initramfs.d file
  mkdir -p "$initramfs"/{bin,proc,sys,dev,modules,lower,upper,new}
  cp "$work/root/usr/bin/busybox" "$initramfs/bin/"
  printf '%s\n' virtio_pci virtio_blk squashfs overlay | module_files "$work/root" | while read -r file; do
    cp "$work/root/$file" "$initramfs/modules/"
    basename "$file" >>"$initramfs/modules/order"
  done
  install -m755 "$here/guest/initramfs_init" "$initramfs/init"
  (cd "$initramfs" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$work/initramfs"
}

main
