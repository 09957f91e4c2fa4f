#!/usr/bin/env bash
# Builds the appliance twice from the same source and the same packages: in another folder, with another umask, another time
# zone and another order of folders, an hour apart by the files' times. The bytes have to be the same.
#
# Usage: test/image/reproducible_test.sh     after `make image`, whose packages are taken
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
export DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
export QUICK=1 KEEP_PACKAGES=1 SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1700000000}
mkdir -p "$project/.cache/image"
work=$(mktemp -d "$project/.cache/image/test.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT

copy() { # folder
  mkdir -p "$1/dist" "$1/.cache/image"
  (cd "$project" && cp -r appliance docs deno.json deno.lock LICENSE "$1/")
  cp "$project/dist/holdfast" "$1/dist/"
  cp -l "$project/.cache/image/debs" -r "$1/.cache/image/debs"
}

build() { # folder
  (cd "$1" && appliance/deb/build.sh && appliance/image/build.sh)
}

copy "$work/one"
copy "$work/some where/two"
find "$work/some where" -type f -name '*.conf' -exec touch -d '-1 hour' {} +
check "a build" build "$work/one"
build_elsewhere() {
  umask 077
  TZ=Asia/Tokyo LANG=C.UTF-8 build "$1"
}
check "another one" build_elsewhere "$work/some where/two"
for file in holdfast_*_amd64.deb holdfast-appliance-amd64/boot.img holdfast-appliance-amd64/root.img \
  holdfast-appliance-amd64.img.zst holdfast-appliance-amd64.spdx.json holdfast-appliance-amd64.licences.txt; do
  # shellcheck disable=SC2086 # a pattern
  check "the same bytes: $file" cmp "$work"/one/dist/$file "$work/some where/two/dist/"$file
done
summary
