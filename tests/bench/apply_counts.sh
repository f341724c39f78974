#!/bin/bash
# What `wgctl apply` tells the kernel's WireGuard, counted: nothing where nothing changed; one small message where one
# peer did; messages that keep nobody waiting where many are new. And it starts no process.
#
# usage: apply_counts.sh WGCTL
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/bench/measure.sh
source "$here/measure.sh"
# shellcheck source=tests/cli/checks.sh
source "$here/../cli/checks.sh"

readonly peers=400

# Applies what the file says now. Sets sets, bytes, most: the messages, and the most bytes and peers of one.
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
[[ ! -e /run/wireguard/wg0.sock ]] || fail_early "this is for the kernel's WireGuard"

apply full
check "all new peers are there" has_peers "$peers"
check "new peers come many in a message" test "$most" -ge 10 -a "$sets" -le $((peers / 10))
check "no message has more than 4 KiB, as those of wg, so that none keeps others out for long" test "$bytes" -le 4096
apply full
check "nothing is sent where nothing changed" test "$sets" -eq 0
apply changed
check "one peer that changed is one message" test "$sets $most" = "1 1"
check "of at most 1 KiB" test "$bytes" -le 1024
apply empty
check "peers that are gone from the file go" has_peers 0
check "many in a message too" test "$sets" -le $((peers / 10))
finish
