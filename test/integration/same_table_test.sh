#!/usr/bin/env bash
# The same configuration under keepalived and under Holdfast, side by side, gives the same table in the kernel: at the start, when
# servers fail, when the configuration is read again meanwhile, as they come back one after the other, and at the end. The same
# scripts are told of quorums.
#
# Usage: test/vm/run.sh -- test/integration/same_table_test.sh [configuration...]
#
# In a configuration a line that begins with "#+" is there after the reload only, one that ends with "#-" before it only.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/checks.sh
source "$here/../lab/checks.sh"
# shellcheck source=test/lab/nginx.sh
source "$here/../lab/nginx.sh"

HOLDFAST=${HOLDFAST:-$here/../../dist/holdfast}
logs=${ARTEFACTS:-/tmp}
programs=(keepalived holdfast)
# Configurations are tried as one, since what takes long is to wait, but for those with connection synchronisation, which is one
# for a kernel. Each has a director for each program, in a network namespace of its own, with 10.0.1.1, and servers in another.
# TCP port 80 of each server answers. 10.0.1.13 never fails: what configurations assume of it before the first check is so.
victim=10.0.1.11
others=(10.0.1.12 2001:db8:1::11 2001:db8:1::12)
servers=(10.0.1.13 "$victim" "${others[@]}")
steps=(start fail weigh fail_others reload come_back others_come_back stop)
# Tables have settled when they were the same for so long: checks are a second apart, with one retry a second later. Whether they
# are those of both programs is looked at for as long as it takes, up to the limit.
settle_seconds=10
limit_seconds=180

set_up() {
  local name program
  # Scripts and files are the same for all. The weight is that of a server that says it itself: 7, later 3, later it fails.
  echo 0 >/tmp/load
  echo 9 >/tmp/weight
  printf '#!/bin/sh\nexit "$(cat /tmp/weight)"\n' >/tmp/weigh
  printf '#!/bin/sh\necho "$@" >>"/tmp/$(ip netns identify $$).said"\n' >/tmp/say
  chmod +x /tmp/weigh /tmp/say
  modprobe ip_vs || return
  for name in "${names[@]}"; do
    revise "${files[$name]}" "/tmp/$name.before" '/^#[+]/d; s/ *#-$//'
    revise "${files[$name]}" "/tmp/$name.after" 's/^#[+]//; /#-$/d'
    for program in "${programs[@]}"; do
      connect "$name-$program" || return
      serve "$name-$program-servers" || return
    done
  done
}

revise() { # configuration, where to, what is changed
  sed -E "$3" "$1" >"$2"
}

connect() { # director
  ip netns add "$1"
  ip netns add "$1-servers"
  ip -n "$1" link add eth0 type veth peer name eth0 netns "$1-servers"
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 up
  ip -n "$1" address add 10.0.1.1/24 dev eth0
  ip -n "$1" address add 2001:db8:1::1/64 dev eth0 nodad
  ip -n "$1-servers" link set lo up
  ip -n "$1-servers" link set eth0 up
  local address
  for address in "${servers[@]}"; do
    if [[ $address == *:* ]]; then
      ip -n "$1-servers" address add "$address/64" dev eth0 nodad || return
    else
      ip -n "$1-servers" address add "$address/24" dev eth0 || return
    fi
  done
}

serve() { # namespace
  mkdir -p "/tmp/$1"
  configure_web "$1"
  ip netns exec "$1" nginx -c "/tmp/$1/nginx.conf" -e "/tmp/$1/error.log"
}

# Port 80 of all servers answers, but for those that are in ${ill[namespace]}: there it refuses.
configure_web() { # namespace
  local folder=/tmp/$1 address listens=""
  for address in "${servers[@]}"; do
    if [[ " ${ill[$1]:-} " = *" $address "* ]]; then continue; fi
    if [[ $address == *:* ]]; then listens+="listen [$address]:80; "; else listens+="listen $address:80; "; fi
  done
  nginx_config "$folder" "worker_connections 256;" "$listens" >"$folder/nginx.conf"
}

only_ill() { # namespace, address of a server...
  ill[$1]="${*:2}"
  configure_web "$1"
  kill -HUP "$(cat "/tmp/$1/nginx.pid")"
}

# The table in the words of ipvsadm-save, the timeouts and the connection synchronisation.
table() { # director
  ip netns exec "$1" sh -c 'ipvsadm -Sn | sort; ipvsadm -Ln --thresholds | sort; ipvsadm -Ln --timeout; ipvsadm -Ln --daemon'
}

# The guest has neither cmp nor diff.
equal() { # file, file
  [ "$(<"$1")" = "$(<"$2")" ]
}

same() { # file, file
  equal "$1" "$2" || { echo "keepalived, and Holdfast:"; comm -3 <(sort "$1") <(sort "$2"); false; }
}

