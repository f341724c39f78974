#!/bin/bash
# The main use, from nothing to a connected phone and back to nothing, on a host with firewall rules of its own.
#
# usage: roundtrip.sh nftables|iptables [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" "$@"; }

conf=/etc/wireguard/wg0.conf

# ---- the server ----

# Sets up a home router with rules of its owner, which wgctl neither needs nor may change.
make_firewall_nftables() {
    server nft -f - <<-'END'
	table inet owner {
	    chain input {
	        type filter hook input priority filter; policy accept;
	        tcp dport 23 drop
	    }
	    chain forward {
	        type filter hook forward priority filter; policy accept;
	        ip daddr 192.0.2.66 drop
	    }
	    chain postrouting {
	        type nat hook postrouting priority srcnat; policy accept;
	        ip saddr 192.0.2.66 masquerade
	    }
	}
	END
}

# Sets up a firewall like that of ufw or Docker, which drops by default, so that the tunnel depends on wgctl's rules.
make_firewall_iptables() {
    local iptables icmp
    for iptables in iptables ip6tables; do
        icmp=icmp
        [[ $iptables == iptables ]] || icmp=icmpv6
        server "$iptables" -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        server "$iptables" -A INPUT -p "$icmp" -j ACCEPT
        server "$iptables" -A OUTPUT -p tcp --dport 23 -j DROP
        server "$iptables" -P INPUT DROP
        server "$iptables" -P FORWARD DROP
        server "$iptables" -t nat -A POSTROUTING -p tcp --dport 23 -j MASQUERADE
    done
}

# Prints everything that `down` must undo, without packet counters and times. Forwarding stays on, and with it the anycast
# address of each IPv6 network.
snapshot() {
    {
        server nft list ruleset 2>/dev/null
        server iptables-save
        server ip6tables-save
        server ip link
        server ip address
        server ip -4 rule
        server ip -6 rule
        server ip -4 route show table all
        server ip -6 route show table all
        server ls -A /run/wireguard
    } | sed -E 's/counter packets [0-9]+ bytes [0-9]+/counter/; s/\[[0-9]+:[0-9]+\]$//; /^# (Generated|Completed) /d; /^anycast /d'
}

# A userspace process ends a moment after its interface.
check_nothing_left() { # AFTER_WHAT
    wait_for server test ! -e /run/wireguard/wg0.sock || true
    snapshot >"$work/after"
    check "after '$1' rules, links, addresses and routes are what they were" diff "$work/before" "$work/after"
}

# ---- peers ----

# Copies a device's file as `show` prints it, and connects.
connect_device() { # HOST PEER
    mkdir -p "$work/$1"
    (umask 077 && wgctl show "$2" >"$work/$1/$2.conf")
    check "'show $2' prints the client's file" server cmp "$work/$1/$2.conf" "/etc/wireguard/wg0.peers/$2.conf"
    check "wg-quick takes the file of $2" wg_quick "$1" up "$work/$1/$2.conf"
}

public_key() { # HOST PEER
    sed -n 's/^PrivateKey = //p' "$work/$1/$2.conf" | wg pubkey
}

# Checks that HOST reaches the server and, with the server's address, the internet.
check_connected() { # HOST PEER
    local family address=() seen=()
    address[4]=$internet4 seen[4]=$server_internet4 address[6]=$internet6 seen[6]=$server_internet6
    for family in 4 6; do
        check "$2 reaches the server, IPv$family" reaches "$1" "$(tunnel_address server wg0 "$family")"
        forget_pings
        check "$2 reaches the internet, IPv$family" reaches "$1" "${address[family]}"
        check "the internet sees the server's address, and none but that, IPv$family" \
            test "$(who_pinged "$family")" = "${seen[family]}"
    done
}

