#!/bin/bash
# Shows that the guest is worth testing in: its kernel itself speaks WireGuard, and takes rules for masquerading from
# nft, from both kinds of iptables, and for both address families. Run by run.sh.
set -euo pipefail

# Joins the namespace NAME to the other end of a cable, with WireGuard's interface up but no peer.
make_end() { # NAME LINK_ADDRESS TUNNEL_ADDRESS
    ip netns add "$1"
    ip link set "$1" netns "$1"
    ip -n "$1" address add "$2" dev "$1"
    ip -n "$1" link set "$1" up
    ip -n "$1" link add wg0 type wireguard
    ip -n "$1" address add "$3" dev wg0
    wg genkey >"$keys/$1"
    ip netns exec "$1" wg set wg0 listen-port 51820 private-key "$keys/$1"
    ip -n "$1" link set wg0 up
}

add_peer() { # NAME PEER PEER_LINK_ADDRESS PEER_TUNNEL_ADDRESS
    ip netns exec "$1" wg set wg0 peer "$(wg pubkey <"$keys/$2")" endpoint "$3:51820" allowed-ips "$4/32"
}

keys=$(mktemp -d)
umask 077
ip link add left type veth peer name right
make_end left 192.0.2.1/24 10.9.0.1/24
make_end right 192.0.2.2/24 10.9.0.2/24
add_peer left right 192.0.2.2 10.9.0.2
add_peer right left 192.0.2.1 10.9.0.1
ip netns exec left ping -q -c 20 -i 0.01 -W 5 10.9.0.2
ip netns exec left wg show wg0 latest-handshakes | awk '$2 == 0 { exit 1 }'

ip netns exec left nft -f - <<'END'
table inet wgctl {
    chain postrouting {
        type nat hook postrouting priority srcnat
        ip saddr 10.9.0.0/24 ct state new counter masquerade comment "IPv4"
        ip6 saddr fd00:9::/64 masquerade
    }
}
END
for iptables in {ip,ip6}tables{,-legacy}; do
    [[ $iptables == ip6* ]] && subnet=fd00:9::/64 || subnet=10.9.0.0/24
    ip netns exec right "$iptables" -t nat -A POSTROUTING -s "$subnet" -m comment --comment test -j MASQUERADE
    ip netns exec right "$iptables" -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    ip netns exec right "$iptables" -A INPUT -p udp --dport 51820 -j ACCEPT
done
echo "WireGuard, nftables and iptables work on Linux $(uname -r)"