look() {
  local name program
  for name in "${names[@]}"; do
    for program in "${programs[@]}"; do table "$name-$program" >"/tmp/$name-$program.now"; done
  done
}

all_same() {
  local name
  for name in "${names[@]}"; do equal "/tmp/$name-keepalived.now" "/tmp/$name-holdfast.now" || return; done
}

# Waits until the tables of both programs are the same, the first ones are others than after the step before, and none has changed
# for a while; or until the limit.
settle() {
  local deadline=$((SECONDS + limit_seconds)) since=$SECONDS before="" now
  while [ "$SECONDS" -lt "$deadline" ]; do
    look
    now=$(cat /tmp/*.now)
    if [ "$now" != "$before" ]; then since=$SECONDS; fi
    before=$now
    if [ $((SECONDS - since)) -ge "$settle_seconds" ] && all_same && changed; then return; fi
    sleep 0.5
  done
}

changed() {
  [ -z "${files[servers]:-}" ] || ! equal /tmp/servers-keepalived.now /tmp/servers-keepalived.last
}

filled() { # configuration
  ! equal "/tmp/$1.empty" "$logs/$1.start.table"
}

# In the order of each service: scripts of several run at once. The last ones may still run.
told_the_same() {
  local program
  for program in "${programs[@]}"; do sort -s -k1,1 "/tmp/servers-$program.said" >"$logs/$program.said"; done
  same "$logs/keepalived.said" "$logs/holdfast.said"
}

start_keepalived() { # configuration
  ip netns exec "$1-keepalived" keepalived --dont-fork --log-console --log-detail --use-file "/tmp/$1-keepalived.conf" \
    --pid "/tmp/$1.pid" --vrrp_pid "/tmp/$1-vrrp.pid" --checkers_pid "/tmp/$1-checkers.pid" >"$logs/keepalived-$1.log" 2>&1 &
}

start_holdfast() { # configuration
  ip netns exec "$1-holdfast" "$HOLDFAST" run --api off --journal off -f "/tmp/$1-holdfast.conf" >"$logs/holdfast-$1.log" 2>&1 &
}

step() { # step, configuration, program
  local director=$2-$3
  case $1 in
    start)
      cp "/tmp/$2.before" "/tmp/$director.conf"
      "start_$3" "$2"
      directors[$director]=$!
      ;;
    fail) only_ill "$director-servers" "$victim" ;;
    fail_others) only_ill "$director-servers" "$victim" "${others[@]}" ;;
    come_back) only_ill "$director-servers" "${others[@]}" ;;
    others_come_back) only_ill "$director-servers" ;;
    reload)
      cp "/tmp/$2.after" "/tmp/$director.conf"
      kill -HUP "${directors[$director]}"
      ;;
    stop) kill -TERM "${directors[$director]}" ;;
  esac
}

# What the files say that are the same for all.
say() { # step
  case $1 in
    weigh) echo 5 >/tmp/weight && echo -2 >/tmp/load ;;
    fail_others) echo 1 >/tmp/weight ;;
    others_come_back) echo 0 >/tmp/weight && echo 4 >/tmp/load ;;
  esac
}

declare -A files=() directors=() ill=()
if [ $# -eq 0 ]; then set -- "$here"/tables/*.conf; fi
for file in "$@"; do
  if grep -q lvs_sync_daemon "$file"; then
    files[$(basename "$file" .conf)]=$file
  else
    files[servers]=/tmp/servers.conf
    cat "$file" >>/tmp/servers.conf
  fi
done
names=("${!files[@]}")
check "servers that answer" set_up
[ "$CHECKS_FAILED" -eq 0 ] || exit 1
look
for name in "${names[@]}"; do cp "/tmp/$name-keepalived.now" "/tmp/$name.empty"; done

for step in "${steps[@]}"; do
  if [ -n "${files[servers]:-}" ]; then cp /tmp/servers-keepalived.now /tmp/servers-keepalived.last; fi
  say "$step"
  for name in "${names[@]}"; do
    for program in "${programs[@]}"; do step "$step" "$name" "$program"; done
  done
  began=$SECONDS
  if [ "$step" = stop ]; then wait "${directors[@]}"; fi
  settle
  check "keepalived's table changes with \"${step//_/ }\" ($((SECONDS - began)) s)" changed
  for name in "${names[@]}"; do
    check "$name: the same table after \"${step//_/ }\"" same "/tmp/$name-keepalived.now" "/tmp/$name-holdfast.now"
    cp "/tmp/$name-keepalived.now" "$logs/$name.$step.table"
  done
done
for name in "${names[@]}"; do
  check "$name: keepalived has filled a table" filled "$name"
done
if [ -n "${files[servers]:-}" ]; then
  check "scripts were told" test -s /tmp/servers-keepalived.said
  check "and they were told the same" eventually 20 told_the_same
fi
summary
