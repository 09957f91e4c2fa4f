#!/usr/bin/env bash
# Updates the appliance: over ssh and over https with a connection that breaks, as master, with the power cut while one is
# written; what nobody trusted has signed and what is cut short is refused.
#
# Usage: [CUTS=3] test/image/update_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
trap 'power_off_all; kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
make_updates
update_tool new-key "$work/stranger"
update_tool make "$work/stranger" 9.0.2 "$images/boot.img" "$images/root.img" "$work/foreign"
head -c 20000000 "$work/good" >"$work/short"
# Hangs up after 30 MB of the first answer, and then after 50 of each.
"$DENO" run --quiet --allow-net --allow-read --allow-write --no-lock "$here/serve.ts" "$work/good" "$work/ca.pem" "$work/port" 30000000 50000000 &
server=$!
check "the server of updates is there" eventually 20 test -s "$work/port"

make_disk_of box
update_tool public-key "$work/release" | put_config box update_keys
printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n\n[Link]\nRequiredForOnline=no\n' | put_config box network/20-dhcp.network
put_config box ca.pem <"$work/ca.pem"
power_on box bios 1
check "slot a becomes healthy" eventually $boot_seconds runs_healthy_in a

echo "-- what must not be taken"
check "an update that a stranger has signed is refused" refuses "$work/foreign"
check "nothing was written: slot b is as empty as before" on box "head -c 1000000 /dev/vda6 | tr -d '\\0' | wc -c | grep -qx 0"
check "an update that ends too early is refused" refuses "$work/short"
check_equal "slot b is not to be started" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
check "there is nothing to go back to" on box "! holdfast rollback"

echo "-- a master"
printf 'vrrp_instance web {\n interface enp0s3\n virtual_router_id 51\n priority 150\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n' >"$work/conf"
on box "mount -o remount,rw /config && echo $(base64 -w0 "$work/conf") | base64 -d >/config/keepalived.conf && ip address add 192.0.2.1/24 dev enp0s3 && ip link set enp0s3 up && systemctl reload holdfast"
is_master() { on box ip -4 -o address show dev enp0s3 | grep -q ' 192.0.2.100/'; }
check "it is one" eventually 60 is_master
check "is not updated" grep -q 'this machine is master of web; --failover-first' <(send "$work/good" 2>&1)
check "nor with --failover-first, when there is no peer" refuses "$work/good" --failover-first
check "and goes on being master" is_master
check_equal "slot b is as it was" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
check "unless it is told" send "$work/good" --while-master
on box "rm /config/keepalived.conf; sync; mount -o remount,ro /config; systemctl reload holdfast"

is_prepared() { [[ $(marks) == *"b_left=0"* ]]; }
echo "-- power cut while an update is written"
for ((moment = 0; moment < ${CUTS:-3}; moment++)); do
  send "$work/good" >/dev/null 2>&1 &
  sending=$!
  check "it is being written" eventually 100 is_prepared
  sleep $((moment * 2)).$((RANDOM % 10))
  power_off box
  wait "$sending"
  power_on box bios 1
  check "slot a is started and healthy" eventually $boot_seconds runs_healthy_in a
done

echo "-- over https, on a connection that breaks"
forward=(ssh -q -i "$work/key" -p "${ssh_port[box]}" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ExitOnForwardFailure=yes
  -R "8443:127.0.0.1:$(cat "$work/port")" root@127.0.0.1)
check "a server that nobody vouches for is refused" grep -q "certificate" <("${forward[@]}" holdfast update https://127.0.0.1:8443/update 2>&1)
timeout 300 "${forward[@]}" holdfast update --ca /config/ca.pem https://127.0.0.1:8443/update >"$work/said" 2>&1
check_equal "it is taken" $? 0
check "after it stopped and went on" [ "$(grep -c 'trying again' "$work/said")" -ge 2 ]
check_equal "slot b is armed" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=0"
check "it starts" reboot_box
check "slot b becomes healthy" eventually $boot_seconds runs_healthy_in b
check_equal "and is good" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=1"
summary
