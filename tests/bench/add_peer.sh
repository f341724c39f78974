#!/bin/bash
# Compares add-peer with the manual way (today.sh) for 100, 1000 and 5000 peers. Both sides use the same kind of device
# with the same peers and run alternately. The benchmark fails if wgctl starts a process, but never because of a time.
#
# usage: add_peer.sh WGCTL
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/bench/measure.sh
source "$here/measure.sh"
# shellcheck source=tests/bench/today.sh
source "$here/today.sh"

readonly ours=wg0 theirs=wg1
failed=0

run_ours() { # ARGUMENT...
    "$wgctl" -C "$work/$ours" -i "$ours" "$@" </dev/null >"$work/said" 2>&1
}

# Creates a server with PEERS peers, in the form wgctl writes. Any 32 bytes are a valid public key.
make_server() { # PEERS
    rm -rf "${work:?}/$ours" "${work:?}/$theirs"
    run_ours init --endpoint vpn.example.org --address 10.64.0.1/16,fd00:64::1/64 --no-apply
    mkdir -m 0700 "$work/$ours/wg0.peers"
    head -c $((33 * 2 * $1)) /dev/urandom | base64 -w 44 | awk -v folder="$work/$ours" '
        function key() { getline random; return substr(random, 1, 42) "A=" }
        BEGIN {
            for (peer = 1; peer <= '"$1"'; peer++) {
                number = peer + 1
                addresses = "10.64." int(number / 256) "." number % 256 "/32, " sprintf("fd00:64::%x/128", number)
                preshared = key()
                printf "\n[Peer]\n# friendly_name = peer%d\n# added = 2026-01-01\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s\n",
                    peer, key(), preshared, addresses >>(folder "/wg0.conf")
                file = folder "/wg0.peers/peer" peer ".conf"
                printf "[Interface]\nPrivateKey = %s\nAddress = %s\n", preshared, addresses >file
                close(file)
            }
        }'
    chmod 0600 "$work/$ours"/wg0.peers/*
    mkdir -m 0700 "$work/$theirs"
    cp -p "$work/$ours/wg0.conf" "$work/$theirs/wg1.conf"
    sed -i 's/^ListenPort = .*/ListenPort = 51999/' "$work/$theirs/wg1.conf"
}

# Sets `took` to the elapsed time in microseconds.
measure() { # COMMAND...
    local begin=${EPOCHREALTIME/[.,]/}
    "$@"
    took=$((${EPOCHREALTIME/[.,]/} - begin))
}

median() { # NUMBER...
    printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}

milliseconds() { # MICROSECONDS
    printf '%d.%d ms' $(($1 / 1000)) $(($1 % 1000 / 100))
}

new_address() { # NUMBER
    echo "10.64.200.$1/32, fd00:64::c8:$1/128"
}

compare() { # PEERS RUNS
    local run wgctl_times=() today_times=()
    make_server "$1"
    make_device "$ours"
    make_device "$theirs"
    load_device "$ours" "$work/$ours/wg0.conf"
    load_device "$theirs" "$work/$theirs/wg1.conf"
    for ((run = 0; run <= $2; run++)); do # the first run is a warm-up
        measure run_ours add-peer "bench$run"
        ((run == 0)) || wgctl_times+=("$took")
        measure add_peer_today "$theirs" "$work/$theirs/wg1.conf" "bench$run" "$(new_address "$run")"
        ((run == 0)) || today_times+=("$took")
    done
    check_peers "$1" $(($2 + 1))
    ours_took=$(median "${wgctl_times[@]}")
    today_took=$(median "${today_times[@]}")

    trace "$wgctl" -C "$work/$ours" -i "$ours" add-peer counted
    ours_counts=("$(count_calls)" "$(count_fsyncs)" "$(count_processes)")
    trace bash "$here/today.sh" "$theirs" "$work/$theirs/wg1.conf" counted "$(new_address 100)"
    today_counts=("$(count_calls)" "$(count_fsyncs)" "$(count_processes)")
    printf '%6d  %12s  %12s  %5d.%d   %7d %6d %9d   %7d %6d %9d\n' "$1" \
        "$(milliseconds "$ours_took")" "$(milliseconds "$today_took")" \
        $((today_took / ours_took)) $((today_took * 10 / ours_took % 10)) "${ours_counts[@]}" "${today_counts[@]}"
    ((ours_counts[2] == 0)) || failed=1
}

# Checks that both sides really added their peers.
check_peers() { # BEFORE ADDED
    local interface has
    for interface in "$ours" "$theirs"; do
        has=$(wg show "$interface" peers | wc -l)
        ((has == $1 + $2)) || fail_early "$interface has $has peers, not $(($1 + $2))"
    done
}

# Measures the other commands on the server that compare() has left.
count_others() { # PEERS
    local line
    printf '\nOther commands, at %d peers:\n\n' "$1"
    printf '%-20s %12s   %7s %6s %9s\n' command 'one run' calls fsyncs processes
    while read -r line; do
        # shellcheck disable=SC2086 # split into words
        measure run_ours $line
        [[ $line != *revoke* ]] || line=${line/bench1/bench2}
        # shellcheck disable=SC2086
        trace "$wgctl" -C "$work/$ours" -i "$ours" $line
        printf '%-20s %12s   %7d %6d %9d\n' "$line" "$(milliseconds "$took")" \
            "$(count_calls)" "$(count_fsyncs)" "$(count_processes)"
        (($(count_processes) == 0)) || failed=1
    done <<-'END'
	apply
	list
	qr bench1
	show bench1
	-y revoke bench1
	END
}

main() {
    local peers
    make_device "$ours"
    remove_device "$ours"
    echo "Adding a peer to a running server, with $kind; the files are on $(stat -f -c %T "$work")."
    printf '\n%52s %26s\n' "wgctl" "by hand"
    printf '%6s  %12s  %12s  %7s   %7s %6s %9s   %7s %6s %9s\n' \
        peers wgctl "by hand" ratio calls fsyncs processes calls fsyncs processes
    for peers in 100 1000 5000; do
        compare "$peers" $((peers == 5000 ? 5 : 9))
        ((peers != 1000)) || others=$(count_others "$peers")
        remove_device "$ours"
        remove_device "$theirs"
    done
    echo "$others"
    ((failed == 0)) || fail_early "wgctl started a process"
}

isolate "$@"
# On a disk, because fsync is free in memory.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
main
