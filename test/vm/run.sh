#!/usr/bin/env bash
# Runs one command in the test VM and hands back its output and exit status.
#
# Usage: test/vm/run.sh [option]... -- command [argument]...
#
#   -m MB               memory of the guest (1024)
#   -c CPUS             processors of the guest (2)
#   -t SECONDS          time limit (300)
#   -s FOLDER           shared with the guest, read-only, as /host, where the command starts (the project)
#   -a FOLDER           shared with the guest, writable, as /artefacts ($VM_ARTEFACTS, if set)
#   -p HOST:GUEST       forwards the TCP port HOST of 127.0.0.1 to the port GUEST of the guest; repeatable
#   -i                  the command reads the standard input
#
# Exit status: that of the command; 124 after the time limit; 125 if the guest died or did not start, with
# the end of its kernel log; 128 + signal after SIGINT, SIGTERM or SIGHUP: the command then gets SIGTERM
# and 10 seconds, a second signal ends the guest at once. No QEMU outlives this script, not even kill -9.
#
# VM_ACCEL=kvm or VM_ACCEL=tcg chooses the accelerator. Otherwise KVM is tried once, with a time limit,
# because there are hosts on which it hangs; the answer is kept in .cache/vm/accelerator. VM_ACCEL=uml is another machine,
# for measurements without an emulator: User-Mode Linux (uml.sh), with one processor and without -p.
#
# shellcheck disable=SC2317 # stop() and clean_up() are called by traps
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$project/.cache/vm

memory_mb=1024
cpus=2
limit_seconds=300
shared=$project
artefacts=${VM_ARTEFACTS:-}
interactive=
forwards=

control=
qemu=
output=
pump=
timer=
terminal=
received_signal=

# shellcheck source=test/vm/uml.sh
source "$here/uml.sh"

main() {
  parse_arguments "$@"
  exec 6<&0
  "$here/build.sh" >&2
  local accelerator
  accelerator=$(choose_accelerator)
  if [ "$accelerator" = uml ]; then build_uml; fi

  control=$(mktemp -d)
  trap clean_up EXIT
  trap 'stop INT 130' INT
  trap 'stop TERM 143' TERM
  trap 'stop HUP 129' HUP
  printf '%q ' "${command[@]}" >"$control/command"
  if [ -n "$interactive" ] && [ -t 0 ]; then
    echo terminal >"$control/input_kind"
  elif [ -n "$interactive" ]; then
    echo stream >"$control/input_kind"
  fi

  start_guest "$accelerator"
  wait_for_guest
  hand_back_status
}

parse_arguments() {
  local option
  while getopts 'm:c:t:s:a:p:i' option; do
    case $option in
      m) memory_mb=$OPTARG ;;
      c) cpus=$OPTARG ;;
      t) limit_seconds=$OPTARG ;;
      s) shared=$OPTARG ;;
      a) artefacts=$OPTARG ;;
      p) forwards+=",hostfwd=tcp:127.0.0.1:${OPTARG%%:*}-:${OPTARG##*:}" ;;
      i) interactive=yes ;;
      *) fail "see the top of $0 for its options" ;;
    esac
  done
  shift $((OPTIND - 1))
  if [ $# -eq 0 ]; then fail "no command given"; fi
  command=("$@")
}

fail() {
  echo "test/vm/run.sh: $*" >&2
  exit 125
}

# Prints kvm or tcg.
choose_accelerator() {
  if [ -n "${VM_ACCEL:-}" ]; then
    echo "$VM_ACCEL"
    return
  fi
  if ! [ -r /dev/kvm ] || ! [ -w /dev/kvm ]; then
    echo tcg
    return
  fi
  local answer=$cache/accelerator key
  key=$(uname -nrv)
  exec 8>"$cache/lock.accelerator"
  flock 8
  if [ "$(head -n1 "$answer" 2>/dev/null)" != "$key" ]; then
    echo "test/vm/run.sh: trying KVM once, for 20 s at most" >&2
    if VM_ACCEL=kvm timeout -s KILL 40 "$here/run.sh" -m 512 -t 20 -- true >/dev/null 2>&1 8>&-; then
      printf '%s\nkvm\n' "$key" >"$answer"
    else
      printf '%s\ntcg\n' "$key" >"$answer"
    fi
  fi
  exec 8>&-
  tail -n1 "$answer"
}

# Starts the guest. It makes its standard streams non-blocking, which would be felt by all who share ours: pipes between.
start_guest() { # accelerator
  mkfifo "$control/input.fifo" "$control/output.fifo"
  exec 7<>"$control/input.fifo"
  cat <"$control/output.fifo" 7>&- &
  output=$!
  if [ "$1" = uml ]; then start_uml; else start_qemu "$1"; fi
  if [ -n "$interactive" ]; then start_input; fi
}

