#!/bin/bash
# A server made from wg-easy's JSON leads its devices to the internet, those with wg-easy's files and those with wgctl's,
# also after its network was widened by hand.
#
# usage: adopted.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" "$@"; }

readonly port=51999

# Makes the two devices' keys, and what wg-easy has of them.
make_json() {
    local key
    mkdir -m 700 "$work/wg-easy"
    cd "$work/wg-easy"
    umask 077
    for key in server phone laptop; do
        wg genkey >"$key.key"
        wg pubkey <"$key.key" >"$key.pub"
    done
    wg genpsk >laptop.psk
    cat >wg0.json <<-END
	{"server": {"privateKey": "$(<server.key)", "publicKey": "$(<server.pub)", "address": "10.8.0.1"},
	 "clients": {
	  "1": {"name": "phone", "address": "10.8.0.2", "privateKey": "$(<phone.key)", "publicKey": "$(<phone.pub)",
	        "createdAt": "2026-01-01T00:00:00.000Z", "enabled": true},
	  "2": {"name": "laptop", "address": "10.8.0.3", "privateKey": "$(<laptop.key)", "publicKey": "$(<laptop.pub)",
	        "preSharedKey": "$(<laptop.psk)", "createdAt": "2026-01-01T00:00:00.000Z", "enabled": true}}}
	END
    cat >laptop.conf <<-END
	[Interface]
	PrivateKey = $(<laptop.key)
	Address = 10.8.0.3/24
	DNS = 1.1.1.1

	[Peer]
	PublicKey = $(<server.pub)
	PresharedKey = $(<laptop.psk)
	AllowedIPs = 0.0.0.0/0, ::/0
	PersistentKeepalive = 0
	Endpoint = $server_road4:$port
	END
    cd "$OLDPWD"
}

connect_device() { # HOST FILE
    mkdir -p "$work/$1"
    make_resolvconf "$1"
    check "wg-quick takes the file of $1" wg_quick "$1" up "$2"
    check "$1 reaches the server in the tunnel" reaches "$1" 10.8.0.1
    forget_pings
    check "$1 reaches the internet" reaches "$1" "$internet4"
    check "which sees the server's address" test "$(who_pinged 4)" = "$server_internet4"
}

# The rules in PostUp do not fit what somebody edited: apply says so, and how to fix it.
apply_says() { # REGEX
    local hint
    check "apply takes it" wgctl apply
    check_said "and says that the rules are for the old one" "$1"
    hint=$(sed -n 's/^  -> //p' "$work/output")
    check "the fix works as it is printed" server bash -c "wgctl() { '$wgctl' \"\$@\"; }; $hint"
    check "apply has nothing to say then" wgctl apply
    check "nothing at all" test "$(grep -c Warning "$work/output")" = 0
}

wider_network() {
    server sed -i 's,^Address = .*,Address = 10.8.0.1/16,' /etc/wireguard/wg0.conf
    apply_says 'PostUp lines in wg0.conf translate 10.8.0.0/24 only'
    check "a device in the new part can be added" wgctl add-peer far --address 10.8.7.7
    on client1 ip link delete phone
    (umask 077 && wgctl show far >"$work/client1/far.conf")
    connect_device client1 "$work/client1/far.conf"
}

another_port() {
    local old
    old=$(server sed -n 's/^ListenPort = //p' /etc/wireguard/wg0.conf)
    server sed -i "s/^ListenPort = .*/ListenPort = 4500/" /etc/wireguard/wg0.conf
    apply_says "PostUp lines in wg0.conf let in UDP port $old, and the server listens on 4500"
    check "the firewall lets it in" grep -q 'udp dport 4500 accept' <(server nft list ruleset)
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_topology
    make_json
    server sysctl -qw net.ipv4.ip_forward=0
    check "adopt makes a server from wg-easy's JSON" wgctl adopt "$work/wg-easy/wg0.json" --endpoint "$server_road4:$port"
    check_said "and says how it goes on" 'wgctl -i wg0 up'
    check "nothing runs yet" server test ! -e /sys/class/net/wg0
    check "forwarding is on" server grep -qx 1 /proc/sys/net/ipv4/ip_forward
    check "and will be after a boot" server grep -qx 'net.ipv4.ip_forward = 1' /etc/sysctl.d/90-wgctl.conf
    check "up works" wgctl up
    (umask 077 && mkdir "$work/client1" && wgctl show phone >"$work/client1/phone.conf")
    connect_device client1 "$work/client1/phone.conf"
    connect_device client2 "$work/wg-easy/laptop.conf"
    check "another device can be added" wgctl add-peer tablet
    wider_network
    another_port
    check "down works" wgctl down
    check "and takes the firewall's rules away" test -z "$(server nft list ruleset)"
    echo "all passed"
}

isolate "$@"
main "$@"
