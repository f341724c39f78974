#!/bin/bash
# Adds a peer to a running server the manual way, with the commands from wg(8) that most guides show.
#
# usage: today.sh INTERFACE CONFIGURATION NAME ALLOWED_IPS
set -euo pipefail

add_peer_today() { # INTERFACE CONFIGURATION NAME ALLOWED_IPS
    local private public preshared
    private=$(wg genkey)
    public=$(wg pubkey <<<"$private")
    preshared=$(wg genpsk)
    printf '\n[Peer]\n# %s\nPublicKey = %s\nPresharedKey = %s\nAllowedIPs = %s\n' "$3" "$public" "$preshared" "$4" >>"$2"
    wg syncconf "$1" <(wg-quick strip "$2")
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || add_peer_today "$@"
