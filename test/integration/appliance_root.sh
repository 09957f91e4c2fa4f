# shellcheck shell=bash
# A root in which this machine looks like the appliance, for tests that start no machine. Sourced, in mount and network namespaces
# of one's own; needs $root, $project, $HOLDFAST.
# shellcheck disable=SC2154 # $root, $project

make_appliance_root() {
  local folder file
  mkdir -p "$root"/{etc,proc,tmp,dev,fake,grub,state,config,run/holdfast,usr/lib/holdfast,sys/class/block/vda}
  for folder in bin sbin lib64 lib/x86_64-linux-gnu; do
    if [ ! -d "/usr/$folder" ]; then continue; fi
    mkdir -p "$root/usr/$folder"
    mount --bind "/usr/$folder" "$root/usr/$folder"
  done
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
  mount --bind /etc "$root/etc"
  mount -t proc proc "$root/proc"
  for file in null zero random urandom; do
    : >"$root/dev/$file"
    mount --bind "/dev/$file" "$root/dev/$file"
  done
  cp "$HOLDFAST" "$root/holdfast"
  printf '#!/bin/sh\n' >"$root/fake/mount"
  echo a >"$root/run/holdfast/slot"
}

appliance() { # command...
  timeout 120 env HOLDFAST_GRUB=/grub PATH=/fake:/usr/bin:/usr/sbin chroot "$root" "$@"
}
