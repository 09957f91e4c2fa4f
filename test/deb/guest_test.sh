#!/bin/bash
# What the package does on a Debian with systemd: installed, migrated to, hurt, upgraded, purged. Runs in the guest of deb_test.sh.
set -uo pipefail
# shellcheck source=test/lab/checks.sh
source /opt/test/checks.sh
package=$(echo /opt/test/holdfast_*.deb)
vip=192.0.2.100

# Every file, link and folder with what it is and whose; not what logs and package tools write for themselves.
files() {
  find / -xdev \( -path /opt/test -o -path /var/log -o -path /run -o -path /tmp -o -path /var/cache -o -path /var/lib/dpkg \
    -o -path /var/lib/systemd -o -path /lower -o -path /upper -o -path /root -o -path /etc/machine-id \) -prune -o \
    \( -name '*-' -path '/etc/*' \) -o -printf '%p %y %m %U %G %l\n' | sort
  sort /etc/passwd /etc/group
}

fails() { ! "$@"; }
active() { systemctl --quiet is-active "$1"; }
has_vip() { ip -4 -o address show dev eth1 | grep -q " $vip/"; }
table() { ipvsadm -Sn | sort; }
main_pid() { systemctl show --property MainPID --value holdfast; }
role_pid() { pgrep -f "^/usr/bin/holdfast $1 --link"; }
restarts() { systemctl show --property NRestarts --value holdfast; }
restarted() { active holdfast && [ "$(restarts)" -gt "$1" ] && has_vip; }

# Succeeds if the table was whole at every look while the command ran.
table_stays() { # command...
  local before
  before=$(table)
  rm -f /tmp/stop /tmp/gaps
  while [ ! -e /tmp/stop ]; do
    if [ "$(table)" != "$before" ]; then table >>/tmp/gaps; fi
  done &
  local watcher=$!
  "$@"
  local status=$?
  touch /tmp/stop
  wait $watcher
  if [ -s /tmp/gaps ]; then
    cat /tmp/gaps
    return 1
  fi
  return $status
}

ip link add eth1 type veth peer name eth2
ip netns add client
ip link set eth2 netns client
ip address add 192.0.2.1/24 dev eth1
ip link set eth1 up
ip netns exec client ip address add 192.0.2.9/24 dev eth2
ip netns exec client ip link set eth2 up

echo "-- install"
systemctl --quiet stop '*.timer' # none of them changes a file meanwhile
files >/tmp/before
check "dpkg installs it" dpkg --install "$package"
check_equal "it is not started, and not enabled" "$(systemctl is-active holdfast) $(systemctl is-enabled holdfast)" "inactive disabled"
check_equal "nothing in it is setuid or setgid" "$(dpkg -L holdfast | xargs -d'\n' -I{} find {} -maxdepth 0 -perm /6000)" ""
check "it has the user of the api role" getent passwd holdfast
check "systemd finds nothing wrong with the unit" systemd-analyze verify holdfast.service
check "its manual is found" man -w 8 holdfast
check "and that of the configuration" man -w 5 holdfast.conf
check "the installed configuration is good" holdfast check -f /etc/holdfast/keepalived.conf
# shellcheck disable=SC2016 # expanded by the inner shell
check "bash completes its commands" bash -c 'source /usr/share/bash-completion/completions/holdfast; COMP_WORDS=(holdfast rel); COMP_CWORD=1; _holdfast; [ "${COMPREPLY[*]}" = reload ]'
check "it starts without anything configured" systemctl start holdfast
says_api() { [[ "$(systemctl show --property StatusText --value holdfast)" == api\ * ]]; }
check "and says so" eventually 30 says_api
systemctl stop holdfast

echo "-- from keepalived, as docs/migration.md says"
cp /opt/test/keepalived.conf /etc/keepalived/keepalived.conf
check "keepalived is master" eventually 60 bash -c 'systemctl start keepalived; ip -4 -o address show dev eth1 | grep -q 192.0.2.100/'
both_servers() { [ "$(ipvsadm -Sn | grep -c '^-a')" = 2 ]; }
check "and has the table" eventually 10 both_servers
before=$(table)
check "the same file is checked" holdfast check -f /etc/keepalived/keepalived.conf
echo HOLDFAST_CONFIG=/etc/keepalived/keepalived.conf >>/etc/default/holdfast
systemctl disable keepalived 2>/dev/null
start=$EPOCHREALTIME
systemctl enable --now holdfast 2>/dev/null
check "systemd has stopped keepalived for it" fails active keepalived
check "the address comes" eventually 60 has_vip
echo "     $(awk "BEGIN { print $EPOCHREALTIME - $start }") s from the command to the address"
check "the client reaches it" eventually 10 ip netns exec client ping -c1 -W1 $vip
as_before() { [ "$(table)" = "$before" ] || { table && return 1; }; }
check "the table is what keepalived had" eventually 30 as_before
all_run() { [ "$(systemctl show --property StatusText --value holdfast)" = "vrrp running, health running, api running" ]; }
check "systemd knows how the roles are" eventually 30 all_run

