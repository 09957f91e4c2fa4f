#!/usr/bin/env bash
# The tests that need more than Deno: network namespaces and other programs, a browser, and the VM with real IPVS.
#
# Usage: test/run.sh all | simulation | interop | monitoring | browser | vm | package | image | aarch64 | uml
#
# Installs what is missing from Debian's packages, as root or by sudo. Ends with one line `N passed, N failed`.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/.." && pwd)
cd "$project" || exit 1
# shellcheck source=test/lab/checks.sh
source "$here/lab/checks.sh"

export DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
export DENO_DIR=${DENO_DIR:-$project/.cache/deno}
export HOLDFAST=$project/dist/holdfast
export VM_ARTEFACTS=${VM_ARTEFACTS:-$project/.cache/artefacts}

# Debian packages of the tests that run on this machine: command or file, package.
host_programs() {
  cat <<-END
		keepalived keepalived
		ip iproute2
		curl curl
		openssl openssl
		etcd etcd-server
		haproxy haproxy
		python3 python3
		g++ build-essential
		nft nftables
		nginx nginx-light
		smtpd opensmtpd
		dnsmasq dnsmasq-base
		systemd-socket-activate systemd
		aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
		/usr/aarch64-linux-gnu/include/stdio.h libc6-dev-arm64-cross
	END
}

# Servers that are checked: the same.
checked_servers() {
  cat <<-END
		redis-server redis-server
		haproxy haproxy
		mariadbd mariadb-server
		pg_lsclusters postgresql
		/usr/lib/python3/dist-packages/grpc/__init__.py python3-grpcio
	END
}

# Installs packages for commands that are missing, or says which and why.
need() { # lines of command or file and package on the standard input
  local program package
  local -a missing=()
  while read -r program package; do
    if [ -f "$program" ]; then continue; fi
    if ! PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null; then missing+=("$package"); fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  echo "installing for the tests: ${missing[*]}"
  local -a sudo=()
  if [ "$(id -u)" -ne 0 ]; then sudo=(sudo); fi
  # Services must not start: the tests start what they need, in namespaces of their own. And nothing goes for them, such
  # as another mail server.
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e $policy ]; then policy=; else printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" install -m 755 /dev/stdin $policy; fi
  local -a apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -o Acquire::Retries=5 -o DPkg::Lock::Timeout=300)
  local try
  for try in 1 2 3; do
    status=0
    { "${apt[@]}" update &&
      "${apt[@]}" install -y --no-install-recommends --no-remove "${missing[@]}"; } >/dev/null || status=$?
    if [ $status -eq 0 ]; then break; fi
    sleep $((try * 10))
  done
  if [ -n "$policy" ]; then "${sudo[@]}" rm -f $policy; fi
  if [ $status -ne 0 ]; then
    echo "error: install these Debian packages first: ${missing[*]}" >&2
    exit 1
  fi
}

# Runs one part; its output is shown, its result counted.
part() { # title, command...
  local title=$1 start=$SECONDS
  shift
  echo
  echo "== $title"
  if "$@"; then pass "$title ($((SECONDS - start)) s)"; else fail "$title ($((SECONDS - start)) s)"; fi
}

deno_test() { # path...
  "$DENO" test --allow-all --frozen "$@"
}

in_vm() { # script, argument...
  "$here/vm/run.sh" -m 2048 -t 1800 -- "$@"
}

# The guest has no Deno of its own, and the project is read-only there.
deno_in_vm() { # test file
  # shellcheck disable=SC2016 # expanded in the guest
  "$here/vm/run.sh" -m 1536 -t 1800 -- bash -c 'DENO_DIR=/tmp/deno HOLDFAST=/host/dist/holdfast HOLDFAST_REQUIRE_IPVS=1 \
    .tools/node_modules/@deno/linux-x64-glibc/deno test --no-check --allow-all --no-lock --cached-only "$1"' -- "$1"
}

simulation() {
  SEEDS=${SEEDS:-10000} part "ten thousand simulated lives of routers" "$DENO" run --allow-all --frozen test/simulation/run.ts
}

interop() {
  need < <(host_programs)
  part "raw-socket: the npm package under Node, ours under Deno" deno_test test/interop/raw_socket
  part "numbers and layouts of the C library, for x86-64 and aarch64" deno_test test/interop/abi
  part "VRRP: Holdfast and keepalived on one link, every way (docs/interop.md)" deno_test test/interop/vrrp
  part "BFD: Holdfast and keepalived on one link" deno_test test/interop/bfd
  part "FIFOs and scripts: what keepalived says and what Holdfast says" deno_test test/interop/notify
  part "configurations: what keepalived says of spoilt lines, and how it splits commands" deno_test test/interop/config
  need < <(checked_servers)
  part "every checker, against servers that fail in every way and those of Debian" deno_test test/interop/checks
  part "the appliance's update on loopback: https, as master, beside a peer, over the API" "$here/integration/update_test.sh"
  part "the appliance's questions on the first start, on a terminal" "$here/integration/first_start_test.sh"
  # Each file has namespaces of its own, and most of the time they wait.
  DENO_JOBS=3 part "the daemon from source and compiled: bad input, signals, privileges" deno_test --parallel test/daemon
}

