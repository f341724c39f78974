#!/bin/bash
# apply makes all the changes that up would make: addresses, MTU, DNS and hooks. A failure halfway is rolled back, and the
# next apply finishes the work of one that was killed.
#
# usage: apply.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"
# shellcheck source-path=SCRIPTDIR source=state.sh
source "$here/state.sh"
# shellcheck source-path=SCRIPTDIR source=like_up.sh
source "$here/like_up.sh"

servers_file=$here/side_by_side/01-server.conf

# Writes the server's file with LINE... added to its [Interface] section.
server_with() { # LINE...
    local line
    cp "$servers_file" "$work/with.conf"
    for line; do
        sed -i "s|^ListenPort.*|&\n$line|" "$work/with.conf"
    done
    file=$work/with.conf
    place "$file"
}

# ---- addresses ----

addresses() {
    server ip -o address show dev wg0 scope global | awk '{ print $4 }' | sort | xargs
}

# By default, the kernel removes all addresses of a subnet when its first one is removed.
other_address_of_the_network() {
    place "$servers_file"
    server sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.default.promote_secondaries=0
    check "up" wgctl up
    sed 's|10.73.21.1/24|10.73.21.9/24|' "$servers_file" >"$work/moved.conf"
    place "$work/moved.conf"
    check "apply gives the server another address of its network" wgctl apply
    check "it has that one, and the one of IPv6" test "$(addresses)" = "10.73.21.9/24 fd5c:6e2:91a4:7b10::1/64"
    check "the way to the network is there" server ip -4 route show 10.73.21.0/24 dev wg0 src 10.73.21.9
    server ip address add 10.99.0.1/24 dev wg0
    place "$servers_file"
    check "and back" wgctl apply
    check "an address that the file never had stays" \
        test "$(addresses)" = "10.73.21.1/24 10.99.0.1/24 fd5c:6e2:91a4:7b10::1/64"
    server ip address del 10.73.21.1/24 dev wg0
    check "an address that somebody took away comes back" wgctl apply
    check_said "and it says so" '^  \+ address 10\.73\.21\.1/24$'
    check "there it is" test "$(addresses)" = "10.73.21.1/24 10.99.0.1/24 fd5c:6e2:91a4:7b10::1/64"
    check "down" down
}

# ---- hooks ----

ran() { # COMMANDS
    [[ $(server cat /run/ran | xargs) == "$1" ]]
}

forget_what_ran() {
    server bash -c ': >/run/ran'
}

hooks() {
    forget_what_ran
    server_with 'PostDown = echo old-down >>/run/ran' 'PostUp = echo old-up >>/run/ran'
    check "up" wgctl up
    check "what has not changed does not run" wgctl apply
    check "only the first time" ran "old-up"
    server_with 'PostDown = echo new-down >>/run/ran' 'PostUp = echo old-up >>/run/ran'
    check "a PostDown that has changed is for down" wgctl apply
    check "so nothing runs" ran "old-up"
    server_with 'PostDown = echo newer-down >>/run/ran' 'PostUp = echo newer-up >>/run/ran'
    check "apply -n tells of a PostUp that has changed" wgctl apply -n
    check_said "what it would run first" '^  ~ PostDown: echo new-down'
    check_said "and then" '^  ~ PostUp: echo newer-up'
    check "but runs nothing" ran "old-up"
    check "apply runs them" wgctl apply
    check "the PostDown of before, and the PostUp of now" ran "old-up new-down newer-up"
    check "once" nothing_to_apply
    check "down" down
    check "runs the newer one" ran "old-up new-down newer-up newer-down"
}

failing_hook() {
    forget_what_ran
    server_with 'PostDown = echo old-down >>/run/ran' 'PostUp = echo old-up >>/run/ran'
    check "up" wgctl up
    take_state before
    cp "$work/before" "$work/first"
    server_with 'MTU = 1300' 'PostDown = echo new-down >>/run/ran' 'PostUp = echo new-up >>/run/ran; false'
    sed -i 's|10.73.21.1/24|10.80.0.1/24|; s|10.73.21.2/32|10.73.21.2/32, 10.81.0.0/16|' "$file"
    sed -i 's/^PersistentKeepalive.*/PersistentKeepalive = 7/; /^PresharedKey/d' "$file"
    place "$file"
    check_fails 1 "apply fails where the new PostUp does" wgctl apply
    check_said "and says that nothing was changed" 'nothing was changed'
    check "the old one was run again" ran "old-up old-down new-up new-down old-up"
    take_state after
    check "all that runs is as before" same_but_for_mark first after
    server_with 'PostDown = echo old-down >>/run/ran' 'PostUp = echo old-up >>/run/ran'
    check "so there is nothing to do for the file of before" nothing_to_apply
    check "down" down
}