echo "-- privileges"
check_equal "capabilities are the seven of the unit" "$(sed -n 's/^CapBnd:\s*//p' "/proc/$(main_pid)/status")" 00000000008030e1
check_equal "the api role is its own user, without capabilities" \
  "$(ps -o user= -p "$(role_pid api)") $(sed -n 's/^CapEff:\s*//p' "/proc/$(role_pid api)/status")" "holdfast 0000000000000000"
check "the stats page answers" curl -sf -m 10 -o /dev/null http://127.0.0.1:8404/stats

echo "-- reload"
cp /etc/keepalived/keepalived.conf /tmp/good.conf
sed -i '$d' /etc/keepalived/keepalived.conf
check "a wrong file is refused" fails systemctl reload holdfast
check "and the service goes on" active holdfast
sed 's/priority 150/priority 160/' /tmp/good.conf >/etc/keepalived/keepalived.conf
check "a good one is taken over" table_stays systemctl reload holdfast
check "and the address stays" has_vip

echo "-- accidents"
count=$(restarts)
check "the supervisor is killed: the table stays, and it comes back with the address" \
  table_stays bash -c "kill -9 $(main_pid); $(declare -f eventually active has_vip restarts restarted); vip=$vip; eventually 90 restarted $count"
mkdir -p /etc/systemd/system/holdfast.service.d
printf '[Service]\nWatchdogSec=30\n' >/etc/systemd/system/holdfast.service.d/test.conf
systemctl daemon-reload
systemctl restart holdfast
check "with a short watchdog it stays up" bash -c "sleep 65; systemctl --quiet is-active holdfast"
count=$(restarts)
check "a supervisor that hangs is restarted by the watchdog: the table stays" \
  table_stays bash -c "kill -STOP $(main_pid); $(declare -f eventually active has_vip restarts restarted); vip=$vip; eventually 150 restarted $count"
rm -r /etc/systemd/system/holdfast.service.d
systemctl daemon-reload

echo "-- HAProxy, with the drop-in of docs/layer7.md and Debian's haproxy.cfg"
systemctl stop haproxy
mkdir -p /etc/systemd/system/holdfast.service.d
cp /opt/test/haproxy.conf /etc/systemd/system/holdfast.service.d/
cp /etc/haproxy/haproxy.cfg /tmp/haproxy.cfg
printf 'frontend web\n  bind %s:8080\n  http-request return status 200 content-type text/plain string hello\n' $vip >>/tmp/haproxy.cfg
holdfast convert --to yaml /etc/keepalived/keepalived.conf >/tmp/holdfast.yaml
printf 'haproxy: { config: /tmp/haproxy.cfg }\n' >>/tmp/holdfast.yaml
sed -i 's/^\( *\)priority: 160/&\n\1track_process: [haproxy]/' /tmp/holdfast.yaml
cp /etc/default/holdfast /tmp/default
echo HOLDFAST_CONFIG=/tmp/holdfast.yaml >>/etc/default/holdfast
check "the configuration is good" holdfast check -f /tmp/holdfast.yaml
systemctl daemon-reload
systemctl restart holdfast
haproxy_pid() { cut -d' ' -f1 /run/holdfast/haproxy/process; }
hello() { [ "$(ip netns exec client curl -s -m 10 http://$vip:8080/)" = hello ]; }
check "HAProxy answers at the virtual address" eventually 60 hello
check_equal "its worker is nobody special" \
  "$(ps -o user= --ppid "$(haproxy_pid)") $(sed -n 's/^CapEff:\s*//p' "/proc/$(pgrep -P "$(haproxy_pid)")/status")" "haproxy 0000000000000000"
check "its own socket is there" test -S /run/haproxy/admin.sock
check "it is reloaded with Holdfast" systemctl reload holdfast
check "and answers" eventually 10 hello
pid=$(haproxy_pid)
count=$(restarts)
kill -9 "$(main_pid)"
check "the supervisor is killed and comes back" eventually 90 restarted "$count"
check_equal "HAProxy went on" "$(haproxy_pid) $(ps -o comm= -p "$pid")" "$pid haproxy"
check "and answers" eventually 10 hello
systemctl stop holdfast
check "it ends with Holdfast" fails pgrep -x haproxy
rm -r /etc/systemd/system/holdfast.service.d /run/holdfast/haproxy
cp /tmp/default /etc/default/holdfast
systemctl daemon-reload
systemctl start holdfast
check "Holdfast goes on without it" eventually 60 has_vip
check "with its table" eventually 30 as_before

echo "-- upgrade, and removal"
pid=$(main_pid)
check "the same package again is an upgrade that drops nothing" table_stays dpkg --install "$package"
check_equal "the daemon was not restarted" "$(main_pid)" "$pid"
pid=$(role_pid health)
kill -9 "$pid"
is_back() { local now && now=$(role_pid health) && [ "$now" != "$pid" ] && all_run; }
check "a role that dies after it is started again" eventually 60 is_back
check "the service is as it was" active holdfast
check "dpkg purges it" dpkg --purge holdfast
check "no process is left" fails pgrep -f /usr/bin/holdfast
check "no address is left" fails has_vip
check_equal "no virtual server is left" "$(table)" ""
files | grep -v keepalived >/tmp/after
check "no file, folder or user is left" diff <(grep -v keepalived /tmp/before) /tmp/after
summary
