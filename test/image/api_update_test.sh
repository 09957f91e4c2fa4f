#!/usr/bin/env bash
# The appliance updated over its API: an upload that is refused as master, one that is taken, started and healthy; and back.
#
# Usage: test/image/api_update_test.sh [IMAGE]     beside it are the images of its slot, as make image leaves them
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
make_updates

make_disk_of box
update_tool public-key "$work/release" | put_config box update_keys
put_config box holdfast.yaml <<-END
	api: { socket: /run/holdfast/api.sock }
	vrrp_instance:
	  web: { interface: enp0s3, virtual_router_id: 51, priority: 150, virtual_ipaddress: [192.0.2.100/24] }
END
printf '[Match]\nName=enp0s2\n\n[Network]\nDHCP=yes\n' | put_config box network/20-dhcp.network
printf '[Match]\nName=enp0s3\n\n[Network]\nAddress=192.0.2.1/24\n' | put_config box network/20-link.network
power_on box bios 1
check "slot a becomes healthy" eventually $boot_seconds runs_healthy_in a

# The socket of the API, by ssh.
reach() {
  rm -f "$work/api"
  ssh -q -f -N -i "$work/key" -p "${ssh_port[box]}" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o ExitOnForwardFailure=yes -o ServerAliveInterval=5 -L "$work/api:/run/holdfast/api.sock" root@127.0.0.1
}
api() { # method, path, curl's arguments...
  local method=$1 path=$2
  shift 2
  curl -s -m 300 --unix-socket "$work/api" -X "$method" "$@" "http://localhost/api/v1$path"
}
json() { api "$@" -H 'Content-Type: application/json'; }
upload() { api PUT "/update/image?$1" -H 'Content-Type: application/octet-stream' -T "$work/good"; }
field() { python3 -c 'import json, sys; value = json.load(sys.stdin)
for name in sys.argv[1].split("."): value = value[int(name)] if isinstance(value, list) else value[name]
print(value)' "$1" 2>/dev/null; }
text_is() { [ "$(api GET /update | field text)" = "$1" ]; }
is_master() { on box ip -4 -o address show dev enp0s3 | grep -q ' 192.0.2.100/'; }
ended() { [ "$(api GET "/tasks/$1" | field state)" != running ]; }
check "it is master" eventually 180 is_master
check "the API is reached" eventually 120 reach
check "slot a runs, and is the next one" eventually 30 text_is "slot a runs, and is started next"
check "a master is not updated" grep -q 'this machine is master of web' <(upload '')
start=$SECONDS
task=$(upload 'whileMaster=true' | field task)
check "told to, an upload is taken" [ -n "$task" ]
check "and comes to its end" eventually 200 ended "$task"
check_equal "a good one" "$(api GET "/tasks/$task" | field state): $(api GET "/tasks/$task" | field text)" \
  "succeeded: slot b is written. It is started by \`systemctl reboot\`, which hands the addresses to a peer first"
echo "     $(($(stat -c %s "$work/good") / 1000000)) MB in $((SECONDS - start)) s"
check_equal "GRUB tries it first" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=0"
check_equal "who has brought it" "$(api GET /update | field slots.1.version) $(api GET /update | field slots.1.provenance.from) $(api GET /update | field slots.1.provenance.by)" \
  "9.0.1 upload local administrator"
check "no address was lost" is_master
check "it starts" reboot_box
check "slot b becomes healthy" eventually $boot_seconds runs_healthy_in b
check "the API is reached" eventually 120 reach
check "it says so" eventually 120 text_is "slot b runs, and is started next"
task=$(json POST /update:rollback | field task)
check "the way back" eventually 60 ended "$task"
check "is slot a" eventually 30 text_is "slot b runs, slot a is started next"
check "no unit has failed" [ "$(on box systemctl --failed --no-legend --plain | tee "$work/failed")" = "" ]
cat "$work/failed"
summary
