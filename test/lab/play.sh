# shellcheck shell=bash
# What the lab's prompt offers. Sourced, also as the start-up file of its shell.

lab_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/topology.sh
source "$lab_folder/topology.sh"
# shellcheck source=test/lab/checks.sh
source "$lab_folder/checks.sh"
# shellcheck source=test/lab/directors.sh
source "$lab_folder/directors.sh"
PS1='lab> '

# Starts a director: the first time, and after a crash.
boot() { # node
  reboot_director "$1"
  if ! [ -e "$LAB_STATE/$1.conf" ]; then cp "$lab_folder/$1.conf" "$LAB_STATE/$1.conf"; fi
  start_director holdfast "$1" "$LAB_STATE/$1.conf"
  disown
}

crash() { # node
  crash_director "$1"
}

reload() { # node
  kill -HUP "$(director_pid "$1")"
}

down() { # web server
  lab_web_stop "$1"
}

up() { # web server
  lab_web_start "$1"
}

who() {
  local node
  for node in dir1 dir2; do
    if holds_vip "$node"; then echo "$node is master"; else echo "$node is not master"; fi
    ip -n "$LAB_PREFIX$node" -4 -br address | grep -v ^lo
  done
}

requests() {
  local address
  for address in "$LAB_NAT_VIP" "$LAB_DR_VIP"; do
    echo "http://$address/"
    for _ in 1 2 3 4 5 6 7 8 9 10; do lab_request "http://$address/" || echo nobody; done | sort | uniq -c
  done
}

table() { # node
  lab_exec "$1" ipvsadm -Ln --stats
}

log() { # node
  tail -n 30 "$DIRECTOR_LOGS/holdfast-$1.log"
}
