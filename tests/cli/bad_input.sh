#!/usr/bin/env bash
# Arguments and standard input that are wrong.
#
# usage: bad_input.sh WGCTL
set -euo pipefail

# shellcheck source=tests/cli/refusals.sh
source "$(dirname "${BASH_SOURCE[0]}")/refusals.sh"

# As a title shows it.
quoted() { # TEXT
    local text
    printf -v text '%q' "${1:0:30}"
    ((${#1} <= 30)) || text+="... (${#1} bytes)"
    echo "$text"
}

# ---- names ----

refuses_name() { # WHAT NAME
    refuses "a name with $1 is refused" 1 'the name .* (has a character|is longer|is empty|does not begin)' \
        -C etc add-peer --no-apply -- "$2"
}

refuses_name "a slash" a/b
refuses_name "a path" ../wg0
refuses_name "a path from the root" /etc/passwd
refuses_name "two dots" ..
refuses_name "a dot" .
refuses_name "a dot before it" .hidden
refuses_name "a dash before it" -x
refuses_name "nothing in it" ''
refuses_name "a blank" 'a b'
refuses_name "a newline" $'a\nPostUp = touch owned'
refuses_name "a newline at its end" $'a\n'
refuses_name "a carriage return" $'a\r'
refuses_name "a tab" $'a\tb'
refuses_name "an escape sequence" $'\e[31mred'
refuses_name "a bell" $'a\a'
refuses_name "a DEL" $'a\x7f'
refuses_name "a C1 control" $'a\xc2\x9b31m'
refuses_name "a byte that is no UTF-8" $'a\xff'
refuses_name "a direction mark" $'a\xe2\x80\xaeb'
refuses_name "an umlaut" 'jürgen'
refuses_name "16 characters" abcdefghijklmnop
refuses_name "a thousand characters" "$(printf 'x%.0s' {1..1000})"
refuses_name "many characters of three bytes" "$(printf '€%.0s' {1..40})"
refuses_name "a hash" 'a#b'
refuses_name "a bracket" '[Peer]'
refuses_name "a percent sign" '%s%n%i'
refuses_name "a dollar" "\$(id)"

refuses "a taken name is refused" 1 "peer 'phone' already exists" -C etc add-peer phone --no-apply
refuses "the name of a disabled peer is refused" 1 "peer 'old' already exists" -C etc add-peer old --no-apply
refuses "one wrong name among good ones is refused" 1 "the name 'b/c'" -C etc add-peer a b/c d --no-apply
refuses "a peer that is not there cannot be revoked" 1 "no peer 'nobody'" -C etc revoke nobody --no-apply
refuses "a peer that is a path cannot be revoked" 1 "no peer '../wg0'" -C etc revoke ../wg0 --no-apply
refuses "no name cannot be revoked" 1 "no peer ''" -C etc revoke '' --no-apply
refuses "an escape sequence cannot be shown" 1 'no peer' -C etc show $'\e[2J'
refuses "a byte that is no UTF-8 cannot be shown" 1 'no peer' -C etc show $'\xff'
refuses "an overlong name is not found" 1 'no peer' -C etc revoke "$(printf '€%.0s' {1..2000})"
with_lines wg0.conf "\n[Peer]\n# friendly_name = phone\nPublicKey = $(wg genkey | wg pubkey)\n"
refuses "a name that two peers have is refused" 1 "more than one peer is called 'phone'" -C etc revoke phone --no-apply
fresh

for interface in ../wg0 'wg 0' wg/0 . .. abcdefghijklmnop $'wg\e[0' $'wg\n0' '%s' 'wg0;id' 'wü0'; do
    refuses "an interface $(quoted "$interface") is refused by list" 1 'is not a valid interface name' -C etc -i "$interface" list
    refuses "an interface $(quoted "$interface") is refused by init" 1 'is not a valid interface name' -C etc -i "$interface" init \
        --no-apply --firewall none --endpoint vpn.example.org
done
for interface in wg+ wg=; do
    refuses "an interface '$interface', which confuses firewalls, is refused by init" 1 'would confuse the firewall' \
        -C etc -i "$interface" init --no-apply --firewall nftables --endpoint vpn.example.org
done

# ---- addresses ----

refuses_address() { # WHAT REGEX ADDRESSES
    refuses "an address that is $1 is refused" 1 "$2" "${add[@]}" --address "$3"
}

refuses_address "outside the pool" '10\.73\.22\.5 is not in the subnet 10\.73\.21\.0/24' 10.73.22.5
refuses_address "outside the IPv6 pool" 'fd5c:1:2:4::5 is not in the subnet' fd5c:1:2:4::5
refuses_address "taken" '10\.73\.21\.2 is already used' 10.73.21.2
refuses_address "taken, in IPv6" 'fd5c:1:2:3::2 is already used' fd5c:1:2:3::2
refuses_address "taken, written otherwise" 'fd5c:1:2:3::2 is already used' FD5C:0001:2:3:0:0:0:0002
refuses_address "the server's" "10\.73\.21\.1 is the server's own address" 10.73.21.1
refuses_address "the server's, in IPv6" "fd5c:1:2:3::1 is the server's own address" fd5c:1:2:3::1
refuses_address "the network's" '10\.73\.21\.0 ' 10.73.21.0
refuses_address "the network's, in IPv6" 'fd5c:1:2:3:: ' fd5c:1:2:3::
refuses_address "the broadcast" '10\.73\.21\.255 .*broadcast' 10.73.21.255
refuses_address "a disabled peer's" '10\.73\.21\.3 is already used' 10.73.21.3
refuses_address "a network" '10\.73\.21\.64/26 is a network' 10.73.21.64/26
refuses_address "twice there" '10\.73\.21\.9 is already used' 10.73.21.9,10.73.21.9
refuses_address "good, with one that is not" '10\.73\.22\.1 is not in the subnet' 10.73.21.9,10.73.22.1
for address in 10.73.21 10.73.21.256 010.73.21.9 10.73.21.9/33 10.73.21.9/ fd5c::1::2 phone '' ',' '10.73.21.9,' \
    10.73.21.9/-1 $'10.73.21.9\n' $'10.73.21.9\e[31m' '10.73.21.9 10.73.21.10' 0x0a491509 \
    10.73.21.9%eth0 "$(printf '1%.0s' {1..600})"; do
    refuses "the address $(quoted "$address") is refused" 1 . "${add[@]}" --address "$address"
done
for lan in 10.73.21.0/24 10.73.0.0/16 0.0.0.0/0 ::/0 10.73.21.2/32 fd5c:1:2:3::/64 192.168.9.0/24,192.168.9.128/25 \
    192.168.9.0/33 nonsense ''; do
    refuses "the network '$lan' behind a peer is refused" 1 . "${add[@]}" --lan "$lan"
done
for list in nonsense '' 10.0.0.0/33 ',' '10.0.0.0/8,,' $'10.0.0.0/8\nPostUp = id' +10.0.0.0/8; do
    refuses "the allowed IPs $(quoted "$list") are refused" 1 . "${add[@]}" --allowed-ips "$list"
done

./wgctl -C etc -q -i wg9 init --no-apply --address 10.9.0.1/30 --endpoint vpn.example.org --firewall none >/dev/null
./wgctl -C etc -q -i wg9 add-peer only --no-apply
refuses "a full /30 is a clear error" 1 'no address is free in 10\.9\.0\.0/30' -C etc -i wg9 add-peer more --no-apply
refuses "two peers do not fit where there is room for one" 1 'no address is free in 10\.9\.0\.0/30' \
    -C etc -i wg9 add-peer one two --no-apply
fresh

for address in 10.8.0.0/24 10.8.0.1/31 10.8.0.1/32 10.8.0.1 10.8.0.1/33 fd00::/64 fd00::1/127 fd00::1/128 nonsense '' \
    10.8.0.255/24 10.8.0.1/24,10.8.0.1/24; do
    refuses "the server's address '$address' is refused" 1 . "${new_server[@]}" --endpoint vpn.example.org \
        --address "$address"
done
refuses "--no-ipv6 with an IPv6 address is refused" 1 'no-ipv6' "${new_server[@]}" --endpoint vpn.example.org \
    --no-ipv6 --address 10.8.0.1/24,fd00::1/64

# ---- public keys ----

taken_disabled=$(awk '/^#- PublicKey/ { print $4; exit }' etc/wg0.conf)

refuses_key() { # WHAT REGEX KEY
    forbidden=()
    ((${#3} < 8)) || forbidden=("${3:0:8}")
    input=/dev/null
    refuses "a public key that is $1 is refused" 1 "$2" "${add[@]}" --public-key "$3"
    printf '%s\n' "$3" >key
    input=key
    refuses "a public key from standard input that is $1 is refused" 1 "$2" "${add[@]}" --public-key -
    fresh
}

refuses_key "all zero" 'all zero' $zero
refuses_key "the server's own" "the server's own public key" "$own"
refuses_key "a peer's already" "peer 'phone' has that public key already" "$taken"
refuses_key "a disabled peer's" "peer 'old' has that public key already" "$taken_disabled"
refuses_key "too long" 'a key has 44 characters' 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=x'
refuses_key "cut off" 'a key has 44 characters' 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2'
refuses_key "not canonical" 'not a key' 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2V='
refuses_key "no base64" 'not a key' 'c2VjcmV0c2VjcmV0!!VjcmV0c2VjcmV0c2VjcmV0c2U='
refuses_key "in base64url" 'not a key' 'c2VjcmV0c2VjcmV0_-VjcmV0c2VjcmV0c2VjcmV0c2U='
refuses_key "in hexadecimal" 'a key has 44 characters' \
    7365637265747365637265747365637265747365637265747365637265747365
refuses_key "a word" 'a key has 44 characters' secretsecret
refuses_key "a path" 'a key has 44 characters' /etc/wireguard/secret.key
refuses_key "an escape sequence" 'a key has 44 characters' $'\e[31msecret\e[0m'
refuses_key "nothing" . ''
refuses_key "a thousand characters" 'a key' "$(printf 'secret%.0s' {1..200})"
head -c 4000 /dev/zero >zeros
input=zeros
refuses "NUL bytes from standard input are no key" 1 . "${add[@]}" --public-key -
input=/dev/null
refuses "an empty standard input is no key" 1 'there is no public key on standard input' "${add[@]}" --public-key -
input=$work
refuses "a folder as standard input is no key" 1 'there is no public key on standard input' "${add[@]}" --public-key -
input=/dev/null

# ---- endpoints ----

for endpoint in vpn.example.org: vpn.example.org:0 vpn.example.org:65536 vpn.example.org:99999 vpn.example.org:abc \
    vpn.example.org:-1 vpn.example.org:+80 vpn.example.org:0x50 'vpn.example.org: 80' vpn.example.org:80: :51820 : '' ' ' \
    'vpn example.org' ' vpn.example.org' 'vpn.example.org ' $'vpn.example.org\n' $'vpn\nPostUp = id:1' $'vpn\e[31m.org' \
    $'vpn\x7f.org' $'vpn\xc2\x9b.org' $'vpn\xff.org' 'vpn.exämple.org' 300.1.1.1 1.2.3 010.0.0.1 '[::1' '[::1]x' '[]:1' \
    '[1.2.3.4]:1' '::1::2' '[fe80::1%]:1' -vpn.example.org vpn..example.org http://vpn.example.org/ vpn.example.org/x \
    user@vpn.example.org "$(printf 'a%.0s' {1..64}).org" "$(printf 'ab.%.0s' {1..100})org" '*' '%s' \
    99999999999999999999:1 vpn.example.org:99999999999999999999; do
    refuses "init refuses the endpoint $(quoted "$endpoint")" 1 . "${new_server[@]}" --endpoint "$endpoint"
    refuses "edit-server refuses the endpoint $(quoted "$endpoint")" 1 . -C etc edit-server --endpoint "$endpoint"
done

for port in 0 65536 99999 -1 abc '' ' 51820' 51820x 0x50 +80 $'51820\n' 99999999999999999999; do
    refuses "init refuses the port $(quoted "$port")" 1 'port' "${new_server[@]}" --endpoint vpn.example.org --listen-port "$port"
done
for firewall in windows '' NFTABLES $'nftables\e[31m' 'nftables;id'; do
    refuses "init refuses the firewall $(quoted "$firewall")" 1 'firewall' -C etc -i wg1 init --no-apply --endpoint vpn.example.org \
        --firewall "$firewall"
done
for egress in 'eth 0' eth/0 $'eth0\nPostUp = id' $'eth0\e[31m' abcdefghijklmnop '"; id; "' "eth0'"; do
    refuses "init refuses the way out $(quoted "$egress")" 1 'is not a valid interface name' "${new_server[@]}" \
        --endpoint vpn.example.org --egress "$egress"
done
refuses "init refuses split and lan, where they have no meaning" 1 . "${new_server[@]}" --endpoint vpn.example.org \
    --allowed-ips lan

# ---- numbers, days, notes ----

for dns in nonsense/8 '1.1.1.1,' ',1.1.1.1' '1.1.1.1 9.9.9.9' 300.1.1.1 $'1.1.1.1\nPostUp = id' $'1.1.1.1\e[31m' '[::1]' ::1::2 \
    'a b' 'name;' "$(printf '1.1.1.1,%.0s' {1..200})1.1.1.1" '-x' "$(printf '€%.0s' {1..900})"; do
    refuses "the DNS servers $(quoted "$dns") are refused by add-peer" 1 'DNS|control' "${add[@]}" --dns "$dns"
    refuses "the DNS servers $(quoted "$dns") are refused by init" 1 'DNS|control' "${new_server[@]}" --endpoint vpn.example.org --dns "$dns"
done
for mtu in 0 1 575 65536 99999999999999999999 -1 +1420 1420x x '' ' 1420' 1e3 0x500 $'1420\e[31m' "$(printf '9%.0s' {1..2000})"; do
    refuses "the MTU $(quoted "$mtu") is refused by add-peer" 1 'MTU' "${add[@]}" --mtu "$mtu"
    refuses "the MTU $(quoted "$mtu") is refused by init" 1 'MTU' "${new_server[@]}" --endpoint vpn.example.org --mtu "$mtu"
done
for keepalive in 65536 -1 x '' 25s ' 25' on 1.5 $'25\n'; do
    refuses "the keepalive $(quoted "$keepalive") is refused" 1 'keepalive' "${add[@]}" --keepalive "$keepalive"
done
for expires in 0d 7 7x d -7d +7d 7.5d 1m '' yesterday 2020-01-01 2999-02-30 2999-13-01 2999-00-01 2999-1 2999-12-24T25:00:00Z \
    2999-12-24T18:00:00 '2999-12-24 18:00' 100001d 99999999999999999999d 99999999-01-01 '7 d' ' 7d' $'7d\n' $'2999-12-24\e[31m' \
    2999-12-24T18:00:00Zx "$(printf '7%.0s' {1..2000})d"; do
    refuses "the end $(quoted "$expires") is refused" 1 . "${add[@]}" --expires "$expires"
done
for text in $'a\nb' $'a\n' $'\e[31mred' $'a\ab' $'a\tb' $'a\x7f' $'a\r' $'a\xc2\x9b31m' $'a\xe2\x80\xaeb' $'a\xff' \
    "$(printf 'x%.0s' {1..201})" "$(printf '€%.0s' {1..3000})"; do
    refuses "the note $(quoted "$text") is refused" 1 'note' "${add[@]}" --note "$text"
done

finish
