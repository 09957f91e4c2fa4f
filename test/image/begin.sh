# What every test of the image begins with, to be sourced: the image (the first argument of the test, or what make image left),
# a folder for what is made, `work`, that goes at the end with all machines, and a key for ssh.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../.." && pwd)
image=${1:-$project/dist/holdfast-appliance-amd64.img.zst}
# shellcheck source=test/lab/checks.sh
source "$project/test/lab/checks.sh"
# shellcheck source=test/image/machine.sh
source "$here/machine.sh"
mkdir -p "$project/.cache/image"
work=$(mktemp -d "$project/.cache/image/test.XXXXXX")
trap 'power_off_all; rm -rf "$work"' EXIT
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
