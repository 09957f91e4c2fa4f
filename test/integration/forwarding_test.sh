#!/usr/bin/env bash
# Every way in which IPVS forwards, set up by Holdfast and used by a client: NAT, direct routing and three tunnels, over both
# versions of IP, for TCP, UDP and SCTP, by address and by firewall mark. A server that its check finds dead gets nothing of any.
#
# Usage: test/vm/run.sh -m 2048 -- test/integration/forwarding_test.sh
#
#     client .10     director .1     rs1 .11     rs2 .12        10.0.0.0/24 and 2001:db8::/64, one link
#
# The virtual addresses end in 101 (nat) to 107 (mark-dr). For NAT the client has another address, 10.1.0.10 and
# 2001:db8:1::10, that the servers reach through the director only; to its other address they answer at once.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/checks.sh
source "$here/../lab/checks.sh"

HOLDFAST=${HOLDFAST:-$here/../../dist/holdfast}
deno=$here/../../.tools/node_modules/@deno/linux-x64-glibc/deno
export DENO_DIR=/tmp/deno
log=${ARTEFACTS:-/tmp}/holdfast-forwarding.log
config=/tmp/forwarding.conf
ways=(nat dr ipip gue gre mark-nat mark-dr)
# TCP and UDP go every way; SCTP takes two of them: a tunnel looks into no protocol.
services=(nat/tcp nat/udp nat/sctp dr/tcp dr/udp dr/sctp ipip/tcp ipip/udp gue/tcp gue/udp gre/tcp gre/udp mark-nat/tcp mark-dr/tcp)
declare -A ports=([tcp]=80 [udp]=5300 [sctp]=9000)
check_port=8000
gue_port=6080

inside() { # node, command, argument...
  local node=$1
  shift
  ip netns exec "fw-$node" "$@"
}

own() { # family, last number
  if [ "$1" = 4 ]; then echo "10.0.0.$2"; else echo "2001:db8::$2"; fi
}

# The virtual address of a way.
vip() { # family, way
  local at
  for at in "${!ways[@]}"; do
    if [ "${ways[at]}" = "$2" ]; then own "$1" $((101 + at)); fi
  done
}

