#!/usr/bin/env bash
# Makes the Debian package dist/holdfast_VERSION_amd64.deb from dist/holdfast. Needs dpkg-deb, no root, no debhelper.
#
# Usage: [TARGET=aarch64] appliance/deb/build.sh     for aarch64: _arm64.deb, from dist/aarch64
#
# The same program gives the same bytes: every time in the package is SOURCE_DATE_EPOCH, by default that of the last commit.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
files=$here/files
DENO=${DENO:-$project/.tools/node_modules/@deno/linux-x64-glibc/deno}
case ${TARGET:-x86_64} in
x86_64) architecture=amd64 program=$project/dist/holdfast ;;
aarch64) architecture=arm64 program=$project/dist/aarch64/holdfast ;;
*)
  echo "appliance/deb/build.sh: TARGET=$TARGET is not one of x86_64, aarch64" >&2
  exit 1
  ;;
esac
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct 2>/dev/null || echo 1700000000)}
export SOURCE_DATE_EPOCH LC_ALL=C

main() {
  local version package
  version=$(holdfast --version)
  package=$project/dist/holdfast_${version}_$architecture.deb
  # Not local: the trap runs after main() has returned.
  tree=$(mktemp -d "$project/dist/.deb.XXXXXX")
  trap 'rm -rf "$tree"' EXIT
  chmod 755 "$tree"
  umask 022

  program_and_manual
  configuration
  control "$version"
  find "$tree" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --root-owner-group -Zxz -z3 --build "$tree" "$package" >/dev/null
  echo "built dist/${package##*/}, $(du -h --apparent-size "$package" | cut -f1)B"
}

# What the program says, on this machine.
holdfast() {
  if [ $architecture = amd64 ]; then
    "$program" "$@"
  else
    "$DENO" run --quiet --allow-all --no-config --no-lock --cached-only "$project/dist/js/main.js" "$@"
  fi
}

program_and_manual() {
  if [ -e "${program%/*}/deno" ]; then
    install -D -m755 -t "$tree/usr/lib/holdfast" "${program%/*}/deno" "$program"
    install -D -m644 -t "$tree/usr/lib/holdfast/js" "${program%/*}"/js/*.js
    install -d "$tree/usr/bin"
    ln -s ../lib/holdfast/holdfast "$tree/usr/bin/holdfast"
  else
    install -D -m755 "$program" "$tree/usr/bin/holdfast"
  fi
  local page shell
  for page in holdfast.8 holdfast.conf.5; do
    install -d "$tree/usr/share/man/man${page##*.}"
    holdfast man "$page" | gzip -9n >"$tree/usr/share/man/man${page##*.}/$page.gz"
  done
  for shell in bash:bash-completion/completions/holdfast zsh:zsh/vendor-completions/_holdfast fish:fish/vendor_completions.d/holdfast.fish; do
    install -d "$(dirname "$tree/usr/share/${shell#*:}")"
    holdfast completion "${shell%%:*}" >"$tree/usr/share/${shell#*:}"
  done
  install -d "$tree/usr/share/holdfast"
  holdfast schema >"$tree/usr/share/holdfast/holdfast.schema.json"
  install -D -m644 "$files/copyright" "$tree/usr/share/doc/holdfast/copyright"
  install -m644 "$project"/docs/{configuration,running,not_carried_out,migration}.md "$tree/usr/share/doc/holdfast/"
}

configuration() {
  install -D -m644 "$files/holdfast.service" "$tree/usr/lib/systemd/system/holdfast.service"
  install -D -m644 "$files/sysusers.conf" "$tree/usr/lib/sysusers.d/holdfast.conf"
  # Passwords of VRRP may be in it.
  install -D -m640 "$files/keepalived.conf" "$tree/etc/holdfast/keepalived.conf"
  install -D -m644 "$files/default" "$tree/etc/default/holdfast"
}

control() { # version
  install -d "$tree/DEBIAN"
  install -m755 "$files"/{postinst,prerm,postrm} "$tree/DEBIAN/"
  printf '/etc/holdfast/keepalived.conf\n/etc/default/holdfast\n' >"$tree/DEBIAN/conffiles"
  cat >"$tree/DEBIAN/control" <<-END
		Package: holdfast
		Version: $1
		Architecture: $architecture
		Maintainer: Holdfast <maintainers@holdfast.invalid>
		Installed-Size: $(du -sk --apparent-size "$tree" | cut -f1)
		Depends: libc6 (>= 2.27), libgcc-s1
		Recommends: kmod
		Suggests: ipvsadm, iproute2
		Section: net
		Priority: optional
		Description: load balancer with VRRP and IPVS
		 Keeps virtual IP addresses alive with VRRP, programs the kernel's IPVS with
		 virtual and real servers, checks the real servers' health, and shows what it
		 does on a stats page and as Prometheus metrics. Reads keepalived.conf.
	END
  (cd "$tree" && find usr etc -type f | sort | xargs md5sum) >"$tree/DEBIAN/md5sums"
}

main
