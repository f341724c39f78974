#!/bin/bash
# A device that stays connected for three days and moves in between: it is never cut off, and no change to the server makes it
# begin anew. Made for virtual time (VM_TIME of tests/vm/uml.sh), in which waiting takes none.
#
# usage: days.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

readonly day=86400
# A session lasts three minutes, and the device keeps it up by a packet every 25 seconds.
readonly oldest=180

wgctl() { server "$wgctl" "$@"; }

endpoint() {
    server wg show wg0 endpoints | cut -f 2
}

handshake() {
    server wg show wg0 latest-handshakes | cut -f 2 | sort -n | tail -n 1
}

has_session() {
    (($(server date +%s) - $(handshake) <= oldest))
}

# Only the device knows that it has moved, until it says something.
move_device() { # FROM TO
    on client1 ip address del "$road4.$1/24" dev road
    on client1 ip address add "$road4.$2/24" dev road
    check "the device still reaches the server" reaches client1 "$server_tunnel4"
    check "which has noticed where it is now" test "$(endpoint)" = "$road4.$2:$port"
}

connect_device() {
    mkdir -p "$work/client1"
    make_resolvconf client1
    (umask 077 && wgctl show phone >"$work/client1/phone.conf")
    check "phone connects" wg_quick client1 up "$work/client1/phone.conf"
    server_tunnel4=$(tunnel_address server wg0 4)
    check "phone reaches the server" reaches client1 "$server_tunnel4"
    port=$(endpoint)
    port=${port##*:}
}

change_server() {
    local before
    before=$(handshake)
    check "another device is added" wgctl add-peer laptop
    check "and revoked" wgctl -y revoke laptop
    check "there is nothing to apply then" wgctl apply
    check "phone's session is the same" test "$(handshake)" = "$before"
    check "and so is where it is" test "$(endpoint)" = "$road4.$1:$port"
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_topology
    check "init provisions the server" wgctl init --endpoint "$server_road4" --firewall nftables
    check "phone is added" wgctl add-peer phone
    connect_device
    sleep $day
    check "a day later it has a session" has_session
    move_device 11 13
    sleep $day
    check "another day later it has one, too" has_session
    change_server 13
    sleep $day
    check "and on the third day" has_session
    check "phone reaches the server" reaches client1 "$server_tunnel4"
    change_server 13
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
