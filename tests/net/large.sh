#!/bin/bash
# Large numbers: one peer with ten thousand allowed IPs, and a thousand peers. They are added, changed, moved and
# removed, and the device matches the file each time.
#
# usage: large.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" -i wg0 "$@"; }

readonly networks=10000 peers=1000

# Prints the networks numbered from FROM to below TO, separated by commas.
list_networks() { # FROM TO
    seq "$1" $(($2 - 1)) | awk '{ printf "%s10.%d.%d.%d/32", (NR > 1 ? ", " : ""), 1 + $1 / 65536, $1 / 256 % 256, $1 % 256 }'
}

write_peer() { # KEY ALLOWED_IPS
    printf '[Peer]\nPublicKey = %s\n' "$1"
    [[ ! $2 ]] || echo "AllowedIPs = $2"
}

# Writes the [Interface] section and standard input to the file.
place() {
    { printf '[Interface]\nPrivateKey = %s\nAddress = 10.0.0.1/8\n' "$private_key" && cat; } >"$work/wg0.conf"
    server bash -c 'umask 077 && cat >/etc/wireguard/wg0.conf' <"$work/wg0.conf"
}

# Lists each allowed IP with its peer, and each peer, in the file and on the device.
is_as_placed() {
    diff <(awk '$1 == "PublicKey" { print key = $3 } $1 == "AllowedIPs" { gsub(",", ""); for (i = 3; i <= NF; i++) print key, $i }' \
        "$work/wg0.conf" | sort) \
        <(server wg show wg0 allowed-ips | awk '{ print $1; for (i = 2; i <= NF; i++) if ($i != "(none)") print $1, $i }' | sort)
}

becomes_that() { # WHAT
    check "apply: $1" wgctl apply
    check "so the device is" is_as_placed
}

has_nothing_to_do() {
    wgctl apply --json | grep -q '"changes": *\[\]'
}

large_peer() {
    local one two
    one=$(wg genkey | wg pubkey) two=$(wg genkey | wg pubkey)
    { write_peer "$one" "$(list_networks 0 $networks)" && write_peer "$two" ""; } | place
    becomes_that "a peer with $networks allowed IPs"
    check "they are all there" test "$(server wg show wg0 allowed-ips | grep -o /32 | wc -l)" = $networks
    check "there is nothing to do then" has_nothing_to_do
    { write_peer "$one" "$(list_networks 10 $networks)" && write_peer "$two" ""; } | place
    becomes_that "it loses ten of them"
    { write_peer "$one" "$(list_networks 10 $((networks / 4)))" && write_peer "$two" "$(list_networks $((networks / 2)) $networks)"; } | place
    check "apply: half of them are another peer's, and a quarter nobody's" wgctl apply
    check_said "the list of what was done is cut" '^  and [0-9]+ more$'
    check "so the device is" is_as_placed
    write_peer "$two" "$(list_networks 0 $networks)" | place
    becomes_that "the other has them all, and the one is gone"
}

# Prints public keys without private ones, because they are cheap to make.
list_keys() { # FIRST_BYTE
    seq $peers | awk -v first="$1" '{ printf "%s%04d%s=\n", first, $1, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }'
}

write_peers() { # KEYS
    local key number=0
    while read -r key; do
        write_peer "$key" "10.200.$((number / 250)).$((number % 250 + 1))/32"
        number=$((number + 1))
    done <<<"$1"
}

many_peers() {
    local keys others
    keys=$(list_keys A) others=$(list_keys B)
    write_peers "$keys" | place
    becomes_that "$peers peers in the place of one"
    check "they are all there" test "$(server wg show wg0 peers | wc -l)" = $peers
    check "there is nothing to do then" has_nothing_to_do
    { write_peers "$(head -n 500 <<<"$keys")" && write_peers "$(head -n 500 <<<"$others")" | sed 's|10\.200|10.201|'; } | place
    becomes_that "half of them are others"
    : | place
    becomes_that "all of them are gone"
}

main() {
    wgctl=$(find_wgctl "${1-}")
    private_key=$(wg genkey)
    make_host server
    : | place
    check "up" wgctl up
    check_wireguard server wg0
    large_peer
    many_peers
    check "down" wgctl down
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
