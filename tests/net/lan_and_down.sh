#!/bin/bash
# Networks behind a peer, and difficult surroundings: an interface name that is taken, a router, no free network.
#
# usage: lan_and_down.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl_on() { # HOST ARGUMENTS...
    local host=$1
    shift
    on "$host" "$wgctl" "$@"
}

wgctl() { wgctl_on server "$@"; }

folder=/etc/wireguard

# ---- networks behind a peer ----

lan4=192.168.77.0/24 lan6=fd77:0:0:1::/64
lan_host4=192.168.77.1 lan_host6=fd77:0:0:1::1

# True if the server routes the office's networks into the tunnel. Without the tunnel, they have no route.
has_lan_routes() {
    server ip -4 route show "$lan4" | grep -w 'dev wg0' && server ip -6 route show "$lan6" | grep -w 'dev wg0'
}

has_no_lan_routes() {
    [[ -z $(server ip -4 route show "$lan4" table all) && -z $(server ip -6 route show "$lan6" table all) ]]
}

connect_device() { # HOST PEER
    mkdir -p "$work/$1"
    make_resolvconf "$1"
    (umask 077 && wgctl show "$2" >"$work/$1/$2.conf")
    check "wg-quick takes the file of $2" wg_quick "$1" up "$work/$1/$2.conf"
}

network_behind_peer() {
    check "init provisions the server" wgctl init --endpoint "$server_road4" --firewall nftables
    check "there is no way to the office yet" has_no_lan_routes
    check "add-peer adds office, with its networks" wgctl add-peer office --lan "$lan4,$lan6"
    check "the server has routes to them" has_lan_routes
    connect_device client1 office
    add_address client1 lo "$lan_host4/24" "$lan_host6/64"
    check "the server reaches the office's network, IPv4" reaches server "$lan_host4"
    check "the server reaches the office's network, IPv6" reaches server "$lan_host6"
    check "add-peer adds laptop" wgctl add-peer laptop
    connect_device client2 laptop
    check "so does laptop, IPv4" reaches client2 "$lan_host4"
    check "so does laptop, IPv6" reaches client2 "$lan_host6"
    check "down works" wgctl down
    check "the routes are gone with the interface" has_no_lan_routes
    check "up works" wgctl up
    check "the routes are back" has_lan_routes
    check "revoke removes office" wgctl -y revoke office
    check "the routes are gone with office" has_no_lan_routes
    check "down works" wgctl down
}

# ---- an interface name that is taken ----

# Prints the whole state: files with owner, mode and content, links and addresses.
state() {
    server find "$folder" /etc/sysctl.d /run/wgctl -printf '%p %y %u %m %T@\n' | sort
    server find "$folder" /etc/sysctl.d /run/wgctl -type f -exec sha256sum {} + | sort
    server ip -details address
    server nft list ruleset
}

other_interface() {
    server ip link add wg7 type bridge
    state >"$work/before"
    check_fails 1 "init refuses an interface that is no WireGuard" \
        wgctl -i wg7 init --endpoint "$server_road4" --firewall nftables
    check_said "and says so" 'wg7.*not a WireGuard interface'
    state >"$work/after"
    check "it changed nothing" diff "$work/before" "$work/after"
}

# ---- behind a router ----

behind_router() {
    make_host home
    make_host router
    connect home router
    add_address home router 192.168.50.2/24
    add_address router home 192.168.50.1/24
    on home ip route add default via 192.168.50.1
    check "init works without an endpoint" wgctl_on home init
    check_said "it says that only devices in the same network connect" '192\.168\.50\.2.* on its own network'
    check_said "which port the router has to forward" 'UDP port 51820'
    check_said "and which command sets the public endpoint" 'wgctl .*edit-server --endpoint'
    check "the endpoint is the LAN's address" on home grep -qx 'endpoint = 192.168.50.2:51820' "$folder/wg0.ini"
    check "add-peer adds devices" wgctl_on home add-peer phone laptop tablet
    check "they connect to that endpoint" on home grep -qx 'Endpoint = 192.168.50.2:51820' "$folder/wg0.peers/phone.conf"
}

# The sums of the networks' sizes: all of IPv4 but a /24, with one address of it again.
counts_all_but_the_lan() { # FILE
    on home sed -n 's/^AllowedIPs = //p' "$1" | tr -d ' ' | tr ',' '\n' |
        awk -F/ '/\./ { sum += 2 ^ (32 - $2) } END { exit sum != 2 ^ 32 - 256 + 1 }'
}