# After a kill while hooks run, nobody knows how far they got.
killed_hook() {
    forget_what_ran
    server_with 'PostDown = echo old-down >>/run/ran' 'PostUp = echo old-up >>/run/ran'
    check "up" wgctl up
    # shellcheck disable=SC2016 # the hook's own variable
    server_with 'PostDown = echo new-down >>/run/ran' \
        'PostUp = echo new-up >>/run/ran; test -e /run/again \|\| { touch /run/again; kill -KILL $PPID; }'
    check_fails 137 "apply is killed while it runs PostUp" wgctl apply
    check "the next one makes up for it" wgctl apply
    check "it took back both, and ran the new one" ran "old-up old-down new-up new-down old-down new-up"
    check "then there is nothing to do" nothing_to_apply
    server rm /run/again
    check "down" down
}

# ---- without an applied copy ----

of_wg_quick() {
    place "$servers_file"
    check "wg-quick brings it up" as_user wg-quick up "$folder/wg0.conf"
    check "apply has nothing to do" nothing_to_apply
    check "down" down
    place "$servers_file"
    check "again" as_user wg-quick up "$folder/wg0.conf"
    sed 's|10.73.21.1/24|&, 10.74.0.1/24|; s|^MTU = .*|MTU = 1380|' "$servers_file" >"$work/more.conf"
    place "$work/more.conf"
    check "what the file has more comes in" wgctl apply
    check "an address" test "$(addresses)" = "10.73.21.1/24 10.74.0.1/24 fd5c:6e2:91a4:7b10::1/64"
    check "and the MTU" test "$(server cat /sys/class/net/wg0/mtu)" = 1380
    check "down" down
}

# ---- an unclamped private key ----

# WireGuard accepts any 32 bytes, and shows them clamped.
odd_key() {
    sed "s|^PrivateKey.*|PrivateKey = $(printf '\377%.0s' {1..32} | base64)|" "$servers_file" >"$work/odd.conf"
    place "$work/odd.conf"
    check "up takes a private key that counts as another" wgctl up
    check "apply has nothing to do" nothing_to_apply
    check "down" down
}

# ---- drift ----

drift() {
    local phone=XsHfB+3AzViPiMI5l11q3XiHkH5HbCGcWANpNt3xMBk= foreign=Zm9yZWlnbjogbm8gZmlsZSBoYXMgdGhpcyBwZWVyICA=
    place "$servers_file"
    check "up" wgctl up
    take_state earlier
    server wg set wg0 peer "$foreign" allowed-ips 10.73.21.77/32
    server wg set wg0 peer "$phone" persistent-keepalive 9 preshared-key /dev/null \
        allowed-ips 10.73.21.2/32,10.73.21.3/32
    check "apply -n calls it drift" wgctl apply -n
    check_said "a peer that no file has" '^  - peer Zm9yZW.* 10\.73\.21\.77/32 \(drift\)$'
    check_said "a value" '^  ~ peer phone keepalive 0 \(was 9\) \(drift\)$'
    check_said "a secret, which it does not show" '^  ~ peer phone preshared key \(hidden\) \(drift\)$'
    check_said "an address that went to another, and from whom it comes back" \
        '^  \+ peer .* allowed IP 10\.73\.21\.3/32 \(from phone\) \(drift\)$'
    check "apply takes it back" wgctl apply
    take_state back
    check "all is as it was" same earlier back
    check "down" down
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_host
    apply_is_like_up 01-server "other networks" 's|10.73.21|10.80.3|g; s|fd5c:6e2:91a4:7b10|fd5c:1:2:3|g'
    apply_is_like_up 01-server "an address less" 's|, fd5c:6e2:91a4:7b10::1/64||'
    apply_is_like_up 01-server "a smaller network" 's|10.73.21.1/24|10.73.21.1/30|'
    apply_is_like_up 01-server "another MTU" 's|^MTU.*|MTU = 1300|'
    apply_is_like_up 17-mtu-of-route "an MTU in the file" 's|^Address|MTU = 1333\n&|'
    other_address_of_the_network
    hooks
    failing_hook
    killed_hook
    of_wg_quick
    odd_key
    drift
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