set_up() {
  local node number
  modprobe -a ip_vs ipip ip_gre ip6_tunnel ip6_gre fou fou6 sctp || return
  ip netns add fw-switch
  ip -n fw-switch link add bridge type bridge mcast_snooping 0
  ip -n fw-switch link set bridge up
  for node in client:10 director:1 rs1:11 rs2:12; do
    number=${node#*:} node=${node%:*}
    ip netns add "fw-$node" || return
    inside "$node" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
      net.ipv6.conf.all.accept_redirects=0 net.ipv6.conf.default.accept_redirects=0
    ip -n fw-switch link add "$node" type veth peer name eth0 netns "fw-$node"
    ip -n fw-switch link set "$node" master bridge up
    ip -n "fw-$node" link set lo up
    ip -n "fw-$node" link set eth0 up
    ip -n "fw-$node" address add "$(own 4 "$number")/24" dev eth0
    ip -n "fw-$node" address add "$(own 6 "$number")/64" dev eth0 nodad
  done
  set_up_director && set_up_client && set_up_server rs1 11 && set_up_server rs2 12
}

set_up_director() {
  local way
  inside director sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0 || return
  for way in "${ways[@]}"; do
    ip -n fw-director address add "$(vip 4 "$way")/32" dev eth0
    # Not for what the director asks by itself, as keepalived and Holdfast add them.
    ip -n fw-director address add "$(vip 6 "$way")/128" dev eth0 nodad preferred_lft 0
  done
  inside director nft -f - <<-END
		table inet marks {
		  chain prerouting {
		    type filter hook prerouting priority mangle
		    ip daddr $(vip 4 mark-nat) tcp dport { 80, 81 } mark set 41
		    ip daddr $(vip 4 mark-dr) tcp dport { 80, 81 } mark set 42
		    ip6 daddr $(vip 6 mark-nat) tcp dport { 80, 81 } mark set 61
		    ip6 daddr $(vip 6 mark-dr) tcp dport { 80, 81 } mark set 62
		  }
		}
	END
}

set_up_client() {
  local way
  ip -n fw-client address add 10.1.0.10/32 dev eth0
  ip -n fw-client address add 2001:db8:1::10/128 dev eth0 nodad preferred_lft 0
  ip -n fw-director route add 10.1.0.10 dev eth0
  ip -n fw-director route add 2001:db8:1::10 dev eth0
  for way in nat mark-nat; do
    ip -n fw-client route add "$(vip 4 $way)" dev eth0 src 10.1.0.10
    ip -n fw-client route add "$(vip 6 $way)" dev eth0 src 2001:db8:1::10
  done
}

set_up_server() { # node, last number of its addresses
  local node=$1 number=$2 way
  ip -n "fw-$node" route add default via 10.0.0.1
  ip -n "fw-$node" -6 route add default via 2001:db8::1
  inside "$node" "$HOLDFAST" realserver up "$(vip 4 dr)" "$(vip 6 dr)" "$(vip 4 mark-dr)" "$(vip 6 mark-dr)" >/dev/null || return
  inside "$node" "$HOLDFAST" realserver up --forwarding tun "$(vip 4 ipip)" "$(vip 6 ipip)" >/dev/null || return
  for way in gue gre; do
    ip -n "fw-$node" address add "$(vip 4 $way)/32" dev lo
    ip -n "fw-$node" address add "$(vip 6 $way)/128" dev lo nodad
  done
  ip -n "fw-$node" fou add port $gue_port gue
  ip -n "fw-$node" -6 fou add port $gue_port gue
  ip -n "fw-$node" link set gre0 up
  ip -n "fw-$node" link set ip6gre0 up
  # What comes in which wrapping.
  inside "$node" nft -f - <<-END
		table inet wrappings {
		  counter ipip4 {} ; counter ipip6 {} ; counter gue4 {} ; counter gue6 {} ; counter gre4 {} ; counter gre6 {}
		  chain prerouting {
		    type filter hook prerouting priority raw
		    iifname eth0 ip protocol 4 counter name ipip4
		    iifname eth0 ip6 nexthdr 41 counter name ipip6
		    iifname eth0 ip protocol udp udp dport $gue_port counter name gue4
		    iifname eth0 ip6 nexthdr udp udp dport $gue_port counter name gue6
		    iifname eth0 ip protocol 47 counter name gre4
		    iifname eth0 ip6 nexthdr 47 counter name gre6
		  }
		}
	END
  serve "$node" "$number"
}

# Everything says the name of the server. Datagrams are answered from the address that they were sent to.
serve() { # node, last number of its addresses
  local node=$1 number=$2 family way address
  local -a datagrams=()
  for family in 4 6; do
    for way in nat dr ipip gue gre; do
      address=$(vip $family $way)
      if [ $way = nat ]; then address=$(own $family "$number"); fi
      datagrams+=("$address")
      if [ $way != nat ] && [ $way != dr ]; then continue; fi
      if [ $family = 6 ]; then address="[$address]"; fi
      inside "$node" socat "SCTP$family-LISTEN:9000,fork,reuseaddr,bind=$address" "SYSTEM:echo $node" >/dev/null 2>&1 &
    done
  done
  # Not by a function, so that the process id is its own.
  ip netns exec "fw-$node" "$deno" run --quiet --allow-all --unstable-net --no-check --no-lock \
    "$here/forwarding_hosts.ts" server "$node" "${datagrams[@]}" >"/tmp/$node.out" 2>&1 &
  echo $! >"/tmp/$node.pid"
  eventually 60 grep -q ready "/tmp/$node.out"
}

real_servers() { # family, port or nothing
  local number
  for number in 11 12; do
    echo "  real_server $(own "$1" $number) ${2:-} {
    weight 1
    TCP_CHECK {
      connect_port $check_port
      connect_timeout 15
      retry 0
    }
  }"
  done
}

write_config() {
  local family service way protocol head port
  echo 'child_wait_time 30' >"$config"
  for family in 4 6; do
    for service in "${services[@]}"; do
      way=${service%/*} protocol=${service#*/}
      port=${ports[$protocol]}
      head="$(vip $family "$way") $port"
      case $way in
        mark-nat) head="fwmark ${family}1" port='' ;;
        mark-dr) head="fwmark ${family}2" port='' ;;
      esac
      # NAT alone can change the port.
      if [ "$service" = nat/tcp ]; then port=8080; fi
      echo "virtual_server $head {
  delay_loop 2
  lvs_sched rr
  protocol ${protocol^^}"
      if [[ $way == mark-* && $family = 6 ]]; then echo "  ip_family inet6"; fi
      case $way in
        nat | mark-nat) echo "  lvs_method NAT" ;;
        dr | mark-dr) echo "  lvs_method DR" ;;
        ipip) echo "  lvs_method TUN" ;;
        gue) echo "  lvs_method TUN type gue port $gue_port nocsum" ;;
        gre) echo "  lvs_method TUN type gre nocsum" ;;
      esac
      real_servers $family "$port"
      echo "}"
    done
  done >>"$config"
}

