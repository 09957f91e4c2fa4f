# shellcheck shell=bash
# The guest of the test VM under User-Mode Linux: a kernel that is a process of this machine, from Debian's package
# user-mode-linux. The machine code of its programs runs as it is, where an emulator would translate it first; system calls and
# page faults go through ptrace and cost several times as much; there is one processor. For measurements where there is no
# KVM. Sourced by run.sh. Needs no root.
# shellcheck disable=SC2154,SC2034 # $cache, $control, $qemu and the options of run.sh

uml=$cache/uml

# Debian's kernel and modules, and the initramfs with what reaches the root: in .cache/vm/uml, made once.
build_uml() {
  local modules file initramfs
  exec 9>"$cache/lock"
  flock 9
  if [ ! -e "$uml/stamp" ] || [ "$uml/stamp" -ot "$cache/initramfs" ]; then
    echo "unpacking User-Mode Linux in .cache/vm/uml" >&2
    rm -rf "$uml"
    mkdir -p "$uml/debs"
    (cd "$uml/debs" && apt-get -qq -o Debug::NoLocking=1 -o APT::Sandbox::User=root download user-mode-linux >&2) ||
      fail "cannot download Debian's package user-mode-linux"
    dpkg-deb -x "$uml"/debs/*.deb "$uml/root"
    modules=$uml/root/usr/lib/uml/modules
    initramfs=$uml/initramfs.d
    mkdir -p "$initramfs"
    (cd "$initramfs" && cpio -i --quiet <"$cache/initramfs" && rm -r modules && mkdir -p modules)
    for file in squashfs overlay; do
      cp "$(find "$modules" -name "$file.ko")" "$initramfs/modules/"
      echo "$file.ko" >>"$initramfs/modules/order"
    done
    (cd "$initramfs" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$uml/initramfs"
    rm -r "$initramfs" "$uml/debs"
    touch "$uml/stamp"
  fi
  exec 9>&-
}

# Starts it with its standard streams on the pipes of run.sh, like QEMU. In a PID namespace: each program of the guest is a
# process here, and none outlives this one.
start_uml() {
  local -a arguments=(
    "mem=${memory_mb}M" "initrd=$uml/initramfs" "ubd0r=$cache/root.squashfs" "uml_dir=$control/uml/" umid=guest
    "ssl0=fd:6,fd:5" con=null quiet loglevel=4 panic=-1
    "hostfs_host=$shared" "hostfs_control=$control" "hostfs_modules=$uml/root/usr/lib/uml/modules"
  )
  local -a namespace=(unshare --pid --fork --kill-child=KILL)
  if [ "$(id -u)" -ne 0 ]; then namespace+=(--user --map-root-user); fi
  if [ -n "$forwards" ]; then fail "User-Mode Linux forwards no ports"; fi
  if [ -n "$artefacts" ]; then
    mkdir -p "$artefacts"
    arguments+=("hostfs_artefacts=$artefacts")
  fi
  mkdir "$control/uml"
  TMPDIR=/dev/shm "${survive_not[@]}" setsid "${namespace[@]}" "$uml/root/usr/bin/linux.uml" "${arguments[@]}" \
    6<&7 5>"$control/output.fifo" </dev/null >"$control/serial.log" 2>"$control/qemu.log" &
  qemu=$!
}
