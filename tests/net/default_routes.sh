#!/bin/bash
# Routes while a tunnel is up: apply sets them as up would, two tunnels leave each other's rules alone, and DNS goes to
# systemd-resolved if there is no resolvconf.
#
# usage: default_routes.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"
# shellcheck source-path=SCRIPTDIR source=state.sh
source "$here/state.sh"
# shellcheck source-path=SCRIPTDIR source=like_up.sh
source "$here/like_up.sh"

# An apply that fails while setting a default route is rolled back.
failing_apply() {
    file=$here/side_by_side/06-split-tunnel.conf
    place "$file"
    server ip route add 192.168.99.0/24 dev lo
    server sysctl -qw net.ipv4.conf.all.src_valid_mark=0
    take_state before
    check "up" wgctl up
    take_state earlier
    sed 's|^AllowedIPs = |&0.0.0.0/0, 192.168.99.0/24, |' "$file" >"$work/wanted.conf"
    place "$work/wanted.conf"
    check_fails 1 "apply fails where the network has another route" wgctl apply
    check_said "and says so" 'another route to 192\.168\.99\.0/24'
    take_state failed
    check "all is as before it" same earlier failed
    server bash -c "printf '#!/bin/sh\nexit 1\n' >$work/server/bin/nft; chmod +x $work/server/bin/nft"
    sed 's|^AllowedIPs = |&0.0.0.0/0, ::/0, |' "$file" >"$work/wanted.conf"
    place "$work/wanted.conf"
    check_fails 1 "apply fails where the firewall refuses" wgctl apply
    rm "$work/server/bin/nft"
    take_state failed
    check "all is as before it" same earlier failed
    place "$file"
    check "down" down
    take_state after
    check "and before up" same before after
    server ip route del 192.168.99.0/24 dev lo
    server rm "$folder/wg0.conf"
}

# Two default routes make little sense, but taking one down must not break the other.
two_tunnels() {
    file=$here/side_by_side/03-full-tunnel.conf
    sed 's/10.73.21.2/10.74.0.2/; s/fd5c::2/fd5e::2/' "$file" >"$work/wg1.conf"
    place "$work/wg1.conf" wg1
    place "$file"
    server sysctl -qw net.ipv4.conf.all.src_valid_mark=1
    check "the one is up" as_user "$wgctl" -i wg1 up
    take_state one
    check "the other too" wgctl up
    check "with a mark of its own" test "$(server wg show wg0 fwmark) $(server wg show wg1 fwmark)" = "0xca6d 0xca6c"
    check "and goes" down
    take_state again
    check "the one has lost nothing" same one again
    check "the other is up again" wgctl up
    check "the one goes" as_user "$wgctl" -i wg1 down
    server ip -4 rule >"$work/rules"
    check "its rules went, the other's stayed" \
        test "$(grep -c suppress_prefixlength "$work/rules") $(grep -c 51820 "$work/rules") $(grep -c 51821 "$work/rules")" = "1 0 1"
    check "the other goes" down
    server rm "$folder/wg0.conf" "$folder/wg1.conf"
}

with_resolved() {
    file=$here/side_by_side/22-dns.conf
    place "$file"
    mv "$work/server/bin/resolvconf" "$work/resolvconf"
    # shellcheck disable=SC2016 # the script's own arguments
    printf '#!/bin/sh\necho "$*" >>%q\n' "$work/resolvectl.log" >"$work/server/bin/resolvectl"
    chmod +x "$work/server/bin/resolvectl"
    check "without resolvconf, systemd-resolved is told" wgctl up
    cat >"$work/expected" <<-'END'
	-- dns wg0 1.1.1.1 2606:4700:4700::1111 9.9.9.9
	-- domain wg0 home.arpa example.org ~.
	-- default-route wg0 true
	END
    check "all that the file says" diff "$work/expected" "$work/resolvectl.log"
    check "down" down
    rm "$work/server/bin/resolvectl"
    take_state before
    check_fails 1 "without either, up fails" wgctl up
    check_said "says why" 'neither resolvconf nor resolvectl'
    take_state after
    check "and leaves nothing" same before after
    mv "$work/resolvconf" "$work/server/bin/resolvconf"
}

# A signal halfway rolls everything back, as a failing step does.
stopped_by_signal() {
    local signal
    for signal in INT TERM; do
        file=$here/side_by_side/03-full-tunnel.conf
        sed "s|^Address.*|&\nPostUp = kill -$signal \$PPID; sleep 0.2|" "$file" >"$work/stopped.conf"
        place "$work/stopped.conf"
        take_state before
        check_fails $((128 + $(kill -l $signal))) "SIG$signal ends up" wgctl up
        wait_for is_gone
        take_state after
        check "and leaves nothing" same before after
    done
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_host
    apply_is_like_up 03-full-tunnel "no default route" 's|0.0.0.0/0, ::/0|10.9.0.0/16|'
    apply_is_like_up 03-full-tunnel "IPv4 only" 's|, ::/0||'
    apply_is_like_up 33-fwmark "another mark" 's/0x1092/0x1093/'
    apply_is_like_up 33-fwmark "another mark, no default route" 's/0x1092/0x1093/; s|0.0.0.0/0, ::/0|10.9.0.0/16|'
    apply_is_like_up 10-table-number "another table" 's/1234/99/'
    apply_is_like_up 10-table-number "no table" '/^Table/d'
    apply_is_like_up 10-table-number "no routes" 's/1234/off/'
    apply_is_like_up 02-networks-behind-peers "a network less" 's|, 192.168.77.0/24||; s|, fd77::/32||'
    failing_apply
    two_tunnels
    stopped_by_signal
    with_resolved
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
