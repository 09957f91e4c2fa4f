# shellcheck shell=bash
# What a machine spends its time and its memory on. Sourced after machine.sh.

# Where the time from power on to the virtual address goes, in seconds. The unit's log says when it is MASTER.
stages() { # machine, unit, when the power came (milliseconds, by the clock of this host)
  local up_ms
  up_ms=$(on "$1" "cut -d' ' -f1 /proc/uptime" | tr -d .)0
  echo "     firmware and GRUB $(awk "BEGIN { printf \"%.1f\", ($(date +%s%3N) - $3 - $up_ms) / 1000 }"), then by the kernel's clock: $(on "$1" "unit=$2;"'
    at() { systemctl show --property "$1" --value $2 | awk "{ printf \"%.1f\", \$1 / 1e6 }"; }
    echo "initramfs $(dmesg | sed -n "s/^\[ *\([0-9.]*\)\] Run \/init as.*/\1/p"), systemd $(at UserspaceTimestampMonotonic), $unit starts $(at ExecMainStartTimestampMonotonic $unit)," \
      "is ready $(at ActiveEnterTimestampMonotonic $unit), has the address $(journalctl -b -u $unit -o short-monotonic | sed -n "/MASTER/{s/^\[ *\([0-9.]*\)\].*/\1/p;q}")"')"
}

# Proportional set sizes by program: what is shared is counted once.
memory() { # machine
  echo "     RAM in use: $(on "$1" "free -m | awk '/^Mem/ { print \$3 }'") of 768 MB; programs, in MB: $(on "$1" '
    for process in /proc/[0-9]*; do
      pss=$(awk "/^Pss:/ { print \$2 }" "$process/smaps_rollup" 2>/dev/null)
      [ -z "$pss" ] || echo "$(tr "\0" " " <"$process/cmdline" | awk "{ sub(/.*\\//, \"\", \$1); print \$1, (\$1 == \"holdfast\" ? \$2 : \"\") }") $pss"
    done | awk "{ pss = \$NF; \$NF = \"\"; sum[\$0] += pss } END { for (name in sum) if (sum[name] > 1000) printf \"%s%.0f, \", name, sum[name] / 1000 }"')kernel $(on "$1" "awk '/^(Slab|KernelStack|PageTables|Percpu):/ { sum += \$2 } END { printf \"%.0f\", sum / 1000 }' /proc/meminfo")"
}
