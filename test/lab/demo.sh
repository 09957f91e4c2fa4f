#!/usr/bin/env bash
# Shows a fail-over in the lab from start to end. Exit status 0 only if everything came about.
#
# Usage: test/lab/demo.sh          (make demo)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/../vm/host_packages.sh"
exec "$here/../vm/run.sh" -m 2048 -t 900 -- test/lab/demo_guest.sh
