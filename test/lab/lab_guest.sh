#!/usr/bin/env bash
# The inside of `make lab`: brings everything up, says what to try, and offers the commands for it. See lab.sh.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=test/lab/play.sh
source "$here/play.sh"
port=$1

trap 'lab_down; exit' TERM INT HUP
modprobe ip_vs
echo "Bringing up the lab: a client, two directors, two web servers ..."
lab_up || exit 1
boot dir1
boot dir2
lab_forward dir1 8404 8404
lab_forward dir2 8404 8405
eventually 60 holds_vip dir1 || {
  echo "dir1 did not become master:"
  log dir1
  exit 1
}
eventually 30 servers_are "$LAB_NAT_VIP" "rs1 rs2" || echo "The web servers do not answer yet."

cat <<END

The lab is up.

  Stats pages   http://127.0.0.1:$port/stats (dir1)   http://127.0.0.1:$((port + 1))/stats (dir2)
  Also there    /api/v1/status   /metrics   /stats;csv   /healthz
  Addresses     http://$LAB_NAT_VIP/ (NAT)   http://$LAB_DR_VIP/ (DR), seen from the client

Try, at the prompt below:

  requests            ten requests to each address, and who answered
  who                 who is master, and who holds which address
  crash dir1          dir1 loses its power; watch dir2's page, then: requests
  boot dir1           dir1 comes back
  down rs1            a web server dies; watch it turn red and leave the pool
  up rs1              it comes back
  table dir1          the kernel's table, by ipvsadm
  log dir1            what a director says
  reload dir1         dir1 reads its configuration ($LAB_STATE/dir1.conf) again

Everything of a Linux shell works, too: lab_exec dir1 ip address, lab_exec client curl $LAB_NAT_VIP, ...
Ctrl-C, or Ctrl-D at the prompt, ends the lab.

END

if [ -t 0 ]; then
  bash --rcfile "$here/play.sh" -i
else
  # No terminal: it runs until it is told to end. In the background, so that the trap is heard at once.
  sleep infinity &
  wait $!
fi
lab_down
