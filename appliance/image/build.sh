#!/usr/bin/env bash
# Makes the appliance: dist/holdfast-appliance-amd64.img.zst, to write to a disk or a USB stick, and beside it the update
# (.update), the SBOM (.spdx.json) and the list of licences (.licences.txt). docs/appliance.md says what is in it.
#
# Usage: appliance/image/build.sh
#
# Debian's packages are downloaded and unpacked, never installed: no maintainer script runs, nobody needs to be root, and
# nothing is mounted. Everything is a function of dist/holdfast_*.deb, the packages in .cache/image/debs, these files and
# SOURCE_DATE_EPOCH, by default the time of the last commit: the same again gives the same bytes.
#
# UPDATE_KEY names a private key that the update is signed with and whose public half the image trusts
# (appliance/image/update.ts new-key); without it there is no update, and the image trusts the keys of its owner only.
#
# QUICK=1 compresses less, for tests: half the time, a larger image.
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$project/.cache/image
name=holdfast-appliance-amd64
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct 2>/dev/null || echo 1700000000)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC

# shellcheck source=appliance/image/packages.sh
source "$here/packages.sh"
# shellcheck source=appliance/image/root.sh
source "$here/root.sh"
# shellcheck source=appliance/image/disk.sh
source "$here/disk.sh"

main() {
  umask 022
  mkdir -p "$cache/debs" "$project/dist"
  exec 9>"$cache/lock"
  flock 9
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
  if [ "$(dpkg --print-architecture)" != amd64 ]; then fail "the appliance is built on Debian amd64 only"; fi
  version=$("$project/dist/holdfast" --version)
  package=$project/dist/holdfast_${version}_amd64.deb
  if [ ! -s "$package" ]; then fail "make deb comes first"; fi

  download_packages
  step "packages: $(find "$cache/debs" -name '*.deb' | wc -l)"
  make_root
  step "root: $(du -sm "$root" | cut -f1) MB"
  make_root_image
  step "root image: $(megabytes "$work/root.img") MB"
  make_initramfs
  make_boot_image
  step "boot image: $(megabytes "$work/boot.img") MB"
  make_disk
  pack
}

fail() {
  echo "appliance/image/build.sh: $*" >&2
  exit 1
}

step() { printf '  %4d s  %s\n' "$SECONDS" "$*"; }

megabytes() { echo $(($(stat -c %s "$1") / 1000000)); }

signing() { "$DENO" run --quiet --allow-read --allow-write --allow-env --no-lock "$here/update.ts" "$@"; }

# What a person takes away.
pack() {
  local out=$project/dist/$name level=-12
  if [ -n "${QUICK:-}" ]; then level=-1; fi
  zstd --quiet --force "$level" -T0 --no-progress "$work/disk.img" -o "$out.img.zst"
  "$DENO" run --allow-read --allow-write --allow-run --allow-env --no-lock "$here/sbom.ts" "$cache/debs" "$package" "$project/deno.lock" \
    "$out.spdx.json" "$out.licences.txt"
  mkdir -p "$project/dist/$name"
  mv "$work/boot.img" "$work/root.img" "$project/dist/$name/"
  if [ -n "${UPDATE_KEY:-}" ]; then
    signing make "$UPDATE_KEY" "$version" "$project/dist/$name/boot.img" "$project/dist/$name/root.img" "$out.update"
  fi
  (cd "$project/dist" && sha256sum "$name.img.zst" "$name.spdx.json" "$name.licences.txt" "$name/boot.img" "$name/root.img" >"$name.sha256")
  step "dist/$name.img.zst: $(megabytes "$out.img.zst") MB"
}

main
