# shellcheck shell=bash
# The network of the lab, in network namespaces of one machine. Sourced; needs root, iproute2 and, for the web
# servers, nginx. Knows nothing of what runs on the directors. Needs no IPVS: VRRP alone can be tried on any kernel.
#
#              client 10.0.0.10                          virtual addresses, on the master:
#                  |eth0                                   10.0.0.100  port 80, masquerading (NAT)
#   ===front=======+========================== 10.0.0.0/24  10.0.0.101  port 80, direct routing (DR)
#     |eth0 .1   |eth0 .2    |eth0 .11  |eth0 .12          10.0.1.254  gateway of the NAT replies
#   +------+   +------+    +-----+    +-----+
#   | dir1 |   | dir2 |    | rs1 |    | rs2 |             rs1 and rs2 also have 10.0.0.101 on lo,
#   +------+   +------+    +-----+    +-----+             and do not answer ARP for it
#     |eth1 .1   |eth1 .2    |eth1 .11  |eth1 .12
#   ===back=================================== 10.0.1.0/24
#
# A masqueraded request reaches a real server at 10.0.1.1x, with the client's source address. The client is also a
# neighbour on the front network, so a rule sends what leaves 10.0.1.1x to 10.0.1.254: back through the master.
# With direct routing the request comes in on the front network, and the reply goes to the client at once.
# The bridges `front` and `back` are in a namespace of their own, `switch`.
#
# shellcheck disable=SC2034 # the names are for those who source this
#
# LAB_PREFIX goes in front of each namespace name, so that a lab on a busy machine meets nobody else's (default: none).

LAB_PREFIX=${LAB_PREFIX:-}
LAB_STATE=${LAB_STATE:-/tmp/lab-$LAB_PREFIX$UID}
LAB_NODES=(switch client dir1 dir2 rs1 rs2)

LAB_NAT_VIP=10.0.0.100
LAB_DR_VIP=10.0.0.101
LAB_GATEWAY_VIP=10.0.1.254

# The whole lab: network and web servers. Takes away an older lab of the same prefix first.
lab_up() {
  lab_network_up || return
  lab_web_start rs1 || return
  lab_web_start rs2
}

lab_network_up() {
  local node
  lab_down
  mkdir -p "$LAB_STATE"
  for node in "${LAB_NODES[@]}"; do
    ip netns add "$LAB_PREFIX$node" || return
  done
  lab_ip switch <<-END || return
		link set lo up
		link add front type bridge
		link add back type bridge
		link set front up
		link set back up
	END

  # Before the interfaces are made: they inherit rp_filter. Requests and replies take different interfaces here.
  for node in client dir1 dir2 rs1 rs2; do
    lab_sysctl "$node" net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
  done
  lab_sysctl dir1 net.ipv4.ip_forward=1
  lab_sysctl dir2 net.ipv4.ip_forward=1

  lab_plug client eth0 front 10.0.0.10/24 || return
  lab_plug dir1 eth0 front 10.0.0.1/24 && lab_plug dir1 eth1 back 10.0.1.1/24 || return
  lab_plug dir2 eth0 front 10.0.0.2/24 && lab_plug dir2 eth1 back 10.0.1.2/24 || return
  lab_plug rs1 eth0 front 10.0.0.11/24 && lab_plug rs1 eth1 back 10.0.1.11/24 || return
  lab_plug rs2 eth0 front 10.0.0.12/24 && lab_plug rs2 eth1 back 10.0.1.12/24 || return

  for node in rs1 rs2; do
    lab_sysctl "$node" net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
    lab_ip "$node" <<-END || return
			address add $LAB_DR_VIP/32 dev lo
			route add 10.0.1.0/24 dev eth1 table 100
			route add default via $LAB_GATEWAY_VIP dev eth1 table 100
			rule add from 10.0.1.0/24 lookup 100
		END
  done

  # With IPVS in the kernel: a connection to a server that has left the pool ends instead of hanging.
  for node in dir1 dir2; do
    if lab_exec "$node" test -e /proc/sys/net/ipv4/vs/expire_nodest_conn; then
      lab_sysctl "$node" net.ipv4.vs.expire_nodest_conn=1
    fi
  done
}

