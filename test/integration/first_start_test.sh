#!/usr/bin/env bash
# The console's questions on the first start, answered on a terminal, until the daemon has the virtual address: the real console,
# first-start and take-config, in a root that looks like the appliance. systemd and mounts are played.
#
# Usage: test/integration/first_start_test.sh     with HOLDFAST, default dist/holdfast
set -uo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
if [ -z "${INSIDE:-}" ]; then
  work=$(mktemp -d)
  user=()
  if [ "$(id -u)" -ne 0 ]; then user=(--map-root-user); fi
  INSIDE=$work HOLDFAST=${HOLDFAST:-$project/dist/holdfast} unshare "${user[@]}" --mount --net --uts --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}"
  status=$?
  rm -rf "$work"
  exit $status
fi

work=$INSIDE
root=$work/root
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
# shellcheck source=test/integration/appliance_root.sh
source "$here/appliance_root.sh"

make_appliance_root
# What is written there is not this machine's.
umount "$root/etc"
(cd /etc && cp -r passwd group nsswitch.conf ld.so.cache alternatives "$root/etc/") 2>/dev/null
mkdir -p "$root"/etc/{systemd/network,holdfast} "$root"/sys/class/net/enp0s{2,3}/device
: >"$root/etc/holdfast/keepalived.conf"
: >"$root/dev/tty"
mount --bind /dev/tty "$root/dev/tty"
cp "$project"/appliance/image/root/usr/lib/holdfast/{first-start,take-config} "$root/usr/lib/holdfast/"
cp "$project/appliance/image/root/etc/systemd/network/80-dhcp.network" "$root/etc/systemd/network/"
printf '#!/bin/sh\n' >"$root/fake/nft"
# The daemon is started as its unit does, and the network as systemd-networkd would.
cat >"$root/fake/systemctl" <<'END'
#!/bin/sh
echo "systemctl $*" >>/run/systemctl
case "$*" in
"restart systemd-networkd") ip address add "$(sed -n s/Address=//p /etc/systemd/network/10-console-enp0s3.network)" dev enp0s3 ;;
*"restart holdfast")
  /usr/lib/holdfast/take-config >/run/take-config
  . /run/holdfast/environment
  setsid holdfast run --use-file "$HOLDFAST_CONFIG" --journal off --api off >/run/daemon 2>&1 </dev/null &
  ;;
esac
END
chmod +x "$root"/fake/*
ln -s /holdfast "$root/fake/holdfast"
ip link set lo up
for card in enp0s2 enp0s3; do ip link add $card type veth peer name "p$card" && ip link set $card up && ip link set "p$card" up; done
key="ssh-ed25519 $(head -c 51 /dev/zero | base64 -w0) me@laptop"

# Waits for each question, then answers it.
steps=()
ask() { steps+=("wait:$1" "send:$2\\r"); }
ask 'Host name [holdfast]' 'not a name'
ask 'Not so: letters, digits and dashes' 'first'
ask 'Network card for management' '1'
ask 'Address of enp0s2 with prefix length' ''
ask 'Network card for VRRP' ''
ask 'Address of enp0s3 with prefix length' '192.0.2.1/24'
ask 'Virtual router id' '77'
ask 'Role of this machine' 'master'
ask 'Virtual address' '192.0.2.300'
ask 'Not so: this is not an address' '192.0.2.100/24'
ask 'Address of the peer' ''
ask 'Public ssh key' "$key"
ask 'TCP port of a virtual server' ''
ask 'virtual_router_id 77' 'yes'
steps+=('wait:Written to HOLDFAST and used' 'send:\r' 'wait:Press a number' 'send:0' 'wait:VRRP       VI_1 MASTER' 'signal:15')
timeout 200 python3 "$project/test/support/in_terminal.py" 24x80 "${steps[@]}" -- \
  env PATH=/fake:/usr/bin:/usr/sbin chroot "$root" /holdfast console /dev/tty >"$work/said" 2>"$work/errors"
check_equal "each question came, and its answer was taken" "$(grep -o '"failed": [^}]*' "$work/said")" '"failed": null'
cat "$work/errors"
has_vip() { ip -4 -o address show dev enp0s3 | grep -q ' 192.0.2.100/'; }
check "the daemon has the virtual address" eventually 30 has_vip
check_equal "the host name" "$(uname -n) $(cat "$root/etc/hostname")" "first first"
check_equal "ssh's key" "$(cat "$root/run/holdfast/ssh/authorized_keys")" "$key"
check_equal "what is on HOLDFAST" "$(cd "$root/config" && find . -type f | sort | paste -sd' ')" \
  "./authorized_keys ./hostname ./keepalived.conf ./management ./network/10-console-enp0s2.network ./network/10-console-enp0s3.network ./network/80-dhcp.network"
check "the last good configuration was kept" cmp "$root/config/keepalived.conf" "$root/state/config/keepalived.conf"
check "ssh and the firewall heard of it" [ "$(grep -c -e 'start ssh' -e 'restart holdfast-firewall' "$root/run/systemctl")" = 2 ]
summary
