#!/bin/sh
# Holdfast on aarch64: its calls of the C library with that processor's layouts, an instance, a virtual server in IPVS with a
# check, fail-over's end. Runs as the first process of the guest of aarch64_test.sh.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 LC_ALL=C
busybox mount -t proc proc /proc
busybox mount -t sysfs sys /sys
busybox mount -t devtmpfs dev /dev
busybox mount -t tmpfs tmpfs /run
busybox mount -t tmpfs tmpfs /tmp
mkdir -p /run/lock
/sbin/ip link set lo up
trap 'poweroff -f' EXIT

# As test/lab/checks.sh, for a shell without arrays.
passed=0
failed=0
check() { # title, command...
  title=$1
  shift
  if "$@" >/tmp/said 2>&1; then
    echo "ok   $title"
    passed=$((passed + 1))
  else
    echo "FAIL $title"
    sed 's/^/     /' /tmp/said | tail -n 30
    failed=$((failed + 1))
  fi
}
eventually() { # seconds, command...
  until_s=$(($(cut -d. -f1 /proc/uptime) + $1))
  shift
  while ! "$@"; do
    if [ "$(cut -d. -f1 /proc/uptime)" -ge "$until_s" ]; then return 1; fi
    sleep 1
  done
}

echo "-- aarch64"
check "it is" test "$(uname -m)" = aarch64
check "epoll, signals, netlink, sockets, scheduling: tests of src/linux" \
  /bin/sh -c 'cd /project/src/linux && DENO_DIR=/tmp/deno exec /usr/lib/holdfast/deno test --quiet --allow-all --no-check --no-lock --cached-only \
    --no-config epoll_test.ts real_time_signal_test.ts netlink_socket_test.ts probe_sockets_test.ts scheduling_test.ts file_lock_test.ts'
tail -n 3 /tmp/said | sed 's/^/     /'

modprobe -a ip_vs ip_vs_wlc veth
/sbin/ip link add eth0 type veth peer name eth1
/sbin/ip netns add client
/sbin/ip link set eth1 netns client
/sbin/ip address add 192.0.2.1/24 dev eth0
/sbin/ip link set eth0 up
/sbin/ip -n client address add 192.0.2.9/24 dev eth1
/sbin/ip -n client link set eth1 up
mkdir -p /tmp/www
echo hello >/tmp/www/index.html
/sbin/ip netns exec client busybox httpd -p 8080 -h /tmp/www
cat >/tmp/holdfast.conf <<-END
	global_defs {
	    script_user root
	}
	vrrp_instance web {
	    interface eth0
	    virtual_router_id 51
	    version 3
	    advert_int 1
	    priority 150
	    virtual_ipaddress {
	        192.0.2.100/24
	    }
	}
	vrrp_instance web6 {
	    interface eth0
	    virtual_router_id 51
	    version 3
	    advert_int 1
	    priority 150
	    virtual_ipaddress {
	        2001:db8::100/64
	    }
	}
	virtual_server 192.0.2.100 80 {
	    delay_loop 1
	    lb_algo wlc
	    lb_kind NAT
	    protocol TCP
	    real_server 192.0.2.9 8080 {
	        HTTP_GET {
	            url {
	                path /
	                status_code 200
	            }
	            connect_timeout 20
	        }
	    }
	}
END
echo "-- the package's program"
check "it says its version" holdfast --version
check "a configuration is good" holdfast check -f /tmp/holdfast.conf
holdfast run -f /tmp/holdfast.conf >/tmp/log 2>&1 &
supervisor=$!
has() { /sbin/ip -o address show dev eth0 | grep -q " $1/"; }
has_not() { ! has "$1"; }
live() { ipvsadm -Sn | grep -q -- '-r 192.0.2.9:8080'; }
started=$(cut -d. -f1 /proc/uptime)
check "it becomes master: IPv4" eventually 600 has 192.0.2.100
check "and IPv6" eventually 60 has 2001:db8::100
echo "     $(($(cut -d. -f1 /proc/uptime) - started)) s after its start"
check "the server that answers is in the kernel's table" eventually 120 live
check "status" holdfast status
sed 's/^/     /' /tmp/said
kill $supervisor
check "told to stop it takes its addresses away" eventually 60 has_not 192.0.2.100
ended() { ! kill -0 $supervisor 2>/dev/null; }
check "and ends" eventually 60 ended
# A role that is not there after a minute is started again: on a busy host the emulated machine is that slow.
check "nothing else is amiss" /bin/sh -c "! grep -v 'starting it again' /tmp/log | grep -iE 'error|cannot|uncaught'"
if [ "$failed" != 0 ]; then sed 's/^/     /' /tmp/log; fi
echo "$passed passed, $failed failed"
