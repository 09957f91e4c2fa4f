#!/usr/bin/env bash
# Tests the Debian package on a small Debian with systemd, in a VM: guest_test.sh.
#
# Usage: test/deb/deb_test.sh [PACKAGE]
set -euo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
package=${1:-$(echo "$project"/dist/holdfast_*_amd64.deb)}
limit_seconds=1800
# shellcheck source=test/deb/debian.sh
source "$here/debian.sh"

main() {
  "$project/test/vm/build.sh" >&2
  make_debian
  # Not local: the trap runs after main() has returned.
  work=$(mktemp -d "$debian_cache/run.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  add_test
  make_guest "$work/added" "$work/root.squashfs"
  boot_guest "$work/root.squashfs" "$work/output" "$limit_seconds"
  tr -d '\r' <"$work/output" | grep -aE '^(-- |ok |FAIL |     |[0-9]+ passed)'
  grep -aq '[0-9] passed, 0 failed' "$work/output"
}

# The package, the test and the unit that runs it.
add_test() {
  local added=$work/added
  mkdir -p "$added/opt/test" "$added/etc/systemd/system/multi-user.target.wants" "$added/etc/keepalived"
  cp "$package" "$here/guest_test.sh" "$here/keepalived.conf" \
    "$project/appliance/image/root/usr/lib/systemd/system/holdfast.service.d/haproxy.conf" "$project/test/lab/checks.sh" "$added/opt/test/"
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
}

main