monitoring() {
  need <<<"prometheus prometheus"
  part "metrics, dashboards and alerts with promtool and Prometheus" deno_test test/monitoring
}

browser() {
  need <<<"chromium chromium"
  part "the stats page in Chromium" deno_test test/browser
}

vm() {
  "$here/vm/host_packages.sh" || exit 1
  part "the VM itself" "$here/vm/vm_test.sh"
  part "the lab with keepalived on both directors" in_vm test/lab/lab_test.sh
  part "IPVS by netlink beside ipvsadm" deno_in_vm test/integration/ipvs_test.ts
  part "links of their own" deno_in_vm test/integration/links_test.ts
  part "instances on a VRF" deno_in_vm test/integration/vrf_test.ts
  part "every way in which IPVS forwards, with traffic" in_vm test/integration/forwarding_test.sh
  part "real servers behind tunnels" deno_in_vm test/integration/realserver_test.ts
  part "addresses that may not be answered" deno_in_vm test/integration/no_accept_test.ts
  part "Holdfast and Holdfast" in_vm test/integration/pair_test.sh holdfast holdfast
  part "Holdfast and keepalived" in_vm test/integration/pair_test.sh holdfast keepalived
  part "keepalived and Holdfast" in_vm test/integration/pair_test.sh keepalived holdfast
  part "roles killed and configurations changed under traffic" in_vm test/integration/roles_test.sh
  part "health killed under all the connections that the VM can make" in_vm test/integration/health_killed_test.sh
  part "a hundred reloads under traffic" in_vm test/integration/reload_test.sh
  part "keepalived and Holdfast with the same configurations: the same table" in_vm test/integration/same_table_test.sh
  part "keepalived and Holdfast with servers that fail: the same verdicts (docs/interop_checks.md)" deno_in_vm \
    test/integration/checkers_test.ts
  part "connections outlive their director" in_vm test/integration/connection_sync_test.sh
  part "backups, fail_open, and followers of instances and quorums" in_vm test/integration/pool_test.sh
  part "servers that drain and start slowly" in_vm test/integration/drain_test.sh
  part "operators and the kernel's table: drained, weighted, taken out, cut, given back" in_vm test/integration/steering_test.sh
  part "without IPVS, without privileges" in_vm test/integration/no_ipvs_test.sh
  part "make demo" "$here/lab/demo.sh"
}

package() {
  "$here/vm/host_packages.sh" || exit 1
  need <<<"mmdebstrap mmdebstrap"
  part "the Debian package: installed, migrated to, killed, upgraded, purged" "$here/deb/deb_test.sh"
}

# Not part of all: without KVM it takes longer than all the others together.
image() {
  "$project/appliance/image/host_packages.sh" --test || exit 1
  part "what is in the appliance's image and what is not" "$here/image/contents_test.sh"
  part "the appliance built twice: the same bytes" "$here/image/reproducible_test.sh"
  part "the appliance: BIOS and UEFI, configured, wrongly configured, power cut, updated with a fail-over" "$here/image/image_test.sh"
  part "the appliance: credentials, console, full disk, factory reset" "$here/image/state_test.sh"
  part "the appliance: the console's questions on the first start" "$here/image/first_start_test.sh"
  part "the appliance updated over its API" "$here/image/api_update_test.sh"
  part "the appliance updated" "$here/image/update_test.sh"
  CUTS=${CUTS:-6} part "the plug pulled at random moments of an update, a saving and a start" "$here/image/power_cuts_test.sh"
  part "releases that do not work, and the way back" "$here/image/rollback_test.sh"
  part "two appliances with requests through HAProxy and IPVS: what each fail-over loses" "$here/image/failover_test.sh"
}

# Not part of all: every instruction of the machine is emulated.
aarch64() {
  need <<-END
		mmdebstrap mmdebstrap
		qemu-system-aarch64 qemu-system-arm
		cpio cpio
		depmod kmod
	END
  part "the package for aarch64 is built" make --silent deb TARGET=aarch64
  part "the package for aarch64 in a machine of that kind" "$here/aarch64/aarch64_test.sh"
}

# Not part of all: another kernel for some of the VM's tests, on which programs run unemulated (test/vm/uml.sh).
uml() {
  "$here/vm/host_packages.sh" || exit 1
  export VM_ACCEL=uml
  part "Holdfast and keepalived" in_vm test/integration/pair_test.sh holdfast keepalived
  part "IPVS by netlink beside ipvsadm" deno_in_vm test/integration/ipvs_test.ts
  part "health killed under all the connections that the machine can make" in_vm test/integration/health_killed_test.sh local
}

case ${1:-} in
all)
  simulation
  interop
  monitoring
  browser
  vm
  package
  ;;
simulation | interop | monitoring | browser | vm | package | image | aarch64 | uml) "$1" ;;
*)
  sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
  exit 2
  ;;
esac

echo
summary
