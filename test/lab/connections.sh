# shellcheck shell=bash
# Servers that say their name and then whatever they are told, and connections from the client to them. Sourced after topology.sh.

# Where they listen, on every node.
port=7000

start_server() { # node
  ip netns exec "$LAB_PREFIX$1" socat "TCP-LISTEN:$port,fork,reuseaddr" SYSTEM:"echo $1; exec cat" 2>/dev/null &
}

# The name of the server that a new connection reaches, or `none`.
reached() { # virtual address (10.0.0.100)
  # shellcheck disable=SC2016 # expanded on the client
  lab_exec client timeout 20 bash -c 'exec 3<>"/dev/tcp/$0/$1" && read -r name <&3 && echo "$name"' "${1:-10.0.0.100}" "$port" 2>/dev/null || echo none
}

# The servers that four new connections reach.
all_reached() {
  for _ in 1 2 3 4; do reached; done | sort -u | xargs
}

reaches() { # servers
  [ "$(all_reached)" = "$1" ]
}

# Opens a connection that stays: what is written to its pipe comes back from the server, or LOST. Checks run in shells of their
# own, so that a process holds the pipe open.
open_connection() { # name, virtual address (10.0.0.100)
  mkfifo "/tmp/$1.in"
  # shellcheck disable=SC2016 # expanded on the client
  ip netns exec "${LAB_PREFIX}client" bash -c 'exec 3<>"/dev/tcp/$0/$1"; read -r name <&3; echo "$name"
    while read -r line; do echo "$line" >&3; read -t 30 -r back <&3 && echo "$back" || echo LOST; done' \
    "${2:-10.0.0.100}" "$port" <"/tmp/$1.in" >"/tmp/$1.out" 2>/dev/null &
  sleep 1000 >"/tmp/$1.in" 2>/dev/null &
  echo $! >"/tmp/$1.pid"
  eventually 10 test -s "/tmp/$1.out"
}

# The server that it reached.
server_of() { # connection
  head -n1 "/tmp/$1.out"
}

close_connection() { # name
  if [ -e "/tmp/$1.pid" ]; then kill "$(cat "/tmp/$1.pid")" 2>/dev/null; fi
  rm -f "/tmp/$1".*
}

# Says something on each connection, then waits for all answers.
talk() { # text, connection...
  local text=$1 name
  shift
  for name in "$@"; do echo "$text" >"/tmp/$name.in"; done
  for name in "$@"; do
    eventually 40 grep -qx -e "$text" -e LOST "/tmp/$name.out"
    if ! grep -qx "$text" "/tmp/$name.out"; then
      echo "$name: $(xargs <"/tmp/$name.out")"
      return 1
    fi
  done
}
