# shellcheck shell=bash
# The real servers of the benchmarks, in the network namespace that it is called in. Sourced.

# Any address of 10.64.0.0/16 is this machine's, and nginx takes what is asked of port 8000 of any.
start_servers() { # folder for nginx
  local folder=$1
  ip link set lo up
  ip route add local 10.64.0.0/16 dev lo
  sysctl -qw net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535
  mkdir -p "$folder"
  cat >"$folder/nginx.conf" <<-END
		pid $folder/nginx.pid;
		error_log /dev/null crit;
		worker_processes 1;
		worker_rlimit_nofile 65535;
		events { worker_connections 32768; multi_accept on; }
		http {
		  access_log off;
		  client_body_temp_path $folder/body;
		  proxy_temp_path $folder/proxy;
		  fastcgi_temp_path $folder/fastcgi;
		  uwsgi_temp_path $folder/uwsgi;
		  scgi_temp_path $folder/scgi;
		  server {
		    listen 8000 backlog=65535;
		    return 200 "ok\n";
		  }
		}
	END
  nginx -c "$folder/nginx.conf" -e /dev/null
}
