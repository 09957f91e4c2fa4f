#!/usr/bin/env bash
# In the test VM: what the benchmarks of IPVS need of the machine, then the benchmarks.
#
# Usage: test/vm/run.sh -m 2048 -t 470 -- test/bench/ipvs/guest.sh
set -euo pipefail

modprobe -a ip_vs ip_vs_wrr
# All real servers are this machine: any address of the network is answered here, and nginx takes what is asked of any.
ip link set lo up
ip route add local 10.64.0.0/16 dev lo
sysctl -qw net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535 net.ipv4.tcp_max_tw_buckets=262144
mkdir -p /tmp/nginx
cat >/tmp/nginx/nginx.conf <<-END
	pid /tmp/nginx/nginx.pid;
	error_log /dev/null crit;
	worker_processes 1;
	worker_rlimit_nofile 65535;
	events { worker_connections 32768; multi_accept on; }
	http {
	  access_log off;
	  client_body_temp_path /tmp/nginx/body;
	  proxy_temp_path /tmp/nginx/proxy;
	  fastcgi_temp_path /tmp/nginx/fastcgi;
	  uwsgi_temp_path /tmp/nginx/uwsgi;
	  scgi_temp_path /tmp/nginx/scgi;
	  server {
	    listen 8000 backlog=65535;
	    return 200 "ok\n";
	  }
	}
END
nginx -c /tmp/nginx/nginx.conf -e /dev/null

# The guest has no Deno of its own, and the project is read-only there.
export DENO_DIR=/tmp/deno HOLDFAST=/host/dist/holdfast DENO_NO_UPDATE_CHECK=1
exec .tools/node_modules/@deno/linux-x64-glibc/deno run --no-check --allow-all --no-lock --cached-only \
  test/bench/ipvs/guest.ts