# Starts QEMU in a session of its own, so that a Ctrl-C of the terminal reaches only this script.
start_qemu() { # accelerator
  local cpu=max accelerator=$1
  if [ "$accelerator" = kvm ]; then cpu=host; else accelerator="tcg,thread=multi,tb-size=512"; fi
  local -a arguments=(
    -machine q35 -accel "$accelerator" -cpu "$cpu" -smp "$cpus" -m "$memory_mb"
    -nodefaults -no-user-config -display none -no-reboot
    -kernel "$cache/vmlinux" -initrd "$cache/initramfs"
    -append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off random.trust_cpu=on no_timer_check"
    -serial "file:$control/serial.log"
    -drive "if=none,id=root,file=${cache//,/,,}/root.squashfs,format=raw,readonly=on" -device "virtio-blk-pci,drive=root"
    -device virtio-rng-pci -device virtio-serial-pci
    -chardev "stdio,id=console,signal=off" -device "virtconsole,chardev=console"
    -virtfs "local,path=${shared//,/,,},mount_tag=host,security_model=none,multidevs=remap,readonly=on"
    -virtfs "local,path=$control,mount_tag=control,security_model=none"
  )
  if [ -n "$artefacts" ]; then
    mkdir -p "$artefacts"
    arguments+=(-virtfs "local,path=${artefacts//,/,,},mount_tag=artefacts,security_model=none")
  fi
  if [ -n "$forwards" ]; then
    # restrict: the guest reaches nothing outside, only the forwarded ports come in.
    arguments+=(-netdev "user,id=host,restrict=on$forwards" -device "virtio-net-pci,netdev=host,romfile=")
  fi

  "${survive_not[@]}" setsid qemu-system-x86_64 "${arguments[@]}" \
    <&7 >"$control/output.fifo" 2>"$control/qemu.log" &
  qemu=$!
}

# Started through this, a child dies with this script, even if that is killed with SIGKILL.
survive_not=(setpriv --pdeathsig KILL)

# The guest's terminal does the echo and the line editing; ours keeps Ctrl-C.
start_input() {
  if [ -t 0 ]; then
    terminal=$(stty -g)
    stty -icanon -echo
  fi
  printf '\004' >"$control/end_of_file"
  # shellcheck disable=SC2016 # expanded by the inner shell
  "${survive_not[@]}" bash -c 'until [ -e "$1/ready" ]; do sleep 0.1; done; exec cat - "$1/end_of_file"' \
    -- "$control" <&6 >&7 &
  pump=$!
}

wait_for_guest() {
  "${survive_not[@]}" sleep "$limit_seconds" 7>&- &
  timer=$!
  # A signal interrupts wait; stop() has then asked the guest to end.
  while kill -0 "$qemu" 2>/dev/null; do
    if ! kill -0 "$timer" 2>/dev/null; then break; fi
    wait -n "$qemu" "$timer" || true
  done
}

hand_back_status() {
  local status=125
  if [ -s "$control/status" ]; then status=$(cat "$control/status"); fi
  if [ -n "$received_signal" ]; then exit "$received_signal"; fi
  if ! kill -0 "$qemu" 2>/dev/null; then wait "$output" || true; fi
  if kill -0 "$qemu" 2>/dev/null; then
    echo "test/vm/run.sh: stopped after the limit of $limit_seconds s" >&2
    exit 124
  fi
  if [ ! -s "$control/status" ]; then
    echo "test/vm/run.sh: the guest died or did not start; the end of its kernel log:" >&2
    cat "$control/qemu.log" >&2
    tail -n 120 "$control/serial.log" >&2 2>/dev/null || true
  fi
  exit "$status"
}

stop() { # signal name, exit status
  if [ -n "$received_signal" ] || [ -z "$qemu" ]; then exit "$2"; fi
  received_signal=$2
  touch "$control/stop"
  # From now on the time limit is that of the good-bye.
  kill "$timer" 2>/dev/null || true
  wait "$timer" 2>/dev/null || true
  limit_seconds=15
  "${survive_not[@]}" sleep "$limit_seconds" 7>&- &
  timer=$!
}

clean_up() {
  trap '' INT TERM HUP
  local pid
  for pid in $pump $timer $qemu; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  # Ends at the end of file, with the last bytes of the guest.
  if [ -n "$output" ]; then wait "$output" || true; fi
  if [ -n "$terminal" ]; then stty "$terminal"; fi
  rm -rf "$control"
}

main "$@"
