#!/usr/bin/env bash
# Keeps the lab running to play with, until Ctrl-C. The stats pages of both directors are on this machine's loopback.
#
# Usage: test/lab/lab.sh           (make lab)
#
# LAB_PORT (8404) is where dir1's page is; dir2's is one above.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=${LAB_PORT:-8404}
"$here/../vm/host_packages.sh"
exec "$here/../vm/run.sh" -m 2048 -t 86400 -p "$port:8404" -p "$((port + 1)):8405" -i -- \
  test/lab/lab_guest.sh "$port"
