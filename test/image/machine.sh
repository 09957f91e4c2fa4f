# shellcheck shell=bash
# Virtual machines that boot the appliance's disk image. Sourced; needs $image, $work and checks.sh.
#
# Each machine has a network card that only carries ssh from this host, and a second one on a link that all machines of a
# test share. No machine reaches anything outside. Where $link_bridge names a bridge, that is the link, and this host is on it.
# shellcheck disable=SC2154 # $image and $work

declare -A qemu=() ssh_port=()
config_offset=$((35 * 1024 * 1024))

# The disk as a person would make it: written out, larger than the image, with files on the partition HOLDFAST.
make_disk_of() { # machine
  make_empty_disk_of "$1"
  put_config "$1" authorized_keys <"$work/key.pub"
}

# The same without anything on the partition.
make_empty_disk_of() { # machine
  zstd --decompress --quiet --force --sparse "$image" -o "$work/$1.img"
  truncate -s 2G "$work/$1.img"
}

# A credential for the machine, from the standard input, as a hypervisor would give it: a string of SMBIOS.
credential() { # name; prints QEMU's value
  echo "type=11,value=io.systemd.credential.binary:$1=$(base64 -w0 | sed 's/,/,,/g')"
}

# A file for the partition HOLDFAST, from the standard input. The machine must be off.
put_config() { # machine, path
  local folder=${2%/*}
  cat >"$work/file"
  if [ "$folder" != "$2" ]; then mmd -D s -i "$work/$1.img@@$config_offset" "::$folder" 2>/dev/null || true; fi
  mcopy -D o -o -i "$work/$1.img@@$config_offset" "$work/file" "::$2"
}

# More options of QEMU for a machine: credentials.
declare -a machine_options=()

power_on() { # machine, bios or uefi, number
  local -a firmware=()
  local link="socket,id=link,mcast=239.7.7.7:$((17000 + $$ % 4000)),localaddr=127.0.0.1"
  if [ -n "${link_bridge:-}" ]; then
    ip link delete "tap$3" 2>/dev/null
    ip tuntap add dev "tap$3" mode tap && ip link set "tap$3" master "$link_bridge" up
    link="tap,id=link,ifname=tap$3,script=no,downscript=no"
  fi
  if [ "$2" = uefi ]; then
    if [ ! -e "$work/$1.vars" ]; then cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/$1.vars"; fi
    firmware=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
      -drive "if=pflash,format=raw,file=$work/$1.vars")
  fi
  ssh_port[$1]=$((20000 + ($$ % 4000) * 10 + $3))
  setpriv --pdeathsig KILL qemu-system-x86_64 -name "$1" -machine q35 -accel "tcg,thread=multi,tb-size=512" -cpu max -smp 2 -m 768 \
    -nodefaults -no-user-config -display none "${firmware[@]}" \
    -drive "if=none,id=disk,file=$work/$1.img,format=raw" -device virtio-blk-pci,drive=disk,bootindex=1 \
    -netdev "user,id=host,restrict=on,hostfwd=tcp:127.0.0.1:${ssh_port[$1]}-:22" -device "virtio-net-pci,netdev=host,romfile=,mac=52:54:00:00:00:0$3" \
    -netdev "$link" -device "virtio-net-pci,id=link-card,netdev=link,romfile=,mac=52:54:00:00:01:0$3" \
    -chardev "socket,id=monitor,path=$work/$1.monitor,server=on,wait=off" -mon chardev=monitor,mode=readline \
    -device virtio-rng-pci -device i6300esb "${machine_options[@]}" \
    -chardev "socket,id=serial,host=127.0.0.1,port=$((ssh_port[$1] + 5)),server=on,wait=off,logfile=$work/$1.serial" -serial chardev:serial </dev/null >"$work/$1.qemu" 2>&1 &
  qemu[$1]=$!
}

# As if the plug were pulled.
power_off() { # machine
  kill -KILL "${qemu[$1]}" 2>/dev/null
  wait "${qemu[$1]}" 2>/dev/null
  unset "qemu[$1]"
  rm -f "$work/${ssh_port[$1]}"
}

# The cable of the shared link is pulled, or put back.
set_link() { # machine, on or off
  python3 -c 'import socket, sys, time
monitor = socket.socket(socket.AF_UNIX)
monitor.connect(sys.argv[1])
monitor.sendall(f"set_link link-card {sys.argv[2]}\n".encode())
time.sleep(0.2)' "$work/$1.monitor" "$2"
}

power_off_all() {
  local name
  for name in "${!qemu[@]}"; do power_off "$name"; done
}

on() { # machine, command...
  local name=$1
  shift
  timeout 60 ssh -q -n -i "$work/key" -p "${ssh_port[$name]}" -o ConnectTimeout=20 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o ControlMaster=auto -o ControlPath="$work/%p" -o ControlPersist=60 root@127.0.0.1 "$@"
}

# Succeeds once this boot's slot has been found healthy.
healthy() { # machine
  on "$1" test -e /run/holdfast/healthy
}

# Types on the serial line.
keys() { # machine, text
  printf '%b' "$2" >"/dev/tcp/127.0.0.1/$((ssh_port[$1] + 5))"
}

# What was shown on it, with a line for each screen's line.
serial() { # machine
  tr -d '\r' <"$work/$1.serial"
}
