#!/usr/bin/env bash
# Makes sure that the host has the Debian packages which the test VM needs.
#
# Usage: test/vm/host_packages.sh
#
# Prints each missing command with its package and what it is for, then installs the packages: as root
# directly, otherwise through sudo. Where neither works it says what to install and exits with status 1.
# Says nothing, and changes nothing, when all is there.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# command | package | what for
NEEDED='qemu-system-x86_64|qemu-system-x86|runs the test VM
mksquashfs|squashfs-tools|packs the root file system of the test VM
cpio|cpio|packs its initramfs
depmod|kmod|lists its kernel modules
xz|xz-utils|unpacks its kernel
setpriv|util-linux|stops the test VM when its script dies
flock|util-linux|lets only one build of the test VM run at a time'

missing_packages=()
while IFS='|' read -r tool package purpose; do
  if command -v "$tool" >/dev/null; then continue; fi
  echo "missing: $tool (Debian package $package): $purpose"
  missing_packages+=("$package")
done <<<"$NEEDED"

if [ ${#missing_packages[@]} -eq 0 ]; then exit 0; fi

mapfile -t missing_packages < <(printf '%s\n' "${missing_packages[@]}" | sort -u)
install=(env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300 install -y -q --no-install-recommends "${missing_packages[@]}")

if ! command -v apt-get >/dev/null; then
  echo "This is not a Debian system: please install what provides the commands above." >&2
  exit 1
elif [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "Not root and no sudo here. As root, run: apt-get install --no-install-recommends ${missing_packages[*]}" >&2
  exit 1
fi

echo "installing: ${missing_packages[*]}"
if ! apt-cache show "${missing_packages[@]}" >/dev/null 2>&1; then "${as_root[@]}" apt-get update -q; fi
if ! "${as_root[@]}" "${install[@]}"; then
  echo "Could not install them. As root, run: apt-get install --no-install-recommends ${missing_packages[*]}" >&2
  exit 1
fi
