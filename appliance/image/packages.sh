# shellcheck shell=bash
# Brings the Debian packages of $here/packages.txt, their dependencies and the kernel to $cache/debs, by way of $work. Sourced by
# build.sh of the image and of the test VM (test/vm), which has a fail() of its own.

# Nothing is installed, so no lock is needed; and apt's sandbox user may not write into .cache.
apt_options=(-o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Retries=5)
# File name in debs/ -> name=version.
declare -A wanted=()

# With the machine's package lists if they are there and current, else with lists of our own, for which nobody needs to be
# root. KEEP_PACKAGES=1 takes what is there: the same packages again, whatever Debian has published meanwhile.
download_packages() {
  if [ -n "${KEEP_PACKAGES:-}" ] && compgen -G "$cache/debs/linux-image-*.deb" >/dev/null; then return; fi
  if wanted_packages && fetch_wanted; then return; fi
  echo "  the machine's package lists are missing or old: reading our own"
  mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
  apt_options+=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt")
  apt-get -qq "${apt_options[@]}" update || fail "cannot read the package lists"
  wanted_packages || fail "apt cannot resolve packages.txt"
  fetch_wanted || fail "download failed"
}

# The lines of a list file without comments and empty lines.
entries() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"; }

# apt resolves the dependencies itself, as if for an empty machine: with an empty status file of dpkg.
wanted_packages() {
  local kernel_package name version arch
  local -a packages
  local -A excluded=()
  wanted=()
  kernel_package=$(apt-cache "${apt_options[@]}" depends linux-image-amd64 2>/dev/null |
    awk '/Depends: linux-image-/ { print $2; exit }')
  if [ -z "$kernel_package" ]; then return 1; fi
  version=$(apt-cache "${apt_options[@]}" show --no-all-versions "$kernel_package" | awk '$1 == "Version:" { print $2 }')
  wanted["${kernel_package}_${version//:/%3a}_amd64.deb"]=$kernel_package=$version

  mapfile -t packages < <(entries "$here/packages.txt" | grep -v '^-')
  while read -r name; do excluded[${name#-}]=1; done < <(entries "$here/packages.txt" | grep '^-')
  : >"$work/status"
  apt-get -qq "${apt_options[@]}" -o "Dir::State::status=$work/status" --simulate --no-install-recommends \
    install "${packages[@]}" >"$work/resolved" || return 1
  while read -r name version arch; do
    if [ -z "${excluded[$name]:-}" ]; then wanted["${name}_${version//:/%3a}_$arch.deb"]=$name=$version; fi
  done < <(awk '$1 == "Inst" { gsub(/[()\[\]]/, ""); print $2, $3, $NF }' "$work/resolved")
}

# Downloads what is not in debs/ yet and deletes what is no longer wanted. apt checks what it downloads.
fetch_wanted() {
  local file
  local -a missing=()
  for file in "$cache"/debs/*; do
    if [ -e "$file" ] && [ -z "${wanted[${file##*/}]:-}" ]; then rm -f "$file"; fi
  done
  for file in "${!wanted[@]}"; do
    if [ ! -e "$cache/debs/$file" ]; then missing+=("${wanted[$file]}"); fi
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  echo "  downloading ${#missing[@]} Debian packages"
  (cd "$cache/debs" && apt-get -qq "${apt_options[@]}" download "${missing[@]}")
}
