#!/usr/bin/env bash
# No command leaves a secret key behind in memory: not in a block that it frees, and at its end in nothing that it can write
# to (canary.c does the search, in a build without sanitizers). Private and preshared keys are looked for as they are, in
# base64, in hexadecimal and as a QR code has them, whether they were read or made. Each command must also do what it is for.
#
# usage: canary.sh WGCTL LIBRARY
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/../cli/checks.sh"
(($# == 2)) || { echo "usage: ${0##*/} WGCTL LIBRARY" >&2 && exit 2; }
needs_root
need ip nft sed strace unshare wg wireguard-go
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    WGCTL_TEST_INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc "$BASH" "$0" "$@"
fi

samples=/run/samples
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/wireguard /run/wgctl /run/work /run/etc
cp -a /etc/. /run/etc
mount --bind /run/etc /etc
cp -r "$here/../adopt" "$samples"
install "$1" /run/work/wgctl
install "$2" /run/work/canary.so
cd /run/work
trap 'cd / && report_early_end' EXIT

ip link set lo up
ip link add eth0 type veth peer name router
ip address add 192.0.2.2/24 dev eth0
ip link set router up
ip link set eth0 up
ip route add default via 192.0.2.1

# Every folder in which a server or a client's file may lie is the test's own.
own_folders() {
    local folder
    rm -rf /etc/pivpn
    for folder in /etc/wireguard /etc/sysctl.d /root /home; do
        umount "$folder" 2>/dev/null || true
        mount -t tmpfs -o mode=0700 tmpfs "$folder"
    done
}

# The secret keys in all files of the host, one a line.
list_keys() {
    find /etc/wireguard /root /home -type f -exec grep -ahoiE \
        '(private_?key|pre_?shared_?key)"?[ \t]*[:=][ \t]*"?[a-z0-9+/]{43}=' {} + 2>/dev/null |
        grep -oE '[A-Za-z0-9+/]{43}=$' | sort -u || true
}

search() { # PROGRAM ARGUMENT...
    list_keys >keys
    rm -f report
    CANARY_PROGRAM=$(realpath "$1") CANARY_KEYS=keys CANARY_REPORT=$PWD/report LD_PRELOAD=./canary.so \
        "$@" >out 2>err <"$input"
}

input=/dev/null

leaves_nothing() { # STATUS ARGUMENT...
    local status=0 what="'${*:2}' leaves no key behind"
    search ./wgctl "${@:2}" || status=$?
    if ((status == $1)) && [[ $(tail -n 1 report) == searched && $(wc -l <report) == 1 ]]; then
        ok "$what"
    else
        not_ok "$what" "exit status $status" "$(head -n 3 err)" "$(head -n 60 report)"
    fi
}

own_folders

# ---- the test itself ----

leaves_nothing 0 init --endpoint vpn.example.org --firewall nftables --no-boot --address 10.73.21.1/24
check "there are keys to look for" test "$(list_keys | wc -l)" = 1
search "$(type -P sed)" p /etc/wireguard/wg0.conf || true
check "a program that does not wipe is found out" grep -q '^freed: key 0 as base64' report
search "$(type -P wg)" pubkey < <(list_keys) || true
search "$(type -P bash)" -c "read -r key </run/work/keys; exit" || true
check "what a program still has at its end is found" grep -q '^at exit, in .*heap.*: key 0 as base64' report

# ---- commands that change something, while the server runs ----

leaves_nothing 1 init --endpoint vpn.example.org
leaves_nothing 0 add-peer phone
leaves_nothing 0 --json add-peer tablet
leaves_nothing 0 --json add-peer once --no-store
leaves_nothing 0 add-peer twice --no-store
leaves_nothing 0 add-peer code --qr
leaves_nothing 0 --color always add-peer colour --no-store --qr
leaves_nothing 0 add-peer picture --png a.png --svg a.svg
leaves_nothing 0 add-peer one two --no-psk --expires 7d --note 'two at once'
leaves_nothing 0 --dry-run add-peer three
leaves_nothing 0 --json --dry-run add-peer three
wg genkey | wg pubkey >public
leaves_nothing 0 add-peer router --lan 192.0.2.0/25 --public-key "$(<public)"
leaves_nothing 1 add-peer phone
leaves_nothing 1 --json add-peer phone
leaves_nothing 1 add-peer four --png /nowhere/a.png
leaves_nothing 1 add-peer four --address 10.99.0.1
leaves_nothing 2 add-peer
# Somebody takes the wrong line, or the whole file.
sed -n '/^PrivateKey = /p' /etc/wireguard/wg0.peers/phone.conf >wrong
for input in wrong /etc/wireguard/wg0.peers/phone.conf; do
    leaves_nothing 1 add-peer wrong --public-key -
done
input=/dev/null
leaves_nothing 0 -y revoke one two
leaves_nothing 0 --json -y revoke once
leaves_nothing 1 -y revoke nobody
leaves_nothing 0 edit-server --endpoint new.example.org
leaves_nothing 0 --json edit-server --endpoint 192.0.2.9:443

# ---- commands that show something ----

leaves_nothing 0 show phone
leaves_nothing 0 --json show phone
leaves_nothing 1 show nobody
leaves_nothing 1 show once
leaves_nothing 0 qr phone
leaves_nothing 0 qr phone --png b.png --svg b.svg
leaves_nothing 1 qr nobody
leaves_nothing 0 list
leaves_nothing 0 --json list

# ---- what runs ----

leaves_nothing 0 apply
sed -i 's/^ListenPort = .*/ListenPort = 51999/' /etc/wireguard/wg0.conf
leaves_nothing 0 --dry-run apply
leaves_nothing 0 --json apply
leaves_nothing 1 up
leaves_nothing 0 down
leaves_nothing 0 up
leaves_nothing 0 --json down
leaves_nothing 1 down
sed -i '/^\[Interface\]/a SaveConfig = true' /etc/wireguard/wg0.conf
leaves_nothing 0 up
leaves_nothing 0 down
sed -i '/^SaveConfig/d' /etc/wireguard/wg0.conf
sed -i 's/^Address = .*/&\nTable = off\nPostUp = true/' /etc/wireguard/wg0.conf
leaves_nothing 0 up
leaves_nothing 0 down

# ---- files that are wrong ----

for line in 'PostUp = false' 'Colour = red' 'PrivateKey = c2VjcmV0' "PrivateKey $(head -n 1 keys)"; do
    cp /etc/wireguard/wg0.conf saved
    sed -i "/^ListenPort/a $line" /etc/wireguard/wg0.conf
    leaves_nothing 1 up
    [[ $line == Post* ]] || leaves_nothing 1 --json list
    cat saved >/etc/wireguard/wg0.conf
done

# ---- servers of other programs ----

adopts() { # SAMPLE ARGUMENT...
    own_folders
    cp -r "$samples/$1/given/." /
    find /etc/wireguard -type f -exec chmod 600 {} +
    chmod 700 /etc/wireguard
    leaves_nothing 0 --dry-run adopt "${@:2}"
    leaves_nothing 0 --json adopt "${@:2}"
    leaves_nothing 0 adopt
}

adopts by-hand
adopts pivpn
adopts wg-easy-15
adopts wg-easy-json /root/.wg-easy/wg0.json --endpoint vpn.example.org:51820

finish
