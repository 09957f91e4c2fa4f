# shellcheck shell=bash
# The real servers of the benchmarks, in the network namespace that it is called in. Sourced.
# shellcheck source=test/lab/nginx.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../lab/nginx.sh"

# Any address of 10.64.0.0/16 is this machine's, and nginx takes what is asked of port 8000 of any.
start_servers() { # folder for nginx
  local folder=$1
  ip link set lo up
  ip route add local 10.64.0.0/16 dev lo
  sysctl -qw net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535
  mkdir -p "$folder"
  nginx_config "$folder" "worker_connections 32768; multi_accept on;" 'listen 8000 backlog=65535; return 200 "ok\n";' \
    "error_log /dev/null crit;" "worker_rlimit_nofile 65535;" >"$folder/nginx.conf"
  nginx -c "$folder/nginx.conf" -e /dev/null
}
