#!/usr/bin/env bash
# Makes sure that the host has the Debian packages which `make image` needs, and with --test those of its test.
#
# Usage: appliance/image/host_packages.sh [--test]
#
# Installs what is missing, as root or by sudo, or says what to install and exits with status 1.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# command or file | package
needed='mksquashfs|squashfs-tools
veritysetup|cryptsetup-bin
grub-mkimage|grub-common
/usr/lib/grub/i386-pc/boot.img|grub-pc-bin
/usr/lib/grub/x86_64-efi/linux.mod|grub-efi-amd64-bin
mkfs.vfat|dosfstools
mcopy|mtools
sfdisk|fdisk
cpio|cpio
depmod|kmod
zstd|zstd'
if [ "${1:-}" = --test ]; then
  needed+=$'\nqemu-system-x86_64|qemu-system-x86\n/usr/share/OVMF/OVMF_CODE_4M.fd|ovmf\nssh|openssh-client\nsetpriv|util-linux'
fi

missing=()
while IFS='|' read -r what package; do
  if [ -e "$what" ] || command -v "$what" >/dev/null; then continue; fi
  missing+=("$package")
done <<<"$needed"
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

sudo=()
if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
echo "installing: ${missing[*]}"
if ! apt-cache show "${missing[@]}" >/dev/null 2>&1; then "${sudo[@]}" apt-get update -q || true; fi
if ! "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${missing[@]}"; then
  echo "Could not install them. As root, run: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
