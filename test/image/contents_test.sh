#!/usr/bin/env bash
# What is in the appliance's image and what must not be: secrets, privileges, traces of the machine that built it, units that
# nobody asked for. And what is beside it: SBOM, licences, checksums. Starts no machine.
#
# Usage: test/image/contents_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
set -uo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
image=${1:-$project/dist/holdfast-appliance-amd64.img.zst}
base=${image%.img.zst}
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
mkdir -p "$project/.cache/image"
work=$(mktemp -d "$project/.cache/image/test.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
tree=$work/root

unsquashfs -quiet -no-progress -dest "$tree" "$base/root.img" >/dev/null
# Mode, owner, path of all that is in it.
unsquashfs -lln "$base/root.img" >"$work/list"

in_tree() { (cd "$tree" && "$@"); }
text_with() { in_tree grep -rlIE -- "$1" . 2>/dev/null | sort | head; }

echo "-- privileges"
check_equal "nothing is setuid or setgid" "$(awk '$1 ~ /s/ && $1 ~ /^-/' <"$work/list")" ""
check_equal "all belongs to root" "$(awk '$1 ~ /^[-dl]/ && $2 != "0/0"' "$work/list")" ""
check_equal "everybody may write to what is temporary only" \
  "$(awk '$1 ~ /^[-d].......w/ { print $NF }' "$work/list" | sort | paste -sd' ')" ""
check_equal "there are no devices in it" "$(awk '$1 ~ /^[bcps]/' "$work/list")" ""

echo "-- secrets"
check_equal "nobody has a password" "$(cut -d: -f2 "$tree/etc/shadow" | sort -u)" "*"
check_equal "others may not read where they would be" "$(stat -c %a "$tree/etc/shadow")" 600
check_equal "no private key" "$(text_with 'BEGIN [A-Z ]*PRIVATE KEY')" ""
check_equal "no key of ssh" "$(in_tree find . -name 'ssh_host_*' -o -name authorized_keys -o -name 'id_*' -path '*ssh*')" ""
check_equal "no identity: the machine makes its own" "$(cat "$tree/etc/machine-id")" ""
check_equal "nothing of the machine that built it" "$(grep -rlF -- "$project" "$tree" | head)" ""
check_equal "keys of updates are public ones, of 32 bytes" "$(grep -vE '^[A-Za-z0-9+/]{43}= ' "$tree/usr/lib/holdfast/update_keys" 2>/dev/null)" ""
check_equal "nor has root files of its own" "$(in_tree find root home srv -mindepth 1)" ""

echo "-- what runs"
check_equal "units that are wanted" "$(in_tree find etc/systemd/system -path '*.wants/*' -printf '%f\n' | sort | paste -sd' ')" \
  "holdfast-confirm.service holdfast-console.service holdfast-credentials.service holdfast-firewall.service holdfast-updater.socket holdfast.service ssh.service systemd-networkd-wait-online.service systemd-networkd.service systemd-resolved.service systemd-timesyncd.service"
check_equal "no socket waits for somebody from outside" \
  "$(in_tree grep -rlE '^Listen(Stream|Datagram)=[0-9[]' usr/lib/systemd/system/sockets.target.wants etc/systemd/system 2>/dev/null)" ""
for what in "PasswordAuthentication no" "KbdInteractiveAuthentication no" "PermitRootLogin prohibit-password"; do
  check "sshd: $what" grep -qx "$what" "$tree/etc/ssh/sshd_config"
done
check_equal "no login on a terminal" "$(in_tree find etc/systemd/system -name '*getty*' ! -lname /dev/null)" ""
check_equal "no package manager, no compiler, no perl" "$(in_tree find usr/bin usr/sbin -name 'apt*' -o -name 'dpkg*' -o -name perl -o -name gcc)" ""

echo "-- beside it"
check "checksums" in_tree sh -c "cd '$(dirname "$base")' && sha256sum --quiet --check '$(basename "$base").sha256'"
check "SBOM: SPDX 2.3, every package with version, licence and checksum" python3 - "$base.spdx.json" <<-'END_OF_PYTHON'
	import json, sys
	document = json.load(open(sys.argv[1]))
	assert document["spdxVersion"] == "SPDX-2.3"
	packages = document["packages"]
	assert len(packages) > 100, len(packages)
	for package in packages:
	    assert package["versionInfo"] and package["licenseDeclared"], package
	names = {package["name"] for package in packages}
	missing = {"holdfast", "haproxy", "bird2", "systemd", "openssh-server", "hono", "raw-socket"} - names - {"raw-socket"}
	assert not missing, missing
END_OF_PYTHON
check_equal "every package of Debian's brings its copyright text along" \
  "$(for deb in "$project"/.cache/image/debs/*.deb; do
    name=$(basename "$deb" | cut -d_ -f1)
    case $name in linux-image-*) continue ;; esac
    [ -e "$tree/usr/share/doc/$name" ] || echo "$name"
  done)" ""
compressed=$(($(stat -c %s "$image") / 1000000))
check "at most 250 MB to download" [ "$compressed" -le 250 ]
echo "     $compressed MB compressed; the slot's root $(($(stat -c %s "$base/root.img") / 1000000)) MB of 536, kernel and initramfs $(($(stat -c %s "$base/boot.img") / 1000000)) MB of 50"
echo "     unpacked: $(du -sm "$tree" | cut -f1) MB; of it $(in_tree du -sm usr/bin/holdfast usr/lib/modules usr/lib/x86_64-linux-gnu usr/sbin/haproxy usr/lib/systemd usr/share/doc | awk '{ printf "%s%s %s MB", sep, $2, $1; sep = ", " }')"
summary