# Checks that packets up to the tunnel's MTU pass: the road's 1500 bytes minus WireGuard's overhead over IPv6.
check_full_size() { # HOST PEER
    local mtu=1420
    check "the server's MTU is $mtu" server grep -qx "$mtu" /sys/class/net/wg0/mtu
    check "$2's MTU is $mtu" on "$1" grep -qx "$mtu" "/sys/class/net/$2/mtu"
    check "$2's largest packet passes, IPv4" on "$1" ping -n -c 1 -w "$patience" -M "do" -s $((mtu - 28)) "$internet4"
    check "$2's largest packet passes, IPv6" on "$1" ping -n -c 1 -w "$patience" -M "do" -s $((mtu - 48)) "$internet6"
}

# Prints a peer's session as the server sees it: endpoint, latest handshake, bytes received and sent.
session() { # PUBLIC_KEY
    server wg show wg0 dump | awk -v key="$1" '$1 == key { print $3, $5, $6, $7 }'
}

# On a busy machine, WireGuard may repeat a handshake because the response arrived just as its 5 s timer was being set.
# There are no more handshakes for two minutes after that.
has_settled() { # PUBLIC_KEY
    local handshake
    handshake=$(session "$1" | cut -d ' ' -f 2)
    (($(date +%s) - handshake >= 10))
}

# A peer that was removed and added again counts its bytes from zero. A new handshake proves nothing: WireGuard makes one
# after two minutes, and a slow machine takes that long.
is_same_session() { # BEFORE AFTER
    echo "before: $1, after: $2 (endpoint, handshake, received, sent)"
    awk '{ exit !($1 == $5 && ($6 == $2 || $6 - $2 >= 110) && $7 > $3 && $8 > $4) }' <<<"$1 $2"
}

# Makes a change while a device pings the server every 10 ms.
check_undisturbed() { # HOST PEER WHAT_HOLDS COMMAND...
    local host=$1 peer=$2 what=$3 key before
    shift 3
    key=$(public_key "$host" "$peer")
    start_pinging "$host" "$(tunnel_address server wg0 4)"
    wait_for has_settled "$key"
    before=$(session "$key")
    check "$what" "$@"
    check "$peer was pinging all the while" kill -0 "$pinger"
    stop_pinging "$host"
    check "$peer lost no ping" none_lost "$host"
    check "$peer's session is the same" is_same_session "$before" "$(session "$key")"
}

has_peer() { # PUBLIC_KEY
    server wg show wg0 peers | grep -qxF "$1"
}

is_listed() { # PUBLIC_KEY
    server grep -qxF "PublicKey = $1" "$conf"
}

# ---- the steps ----

provision() {
    check "init provisions the server" wgctl init --endpoint "$server_road4" --firewall "$firewall"
    check "wg0 is up" server wg show wg0
    check_wireguard server wg0
    check "IPv4 is forwarded" server grep -qx 1 /proc/sys/net/ipv4/ip_forward
    check "IPv6 is forwarded" server grep -qx 1 /proc/sys/net/ipv6/conf/all/forwarding
    check "and will be after a boot" server grep -q '^net.ipv4.ip_forward = 1$' /etc/sysctl.d/90-wgctl.conf
    server sha256sum "$conf" /etc/wireguard/wg0.ini >"$work/sums"
    check_fails 1 "a second init refuses" wgctl init --endpoint "$server_road4"
    check "and leaves the files alone" server sha256sum --check "$work/sums"
    check "add-peer adds phone" wgctl add-peer phone
}

first_device() {
    connect_device client1 phone
    check "the client's DNS servers are set" grep -qx 'nameserver 1.1.1.1' "$work/client1/resolvconf.log"
    check_connected client1 phone
    check_full_size client1 phone
    check "apply works" wgctl apply
    check_said "apply says that there is nothing to do" 'already matches its file'
    check "apply --json works" wgctl --json apply
    check_said "apply --json has no changes" '"changes": *\[ *\]'
}

