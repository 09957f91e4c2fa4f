# shellcheck shell=bash
# Plain Debian in the virtual machines of the appliance's tests (test/image/machine.sh). Sourced after pair.sh.
# shellcheck disable=SC2154 # of pair.sh and machine.sh

debian_image=$project/.cache/debian/debian.img.zst
# Where the root partition begins: build.sh.
debian_root_offset=$((35 * 1024 * 1024))

# A file for the root, from the standard input. The machine must be off; ext4 need not be mounted for it.
put_file() { # machine, path
  cat >"$work/file"
  debugfs -w -f - "$work/$1.img?offset=$debian_root_offset" >"$work/debugfs" 2>&1 <<-END
		cd ${2%/*}
		rm ${2##*/}
		write $work/file ${2##*/}
	END
}

# A director as the well-known guides make it: HAProxy is looked for every two seconds, and who has it is worth 2 more.
debian_settings() { # machine, number, state, priority
  zstd --decompress --quiet --force --sparse "$debian_image" -o "$work/$1.img"
  put_file "$1" /root/.ssh/authorized_keys <"$work/key.pub"
  echo "$1" | put_file "$1" /etc/hostname
  tr -d - </proc/sys/kernel/random/uuid | put_file "$1" /etc/machine-id
  printf '[Match]\nMACAddress=52:54:00:00:01:0%s\n\n[Link]\nName=lan\n' "$2" | put_file "$1" /etc/systemd/network/10-lan.link
  printf '[Match]\nName=lan\n\n[Network]\nAddress=192.0.2.%s/24\n' "$2" | put_file "$1" /etc/systemd/network/10-lan.network
  printf '[Match]\nName=en*\n\n[Network]\nDHCP=yes\n' | put_file "$1" /etc/systemd/network/20-dhcp.network
  haproxy_configuration | put_file "$1" /etc/haproxy/haproxy.cfg
  put_file "$1" /etc/keepalived/keepalived.conf <<-END
		global_defs {
		    router_id $1
		    script_user root
		    enable_script_security
		}
		vrrp_script haproxy {
		    script "/usr/bin/killall -0 haproxy"
		    interval 2
		    weight 2
		}
		vrrp_instance web {
		    state $3
		    interface lan
		    virtual_router_id 51
		    priority $4
		    advert_int 1
		    authentication {
		        auth_type PASS
		        auth_pass 1111
		    }
		    virtual_ipaddress {
		        $vip/24
		    }
		    track_script {
		        haproxy
		    }
		}
		virtual_server $vip 80 {
		    delay_loop 2
		    lb_algo wrr
		    lb_kind DR
		    protocol TCP
		    real_server 192.0.2.11 80 {
		        TCP_CHECK {
		            connect_timeout 5
		        }
		    }
		    real_server 192.0.2.12 80 {
		        TCP_CHECK {
		            connect_timeout 5
		        }
		    }
		}
	END
}

is_up() { on "$1" systemctl is-active --quiet keepalived haproxy; }
