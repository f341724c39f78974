#!/usr/bin/env bash
# Files that are broken, or not to be trusted, or not one's own.
#
# usage: bad_files.sh WGCTL
set -euo pipefail

# shellcheck source=tests/cli/refusals.sh
source "$(dirname "${BASH_SOURCE[0]}")/refusals.sh"

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
refuses "init does not write through a symbolic link to nothing" 1 'etc/wg0\.conf already exists' -C etc init --no-apply \
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
rm -rf etc/.wgctl
mkdir -m 700 etc/.wgctl
ln -s ../../pristine/wg0.conf etc/.wgctl/lock
refuses "a lock that is a symbolic link is refused" 1 'etc/\.wgctl/lock' "${add[@]}"
fresh
rm -rf etc/.wgctl
mkdir -m 700 elsewhere
ln -s ../elsewhere etc/.wgctl
refuses "a folder .wgctl that is a symbolic link is refused" 1 'etc/\.wgctl' "${add[@]}"
rm -rf elsewhere

# A client's file of another server's is not replaced.
fresh
sed "s#^PublicKey = .*#PublicKey = $(wg genkey | wg pubkey)#" etc/wg0.peers/phone.conf >etc/wg0.peers/new.conf
chmod 600 etc/wg0.peers/new.conf
refuses "add-peer does not write over another server's client file" 1 'etc/wg0\.peers/new\.conf already exists' "${add[@]}"

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

# A wg0.conf of these lines, and nothing else.
with_only() { # LINES
    fresh
    printf '%b' "$1" >etc/wg0.conf
}

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
refuses_conf "a NUL byte" "${at}there is a NUL byte" 'AllowedIPs = 10.0.0.1\0\n'
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
refuses "add-peer refuses an address that two peers have" 1 '10\.73\.21\.2/32 is listed twice' "${add[@]}"
with_lines wg0.conf "\n[Peer]\nPublicKey = $own\nAllowedIPs = 10.73.21.77/32\n"
refuses "add-peer refuses a peer that has the server's key" 1 "the server's own public key" "${add[@]}"
with_lines wg0.conf "\n[Peer]\nPublicKey = $taken\nAllowedIPs = 10.73.21.77/32\n"
refuses "add-peer refuses two peers of one key" 1 'two peers have the same public key' "${add[@]}"
fresh
sed -i '/^ListenPort/a SaveConfig = true' etc/wg0.conf
refuses "add-peer refuses SaveConfig = true" 1 'wg0\.conf says SaveConfig = true' "${add[@]}"
refuses "revoke refuses SaveConfig = true" 1 'wg0\.conf says SaveConfig = true' -C etc -y revoke phone --no-apply
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
check "revoke can name it" ./wgctl -C etc -y revoke "$(printf '%b' "$escapes")" --no-apply
fresh
cp etc/wg0.conf before
printf '%b' "\n[Peer]\n# friendly_name = \e[31mx\nPublicKey = $(wg genkey | wg pubkey)\n" >>etc/wg0.conf
refuses "a name that is taken by an escape sequence is refused" 1 '\\x1b\[31mx' -C etc add-peer $'\e[31mx' --no-apply
./wgctl -C etc list --json >out
check "list --json is JSON whatever the names are" jq -e '.peers | length == 4' out
fresh

# ---- permissions ----

nobody=(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups
    env "ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0")
as=("${nobody[@]}")
chmod 700 etc
refuses "list without the right to open the folder says so" 1 'etc: Permission denied' -C etc list
refuses "add-peer without the right to open the folder says so" 1 'etc: Permission denied' "${add[@]}"
refuses "init without the right to open the folder says so" 1 'etc: Permission denied' "${new_server[@]}" --endpoint \
    vpn.example.org
chmod 755 etc
refuses "list without the right to read wg0.conf says so" 1 'etc/wg0\.conf: Permission denied' -C etc list
refuses "add-peer without the right to write says so" 1 'Permission denied' "${add[@]}"
refuses "revoke without the right to write says so" 1 'Permission denied' -C etc -y revoke phone --no-apply
refuses "edit-server without the right to write says so" 1 'Permission denied' -C etc edit-server --endpoint x.example.org
refuses "init without the right to write says so" 1 'Permission denied' "${new_server[@]}" --endpoint vpn.example.org
refuses "init without the right to make the folder says so" 1 'cannot create the folder etc/new: Permission denied' \
    -C etc/new init --no-apply --firewall none --endpoint vpn.example.org
fresh
refuses "a folder that is a file is refused" 1 'etc/wg0\.conf: Not a directory' -C etc/wg0.conf list
refuses "init refuses a folder that is a file" 1 'etc/wg0\.conf' -C etc/wg0.conf init --no-apply --firewall none \
    --endpoint vpn.example.org
refuses "init refuses a folder in a folder that is not there" 1 'etc/a/b: No such file' -C etc/a/b init --no-apply \
    --firewall none --endpoint vpn.example.org
refuses "a folder with an overlong name is refused" 1 'too long' -C "etc/$(printf 'x%.0s' {1..5000})" list
refuses "a folder with escape sequences in its name is not there" 1 'No such file' -C $'etc/\e[31m\xff' list

finish