except_lan() {
    local file=$folder/wg0.peers/tv.conf
    check "a device can send all but the LAN's traffic" \
        wgctl_on home add-peer tv --allowed-ips full-except-lan --dns 192.168.50.1
    check "the networks are all but the LAN" counts_all_but_the_lan "$file"
    check "with the DNS server in it" on home grep -q '^AllowedIPs = .*, 192\.168\.50\.1/32$' "$file"
    check "and all of IPv6" on home grep -q '^AllowedIPs = .*, ::/0,' "$file"
    check "it can be revoked" wgctl_on home -y revoke tv
    check "a device can send the LAN's traffic alone" wgctl_on home add-peer tv --allowed-ips lan
    check "with the tunnel's" on home grep -q '^AllowedIPs = .*, 192\.168\.50\.0/24$' "$file"
    check "it can be revoked" wgctl_on home -y revoke tv
    check_fails 1 "the server's own address with another port is refused" \
        wgctl_on home edit-server --endpoint 192.168.50.2:443
    check_said "with the port on which it listens" "own address, where it listens on port 51820, not 443"
    check_said "and an endpoint that works" "with that port: --endpoint 192.168.50.2:51820"
    check "the server's own address is taken" wgctl_on home edit-server --endpoint 192.168.50.2
    check_said "and it is said that it is one of the LAN" "Only this server's own network knows that address"
}

# ---- a new endpoint ----

# True if the endpoint is the only difference, byte for byte.
has_only_endpoint_changed() { # FILE
    sed -E 's/^(endpoint|Endpoint) = .*/\1 = new.example:4242/' "$work/old/$1" | on home cmp - "$folder/$1"
}

new_endpoint() {
    local file
    # Manual edits of a device's file are kept.
    on home sed -i 's/^\[Peer\]$/# by hand\n\n&/' "$folder/wg0.peers/laptop.conf"
    on home cp -a "$folder" "$work/old"
    check "edit-server changes the endpoint" wgctl_on home edit-server --endpoint new.example:4242
    check_said "and says that devices have to import their files again" '3 device files changed: import each again'
    check "wg0.conf is as it was" on home cmp "$work/old/wg0.conf" "$folder/wg0.conf"
    for file in wg0.ini wg0.peers/{phone,laptop,tablet}.conf; do
        check "of $file, the endpoint has changed" on home grep -iqx 'endpoint = new.example:4242' "$folder/$file"
        check "and nothing else" has_only_endpoint_changed "$file"
        check "others cannot read it" test "$(on home stat -c %a "$folder/$file")" = 600
    done
    check "there is no file more or less" \
        test "$(on home find "$folder" -printf '%P\n' | sort)" = "$(find "$work/old" -printf '%P\n' | sort)"
}

# ---- networks that are in use ----

# Routes all of 10.0.0.0/8 except 10.77.0.0/16 elsewhere. Routes in any table count.
occupy_networks() {
    local network
    for network in 10.128.0.0/9 10.0.0.0/10 10.96.0.0/11 10.80.0.0/12 10.64.0.0/13 10.72.0.0/14 10.78.0.0/15; do
        on hotel ip route add "$network" via 192.168.60.1
    done
    on hotel ip route add 10.76.0.0/16 via 192.168.60.1 table 100
    on hotel ip route add fd00::/9 dev router
}

addresses() { # FOLDER
    on hotel sed -n 's/^Address = //p' "$1/wg0.conf"
}

# Repeated, because the choice is random.
chooses_free_networks() {
    local try
    for try in {1..20}; do
        wgctl_on hotel -C "$work/try$try" init --no-apply || return
        addresses "$work/try$try" | grep -E '^10\.77\.[0-9]+\.1/24, fd[89a-f][0-9a-f]:[0-9a-f:]+/64$' || return
    done
}

no_free_network() {
    make_host hotel
    connect hotel router
    add_address hotel router 192.168.60.2/24 2001:db8:60::2/64
    add_address router hotel 192.168.60.1/24
    on hotel ip route add default via 192.168.60.1
    occupy_networks
    mkdir -m 0700 "$work"/try{1..20} "$work/full"
    check "init chooses networks that this host has no route to" chooses_free_networks
    on hotel ip route add 10.77.0.0/16 via 192.168.60.1
    on hotel ip route add 172.16.0.0/12 via 192.168.60.1
    on hotel ip route add 192.168.0.0/16 via 192.168.60.1
    check_fails 1 "where none is free, init fails" wgctl_on hotel -C "$work/full" init --no-apply
    check_said "says so, and which option names one" '--address'
    check "and leaves no configuration" test ! -e "$work/full/wg0.conf"
    check "with that option it works" wgctl_on hotel -C "$work/full" init --no-apply --address 192.168.73.1/24
    check "it takes that network" test "$(addresses "$work/full")" = 192.168.73.1/24
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_topology
    network_behind_peer
    other_interface
    behind_router
    except_lan
    new_endpoint
    no_free_network
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
