#!/usr/bin/env bash
# Everything that is wrong: a clear error with what to do next, exit status 1 or 2, and every file byte for byte as it was.
#
# usage: bad_input.sh WGCTL
#
# Needs root, for files that belong to others and for disks that are full. It works in namespaces of its own, which go with
# it.
set -euo pipefail

if (($# != 1)); then
    echo "usage: ${0##*/} WGCTL" >&2
    exit 2
fi
if [[ $(id -u) -ne 0 ]]; then
    echo "${0##*/}: needs root" >&2
    exit 1
fi
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    exec unshare --mount --net env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
PATH=$PATH:/usr/sbin:/sbin
need iconv ip jq mkfifo mount mountpoint setpriv unshare wg

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    cd /
    umount -l "$work/etc" 2>/dev/null || true
    rm -rf "$work"
    report_early_end
}
trap clean_up EXIT
# What a test that goes wrong would do to this machine, it does to a file system that goes away.
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=755 none /etc/sysctl.d

install -m 755 "$1" "$work/wgctl"
chmod 755 "$work"
cd "$work"
nobody=(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups
    env "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0")

# ---- a refusal ----

as=()           # as whom wgctl is called
input=/dev/null # its standard input
forbidden=()    # what may not be said, beside every key
has_json=true   # whether the command has a JSON form

run_wgctl() { # ARGUMENT...
    local got=0
    "${as[@]}" "$work/wgctl" "$@" <"$input" >"$work/out" 2>"$work/err" || got=$?
    echo "$got"
}

# What is wrong with what was just printed, a line each.
faults_of_error() { # STATUS_WANTED STATUS REGEX
    local word
    (($2 == $1)) || echo "exit status $2, not $1"
    [[ ! -s out ]] || echo "on standard output: $(cat out)"
    grep -aEq -- "$3" err || echo "the message does not match: $3"
    ! has_escapes err || echo "there are escape sequences in it"
    iconv -f utf-8 -t utf-8 err >/dev/null 2>&1 || echo "it is no UTF-8"
    ! grep -aEq 'Sanitizer|runtime error' err || echo "a sanitizer's report"
    ! grep -aEq '[A-Za-z0-9+/]{43}=' err || echo "it shows a key"
    ! grep -aqFf keys err || echo "it shows a part of a key"
    for word in "${forbidden[@]}"; do
        ! grep -aqF -- "$word" err || echo "it shows '$word'"
    done
}

# Calls wgctl twice, the second time for JSON, and looks at the folder "etc".
refuses() { # WHAT STATUS REGEX_OF_THE_MESSAGE ARGUMENT...
    local what=$1 status=$2 regex=$3 got before call difference faults=() lines
    shift 3
    before=$(snapshot etc)
    secrets_in etc | cut -c 1-12 >keys
    rm -rf saved
    cp -a etc saved

    got=$(run_wgctl "$@")
    mapfile -t lines < <(faults_of_error "$status" "$got" "^wgctl: .*($regex)")
    (($(wc -l <err) <= 2)) || lines+=("more than two lines")
    ((${#lines[@]} == 0)) || faults+=("${lines[@]}" "$(cat err)")
    [[ $(sed -n 2p err) == '  -> '?* ]] || faults+=("no hint what to do next: $(cat err)")

    if $has_json; then
        got=$(run_wgctl --json "$@")
        mapfile -t lines < <(faults_of_error "$status" "$got" .)
        is_json_error err || lines+=("not one JSON error")
        ((${#lines[@]} == 0)) || faults+=("with --json:" "${lines[@]}" "$(cat err)")
    fi

    if ! difference=$(diff <(echo "$before") <(snapshot etc)); then
        faults+=("files were changed:" "$difference")
        rm -rf etc
        mv saved etc
    fi
    if ((${#faults[@]} == 0)); then
        ok "$what"
    else
        printf -v call ' %q' "$@"
        not_ok "$what" "wgctl$call" "${faults[@]}"
    fi
}

# As a title shows it.
quoted() { # TEXT
    local text
    printf -v text '%q' "${1:0:30}"
    ((${#1} <= 30)) || text+="... (${#1} bytes)"
    echo "$text"
}

# ---- the folder that is tried ----

# A tunnel with three peers; the second one is disabled.
make_pristine() {
    {
        ./wgctl -C pristine init --no-apply --address 10.73.21.1/24,fd5c:1:2:3::1/64 --listen-port 51820 --mtu 1420 \
            --firewall nftables --endpoint vpn.example.org
        ./wgctl -C pristine add-peer phone old laptop --no-apply
    } >/dev/null 2>&1
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /= old\n/ { gsub(/(^|\n)/, "&#- ") } 1' pristine/wg0.conf >disabled
    cat disabled >pristine/wg0.conf
    rm disabled
    ./wgctl -C pristine list | grep 'old.*disabled' >/dev/null
}

fresh() {
    rm -rf etc
    cp -a pristine etc
    as=() input=/dev/null forbidden=() has_json=true
}

# A wg0.conf or wg0.ini with these lines at its end.
with_lines() { # FILE LINES
    fresh
    printf '%b' "$2" >>"etc/$1"
}

# A wg0.conf of these lines, and nothing else.
with_only() { # LINES
    fresh
    printf '%b' "$1" >etc/wg0.conf
}

add=(-C etc add-peer new --no-apply)
new_server=(-C etc -i wg1 init --no-apply --firewall none)

make_pristine
fresh

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
    refuses "an interface $(quoted "$interface") is refused by list" 1 'is no name of an interface' -C etc -i "$interface" list
    refuses "an interface $(quoted "$interface") is refused by init" 1 'is no name of an interface' -C etc -i "$interface" init \
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
refuses_address "taken" '10\.73\.21\.2 is already in use' 10.73.21.2
refuses_address "taken, in IPv6" 'fd5c:1:2:3::2 is already in use' fd5c:1:2:3::2
refuses_address "taken, written otherwise" 'fd5c:1:2:3::2 is already in use' FD5C:0001:2:3:0:0:0:0002
refuses_address "the server's" '10\.73\.21\.1 is already in use' 10.73.21.1
refuses_address "the server's, in IPv6" 'fd5c:1:2:3::1 is already in use' fd5c:1:2:3::1
refuses_address "the network's" '10\.73\.21\.0 ' 10.73.21.0
refuses_address "the network's, in IPv6" 'fd5c:1:2:3:: ' fd5c:1:2:3::
refuses_address "the broadcast" '10\.73\.21\.255 .*broadcast' 10.73.21.255
refuses_address "a disabled peer's" '10\.73\.21\.3 is already in use' 10.73.21.3
refuses_address "a network" '10\.73\.21\.64/26 is a network' 10.73.21.64/26
refuses_address "twice there" '10\.73\.21\.9 is already in use' 10.73.21.9,10.73.21.9
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

taken=$(awk '/^PublicKey/ { print $3; exit }' etc/wg0.conf)
taken_disabled=$(awk '/^#- PublicKey/ { print $4; exit }' etc/wg0.conf)
own=$(sed -n 's/^PrivateKey = //p' etc/wg0.conf | wg pubkey)
zero=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

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
refuses_key "not canonical" 'no key' 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2V='
refuses_key "no base64" 'no key' 'c2VjcmV0c2VjcmV0!!VjcmV0c2VjcmV0c2VjcmV0c2U='
refuses_key "in base64url" 'no key' 'c2VjcmV0c2VjcmV0_-VjcmV0c2VjcmV0c2VjcmV0c2U='
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
refuses "an empty standard input is no key" 1 'no public key came on standard input' "${add[@]}" --public-key -
input=$work
refuses "a folder as standard input is no key" 1 'no public key came on standard input' "${add[@]}" --public-key -
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
    refuses "init refuses the way out $(quoted "$egress")" 1 'is no name of an interface' "${new_server[@]}" \
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

# ---- wg0.conf that is not to be trusted ----

# Each is refused by a command that reads and by one that changes.
refuses_both() { # WHAT REGEX
    refuses "list refuses $1" 1 "$2" -C etc list
    refuses "add-peer refuses $1" 1 "$2" "${add[@]}"
    refuses "revoke refuses $1" 1 "$2" -C etc revoke phone --no-apply
}

for mode in 640 604 644 666 660 602 620 601 610 677; do
    fresh
    chmod $mode etc/wg0.conf
    refuses_both "a wg0.conf of mode $mode" 'etc/wg0\.conf .*other users'
    grep -q 'chmod 600 etc/wg0.conf' err || not_ok "the mend for mode $mode is said" "$(cat err)"
done
fresh
mv etc/wg0.conf etc/real.conf
ln -s real.conf etc/wg0.conf
refuses_both "a wg0.conf that is a symbolic link" 'etc/wg0\.conf is a symbolic link'
ln -sf nowhere etc/wg0.conf
refuses_both "a wg0.conf that is a symbolic link to nothing" 'etc/wg0\.conf is a symbolic link'
refuses "init does not write through a symbolic link to nothing" 1 'etc/wg0\.conf exists already' -C etc init --no-apply \
    --firewall none --endpoint vpn.example.org
fresh
chown nobody etc/wg0.conf
refuses_both "a wg0.conf that belongs to someone else" 'etc/wg0\.conf belongs to another user'
fresh
rm etc/wg0.conf && mkfifo -m 600 etc/wg0.conf
refuses_both "a wg0.conf that is a FIFO" 'etc/wg0\.conf is not a regular file'
fresh
rm etc/wg0.conf && mkdir -m 700 etc/wg0.conf
refuses_both "a wg0.conf that is a folder" 'etc/wg0\.conf is not a regular file'
fresh
rm etc/wg0.conf && mknod -m 600 etc/wg0.conf c 1 5
refuses_both "a wg0.conf that is a device" 'etc/wg0\.conf is not a regular file'

for mode in 777 770 720 702; do
    fresh
    chmod $mode etc
    refuses_both "a folder of mode $mode" 'etc can be written to by other users'
    refuses "init refuses a folder of mode $mode" 1 'etc can be written to by other users' "${new_server[@]}" \
        --endpoint vpn.example.org
done
fresh
chown nobody etc
refuses_both "a folder that belongs to someone else" 'etc belongs to another user'
fresh
rm -rf etc/wg0.peers && ln -s ../pristine/wg0.peers etc/wg0.peers
refuses "add-peer refuses a wg0.peers that is a symbolic link" 1 'etc/wg0\.peers' "${add[@]}"
refuses "show refuses a wg0.peers that is a symbolic link" 1 'etc/wg0\.peers' -C etc show phone
fresh
chmod 777 etc/wg0.peers
refuses "add-peer refuses a wg0.peers that others can write to" 1 'etc/wg0\.peers can be written to' "${add[@]}"
refuses "show refuses a wg0.peers that others can write to" 1 'etc/wg0\.peers can be written to' -C etc show phone
fresh
chmod 644 etc/wg0.peers/phone.conf
refuses "show refuses a client's file that others can read" 1 'phone\.conf .*other users' -C etc show phone
refuses "edit-server refuses a client's file that others can read" 1 'phone\.conf .*other users' -C etc edit-server \
    --endpoint new.example.org
fresh
ln -sf ../wg0.conf etc/wg0.peers/phone.conf
refuses "show refuses a client's file that is a symbolic link" 1 'phone\.conf is a symbolic link' -C etc show phone
fresh
rm etc/.wgctl.lock
ln -s ../pristine/wg0.conf etc/.wgctl.lock
refuses "a lock that is a symbolic link is refused" 1 'etc/\.wgctl\.lock' "${add[@]}"

# A client's file of another server's is not replaced.
fresh
sed "s#^PublicKey = .*#PublicKey = $(wg genkey | wg pubkey)#" etc/wg0.peers/phone.conf >etc/wg0.peers/new.conf
chmod 600 etc/wg0.peers/new.conf
refuses "add-peer does not write over another server's client file" 1 'etc/wg0\.peers/new\.conf is there already' "${add[@]}"

# ---- wg0.ini ----

refuses_ini() { # WHAT REGEX LINES
    with_lines wg0.ini "$3"
    refuses "list refuses a wg0.ini with $1" 1 "$2" -C etc list
    refuses "add-peer refuses a wg0.ini with $1" 1 "$2" "${add[@]}"
}

refuses_ini "an unknown key" "wg0\.ini:12: 'colour' is not known in \[clients\]" 'colour = red\n'
refuses_ini "an unknown section" "wg0\.ini:13: 'x' is not known in \[network\]" '[network]\nx = 1\n'
refuses_ini "a bad MTU" 'wg0\.ini:12: mtu: ' 'mtu = 99999\n'
refuses_ini "a bad keepalive" 'wg0\.ini:12: keepalive: ' 'keepalive = soon\n'
refuses_ini "a bad DNS server" 'wg0\.ini:12: dns: ' 'dns = a b\n'
refuses_ini "bad allowed IPs" 'wg0\.ini:12: allowed-ips: ' 'allowed-ips = 10.0.0.0/40\n'
refuses_ini "a bad endpoint" 'wg0\.ini:13: endpoint: ' '[server]\nendpoint = vpn.example.org:99999\n'
refuses_ini "an endpoint without a port" 'wg0\.ini:13: endpoint: ' '[server]\nendpoint = vpn.example.org\n'
refuses_ini "a bad firewall" 'wg0\.ini:13: firewall: ' '[server]\nfirewall = wall\n'
refuses_ini "a bad way out" 'wg0\.ini:13: egress: ' '[server]\negress = a/b\n'
refuses_ini "an overlong line" 'wg0\.ini:12: .*too long' "dns = $(printf '1.1.1.1,%.0s' {1..100})1.1.1.1\n"
refuses_ini "a line that is nothing" 'wg0\.ini:12: this is neither' 'what is this\n'
refuses_ini "escape sequences" "wg0\.ini:12: '.*' is not known" '\e[31mkey\e[0m = red\n'
refuses_ini "bytes that are no UTF-8" "wg0\.ini:12: " '\xff\xfe = red\n'
refuses_ini "a NUL byte" 'wg0\.ini:12: ' 'dns = 1.1.1.1\0002\n'
fresh
chmod 622 etc/wg0.ini
refuses_both "a wg0.ini that others can write to" 'etc/wg0\.ini can be written to'
fresh
mv etc/wg0.ini etc/real.ini && ln -s real.ini etc/wg0.ini
refuses_both "a wg0.ini that is a symbolic link" 'etc/wg0\.ini is a symbolic link'
fresh
rm etc/wg0.ini && mkfifo -m 600 etc/wg0.ini
refuses_both "a wg0.ini that is a FIFO" 'etc/wg0\.ini is not a regular file'
fresh
mkdir -m 700 etc/templates
echo '{{no-such-thing}}' >etc/templates/client.conf
refuses "a template with an unknown word is refused" 1 'client\.conf:1: \{\{no-such-thing\}\} is not known' "${add[@]}"
echo '{{no-such-thing}}' >etc/templates/server.conf
refuses "a server's template with an unknown word is refused" 1 'server\.conf:1: \{\{no-such-thing\}\} is not known' \
    "${new_server[@]}" --endpoint vpn.example.org
chmod 666 etc/templates/client.conf
refuses "a template that others can write to is refused" 1 'client\.conf can be written to' "${add[@]}"

# ---- wg0.conf that is broken ----

refuses_conf() { # WHAT REGEX LINES
    with_lines wg0.conf "$3"
    refuses_both "a wg0.conf with $1" "$2"
}

interface='[Interface]\nPrivateKey = '$(wg genkey)'\nAddress = 10.1.0.1/24\n'
peer="\n[Peer]\nPublicKey = $(wg genkey | wg pubkey)\n"
at='wg0\.conf:[0-9]+: '
refuses_conf "a line that is nothing" "${at}this is neither" 'what is this\n'
refuses_conf "a key that is not known" "${at}this setting is not known" 'Colour = red\n'
refuses_conf "a section that is not known" "${at}a section is" '[Colours]\n'
refuses_conf "a section that is not closed" "$at" '[Peer\n'
refuses_conf "a NUL byte" "${at}a NUL byte" 'AllowedIPs = 10.0.0.1\0\n'
refuses_conf "a peer without a key" "${at}this \[Peer\] has no PublicKey" '\n[Peer]\nAllowedIPs = 10.73.21.77/32\n'
refuses_conf "a bad address" "$at" "${peer}AllowedIPs = 10.73.21.777/32\n"
refuses_conf "bad bits" "$at" "${peer}AllowedIPs = 10.73.21.77/40\n"
refuses_conf "a comma at the end" "$at" "${peer}AllowedIPs = 10.73.21.77/32,\n"
refuses_conf "a bad port" "${at}" "${peer}Endpoint = vpn.example.org:70000\n"
refuses_conf "no port" "${at}" "${peer}Endpoint = vpn.example.org\n"
refuses_conf "a bad keepalive" "${at}PersistentKeepalive" "${peer}PersistentKeepalive = 70000\n"
refuses_conf "a bad listen port" "${at}a ListenPort" "[Interface]\nListenPort = 70000\n"
refuses_conf "a bad mark" "${at}FwMark" "[Interface]\nFwMark = 0x1ffffffff\n"
refuses_conf "a bad MTU" "${at}an MTU" "[Interface]\nMTU = large\n"
refuses_conf "a peer's key in the interface" "${at}this setting is not known" "[Interface]\nPublicKey = x\n"
refuses_conf "escape sequences" "$at" '\e[31mred\e[0m\n'
refuses_conf "escape sequences in a value" "$at" "${peer}AllowedIPs = \\\\e[31m10.0.0.1\n"
refuses_conf "C1 and direction marks in a value" "$at" "${peer}Endpoint = a\xc2\x9bb\xe2\x80\xaec:1\n"
refuses_conf "bytes that are no UTF-8" "$at" '\xff\xfe\n'
refuses_conf "bytes that are no UTF-8 in a value" "$at" "${peer}Endpoint = a\xff:1\n"
forbidden_key=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0
for bad in "$forbidden_key" "${forbidden_key}c2V=" "${forbidden_key}c2U=xyz" "!$forbidden_key" \
    "$(printf "$forbidden_key%.0s" {1..40})"; do
    for line in "[Interface]\nPrivateKey = $bad\n" "${peer}PresharedKey = $bad\n" "\n[Peer]\nPublicKey = $bad\n" \
        "\n$bad\n" "\n[Peer]\nPublicKey $bad\n" "\n[Peer]\n$bad = PublicKey\n"; do
        with_lines wg0.conf "$line"
        forbidden=(c2VjcmV0 secret)
        refuses "the key in '$(printf '%b' "${line/$bad/BAD}" | tail -1)' (${#bad} bytes) is not echoed" 1 "$at" -C etc list
    done
done
with_lines wg0.conf "[Interface]\nPrivateKey = $zero\n"
refuses_both "a wg0.conf with a private key of zeros" "${at}.*zero"
with_only ''
refuses "add-peer refuses an empty wg0.conf" 1 . "${add[@]}"
with_only '[Interface]\nAddress = 10.1.0.1/24\n'
refuses "add-peer refuses a wg0.conf without a private key" 1 'wg0\.conf has no PrivateKey' "${add[@]}"
with_only "${interface/Address*/}\n"
refuses "add-peer refuses a wg0.conf without an address" 1 'wg0\.conf has no Address' "${add[@]}"
with_only "\xef\xbb\xbf$interface"
refuses "add-peer refuses a byte order mark, as wg does" 1 'wg0\.conf:1' "${add[@]}"
with_lines wg0.conf "${peer}AllowedIPs = 10.73.21.2/32\n"
refuses "add-peer refuses an address that two peers have" 1 '10\.73\.21\.2/32 stands twice' "${add[@]}"
with_lines wg0.conf "\n[Peer]\nPublicKey = $own\nAllowedIPs = 10.73.21.77/32\n"
refuses "add-peer refuses a peer that has the server's key" 1 "the server's own public key" "${add[@]}"
with_lines wg0.conf "\n[Peer]\nPublicKey = $taken\nAllowedIPs = 10.73.21.77/32\n"
refuses "add-peer refuses two peers of one key" 1 'two peers have the same public key' "${add[@]}"
fresh
sed -i '/^ListenPort/a SaveConfig = true' etc/wg0.conf
refuses "add-peer refuses SaveConfig = true" 1 'wg0\.conf says SaveConfig = true' "${add[@]}"
refuses "revoke refuses SaveConfig = true" 1 'wg0\.conf says SaveConfig = true' -C etc revoke phone --no-apply
refuses "edit-server refuses SaveConfig = true" 1 'wg0\.conf says SaveConfig = true' -C etc edit-server --endpoint \
    new.example.org
check "list takes SaveConfig = true" ./wgctl -C etc list
fresh
rm etc/wg0.ini
refuses "add-peer asks for the endpoint where there is no wg0.ini" 1 'is not known' "${add[@]}"
fresh

# ---- texts of hand-edited files ----

# What a terminal would take as a command comes out as text, wherever it comes out.
escapes='\e[31mx\xc2\x9b2J\xe2\x80\xaey\xff\a'
with_lines wg0.conf "${peer/\[Peer\]/[Peer]\\n# friendly_name = $escapes\\n# note = $escapes\\n# expires = $escapes}AllowedIPs = 10.73.21.88/32\n"
check_escaped() { # ARGUMENT...
    local status=0
    ./wgctl -C etc "$@" >out 2>err </dev/null || status=$?
    if ((status == 0)) && [[ -s out ]] && ! has_escapes out && ! has_escapes err &&
        iconv -f utf-8 -t utf-8 out >/dev/null 2>&1; then
        ok "'$1' escapes names and notes"
    else
        not_ok "'$1' escapes names and notes" "exit status $status" "$(cat out err)"
    fi
}
check_escaped list
check "list shows them as text" grep -qF '\x1b[31mx\u{9b}2J\u{202e}y\xff' out
check_escaped list --json
check_escaped revoke --no-apply -n "$(printf '%b' "$escapes")"
check_escaped revoke --no-apply -n --json "$(printf '%b' "$escapes")"
refuses "an error escapes a name" 1 'is not kept here' -C etc show "$(printf '%b' "$escapes")"
check "revoke can name it" ./wgctl -C etc revoke "$(printf '%b' "$escapes")" --no-apply
fresh
cp etc/wg0.conf before
printf '%b' "\n[Peer]\n# friendly_name = \e[31mx\nPublicKey = $(wg genkey | wg pubkey)\n" >>etc/wg0.conf
refuses "a name that is taken by an escape sequence is refused" 1 '\\x1b\[31mx' -C etc add-peer $'\e[31mx' --no-apply
./wgctl -C etc list --json >out
check "list --json is JSON whatever the names are" jq -e '.peers | length == 4' out
fresh

# ---- permissions ----

as=("${nobody[@]}")
chmod 700 etc
refuses "list without the right to open the folder says so" 1 'etc: Permission denied' -C etc list
refuses "add-peer without the right to open the folder says so" 1 'etc: Permission denied' "${add[@]}"
refuses "init without the right to open the folder says so" 1 'etc: Permission denied' "${new_server[@]}" --endpoint \
    vpn.example.org
chmod 755 etc
refuses "list without the right to read wg0.conf says so" 1 'etc/wg0\.conf: Permission denied' -C etc list
refuses "add-peer without the right to write says so" 1 'Permission denied' "${add[@]}"
refuses "revoke without the right to write says so" 1 'Permission denied' -C etc revoke phone --no-apply
refuses "edit-server without the right to write says so" 1 'Permission denied' -C etc edit-server --endpoint x.example.org
refuses "init without the right to write says so" 1 'Permission denied' "${new_server[@]}" --endpoint vpn.example.org
refuses "init without the right to make the folder says so" 1 'cannot make the folder etc/new: Permission denied' \
    -C etc/new init --no-apply --firewall none --endpoint vpn.example.org
fresh
refuses "a folder that is a file is refused" 1 'etc/wg0\.conf: Not a directory' -C etc/wg0.conf list
refuses "init refuses a folder that is a file" 1 'etc/wg0\.conf' -C etc/wg0.conf init --no-apply --firewall none \
    --endpoint vpn.example.org
refuses "init refuses a folder in a folder that is not there" 1 'etc/a/b: No such file' -C etc/a/b init --no-apply \
    --firewall none --endpoint vpn.example.org
refuses "a folder with an overlong name is refused" 1 'too long' -C "etc/$(printf 'x%.0s' {1..5000})" list
refuses "a folder with escape sequences in its name is not there" 1 'No such file' -C $'etc/\e[31m\xff' list

# ---- pictures that cannot be written ----

refuses_picture() { # WHAT REGEX PATH
    has_json=false
    refuses "qr --png says that $1" 1 "$2" -C etc qr phone --png "$3"
    has_json=true
    refuses "add-peer --svg says that $1, and adds nobody" 1 "$2" "${add[@]}" --svg "$3"
}

# Libraries that only pictures need. As on a machine where the file is damaged: what is missing is the same to the loader.
without_library() { # PATTERN ARGUMENT...
    local file=$1
    shift
    file=$(ldconfig -p | sed -n "s#.*=> \\(.*$file\\)\$#\\1#p" | head -1)
    mount --bind /dev/null "$(realpath "$file")"
    "$@"
    umount "$(realpath "$file")"
}

refuses_without_library() { # WHAT PATTERN OPTION...
    local what=$1 pattern=$2
    shift 2
    has_json=false
    without_library "$pattern" refuses "qr says that $what" 1 "$pattern" -C etc qr phone "$@"
    has_json=true
    without_library "$pattern" refuses "add-peer says that $what, and adds nobody" 1 "$pattern" "${add[@]}" \
        --png etc/x.png
}

refuses_without_library "libqrencode is missing" 'libqrencode\.so\.4'
refuses_without_library "libpng is missing" 'libpng16\.so\.16' --png etc/x.png
check "without libqrencode, all but pictures works" without_library 'libqrencode\.so\.4' ./wgctl -C etc list
check "without libpng, a code can be shown" without_library 'libpng16\.so\.16' ./wgctl -C etc qr phone --svg etc/x.svg
rm -f etc/x.svg

refuses_picture "there is no such folder" 'etc/nowhere/x: No such file' etc/nowhere/x
refuses_picture "it is a folder" 'etc/wg0\.peers' etc/wg0.peers
refuses_picture "the name is too long" '.' "etc/$(printf 'x%.0s' {1..300})"
refuses_picture "the path is too long" 'too long' "etc/$(printf 'x/%.0s' {1..5000})"
refuses_picture "there is no name" . ''
echo mine >etc/x.wgctl-new
refuses_picture "another file is in its way" 'etc/x' etc/x
fresh
install -m 0600 /dev/null etc/x.wgctl-new
check "what one left that was killed while it wrote a picture is no obstacle" ./wgctl -C etc qr phone --png etc/x
check "and is gone" test ! -e etc/x.wgctl-new
fresh
mkdir other
sed 's/^dns = .*/dns = 9.9.9.9/' etc/wg0.ini >other/wg0.ini
chmod 0600 other/wg0.ini
cp other/wg0.ini mine.ini
fails_with_other_ini() {
    ! ./wgctl -C other init --no-apply --firewall nftables --endpoint vpn.example.org 2>said &&
        grep -q 'wg0.ini is there already, and says something else' said && cmp other/wg0.ini mine.ini &&
        [[ ! -e other/wg0.conf ]]
}
check "init does not write over a wg0.ini that says something else" fails_with_other_ini
rm -r other mine.ini said

# ---- what exists and is no WireGuard ----

ip link add wg0 type veth peer name veth0
mkdir -m 700 etc/new
refuses "init refuses an interface that is no WireGuard" 1 'wg0 .*no WireGuard' -C etc/new -i wg0 init --firewall none \
    --endpoint vpn.example.org --address 10.8.0.1/24
refuses "init --dry-run refuses an interface that is no WireGuard" 1 'wg0 .*no WireGuard' -C etc/new -i wg0 init -n \
    --firewall none --endpoint vpn.example.org --address 10.8.0.1/24
for command in "add-peer new" "revoke phone" up down apply "add-peer new -n" "apply -n"; do
    read -ra words <<<"$command"
    refuses "'$command' refuses an interface that is no WireGuard" 1 'wg0 .*(no|not a) WireGuard|wg0 exists' -C etc "${words[@]}"
done
check "the interface is still there" ip link show wg0
check "nothing was written to sysctl.d" test -z "$(ls -A /etc/sysctl.d)"
ip link del wg0
refuses "down says that it is not up" 1 'wg0 is not up' -C etc down
refuses "apply says that it is not up" 1 'wg0 is not up' -C etc apply

# ---- disks: full, read-only ----

# On a disk with room for so many more files (or pages), a command fails until there are enough, and each time leaves
# everything as it was.
starves() { # WHAT OPTION STEP ARGUMENT...
    local what=$1 option=$2 step=$3 room status=1 faults=() before failures=0 used
    shift 3
    for ((room = 0; room <= 12 && status != 0; room++)); do
        ! mountpoint -q etc || umount etc
        mount -t tmpfs -o mode=700,size=4m none etc
        [[ ! -d start ]] || cp -a start/. etc
        if [[ $option == nr_inodes ]]; then used=$(df --output=iused etc); else used=$(df --output=used etc); fi
        used=$((${used##*$'\n'} + room * step))
        ((used > 0)) || continue # 0 would be no limit
        if [[ $option == size ]]; then used+=k; fi
        mount -o "remount,$option=$used" etc
        before=$(snapshot etc)
        status=$(run_wgctl "$@")
        if ((status != 0)); then
            failures=$((failures + 1))
            [[ $status == 1 ]] || faults+=("room for $room: exit status $status")
            grep -q 'No space left on device' err || faults+=("room for $room:" "$(cat err)")
            difference=$(diff <(echo "$before") <(snapshot etc)) ||
                faults+=("room for $room: files were changed:" "$difference" "$(cat err)")
        fi
    done
    umount etc
    ((status == 0)) || faults+=("it never succeeded: $(cat err)")
    ((failures > 0)) || faults+=("it never failed")
    if ((${#faults[@]} == 0)); then
        ok "$what fails $failures times for want of space ($option), and each time changes nothing"
    else
        not_ok "$what, for want of space ($option)" "${faults[@]}"
    fi
}

rm -rf etc
mkdir etc
for option in 'nr_inodes 1' 'size 4'; do
    read -ra how <<<"$option"
    rm -rf start
    starves "init" "${how[@]}" -C etc init --no-apply --firewall nftables --endpoint vpn.example.org
    mkdir start
    cp pristine/wg0.ini start
    starves "init beside a wg0.ini" "${how[@]}" -C etc init --no-apply --firewall nftables --endpoint vpn.example.org
    rm -rf start
    cp -a pristine start
    starves "add-peer" "${how[@]}" "${add[@]}"
    starves "add-peer of three" "${how[@]}" -C etc add-peer a b c --no-apply
    starves "add-peer --png --svg" "${how[@]}" "${add[@]}" --png etc/new.png --svg etc/new.svg
    starves "add-peer after the clients' folder is gone" "${how[@]}" "${add[@]}"
    starves "edit-server" "${how[@]}" -C etc edit-server --endpoint a-rather-long-name-that-needs-room.vpn.example.org
    starves "qr --png" "${how[@]}" -C etc qr phone --png etc/phone.png
    [[ ${how[0]} == size ]] || starves "revoke" "${how[@]}" -C etc revoke phone laptop --no-apply
done

mount -t tmpfs -o mode=700 none etc
cp -a pristine/. etc
mount -o remount,ro etc
check "list reads a read-only disk" ./wgctl -C etc list
refuses "add-peer on a read-only disk says so" 1 'Read-only file system' "${add[@]}"
refuses "revoke on a read-only disk says so" 1 'Read-only file system' -C etc revoke phone --no-apply
refuses "edit-server on a read-only disk says so" 1 'Read-only file system' -C etc edit-server --endpoint x.example.org
refuses "init on a read-only disk says so" 1 'Read-only file system' "${new_server[@]}" --endpoint vpn.example.org
has_json=false
refuses "qr --png on a read-only disk says so" 1 'Read-only file system' -C etc qr phone --png etc/x.png
has_json=true
umount etc

# ---- standard output that is full or closed ----

fresh
# Nothing is half said: what could not be printed is an error.
reads_to_nowhere() { # ARGUMENT...
    local before where status difference
    before=$(snapshot etc)
    for where in full closed "closed, and so is the input" "closed, and so are all"; do
        status=0
        case $where in
        full) ./wgctl -C etc "$@" >/dev/full 2>err || status=$? ;;
        closed) ./wgctl -C etc "$@" >&- 2>err || status=$? ;;
        *input) ./wgctl -C etc "$@" <&- >&- 2>err || status=$? ;;
        *) ./wgctl -C etc "$@" <&- >&- 2>&- || status=$? && : >err ;;
        esac
        difference=$(diff <(echo "$before") <(snapshot etc)) || true
        if ((status == 1)) && [[ ! $difference ]] && ! grep -q memory err &&
            { [[ $where == *all ]] || grep -q 'cannot write the output' err; }; then
            ok "'$*' fails where its output is $where"
        else
            not_ok "'$*' fails where its output is $where" "exit status $status" "$(cat err)" "$difference"
        fi
    done
}

for ((i = 0; i < 40; i++)); do names[i]=peer$i; done
./wgctl -C etc -q add-peer "${names[@]}" --no-apply
for command in list 'list --json' 'show phone' 'show phone --json' 'qr phone' 'revoke phone -n' 'revoke phone -n --json' \
    '--help' '--version' 'help list' 'up -n' '-i wg1 init -n --no-apply --firewall none --endpoint vpn.example.org'; do
    read -ra words <<<"$command"
    reads_to_nowhere "${words[@]}"
done

# What has taken place is said so, and not denied. No secret goes astray into a file that happens to have the number of
# standard output.
changes_to_nowhere() { # ARGUMENT...
    local where status faults
    for where in full closed "closed, and so is the input" "closed, and so are all"; do
        fresh
        faults=() status=0
        case $where in
        full) ./wgctl -C etc "$@" >/dev/full 2>err || status=$? ;;
        closed) ./wgctl -C etc "$@" >&- 2>err || status=$? ;;
        *input) ./wgctl -C etc "$@" <&- >&- 2>err || status=$? ;;
        *) ./wgctl -C etc "$@" <&- >&- 2>&- || status=$? && : >err ;;
        esac
        ! grep -Eq 'nothing was changed|memory' err || faults+=("it lies")
        [[ $(stat -c %s etc/.wgctl.lock) == 0 ]] || faults+=("the lock file was written to")
        ./wgctl -C etc list >out 2>&1 || faults+=("$(cat out)")
        if [[ $1 == add-peer ]]; then
            [[ $status == 0 || $status == 1 ]] || faults+=("exit status $status")
            grep -q '^new ' out || faults+=("the peer is not there")
            ((status == 0)) || [[ $where == *all ]] || grep -Eq 'new is added|is done all the same' err ||
                faults+=("it does not say that the peer was added")
        fi
        diff <(cd pristine && find . ! -name '*.conf' -type f -exec sha256sum {} + | sort) \
            <(cd etc && find . ! -name '*.conf' -type f -exec sha256sum {} + | sort) >difference ||
            faults+=("other files were changed" "$(cat difference)")
        grep -rlF "$(sed -n 's/^PrivateKey = //p' etc/wg0.conf)" etc >found
        [[ $(cat found) == etc/wg0.conf ]] || faults+=("the server's key is in" "$(cat found)")
        if ((${#faults[@]} == 0)); then
            ok "'$*' is done or not where its output is $where, and says which"
        else
            not_ok "'$*' is done or not where its output is $where, and says which" "exit status $status" "${faults[@]}" "$(cat err)"
        fi
    done
}

changes_to_nowhere add-peer new --no-apply
changes_to_nowhere add-peer new --no-apply --json
changes_to_nowhere add-peer new --no-apply --qr
changes_to_nowhere add-peer new --no-apply --no-store
changes_to_nowhere revoke phone --no-apply --json

rm -rf etc
status=0
./wgctl -C etc init --no-apply --firewall none --endpoint vpn.example.org >/dev/full 2>err || status=$?
if [[ -e etc/wg0.conf ]] && ! grep -q 'nothing was changed' err; then
    ok "init says what it did where its output is full"
else
    not_ok "init says what it did where its output is full" "exit status $status" "$(cat err)"
fi

finish
