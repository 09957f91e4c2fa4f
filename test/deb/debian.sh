# shellcheck shell=bash
# A small Debian with systemd for the test VM's kernel, made by mmdebstrap from this machine's package sources and kept in
# .cache/deb. Sourced; needs $project. Nothing is installed here.
# shellcheck disable=SC2154 # $project

debian_cache=$project/.cache/deb
vm_cache=$project/.cache/vm
debian_packages=systemd,systemd-sysv,udev,iproute2,iputils-ping,keepalived,ipvsadm,kmod,curl,bash-completion,man-db,procps,haproxy

# Where this Debian has its packages from.
sources() {
  local file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then
      echo "$file"
      return
    fi
  done
  echo "error: this machine has no package sources of Debian" >&2
  return 1
}

# The guest's file system, as an archive.
make_debian() {
  local stamp
  mkdir -p "$debian_cache"
  stamp=$(echo "$debian_packages" | sha256sum | cut -d' ' -f1)
  if [ -s "$debian_cache/debian-$stamp.tar" ]; then return; fi
  echo "making a small Debian in .cache/deb" >&2
  rm -f "$debian_cache"/debian-*.tar
  mmdebstrap --quiet --variant=minbase --include="$debian_packages" bookworm "$debian_cache/new.tar" "$(sources)"
  mv "$debian_cache/new.tar" "$debian_cache/debian-$stamp.tar"
}

# Debian, the kernel's modules and what is in a folder, in one squashfs. The folder goes.
make_guest() { # folder, squashfs
  local added=$1 archive=$2.tar
  ln -s /lib/systemd/systemd "$added/init"
  mkdir -p "$added/etc/systemd/system" "$added/usr/lib"
  ln -s /dev/null "$added/etc/systemd/system/serial-getty@ttyS0.service"
  unsquashfs -quiet -no-progress -dest "$added.vm" "$vm_cache/root.squashfs" lib usr/lib/modules >/dev/null
  mv "$added.vm"/usr/lib/modules "$added/usr/lib/modules" 2>/dev/null || mv "$added.vm"/lib/modules "$added/usr/lib/modules"
  cp "$debian_cache"/debian-*.tar "$archive"
  (cd "$added" && find . ! -type d | tar -rf "$archive" --owner=0 --group=0 -T -)
  rm -rf "$added" "$added.vm"
  mksquashfs - "$2" -tar -no-xattrs -noappend -quiet -no-progress -comp lz4 <"$archive" >/dev/null 2>&1
  rm "$archive"
}

# Until the guest ends; what it says on the serial line goes to a file.
boot_guest() { # squashfs, output, seconds at most
  local status=0
  timeout --kill-after=5 "$3" qemu-system-x86_64 \
    -machine q35 -accel "tcg,thread=multi,tb-size=512" -cpu max -smp 2 -m 2048 \
    -nodefaults -no-user-config -display none -no-reboot \
    -kernel "$vm_cache/vmlinux" -initrd "$vm_cache/initramfs" \
    -append "console=ttyS0 quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on no_timer_check systemd.show_status=no" \
    -drive "if=none,id=root,file=${1//,/,,},format=raw,readonly=on" -device virtio-blk-pci,drive=root \
    -device virtio-rng-pci -serial "file:$2" </dev/null || status=$?
  if [ $status -eq 0 ]; then return; fi
  tail -n 40 "$2"
  echo "the guest ended with status $status (124: after $3 s)" >&2
  return 1
}
