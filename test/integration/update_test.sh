#!/usr/bin/env bash
# `holdfast update` beside a running daemon, on loopback: over https with connections that break, refused as master, handed over
# to a peer first; then the same over the API of the daemon, from a web server and by an upload. The partitions are files, GRUB's account is kept by the appliance's own script; nothing is started.
#
# Usage: test/integration/update_test.sh     with HOLDFAST, default dist/holdfast
set -uo pipefail

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
if [ -z "${INSIDE:-}" ]; then
  work=$(mktemp -d)
  user=()
  if [ "$(id -u)" -ne 0 ]; then user=(--map-root-user); fi
  INSIDE=$work HOLDFAST=${HOLDFAST:-$project/dist/holdfast} unshare "${user[@]}" --mount --net --pid --fork --kill-child --mount-proc bash "${BASH_SOURCE[0]}"
  status=$?
  rm -rf "$work"
  exit $status
fi

work=$INSIDE
root=$work/root
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
# shellcheck source=test/integration/appliance_root.sh
source "$here/appliance_root.sh"
update_tool() { "$DENO" run --quiet --allow-read --allow-write --allow-env --no-lock "$project/appliance/image/update.ts" "$@"; }

# The appliance with slot a running, its partitions and GRUB's account.
make_root() {
  local file folder
  make_appliance_root
  cp "$project/appliance/image/root/usr/lib/holdfast/slot" "$root/usr/lib/holdfast/slot"
  update_tool public-key "$work/release" >"$root/usr/lib/holdfast/update_keys"
  printf '#!/bin/sh\necho "systemctl $*"\necho "$*" >/run/systemctl\n' >"$root/fake/systemctl"
  chmod +x "$root"/fake/*
  echo vda >"$root/run/holdfast/disk"
  while read -r file folder; do
    mkdir "$root/sys/class/block/vda/$file"
    echo "PARTNAME=$folder" >"$root/sys/class/block/vda/$file/uevent"
    truncate -s 1M "$root/dev/$file"
  done < <(printf 'vda6 boot-b\nvda7 root-b\n')
  for file in grubenv grubenv2; do
    { printf '# GRUB Environment Block\norder=a b\na_left=3\na_ok=1\nb_left=0\nb_ok=0\nvalid=1\n' && printf '%01024d' 0 | tr 0 '#'; } |
      head -c 1024 >"$root/grub/$file"
  done
}

marks() { sed -n '/_/p' "$root/grub/grubenv" | tr -d '#' | paste -sd' '; }
has_vip() { ip -4 -o address show dev lan | grep -q ' 192.0.2.100/'; }
peer_has_vip() { nsenter --target "$peer" --net ip -4 -o address show dev lan | grep -q ' 192.0.2.100/'; }
# The snapshot that updates are refused by is behind the kernel.
knows_it() { has_vip && appliance /holdfast vrrp --json | grep '"state": "master"' >/dev/null; }
fails() { ! "$@"; }
# Waits for the end of the command: the next update would meet its lock.
says() { # text, command...
  local text=$1 said
  shift
  said=$("$@" 2>&1)
  grep -q -- "$text" <<<"$said" || { echo "$said" && return 1; }
}

head -c 200000 /dev/urandom >"$work/boot.img"
head -c 900000 /dev/urandom >"$work/root.img"
update_tool new-key "$work/release"
update_tool make "$work/release" 9.0.1 "$work/boot.img" "$work/root.img" "$work/good"
update_tool new-key "$work/stranger"
update_tool make "$work/stranger" 9.0.2 "$work/boot.img" "$work/root.img" "$work/foreign"
make_root
cp "$work/good" "$work/foreign" "$root/tmp/"
ip link set lo up
serve() { # file, bytes..., how answers end
  "$DENO" run --quiet --allow-net --allow-read --allow-write --no-lock "$project/test/image/serve.ts" "$work/$1" "$root/ca.pem" "$work/$1.port" "${@:2}" &
}
ln "$work/good" "$work/slow"
serve good 150000 400000
serve foreign 150000 400000
serve slow 300000 300000 silent
check "servers are there" eventually 30 test -s "$work/good.port" -a -s "$work/foreign.port" -a -s "$work/slow.port"
sleep 0.2
slow=https://127.0.0.1:$(cat "$work/slow.port")/update
good=https://127.0.0.1:$(cat "$work/good.port")/update
foreign=https://127.0.0.1:$(cat "$work/foreign.port")/update

echo "-- over https"
check "a server that nobody vouches for is refused" says certificate appliance /holdfast update "$good"
check "http is refused" says 'over https only' appliance /holdfast update "http${good#https}"
check "what a stranger has signed is refused" says 'not signed by a key' appliance /holdfast update --ca /ca.pem "$foreign"
check_equal "nothing was done" "$(marks) $(tr -d '\0' <"$root/dev/vda6" | wc -c)" "a_left=3 a_ok=1 b_left=0 b_ok=0 0"
appliance /holdfast update --ca /ca.pem "$good" >"$work/said" 2>&1
check_equal "an update is taken" $? 0
check "after the connection broke, twice at least" [ "$(grep -c 'trying again' "$work/said")" -ge 2 ]
check "it is what was signed" cmp --bytes=200000 "$work/boot.img" "$root/dev/vda6"
check "all of it" cmp --bytes=900000 "$work/root.img" "$root/dev/vda7"
check_equal "the slot is armed" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=0"

echo "-- as master"
unshare --net sleep 1000 &
peer=$!
has_own_net() { [ "$(readlink "/proc/$peer/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }
check "the peer has a network of its own" eventually 30 has_own_net
ip link add lan type veth peer name lan netns "$peer"
ip address add 192.0.2.1/24 dev lan
ip link set lan up
nsenter --target "$peer" --net sh -c 'ip link set lo up; ip address add 192.0.2.2/24 dev lan; ip link set lan up'
configuration() { # priority
  printf 'vrrp_instance web {\n interface lan\n virtual_router_id 51\n priority %s\n advert_int 1\n version 3\n virtual_ipaddress {\n 192.0.2.100/24\n }\n}\n' "$1"
}
configuration 150 >"$work/left.conf"
configuration 100 >"$work/right.conf"
"$HOLDFAST" run -f "$work/left.conf" --api off --journal off >"$work/left.log" 2>&1 &
left=$!
check "it is master" eventually 20 knows_it
check "a master is not updated" says 'this machine is master of web; --failover-first' appliance /holdfast update /tmp/good
check "nor when no peer is there to take over" fails appliance /holdfast update --failover-first /tmp/good
check "and stays master" has_vip
check "nor by force: a failover without a peer comes back" says 'no peer has taken web over' appliance /holdfast update --failover-first --force /tmp/good
check "it is master again" eventually 10 knows_it
check "unless it is told" appliance /holdfast update --while-master /tmp/good
on_terminal() { script --quiet --return --command "HOLDFAST_GRUB=/grub PATH=/fake:/usr/bin:/usr/sbin chroot $root /holdfast update --while-master /tmp/good" /dev/null; }
check "on a terminal it says how far it is" says '% of 2 MB.*all is here' eval "on_terminal </dev/null | tr -d '\n'"
nsenter --target "$peer" --net "$HOLDFAST" run -f "$work/right.conf" --api off --journal off >"$work/right.log" 2>&1 &
check "an update that is foreign takes nothing from it, whatever is asked" fails appliance /holdfast update --failover-first /tmp/foreign
check "it is master still" has_vip
# A backup is silent: that it is there is known to whoever starts the update.
check "the peer is there" eventually 20 grep -q 'Entering BACKUP STATE' "$work/right.log"
check "a peer that was never heard is not trusted to be there" says 'no peer of web has been heard' appliance /holdfast update --failover-first /tmp/good
{ head -c 300000 "$work/good" && sleep 60; } > >(appliance /holdfast update --failover-first --force - >"$work/said" 2>&1) &
feeder=$!
check "an update that waits for its bytes has handed over first" eventually 20 peer_has_vip
is_unstarted() { [[ $(marks) == *b_left=0* ]]; }
check "its slot is not started" eventually 10 is_unstarted
pkill -INT -f '^/holdfast update'
check "interrupted, it gives the address back at once" eventually 10 has_vip
check "and says so" eventually 10 grep -q 'error: interrupted: nothing of it is started' "$work/said"
kill "$feeder"
check "and ends" eventually 10 fails pgrep -f '^/holdfast update'
appliance /holdfast update --failover-first --force --reboot /tmp/good >"$work/said" 2>&1
check_equal "forced, it is taken" $? 0
check "and hands over first" grep -q 'handed over to the peer: web' "$work/said"
check "and starts again" grep -qx reboot "$root/run/systemctl"
check "the peer has the address" peer_has_vip
sleep 5 # longer than it waits for a master that is silent
check "it does not take it back meanwhile" fails has_vip

echo "-- over the API"
stop() { kill "$1" 2>/dev/null && while kill -0 "$1" 2>/dev/null; do sleep 0.1; done; }
stop "$left"
cp "$root/ca.pem" "$root/config/update_ca.pem"
for file in grubenv grubenv2; do
  { printf '# GRUB Environment Block\norder=a b\na_left=3\na_ok=1\nb_left=0\nb_ok=0\nvalid=1\n' && printf '%01024d' 0 | tr 0 '#'; } |
    head -c 1024 >"$root/grub/$file"
done
admin=hf_admin_admin_admin_admin_admin_admin_admin_admin
operator=hf_operator_operator_operator_operator_operator_op
{
  printf 'api:\n  socket: /run/holdfast/api.sock\n  tokens:\n'
  printf '    - { name: %s, sha256: "%s", role: %s }\n' release-bot "$(printf %s $admin | sha256sum | cut -d' ' -f1)" admin \
    ops "$(printf %s $operator | sha256sum | cut -d' ' -f1)" operator
  printf 'vrrp_instance:\n  web: { interface: lan, virtual_router_id: 51, version: 3, advert_int: 1, priority: 150, virtual_ipaddress: [192.0.2.100/24] }\n'
} >"$root/holdfast.yaml"
# As systemd does: a socket of root's, and a process for each connection.
(cd / && HOLDFAST_GRUB=/grub PATH=/fake:/usr/bin:/usr/sbin exec systemd-socket-activate --accept --inetd --setenv=HOLDFAST_GRUB --setenv=PATH \
  --listen="$root/run/holdfast/updater.sock" chroot "$root" /holdfast updater) >"$work/updater.log" 2>&1 &
HOLDFAST_GRUB=/grub PATH=/fake:/usr/bin:/usr/sbin chroot "$root" /holdfast run -f /holdfast.yaml --journal /tmp/journal >"$work/api.log" 2>&1 &
api() { # method, path, curl's arguments...
  local method=$1 path=$2
  shift 2
  curl -s -m 60 -X "$method" -H "Authorization: Bearer $admin" "$@" "http://127.0.0.1:8404/api/v1$path"
}
json() { api "$@" -H 'Content-Type: application/json'; }
upload() { # file, query, curl's arguments...
  local file=$1 query=$2
  shift 2
  api PUT "/update/image?$query" -H 'Content-Type: application/octet-stream' --data-binary "@$file" "$@"
}
field() { python3 -c 'import json, sys; value = json.load(sys.stdin)
for name in sys.argv[1].split("."): value = value[int(name)] if isinstance(value, list) else value[name]
print(value)' "$1"; }
task_ended() { [ "$(api GET "/tasks/$1" | field state)" != running ]; }
ends() { # task: waits for it, prints its state and text
  eventually 60 task_ended "$1"
  api GET "/tasks/$1" | field state
}
serves() { [ "$(api GET /update -o /dev/null -w '%{http_code}')" = 200 ]; }
check "the API serves" eventually 30 serves
check_equal "it knows the slots" "$(api GET /update | field text)" "slot a runs, and is started next"
check "it is master, once the hold of the update before has gone" eventually 30 knows_it
check "an operator may not update" [ "$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $operator" -H 'Content-Type: application/json' -d '{"url":"https://x/"}' http://127.0.0.1:8404/api/v1/update)" = 403 ]
check "nor anybody upload" [ "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -H 'Content-Type: application/octet-stream' -d x http://127.0.0.1:8404/api/v1/update/image)" = 403 ]
# shellcheck disable=SC2016 # words of the API
check_equal "a master is not updated" "$(json POST /update -d "{\"url\":\"$good\"}" | field detail)" \
  'this machine is master of web: `failoverFirst` hands that over to a peer before, `whileMaster` goes on all the same'
check_equal "nothing was done" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
: >"$root/dev/vda6" && truncate -s 1M "$root/dev/vda6"
: >"$root/dev/vda7" && truncate -s 1M "$root/dev/vda7"
task=$(json POST /update -d "{\"url\":\"$good\",\"whileMaster\":true,\"reason\":\"test\"}" | field task)
check_equal "told to, it is taken from a web server whose connections break" "$(ends "$task")" succeeded
check "it is what was signed" cmp --bytes=200000 "$work/boot.img" "$root/dev/vda6"
check "all of it" cmp --bytes=900000 "$work/root.img" "$root/dev/vda7"
check_equal "the slot is armed" "$(marks)" "a_left=3 a_ok=1 b_left=3 b_ok=0"
check_equal "the task says what it was" "$(api GET "/tasks/$task" | field version) $(api GET "/tasks/$task" | field slot) $(api GET "/tasks/$task" | field actor)" "9.0.1 b token release-bot"
check_equal "and how far it came" "$(api GET "/tasks/$task" | field progress.bytes)" "$(stat -c %s "$work/good")"
check_equal "the slot, who brought it and who signed it" "$(api GET /update | field nextSlot) $(api GET /update | field slots.1.version) $(api GET /update | field slots.1.provenance.by)" "b 9.0.1 token release-bot"
check "the page has it" says '<dd>a, next b (9.0.1)</dd>.*<dd>succeeded: slot b is written' \
  curl -s -H "Authorization: Bearer $admin" http://127.0.0.1:8404/stats
check "the audit has it" grep -q '"action":"update".*"outcome":"done"' <(api GET /audit)
check "and the journal" grep -q 'version 9.0.1, signed with the key' <(appliance /holdfast events)

: >"$root/dev/vda7" && truncate -s 1M "$root/dev/vda7"
task=$(upload "$work/good" whileMaster=true | field task)
check_equal "an upload is taken" "$(ends "$task")" succeeded
check "it is what was signed" cmp --bytes=900000 "$work/root.img" "$root/dev/vda7"
before=$(marks)
check "what a stranger has signed is refused at once" grep -q 'not signed by a key' <(upload "$work/foreign" whileMaster=true)
check_equal "and writes nothing" "$(marks)" "$before"
head -c 500000 "$work/good" >"$work/short"
task=$(upload "$work/short" whileMaster=true | field task)
check_equal "one that ends too early comes to nothing" "$(ends "$task")" failed
check_equal "and its slot is not started" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
upload "$work/good" whileMaster=true --limit-rate 20k -m 300 >"$work/said" &
sender=$!
is_coming() {
  local all
  all=$(api GET /tasks)
  [ "$(field 0.state <<<"$all")" = running ] && [ "$(field 0.progress.bytes <<<"$all")" -gt 200000 ]
}
check "an upload is under way" eventually 60 is_coming
cancelled=$(json POST /update:cancel -d '{"reason":"wrong night"}' | field task)
check_equal "it is cancelled" "$(ends "$cancelled") $(api GET "/tasks/$cancelled" | field text)" \
  "cancelled cancelled (token release-bot: wrong night): nothing of it is started"
wait "$sender"
check "its sender hears of it" grep -q '"status":409.*wrong night' "$work/said"
check_equal "and its slot is not started" "$(marks)" "a_left=3 a_ok=1 b_left=0 b_ok=0"
task=$(json POST /update -d "{\"url\":\"$slow\",\"whileMaster\":true}" | field task)
check "so is one whose web server has fallen silent" eventually 20 is_coming
json POST /update:cancel >/dev/null
check_equal "at once" "$(ends "$task") $(api GET "/tasks/$task" | field text)" "cancelled cancelled (token release-bot): nothing of it is started"
check "after it nothing is under way" grep -q 'no update is under way' <(json POST /update:cancel)
check_equal "without a slot that was healthy there is no way back" "$(ends "$(json POST /update:rollback | field task)")" failed
check_equal "the slot that runs was found healthy before" "$(json POST /update:confirm | field text)" "slot a was found healthy before"
check "the api role has no privilege" [ "$(for process in /proc/[0-9]*; do
  if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q 'holdfast api '; then sed -n 's/^CapEff:\s*//p' "$process/status"; fi; done)" = 0000000000000000 ]
sees_peer() { appliance /holdfast vrrp --json | grep 192.0.2.2 >/dev/null; }
eventually 20 sees_peer
rm -f "$root/run/systemctl"
task=$(upload "$work/good" 'failoverFirst=true&force=true&reboot=true' | field task)
check_equal "failover first: it is taken" "$(ends "$task")" succeeded
check "the peer has the address" eventually 10 peer_has_vip
check "and this one not" eventually 10 fails has_vip
check "and it starts again" eventually 10 grep -qx reboot "$root/run/systemctl"
summary
