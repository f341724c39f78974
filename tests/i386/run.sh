#!/usr/bin/env bash
# What differs on a machine of 32 bits: the unit suites, built for i386, and files whose numbers or times do not fit 32
# bits. That the analysis in valgrind (unit.constant_time) is missing here is known: its tools are for the machine's own
# architecture only.
#
# usage: run.sh BUILD     where everything was built for i386
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(realpath "$1")
# shellcheck source=tests/cli/checks.sh
source "$here/../cli/checks.sh"

if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    ctest --test-dir "$build" -L unit -j2 --output-on-failure
    exec unshare --mount --net env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

wgctl() {
    "$build/cmd/wgctl" -C "$work/etc" "$@"
}

# Of files that come from another file system than new ones, overlayfs gives the inode numbers a high bit.
work=$(mktemp -d)
trap 'umount -R "$work" && rmdir "$work" && report_early_end' EXIT
mount -t tmpfs -o mode=755 none "$work"
mkdir "$work"/{lower,upper,etc}
mount -t tmpfs -o mode=700 none "$work/lower"
mount -t tmpfs -o mode=700 none "$work/upper"
mkdir -m 700 "$work"/upper/{files,work}
"$build/cmd/wgctl" -q -C "$work/lower" init --no-apply --firewall none --endpoint vpn.example.org >/dev/null
"$build/cmd/wgctl" -q -C "$work/lower" add-peer phone --no-apply
mount -t overlay -o "lowerdir=$work/lower,upperdir=$work/upper/files,workdir=$work/upper/work,xino=on" none "$work/etc"

check "the program is one of 32 bits" grep -qa 'ld-linux.so.2' "$build/cmd/wgctl"
inode=$(stat -c %i "$work/etc/wg0.conf")
check "an inode number does not fit 32 bits" test "${#inode}" -gt 10
check "such a file is read" grep -q '^phone ' <(wgctl list)
check "another one, too" grep -q '^PrivateKey = ' <(wgctl show phone)
check "and changed" wgctl -q edit-server --endpoint new.example.org
check "a peer is added, which expires after 2038" wgctl -q add-peer guest --no-apply --expires 2040-06-01
check "it has its time" grep -q '^guest .*expires 2040-06-01T23:59:59Z' <(wgctl list)
check "a peer is removed" wgctl -q -y revoke phone --no-apply
check "and gone" test ! -e "$work/etc/wg0.peers/phone.conf"
finish