# Targets of TCP and UDP, a line each.
targets() {
  local family service way
  for family in 4 6; do
    for service in "${services[@]}"; do
      if [ "${service#*/}" != sctp ]; then echo "${service#*/}/$(vip $family "${service%/*}")/${ports[${service#*/}]}"; fi
    done
    for way in mark-nat mark-dr; do echo "tcp/$(vip $family $way)/81"; done
  done
}

ask_sctp() { # family, way
  local from
  from=$(own "$1" 10)
  if [ "$2" = nat ]; then from=${from/db8/db8:1} from=${from/10.0/10.1}; fi
  if [ "$1" = 6 ]; then from="[$from]"; fi
  local to
  to=$(vip "$1" "$2")
  if [ "$1" = 6 ]; then to="[$to]"; fi
  inside client timeout 8 socat -u "SCTP$1-CONNECT:$to:${ports[sctp]},bind=$from" -
}

sctp_answers_are() { # servers, family, way
  local servers
  servers=$(for _ in 1 2 3 4; do ask_sctp "$2" "$3" || echo none; done | sort -u | xargs)
  [ "$servers" = "$1" ] || { echo "answers of: $servers"; false; }
}

# Each service is answered by these servers and no others; what a target said is checked one by one.
all_services_are() { # servers
  local family service way address
  # shellcheck disable=SC2046 # a word each
  inside client "$deno" run --quiet --allow-all --unstable-net --no-check --no-lock \
    "$here/forwarding_hosts.ts" client "$1" $(targets) >/tmp/answers 2>&1
  for family in 4 6; do
    for service in "${services[@]}"; do
      way=${service%/*}
      if [ "${service#*/}" = sctp ]; then
        check "IPv$family $way sctp: $1" eventually 20 sctp_answers_are "$1" $family "$way"
        continue
      fi
      address=${service#*/}/$(vip $family "$way")/${ports[${service#*/}]}
      check_equal "IPv$family $way ${service#*/}" "$(grep -F "$address: " /tmp/answers)" "$address: $1"
    done
    for way in mark-nat mark-dr; do
      address=tcp/$(vip $family $way)/81
      check_equal "IPv$family $way, another port with the same mark" "$(grep -F "$address: " /tmp/answers)" "$address: $1"
    done
  done
}

table_has() { # number of real servers, last number of their addresses
  [ "$(inside director ipvsadm -Sn | grep -c -- "-r \(10.0.0.$2\|\[2001:db8::$2\]\)")" = "$1" ]
}

wrapped() { # wrapping
  local packets
  packets=$(inside rs2 nft list counter inet wrappings "$1" | awk '$1 == "packets" { print $2 }')
  echo "$packets packets"
  [ "$packets" -gt 0 ]
}

check "the link and its four hosts" set_up
if [ "$CHECKS_FAILED" -gt 0 ]; then cat /tmp/rs?.out; summary; exit; fi
write_config
ip netns exec fw-director "$HOLDFAST" run --api off -f "$config" >"$log" 2>&1 &
director=$!
check "the table has both servers of each service" eventually 60 table_has $((2 * ${#services[@]})) 11
all_services_are "rs1 rs2"
for wrapping in ipip4 ipip6 gue4 gue6 gre4 gre6; do
  check "$wrapping came wrapped so" wrapped $wrapping
done

kill -USR1 "$(cat /tmp/rs1.pid)"
check "a server whose check fails, and nothing else of it, leaves each service" eventually 40 table_has 0 11
all_services_are rs2
kill -TERM $director
wait $director
check_equal "Holdfast ends without leaving a virtual server" "$(inside director ipvsadm -Sn)" ""
for node in client director rs1 rs2; do
  ip netns pids "fw-$node" | xargs --no-run-if-empty kill -KILL
  ip netns delete "fw-$node"
done
ip netns delete fw-switch
summary
