# shellcheck shell=bash
# The disk image: partition table, GRUB for UEFI and for BIOS, slot A filled, slot B empty. Sourced by build.sh.
#
# The state partition is not in it: the appliance makes it at its first start, as large as the disk allows.

make_disk() {
  disk=$work/disk.img
  local modules="part_gpt fat squash4 loadenv search regexp linux normal configfile echo test sleep serial terminal reboot halt minicmd cat true"
  local folder=$work/grub
  mkdir -p "$folder"
  # shellcheck disable=SC2086 # words
  grub-mkimage -O x86_64-efi -p /grub -o "$folder/BOOTX64.EFI" $modules all_video efi_gop
  # shellcheck disable=SC2086
  grub-mkimage -O i386-pc -p '(,gpt2)/grub' -o "$folder/core.img" $modules biosdisk
  cp "$here/grub.cfg" "$folder/"
  environment_block >"$folder/grubenv"
  cp "$folder/grubenv" "$folder/grubenv2"
  partition_table
  boot_partition "$folder"
  config_partition "$folder"
  write_at boot-a "$work/boot.img"
  write_at root-a "$work/root.img"
  bios_loader "$folder"
}

# GRUB's environment block is 1024 bytes, filled up with `#`. Slot A may be tried three times.
environment_block() {
  { printf '# GRUB Environment Block\norder=a b\na_left=3\na_ok=0\nb_left=0\nb_ok=0\nvalid=1\n' && printf '%01024d' 0 | tr 0 '#'; } | head -c 1024
}

partition_table() {
  local id=486f6c64-6661-4374-8000
  truncate -s 1300M "$disk"
  sfdisk --quiet --no-reread "$disk" <<-END
		label: gpt
		label-id: $id-000000000000
		first-lba: 2048
		start=1MiB, size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=bios, uuid=$id-000000000001
		size=33MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=esp, uuid=$id-000000000002
		size=33MiB, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7, name=config, uuid=$id-000000000003
		size=48MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=boot-a, uuid=$id-000000000004
		size=512MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root-a, uuid=$id-000000000005
		size=48MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=boot-b, uuid=$id-000000000006
		size=512MiB, type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root-b, uuid=$id-000000000007
	END
  sfdisk --dump "$disk" >"$work/partitions"
}

# First sector of a partition, or its size in sectors.
partition_field() { # label, start or size
  sed -n "/name=\"$1\"/s/.*$2= *\([0-9]*\).*/\1/p" "$work/partitions"
}

write_at() { # label, file
  if [ "$(stat -c %s "$2")" -gt $(($(partition_field "$1" size) * 512)) ]; then fail "${2##*/} is larger than its partition"; fi
  dd if="$2" of="$disk" bs=512 seek="$(partition_field "$1" start)" conv=notrunc,sparse status=none
}

fat() { # label of the partition, label of the file system, number
  truncate -s $(($(partition_field "$1" size) * 512)) "$work/$1.fat"
  mkfs.vfat -F 32 -s 1 -n "$2" -i "$3" --invariant "$work/$1.fat" >/dev/null
}

boot_partition() { # folder
  fat esp HOLDBOOT 486f6c64
  find "$1" -exec touch --date="@$SOURCE_DATE_EPOCH" {} +
  mmd -i "$work/esp.fat" ::EFI ::EFI/BOOT ::grub
  mcopy -m -i "$work/esp.fat" "$1/BOOTX64.EFI" ::EFI/BOOT/BOOTX64.EFI
  mcopy -m -i "$work/esp.fat" "$1/grub.cfg" "$1/grubenv" "$1/grubenv2" ::grub/
  write_at esp "$work/esp.fat"
}

# What a laptop shows: a text that says what to put there.
config_partition() { # folder
  fat config HOLDFAST 486f6c65
  sed 's/$/\r/' "$here/config_readme.txt" >"$1/README.TXT"
  touch --date="@$SOURCE_DATE_EPOCH" "$1/README.TXT"
  mcopy -m -i "$work/config.fat" "$1/README.TXT" ::README.TXT
  write_at config "$work/config.fat"
}

# What grub-bios-setup does, on a file and without a loop device: the first sector loads core.img from its partition.
bios_loader() { # folder
  local core=$1/core.img boot=$1/boot.img start sectors
  start=$(partition_field bios start)
  cp /usr/lib/grub/i386-pc/boot.img "$boot"
  sectors=$((($(stat -c %s "$core") + 511) / 512 - 1))
  put "$boot" $((0x5c)) 8 "$start"                  # kernel_sector
  put "$boot" $((0x66)) 2 $((0x9090))               # no correction of the drive number
  put "$core" $((0x1f4)) 8 $((start + 1))           # the block list of diskboot.img: first sector,
  put "$core" $((0x1fc)) 2 "$sectors"               # number of sectors,
  put "$core" $((0x1fe)) 2 $((0x820))               # segment
  write_at bios "$core"
  dd if="$boot" of="$disk" bs=1 count=440 conv=notrunc status=none
}

# Writes a number into a file, in little-endian order.
put() { # file, offset, bytes, number
  local number=$4 index bytes=
  for ((index = 0; index < $3; index++)); do
    bytes+=$(printf '\\x%02x' $((number & 255)))
    number=$((number >> 8))
  done
  printf '%b' "$bytes" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
