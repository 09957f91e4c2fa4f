# shellcheck shell=bash
# Directors on the lab's nodes dir1 and dir2: Holdfast or Debian's keepalived, from the same configuration files.
# Sourced after topology.sh and checks.sh.
#
# HOLDFAST is the program (dist/holdfast), HOLDFAST_OPTIONS further options for it; ARTEFACTS the folder for logs.

HOLDFAST=${HOLDFAST:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/dist/holdfast}
HOLDFAST_OPTIONS=()
DIRECTOR_LOGS=${ARTEFACTS:-/tmp}

# Starts a director; not by lab_exec, so that the process id is its own. Holdfast serves its pages on 127.0.0.1:8404 of the node.
start_director() { # holdfast or keepalived, node, configuration (the node's)
  local kind=$1 node=$2 files=$LAB_STATE/$1-$2 config
  config=${3:-$(dirname "${BASH_SOURCE[0]}")/$2.conf}
  if [ "$kind" = holdfast ]; then
    ip netns exec "$LAB_PREFIX$node" "$HOLDFAST" run -f "$config" "${HOLDFAST_OPTIONS[@]}" >>"$DIRECTOR_LOGS/holdfast-$node.log" 2>&1 &
  else
    rm -f "$files".*.pid # a killed one left them, and would not start beside itself
    ip netns exec "$LAB_PREFIX$node" keepalived --dont-fork --log-console --log-detail --use-file "$config" \
      --pid "$files.main.pid" --vrrp_pid "$files.vrrp.pid" --checkers_pid "$files.checkers.pid" \
      >>"$DIRECTOR_LOGS/keepalived-$node.log" 2>&1 &
  fi
  echo $! >"$LAB_STATE/director-$node.pid"
}

director_pid() { # node
  cat "$LAB_STATE/director-$1.pid"
}

# Ends a director in good order, and waits for it.
stop_director() { # node
  local pid
  pid=$(director_pid "$1")
  kill -TERM "$pid"
  wait "$pid" 2>/dev/null
}

# The process id of one of Holdfast's child roles.
role_pid() { # node, vrrp or health or api
  local pid
  for pid in $(ip netns pids "$LAB_PREFIX$1"); do
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q " $2 --link "; then
      echo "$pid"
      return
    fi
  done
  return 1
}

# Succeeds once a role runs as another process than before.
role_is_new() { # node, role, old process id
  local now
  now=$(role_pid "$1" "$2") && [ "$now" != "$3" ]
}

role_runs() { # node, role
  lab_exec "$1" "$HOLDFAST" status 2>/dev/null | grep "^roles: .*$2 running" >/dev/null
}

# Kills a role as a crash would, and waits until it works again.
kill_role() { # node, role
  local old
  old=$(role_pid "$1" "$2") || return
  kill -KILL "$old"
  eventually 30 role_is_new "$1" "$2" "$old" && eventually 60 role_runs "$1" "$2"
}

# As a loss of power: nothing is withdrawn, nothing is said.
crash_director() { # node
  lab_cables "$1" down
  ip netns pids "$LAB_PREFIX$1" | xargs --no-run-if-empty kill -KILL
}

# What a new start of the machine leaves: no addresses, no table, the cables in.
reboot_director() { # node
  lab_exec "$1" ipvsadm --clear
  ip -n "$LAB_PREFIX$1" address delete "$LAB_NAT_VIP/24" dev eth0 2>/dev/null
  ip -n "$LAB_PREFIX$1" address delete "$LAB_DR_VIP/24" dev eth0 2>/dev/null
  ip -n "$LAB_PREFIX$1" address delete "$LAB_GATEWAY_VIP/24" dev eth1 2>/dev/null
  lab_cables "$1" up
}

holds_vip() { # node
  ip -n "$LAB_PREFIX$1" -br address show dev eth0 | grep -q " $LAB_NAT_VIP/" &&
    ip -n "$LAB_PREFIX$1" -br address show dev eth1 | grep -q " $LAB_GATEWAY_VIP/"
}

holds_no_vip() { # node
  ! ip -n "$LAB_PREFIX$1" -br address | grep -E " ($LAB_NAT_VIP|$LAB_DR_VIP|$LAB_GATEWAY_VIP)/"
}

# The servers that answer four requests, each once and sorted: `rs1 rs2` when the requests alternate.
servers_of() { # virtual address
  for _ in 1 2 3 4; do lab_request "http://$1/" || echo none; done | sort -u | xargs
}

servers_are() { # virtual address, servers
  [ "$(servers_of "$1")" = "$2" ]
}

# Packets that came in for a virtual server, by the count of the director's kernel, which is up to 2 s behind.
packets_of() { # node, virtual address
  lab_exec "$1" ipvsadm -Ln --stats --exact -t "$2:80" | awk '$1 == "TCP" { print $4 }'
}

counts_packets() { # node, virtual address
  [ "$(packets_of "$1" "$2")" -gt 0 ]
}

alternate() { # virtual address
  local replies
  replies=$(for _ in 1 2 3 4 5 6; do lab_request "http://$1/" || echo none; done | xargs)
  echo "replies: $replies"
  [ "$replies" = "rs1 rs2 rs1 rs2 rs1 rs2" ] || [ "$replies" = "rs2 rs1 rs2 rs1 rs2 rs1" ]
}

# What a director serves.
director_page() { # node, path
  lab_exec "$1" curl -sf -m 5 "http://127.0.0.1:8404$2"
}

# Requests one after the other in the background, a line each in the file: time in seconds, server or `none`.
start_traffic() { # virtual address, file, limit of a request in seconds (1)
  : >"$2"
  : >"$2.on"
  while [ -e "$2.on" ]; do
    echo "$(date +%s.%N | cut -c1-14) $(lab_request "http://$1/" "${3:-1}" || echo none)" >>"$2"
  done 2>/dev/null &
  TRAFFIC_PID=$!
}

# What happens to the addresses of a node from now on: a request that waits long may not notice that one was missing.
watch_addresses() { # node, file
  ip -n "$LAB_PREFIX$1" monitor address >"$2" 2>/dev/null &
  WATCH_PID=$!
}

stop_watching() {
  kill "$WATCH_PID"
  wait "$WATCH_PID" 2>/dev/null
}

# No virtual address for traffic was taken away, while others were: so somebody was watching.
kept_addresses() { # file
  grep -E '^Deleted' "$1" >/dev/null && ! grep -E "^Deleted.* ($LAB_NAT_VIP|$LAB_DR_VIP)/" "$1"
}

stop_traffic() { # file
  rm -f "$1.on"
  wait "$TRAFFIC_PID" 2>/dev/null
}

# The longest time between two answered requests, in seconds.
longest_gap() { # file of requests
  awk '$2 != "none" { if (last && $1 - last > gap) gap = $1 - last; last = $1 } END { printf "%.1f\n", gap }' "$1"
}

answered() { # file of requests
  grep -vc ' none$' "$1"
}

unanswered() { # file of requests
  grep -c ' none$' "$1"
}
