#!/bin/bash
# Counts the messages that `wgctl apply` sends to the kernel's WireGuard: none if nothing changed, one small message if one
# peer changed, and messages of a limited size if many peers are new. Also checks that apply starts no process.
#
# usage: apply_counts.sh WGCTL
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/bench/measure.sh
source "$here/measure.sh"
# shellcheck source=tests/cli/checks.sh
source "$here/../cli/checks.sh"

readonly peers=400

# Applies STATE. Sets `sets` to the number of messages, and `bytes` and `most` to the most bytes and peers in one message.
apply() { # STATE
    cp -p "$work/files/$1.conf" "$work/etc/wg0.conf"
    rm -f "$work/watched"
    trace env "BENCH_WATCH=$work/watched" "LD_PRELOAD=$tools/bench_watch.so" "$wgctl" -C "$work/etc" -i wg0 apply || {
        sed 's/^/# /' "$work/said"
        fail_early "apply"
    }
    check "apply of the $1 file starts no process" test "$(count_processes)" -eq 0
    read -r sets bytes most _ <"$work/watched"
}

has_peers() { # NUMBER
    [[ $(wg show wg0 peers | wc -l) == "$1" ]]
}

isolate "$@"
find_tools
mkdir -m 0700 "$work/etc" "$work/files"
"$tools/bench_tunnels" "$peers" "$work/files" 51820
cp -p "$work/files/empty.conf" "$work/etc/wg0.conf"
"$wgctl" -C "$work/etc" -i wg0 up </dev/null >"$work/said" 2>&1 || fail_early "up: $(cat "$work/said")"
[[ ! -e /run/wireguard/wg0.sock ]] || fail_early "this test needs WireGuard in the kernel"

apply full
check "all new peers exist" has_peers "$peers"
check "each message carries many new peers" test "$most" -ge 10 -a "$sets" -le $((peers / 10))
check "no message is larger than 4 KiB, as with wg, so that none holds the lock for long" test "$bytes" -le 4096
apply full
check "nothing is sent if nothing changed" test "$sets" -eq 0
apply changed
check "one changed peer takes one message" test "$sets $most" = "1 1"
check "of at most 1 KiB" test "$bytes" -le 1024
apply empty
check "peers that are no longer in the file are removed" has_peers 0
check "many per message" test "$sets" -le $((peers / 10))
finish
