#!/usr/bin/env bash
# Boots the appliance's image and uses it as a person would: on UEFI and on BIOS, configured on its partition, wrongly
# configured, as a pair of which one loses its power and is updated as master.
#
# Usage: test/image/image_test.sh [IMAGE]
set -uo pipefail

# shellcheck source=test/image/begin.sh
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
# shellcheck source=test/image/updates.sh
source "$here/updates.sh"
make_updates

configuration() { # priority
  cat <<-END
		vrrp_instance web {
		    interface lan
		    virtual_router_id 51
		    priority $1
		    virtual_ipaddress {
		        192.0.2.100/24
		    }
		}
		virtual_server 192.0.2.100 80 {
		    lb_algo wlc
		    lb_kind NAT
		    protocol TCP
		    real_server 192.0.2.11 80 {
		    }
		}
	END
}

# The link's card gets a name and an address, the other one DHCP: with files on the partition, in DOS's lines.
settings() { # machine, number
  make_disk_of "$1"
  echo "$1" | put_config "$1" hostname
  update_tool public-key "$work/release" | put_config "$1" update_keys
  printf '[Match]\r\nMACAddress=52:54:00:00:01:0%s\r\n\r\n[Link]\r\nName=lan\r\n' "$2" | put_config "$1" network/10-lan.link
  printf '[Match]\r\nName=lan\r\n\r\n[Network]\r\nAddress=192.0.2.%s/24\r\n' "$2" | put_config "$1" network/10-lan.network
  printf '[Match]\r\nName=en*\r\n\r\n[Network]\r\nDHCP=yes\r\n' | put_config "$1" network/20-dhcp.network
}

has_vip() { on "$1" ip -4 -o address show dev lan | grep -q ' 192.0.2.100/'; }
boot_time() { on "$1" cat /proc/uptime | cut -d' ' -f1; }

echo "-- two appliances: one on BIOS, one on UEFI"
settings left 1
configuration 150 | put_config left keepalived.conf
settings right 2
configuration 100 | put_config right keepalived.conf
start=$SECONDS
power_on left bios 1
power_on right uefi 2
check "BIOS: it becomes healthy" eventually $boot_seconds healthy left
echo "     $((SECONDS - start)) s after power on, two machines at a time; its uptime is $(boot_time left) s"
check "UEFI: it becomes healthy" eventually $boot_seconds healthy right
echo "     $((SECONDS - start)) s after power on, two machines at a time; its uptime is $(boot_time right) s"
check "the host name is that of the partition" [ "$(on left uname -n)" = left ]
check "the virtual address is on the one with the higher priority" eventually 30 has_vip left
check "and not on the other" [ "$(on right 'ip -4 -o address show dev lan | grep -c 192.0.2.100/')" = 0 ]
check_equal "the virtual server is in the kernel" "$(on left ipvsadm -Sn)" $'-A -t 192.0.2.100:80 -s wlc\n-a -t 192.0.2.100:80 -r 192.0.2.11:80 -m -w 1'
check "the firewall lets it in, and nothing that is not ours" on left \
  "nft list chain inet holdfast services | grep -q 'ip daddr 192.0.2.100 tcp dport 80 accept' && nft list chain inet holdfast input | grep -q 'policy drop'"
check "the slot is marked good" on left "grep -qx a_ok=1 /boot/grub/grubenv && grep -qx a_left=3 /boot/grub/grubenv"
check "no unit has failed" [ "$(on left systemctl --failed --no-legend --plain | tee "$work/failed")" = "" ]
check "the root cannot be written" on left "! touch /usr/x 2>/dev/null"
check_equal "nothing is setuid" "$(on left find / -xdev -perm /6000 -type f)" ""
check_equal "nobody has a password" "$(on left "cut -d: -f2 /etc/shadow | sort -u")" "*"
check_equal "what listens is ssh, DHCP and, on loopback, the stats page" \
  "$(on left "ss -Hlntu | awk '{ print \$1, \$5 }' | sed 's/[0-9.]*%[a-z0-9]*:/card:/' | sort -u | paste -sd' '")" "tcp 0.0.0.0:22 tcp 127.0.0.1:8404 tcp [::]:22 udp card:68"
check "drivers of servers' cards and disks are there, and IPVS whole" on left "modprobe --dry-run --all ixgbe i40e ice mlx5_core igb e1000e \
  tg3 bnxt_en virtio_net vmxnet3 nvme ahci megaraid_sas mpt3sas bonding 8021q bridge macvlan ipip ip_gre ip_vs_{rr,wrr,lc,wlc,sh,mh,dh,sed,nq,fo,ovf}"
check "haproxy and bird are there and off" on left "haproxy -v >/dev/null && bird --version 2>/dev/null && ! pgrep 'haproxy|bird'"
check "the console shows how it is" grep -q 'Holdfast appliance .*, slot a, healthy' <(serial left)
echo "     RAM in use: $(on left "free -m | awk '/^Mem/ { print \$3 }'") of 768 MB"

echo "-- the power is cut"
power_off left
check "the other one has the address" eventually 30 has_vip right
check "and the virtual server" [ "$(on right ipvsadm -Sn | wc -l)" = 2 ]

echo "-- a wrong configuration on the partition"
configuration 150 | sed '$d' | put_config left keepalived.conf
power_on left bios 1
check "it starts all the same and can be reached" eventually $boot_seconds healthy left
says_what_is_wrong() { serial left | grep 'keepalived.conf:' >/dev/null; }
check "the console says what is wrong" eventually 20 says_what_is_wrong
check "the last good configuration is used: it takes its address back" eventually 30 has_vip left
check "a reload says what is wrong" on left "! systemctl reload holdfast && journalctl -u holdfast | grep -q 'error: '"
check "repaired and reloaded, as README.TXT says" on left \
  "mount -o remount,rw /config && cp /state/config/keepalived.conf /config/ && sed -i 's/priority 150/priority 160/' /config/keepalived.conf && mount -o remount,ro /config && systemctl reload holdfast"
check "the change is in use" on left "grep -q 'priority 160' /state/config/keepalived.conf && holdfast vrrp --json | grep -q '\"base\": 160'"

echo "-- the master is updated"
is_updated() { [ "$(slot_of left)" = b ] && healthy left; }
check "it is not without being told" grep -q 'this machine is master of web' <(send_to left "$work/good" 2>&1)
# The other one was heard as master while this one had no power.
send_to left "$work/good" --failover-first --reboot >"$work/said" 2>&1
check_equal "with --failover-first it is" $? 0
check "and hands over before" grep -q 'handed over to the peer: web' "$work/said"
rm -f "$work/${ssh_port[left]}"
check "the other one has the address meanwhile" eventually 5 has_vip right
check "the new version is healthy" eventually $boot_seconds is_updated
check "and takes the address back" eventually 30 has_vip left

summary
