# shellcheck shell=bash
# The appliance's root file system: packages unpacked, modules chosen, our files on top. Sourced by build.sh.

make_root() {
  root=$work/root
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
  mkdir -p "$root"/{boot,config,dev,etc,home,proc,root,run,srv,state,sys,tmp,var/{log,cache,tmp,lib}}
  local directory deb
  for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$root/$directory"; done
  for deb in "$cache"/debs/*.deb "$package"; do
    if [[ ${deb##*/} == linux-image-* ]]; then continue; fi
    unpack "$deb"
  done
  unpack_kernel
  what_maintainer_scripts_do
  our_files
  leave_out
}

# Not `dpkg-deb -x`: it would put folders in the place of links such as /lib.
unpack() { # package
  dpkg-deb --fsys-tarfile "$1" | tar -x -C "$root" --keep-directory-symlink --no-same-owner --no-same-permissions --no-overwrite-dir
}

# The kernel to $work/kernel; of its modules those of modules.txt to the root.
unpack_kernel() {
  local kernel=$work/kernel entry path file
  mkdir -p "$kernel"
  dpkg-deb --fsys-tarfile "$cache"/debs/linux-image-*.deb | tar -x -C "$kernel" --no-same-owner
  release=$(basename "$kernel"/lib/modules/*)
  local from=$kernel/lib/modules/$release to=$root/usr/lib/modules/$release
  mkdir -p "$to"
  while read -r entry; do
    path=kernel/${entry#-}
    if [[ $entry == -* ]]; then
      rm -rf "${to:?}/$path"
    elif [ -e "$from/$path" ]; then
      mkdir -p "$to/${path%/*}"
      cp -r "$from/$path" "$to/${path%/*}/"
    fi
  done < <(entries "$here/modules.txt")
  cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
  depmod -b "$root" "$release" 2>/dev/null
  # A module whose dependency is not here cannot be loaded: it goes.
  depmod -b "$kernel" "$release"
  awk -F'[: ]+' '{ for (i = 2; i <= NF; i++) if ($i != "") print $1, $i }' "$from/modules.dep" |
    while read -r file path; do
      if [ -e "$to/$file" ] && [ ! -e "$to/$path" ]; then rm -f "$to/$file"; fi
    done
  depmod -b "$root" "$release"
}

# Accounts, links and files that are made when packages are configured.
what_maintainer_scripts_do() {
  ln -sf bash "$root/usr/bin/rbash"
  ln -sf dash "$root/usr/bin/sh"
  ln -sf mawk "$root/usr/bin/awk"
  ln -sf less "$root/usr/bin/pager"
  ln -sf nano "$root/usr/bin/editor"
  local account
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  # name, number, home
  while read -r account number home; do
    echo "$account:x:$number:$number::$home:/usr/sbin/nologin" >>"$root/etc/passwd"
    echo "$account:x:$number:" >>"$root/etc/group"
  done <<-END
		systemd-network 101 /
		systemd-resolve 102 /
		systemd-timesync 103 /
		sshd 104 /run/sshd
		haproxy 105 /var/lib/haproxy
		bird 106 /run/bird
		tcpdump 107 /
		holdfast 108 /
	END
  while read -r account number; do echo "$account:x:$number:" >>"$root/etc/group"; done <<-END
		systemd-journal 111
		input 112
		sgx 113
		kvm 114
		render 115
	END
  # Nobody has a password. `*` leaves root its ssh keys, `!` would not.
  sed -i 's/^\([^:]*\):\*:/\1:x:/' "$root/etc/passwd"
  sed -i 's/^\([^:]*\):\*:/\1:x:/' "$root/etc/group"
  sed 's/^\([^:]*\):.*/\1:*:19000:0:99999:7:::/' "$root/etc/passwd" >"$root/etc/shadow"
  chmod 600 "$root/etc/shadow"

  mkdir -p "$root/etc/ssl/certs"
  find "$root/usr/share/ca-certificates" -name '*.crt' -print0 | sort -z | xargs -0 cat >"$root/etc/ssl/certs/ca-certificates.crt"
  ldconfig -r "$root"
  rm -rf "$root/var/cache/ldconfig"
}

# Our files, the units that run, and who we are.
our_files() {
  cp -r "$here/root/." "$root/"
  chmod 755 "$root"/usr/lib/holdfast/*
  if [ -n "${UPDATE_KEY:-}" ]; then signing public-key "$UPDATE_KEY" >"$root/usr/lib/holdfast/update_keys"; fi
  cat >"$root/usr/lib/os-release" <<-END
		ID=holdfast
		ID_LIKE=debian
		NAME="Holdfast"
		PRETTY_NAME="Holdfast appliance $version"
		VERSION_ID=$version
		IMAGE_ID=holdfast
		IMAGE_VERSION=$version
	END
  ln -sf ../usr/lib/os-release "$root/etc/os-release"
  echo holdfast >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$root/etc/hosts"
  printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n' >"$root/etc/nsswitch.conf"
  ln -sf /run/systemd/resolve/resolv.conf "$root/etc/resolv.conf"
  : >"$root/etc/fstab"
  : >"$root/etc/machine-id"

  local unit target
  rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/rc?.d "$root"/etc/init.d "$root"/etc/cron.*
  while read -r target unit; do
    mkdir -p "$root/etc/systemd/system/$target.wants"
    ln -s "/usr/lib/systemd/system/$unit" "$root/etc/systemd/system/$target.wants/$unit"
  done <<-END
		multi-user.target holdfast.service
		multi-user.target holdfast-confirm.service
		multi-user.target holdfast-console.service
		sysinit.target holdfast-credentials.service
		multi-user.target holdfast-firewall.service
		sockets.target holdfast-updater.socket
		multi-user.target ssh.service
		multi-user.target systemd-networkd.service
		multi-user.target systemd-resolved.service
		network-online.target systemd-networkd-wait-online.service
		sysinit.target systemd-timesyncd.service
	END
  while read -r unit; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done <<-END
		ldconfig.service
		serial-getty@ttyS0.service
		systemd-firstboot.service
		systemd-hwdb-update.service
		systemd-journal-catalog-update.service
		systemd-logind.service
		systemd-machine-id-commit.service
		systemd-sysusers.service
		systemd-update-done.service
	END
}

# What nobody reads there, what is not to run there, and what would differ from build to build. Copyright texts stay.
leave_out() {
  find "$root/usr/share/doc" -type f ! -name copyright -delete
  # A link to another package's folder stands for its copyright text.
  find "$root/usr/share/doc" -type l ! -xtype d -delete
  find "$root/usr/share/doc" -type d -empty -delete
  rm -rf "$root"/usr/share/{man,info,locale,lintian,bug,menu,pixmaps,zsh,fish,perl5,i18n,initramfs-tools,ca-certificates,base-passwd,vim,consolefonts,zoneinfo} \
    "$root"/usr/lib/{init,apt,dpkg,tmpfiles.d/dbus.conf,udev/hwdb.d,systemd/catalog,systemd/user,systemd/user-generators,environment.d} \
    "$root"/usr/lib/x86_64-linux-gnu/{perl*,gconv} "$root"/etc/{kernel,initramfs-tools,apt,dpkg,pam.d,init,logrotate.d,cron.d,update-motd.d,skel,default/grub.d} \
    "$root"/var/{cache,log,lib}/* "$root"/usr/games "$root"/usr/local
  mkdir -p "$root/var/lib/haproxy" "$root/usr/local"
  # A program that is setuid is a way in, and nobody but root is here.
  find "$root" -type f -perm /6000 -exec chmod ug-s {} +
}

# The root as squashfs, with the tree of hashes after it. The salt belongs to the release, so that slots differ.
make_root_image() {
  local -a compression=(-comp zstd -Xcompression-level 15 -b 256K)
  if [ -n "${QUICK:-}" ]; then compression=(-comp zstd -Xcompression-level 2 -b 256K); fi
  find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  mksquashfs "$root" "$work/root.img" -all-root -noappend -quiet -no-progress -no-xattrs "${compression[@]}" >/dev/null
  local bytes
  bytes=$(stat -c %s "$work/root.img")
  blocks=$(((bytes + 4095) / 4096))
  truncate -s $((blocks * 4096)) "$work/root.img"
  salt=$(printf 'holdfast %s' "$version" | sha256sum | cut -d' ' -f1)
  hash=$(veritysetup format --salt="$salt" --uuid=486f6c64-6661-4374-8000-000000000001 --hash-offset=$((blocks * 4096)) \
    --data-blocks="$blocks" "$work/root.img" "$work/root.img" | awk '/^Root hash/ { print $3 }')
}

# Static busybox, dmsetup, and the modules needed to reach disks, to open the root, and to feed the watchdog.
make_initramfs() {
  local initramfs=$work/initramfs file level=-19
  if [ -n "${QUICK:-}" ]; then level=-3; fi
  mkdir -p "$initramfs"/{bin,dev,lib64,usr/lib/x86_64-linux-gnu,modules,new,proc,run,sys,upper}
  ln -s usr/lib "$initramfs/lib"
  cp "$root/usr/bin/busybox" "$root/usr/sbin/dmsetup" "$initramfs/bin/"
  "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" --list "$root/usr/sbin/dmsetup" |
    grep -o "$root/[^ ]*" | sort -u | while read -r file; do cp -L "$file" "$initramfs/usr/lib/x86_64-linux-gnu/"; done
  cp -L "$root/lib64/ld-linux-x86-64.so.2" "$initramfs/lib64/"
  printf '%s\n' virtio_pci virtio_blk virtio_scsi ahci ata_piix nvme sd_mod usb_storage uas xhci_pci ehci_pci mmc_block \
    sdhci_pci sdhci_acpi megaraid_sas mpt3sas hpsa aacraid smartpqi vmw_pvscsi hv_storvsc xen-blkfront \
    dm-verity squashfs overlay ext4 vfat nls_ascii nls_cp437 nls_utf8 nls_iso8859-1 crc32c_intel sha256_ssse3 \
    lpc_ich i2c-i801 iTCO_wdt i6300esb sp5100_tco hpwdt hid_generic usbhid |
    while read -r file; do modprobe -d "$root" -S "$release" --show-depends "$file" 2>/dev/null || true; done |
    sed -n 's/^insmod \(.*\.ko\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
    cp "$file" "$initramfs/modules/"
    basename "$file" >>"$initramfs/modules/order"
  done
  install -m755 "$here/initramfs_init" "$initramfs/init"
  find "$initramfs" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  mkdir -p "$work/boot"
  (cd "$initramfs" && find . | sort | cpio -o -H newc -R 0:0 --reproducible --quiet) |
    zstd --quiet "$level" -T1 >"$work/boot/initrd"
}

# Kernel, initramfs and the root's hash: what GRUB reads of a slot. Uncompressed, GRUB knows no zstd.
make_boot_image() {
  cp "$work/kernel/boot/vmlinuz-$release" "$work/boot/vmlinuz"
  cat >"$work/boot/slot.cfg" <<-END
		# Sourced by grub.cfg, with \$slot and \$device set.
		linux (\$device)/vmlinuz holdfast.slot=\$slot holdfast.version=$version holdfast.hash=$hash holdfast.blocks=$blocks holdfast.salt=$salt console=tty0 console=ttyS0,115200 ro quiet loglevel=3 panic=10 oops=panic systemd.show_status=no systemd.gpt_auto=no net.ifnames=1 \$extra
		initrd (\$device)/initrd
	END
  find "$work/boot" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
  mksquashfs "$work/boot" "$work/boot.img" -all-root -noappend -quiet -no-progress -noI -noD -noF -noX >/dev/null
}