# Ends every process in the namespaces, then removes them. No lab, nothing to do.
lab_down() {
  local node pid
  local -a pids
  if [ -e "$LAB_STATE/forwards" ]; then
    while read -r pid; do kill "$pid" 2>/dev/null; done <"$LAB_STATE/forwards"
  fi
  for node in "${LAB_NODES[@]}"; do
    if ! [ -e "/run/netns/$LAB_PREFIX$node" ]; then continue; fi
    mapfile -t pids < <(ip netns pids "$LAB_PREFIX$node")
    if [ ${#pids[@]} -gt 0 ]; then kill -KILL "${pids[@]}" 2>/dev/null; fi
    ip netns delete "$LAB_PREFIX$node"
  done
  rm -rf "$LAB_STATE"
}

# Runs a command on a node.
lab_exec() { # node, command, argument...
  local node=$1
  shift
  ip netns exec "$LAB_PREFIX$node" "$@"
}

# Pulls all cables of a node, or plugs them in again.
lab_cables() { # node, up or down
  local port
  for port in $(ip -n "${LAB_PREFIX}switch" -o link show | awk -F '[ :@]+' -v node="$1-" 'index($2, node) == 1 { print $2 }'); do
    ip -n "${LAB_PREFIX}switch" link set "$port" "$2" || return
  done
}

# Starts nginx on a real server, on port 80 of all its addresses. It answers with the name of the server.
lab_web_start() { # node
  local folder=$LAB_STATE/$1
  mkdir -p "$folder"
  cat >"$folder/nginx.conf" <<-END
		pid $folder/nginx.pid;
		error_log $folder/error.log;
		worker_processes 1;
		events { worker_connections 256; }
		http {
		  access_log $folder/access.log;
		  client_body_temp_path $folder/body;
		  proxy_temp_path $folder/proxy;
		  fastcgi_temp_path $folder/fastcgi;
		  uwsgi_temp_path $folder/uwsgi;
		  scgi_temp_path $folder/scgi;
		  default_type text/plain;
		  server {
		    listen 80;
		    location / { return 200 "$1\n"; }
		  }
		}
	END
  lab_exec "$1" nginx -c "$folder/nginx.conf" -e "$folder/error.log"
}

# Stops it as a crash would: connections are refused from now on.
lab_web_stop() { # node
  local -a pids
  mapfile -t pids < <(ip netns pids "$LAB_PREFIX$1" | while read -r pid; do
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = nginx ]; then echo "$pid"; fi
  done)
  kill -KILL "${pids[@]}"
}

# One request from the client; prints the name of the server that answered, or fails within the limit.
lab_request() { # URL, limit in seconds (2)
  lab_exec client curl -sf -m "${2:-2}" "$1"
}

# Makes a TCP port of 127.0.0.1 on a node reachable on the machine that holds the namespaces, until lab_down.
lab_forward() { # node, its port, port here (the same)
  socat "TCP-LISTEN:${3:-$2},fork,reuseaddr" \
    "EXEC:ip netns exec $LAB_PREFIX$1 socat STDIO TCP\:127.0.0.1\:$2" &
  echo $! >>"$LAB_STATE/forwards"
}

# Several ip commands on a node, from the standard input, in one process.
lab_ip() { # node
  ip -n "$LAB_PREFIX$1" -batch -
}

lab_sysctl() { # node, name=value...
  local node=$1
  shift
  lab_exec "$node" sysctl -qw "$@"
}

# An interface on a node, its other end on a bridge of the switch, named node-interface.
lab_plug() { # node, interface, bridge, address/length
  lab_ip switch <<-END &&
		link add $1-$2 type veth peer name $2 netns $LAB_PREFIX$1
		link set $1-$2 master $3 up
	END
    lab_ip "$1" <<-END
			link set lo up
			link set $2 up
			address add $4 dev $2
		END
}
