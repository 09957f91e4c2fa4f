#!/usr/bin/env bash
# Makes the disk that Holdfast's appliance is measured beside: Debian 12 as it is installed, with keepalived and HAProxy, in
# .cache/debian/debian.img.zst. Boots on UEFI and on BIOS.
#
# Usage: test/bench/debian/build.sh
#
# mmdebstrap installs the packages from this machine's sources, with their maintainer scripts; without root it works in a user
# namespace. Nothing is mounted. A second call returns at once.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../../.." && pwd)
cache=$project/.cache/debian
image=$cache/debian.img.zst
packages=dbus,haproxy,ipvsadm,keepalived,libpam-systemd,linux-image-amd64,openssh-server,psmisc,systemd-timesyncd

# shellcheck source=appliance/image/disk.sh
source "$project/appliance/image/disk.sh"
# shellcheck source=test/deb/debian.sh
source "$project/test/deb/debian.sh"

main() {
  local stamp
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  stamp=$(sha256sum "${BASH_SOURCE[0]}" "$project/appliance/image/disk.sh" | sha256sum | cut -d' ' -f1)
  if [ -s "$image" ] && [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
  rm -f "$cache/stamp"
  echo "making plain Debian in .cache/debian" >&2
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  install_debian
  make_root_file_system
  make_disk_of_debian
  zstd --quiet --force -12 -T0 --no-progress "$disk" -o "$image"
  echo "$stamp" >"$cache/stamp"
  du -h "$image" >&2
}

fail() {
  echo "test/bench/debian/build.sh: $*" >&2
  exit 1
}

# What debootstrap installs, and our packages, as an archive. systemd-networkd is what people switch on who have no ifupdown.
install_debian() {
  # shellcheck disable=SC2016 # mmdebstrap's $1
  mmdebstrap --quiet --variant=important --include="$packages" \
    --customize-hook='mkdir -p "$1/root/.ssh" "$1/boot/efi" && chmod 700 "$1/root/.ssh"' \
    --customize-hook='printf "net.ipv4.ip_forward=1\nnet.ipv4.ip_nonlocal_bind=1\n" >"$1/etc/sysctl.d/local.conf"' \
    --customize-hook='printf "LABEL=debian / ext4 errors=remount-ro 0 1\nLABEL=EFI /boot/efi vfat umask=0077 0 1\n" >"$1/etc/fstab"' \
    --customize-hook='chroot "$1" systemctl enable --quiet systemd-networkd' \
    bookworm "$work/debian.tar" "$(sources)"
}

# Unpacked and made into a file system by whoever may give files to other users: root, also of a user namespace.
make_root_file_system() {
  local -a as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(unshare --user --map-root-user --map-auto); fi
  # shellcheck disable=SC2016
  "${as_root[@]}" bash -euc 'mkdir "$1/root"
    tar -x -C "$1/root" --numeric-owner --exclude="./dev/*" -f "$1/debian.tar"
    truncate -s 1900M "$1/root.ext4"
    mkfs.ext4 -q -F -L debian -d "$1/root" "$1/root.ext4"
    ls "$1/root/boot" >"$1/boot"
    rm -rf "$1/root"' - "$work"
}

# The loader is the appliance's, the menu is that of update-grub, with its five seconds.
make_disk_of_debian() {
  local folder=$work/grub modules="part_gpt ext2 fat search search_fs_uuid search_label linux normal configfile echo test"
  disk=$work/disk.img
  mkdir -p "$folder"
  # shellcheck disable=SC2086 # words
  grub-mkimage -O x86_64-efi -p /grub -o "$folder/BOOTX64.EFI" $modules all_video efi_gop
  # shellcheck disable=SC2086
  grub-mkimage -O i386-pc -p '(,gpt2)/grub' -o "$folder/core.img" $modules biosdisk
  cat >"$folder/grub.cfg" <<-END
		set timeout=5
		menuentry "Debian GNU/Linux" {
		  search --no-floppy --label debian --set=root
		  linux /boot/$(grep ^vmlinuz "$work/boot") root=LABEL=debian ro quiet console=tty0 console=ttyS0,115200
		  initrd /boot/$(grep ^initrd "$work/boot")
		}
	END
  truncate -s 2000M "$disk"
  sfdisk --quiet --no-reread "$disk" <<-END
		label: gpt
		first-lba: 2048
		start=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=bios
		size=33MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp
		size=1900MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root
	END
  sfdisk --dump "$disk" >"$work/partitions"
  fat esp EFI 44656269
  mmd -i "$work/esp.fat" ::EFI ::EFI/BOOT ::grub
  mcopy -i "$work/esp.fat" "$folder/BOOTX64.EFI" ::EFI/BOOT/BOOTX64.EFI
  mcopy -i "$work/esp.fat" "$folder/grub.cfg" ::grub/
  write_at esp "$work/esp.fat"
  write_at root "$work/root.ext4"
  bios_loader "$folder"
}

main
