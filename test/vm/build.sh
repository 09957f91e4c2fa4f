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
kernel_metapackage=linux-image-amd64
# Nothing is installed, so no lock is needed; and apt's sandbox user may not write into .cache.
apt_options=(-o Debug::NoLocking=1 -o APT::Sandbox::User=root)
declare -A wanted=()

main() {
  mkdir -p "$cache/debs"
  exec 9>"$cache/lock"
  flock 9

  local stamp
  stamp=$(cd "$here" && sha256sum packages.txt modules.txt build.sh guest/* | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
  rm -f "$cache/stamp"

  if [ "$(dpkg --print-architecture)" != amd64 ]; then fail "the test VM is built on Debian amd64 only"; fi
  echo "building the test VM in .cache/vm"
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT

  download
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

# The lines of a list file without comments and empty lines.
entries() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# Brings debs/ to the wanted set: with the machine's package lists if they are there and current, else with
# lists of our own, for which nobody needs to be root.
download() {
  if wanted_packages && fetch_wanted; then return; fi
  echo "  the machine's package lists are missing or old: reading our own"
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  apt_options+=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt")
  apt-get -qq "${apt_options[@]}" update || fail "cannot read the package lists"
  wanted_packages || fail "apt cannot resolve packages.txt"
  fetch_wanted || fail "download failed"
}

# Sets `wanted`: file name in debs/ -> name=version. apt resolves the dependencies itself, as if for an empty
# machine: with an empty dpkg status file.
wanted_packages() {
  local kernel_package name version arch
  local -a packages
  local -A excluded=()
  wanted=()
  kernel_package=$(apt-cache "${apt_options[@]}" depends "$kernel_metapackage" 2>/dev/null |
    awk '/Depends: linux-image-/ { print $2; exit }')
  if [ -z "$kernel_package" ]; then return 1; fi
  version=$(apt-cache "${apt_options[@]}" show --no-all-versions "$kernel_package" | awk '$1 == "Version:" { print $2 }')
  wanted["${kernel_package}_${version//:/%3a}_amd64.deb"]=$kernel_package=$version

  mapfile -t packages < <(entries "$here/packages.txt" | grep -v '^-')
  while read -r name; do excluded[${name#-}]=1; done < <(entries "$here/packages.txt" | grep '^-')
  : >"$work/status"
  apt-get -qq "${apt_options[@]}" -o "Dir::State::status=$work/status" --simulate --no-install-recommends \
    install "${packages[@]}" >"$work/resolved" || return 1
  while read -r name version arch; do
    if [ -z "${excluded[$name]:-}" ]; then wanted["${name}_${version//:/%3a}_$arch.deb"]=$name=$version; fi
  done < <(awk '$1 == "Inst" { gsub(/[()\[\]]/, ""); print $2, $3, $NF }' "$work/resolved")
}

# Downloads what is not in debs/ yet and deletes what is no longer wanted. apt checks what it downloads.
fetch_wanted() {
  local file
  local -a missing=()
  for file in "$cache"/debs/*; do
    if [ -e "$file" ] && [ -z "${wanted[${file##*/}]:-}" ]; then rm -f "$file"; fi
  done
  for file in "${!wanted[@]}"; do
    if [ ! -e "$cache/debs/$file" ]; then missing+=("${wanted[$file]}"); fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  echo "  downloading ${#missing[@]} Debian packages"
  (cd "$cache/debs" && apt-get -qq "${apt_options[@]}" download "${missing[@]}")
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