second_device() {
    check_undisturbed client1 phone "add-peer adds laptop" wgctl add-peer laptop
    connect_device client2 laptop
    check_connected client2 laptop
    check "phone reaches laptop, IPv4" reaches client1 "$(tunnel_address client2 laptop 4)"
    check "phone reaches laptop, IPv6" reaches client1 "$(tunnel_address client2 laptop 6)"
    check "laptop reaches phone, IPv4" reaches client2 "$(tunnel_address client1 phone 4)"
    check "laptop reaches phone, IPv6" reaches client2 "$(tunnel_address client1 phone 6)"
    check_undisturbed client2 laptop "apply works" wgctl apply
}

# The device still has its keys and its session, and keeps trying.
check_shut_out() {
    local family
    forget_pings
    check "phone does not reach the server any more" is_cut_off client1 "$(tunnel_address server wg0 4)"
    check "nor the internet, IPv4" is_cut_off client1 "$internet4"
    check "nor the internet, IPv6" is_cut_off client1 "$internet6"
    check "nor laptop" is_cut_off client1 "$(tunnel_address client2 laptop 4)"
    for family in 4 6; do
        check "nothing of it comes out, IPv$family" test -z "$(who_pinged "$family")"
    done
}

revoke_first() {
    local key
    key=$(public_key client1 phone)
    check "phone runs" has_peer "$key"
    check "phone is in the file" is_listed "$key"
    check_undisturbed client2 laptop "revoke removes phone" wgctl -y revoke phone
    check_fails 1 "phone runs no more" has_peer "$key"
    check_fails 1 "phone is not in the file" is_listed "$key"
    check "phone's own file is gone" server test ! -e /etc/wireguard/wg0.peers/phone.conf
    check_shut_out
    check "phone forgets its session" wg_quick client1 down "$work/client1/phone.conf"
    check "phone tries again" wg_quick client1 up "$work/client1/phone.conf"
    check_shut_out
    check "phone gives up" wg_quick client1 down "$work/client1/phone.conf"
}

down_and_up() {
    check "down works" wgctl down
    check_nothing_left "wgctl down"
    check_fails 1 "a second down fails" wgctl down
    check_said "and says that it is not up" 'wg0 is not up'
    check "up works" wgctl up
    check_wireguard server wg0
    check_fails 1 "a second up fails" wgctl up
    check_connected client2 laptop
    check "apply works" wgctl apply
    check_said "apply says that there is nothing to do" 'already matches its file'
}

# wg0.conf remains a wg-quick file: each tool takes down what the other brought up, and wgctl changes what wg-quick runs.
with_wg_quick() {
    local key
    check "wg-quick takes down what wgctl brought up" server wg-quick down "$conf"
    check_nothing_left "wg-quick down"
    check "wg-quick brings the same file up" server wg-quick up "$conf"
    check_connected client2 laptop
    check "apply works on wg-quick's interface" wgctl apply
    check_said "apply says that there is nothing to do" 'already matches its file'
    check_undisturbed client2 laptop "add-peer adds tablet to wg-quick's interface" wgctl add-peer tablet
    connect_device client1 tablet
    check_connected client1 tablet
    key=$(public_key client1 tablet)
    check "tablet runs" has_peer "$key"
    check "wg-quick takes down what wgctl changed" server wg-quick down "$conf"
    check_nothing_left "wg-quick down"
    check "wg-quick brings it up again" server wg-quick up "$conf"
    check "wgctl takes down what wg-quick brought up" wgctl down
    check_nothing_left "wgctl down"
}

main() {
    [[ ${1-} == nftables || ${1-} == iptables ]] || { echo "usage: roundtrip.sh nftables|iptables [WGCTL]" && exit 2; }
    firewall=$1
    wgctl=$(find_wgctl "${2-}")
    build_topology
    make_resolvconf client1
    make_resolvconf client2
    "make_firewall_$firewall"
    snapshot >"$work/before"
    provision
    first_device
    second_device
    revoke_first
    down_and_up
    with_wg_quick
    echo "all passed, with $firewall, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
