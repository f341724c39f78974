#!/bin/bash
# up, down and apply when something goes wrong: the file is edited while the interface is up, hooks fail or hang, somebody
# removes rules, a command is killed, or two race. Nothing of the tunnel is left behind, and nothing of anybody else's goes.
#
# usage: transitions.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"
# shellcheck source-path=SCRIPTDIR source=state.sh
source "$here/state.sh"
# shellcheck source-path=SCRIPTDIR source=like_up.sh
source "$here/like_up.sh"

conf=/etc/wireguard/wg0.conf

# A client of a full tunnel, with DNS and hooks that say what ran.
full_tunnel() { # [LINE...]
    {
        printf '[Interface]\nPrivateKey = cHhnnN9sPoglVK3D3aKMj86H0sn8+O2E6LgFWDCV/1Q=\n'
        printf 'Address = 10.73.21.2/24, fd5c::2/64\nDNS = 1.1.1.1\n'
        printf 'PostUp = echo up >>/run/ran\nPostDown = echo down >>/run/ran\n'
        (($# == 0)) || printf '%s\n' "$@"
        printf '\n[Peer]\nPublicKey = XsHfB+3AzViPiMI5l11q3XiHkH5HbCGcWANpNt3xMBk=\n'
        printf 'Endpoint = 192.0.2.80:51820\nAllowedIPs = 0.0.0.0/0, ::/0\n'
    } >"$work/full.conf"
    file=$work/full.conf
    place "$file"
    server bash -c ': >/run/ran'
}

ran() { # WORDS
    [[ $(server cat /run/ran | xargs) == "$1" ]] || { server cat /run/ran && return 1; }
}

# The sysctl for marks stays: whoever else needs it may have come to rely on it.
take_clean_state() {
    server sysctl -qw net.ipv4.conf.all.src_valid_mark=1
    : >"$work/server/resolvconf.log"
    take_state clean
}

is_clean() {
    take_state now
    diff -U 3 "$work/clean" "$work/now" && [[ -z $(server ls -A /run/wgctl) ]] && ! compgen -G "$work/server/dns.*"
}

is_up() {
    server ip link show dev wg0 >/dev/null 2>&1
}

# ---- what was applied goes ----

down_after_edit() { # SED_COMMAND
    full_tunnel
    check "up" wgctl up
    server sed -i "$1" "$conf"
    check "down after the file was edited: $1" down
    check "leaves nothing" is_clean
    check_fails 1 "and then there is nothing to take down" wgctl down
}

edits() {
    local edit
    # shellcheck disable=SC2016 # sed's own
    for edit in '/^DNS/d' 's/^DNS.*/&\nTable = off/' 's/^DNS.*/Table = 1234/' 's/^AllowedIPs.*/AllowedIPs = 10.1.0.0\/16/' \
        '/^\[Peer\]/,$d' 's/^Address.*/Address = 10.99.0.1\/24/' '/^Post/d' 's/^Post.*/FwMark = 99/' \
        's/^Address/Table = no-such-table\n&/' '/^DNS/d; /^Post/d; /^AllowedIPs/d; s/^Address.*/Table = off/'; do
        down_after_edit "$edit"
    done
    check "the old hooks ran" ran "up down"
}

# ---- hooks ----

failing_post_down() {
    full_tunnel 'PostDown = false' 'PostDown = echo last >>/run/ran'
    check "up" wgctl up
    check "down succeeds if a PostDown fails" down
    check_said "but it is told" "Warning: .*'false'"
    check "all others ran" ran "up down last"
    check "nothing is left" is_clean
}

flushed_firewall() {
    full_tunnel 'PostUp = nft add table inet wg0_test' 'PostDown = nft delete table inet wg0_test'
    check "up" wgctl up
    server nft flush ruleset
    check "down succeeds after the firewall was flushed" down
    check_said "and what there was to remove is told" "Warning: .*nft delete table"
    server nft list ruleset
    check "nothing is left" is_clean
}

failing_post_up() {
    full_tunnel
    server sed -i -e '/^Post/d' -e 's/^Address/PostUp = touch \/run\/half; false\nPostDown = rm -f \/run\/half\n&/' "$conf"
    check_fails 1 "up fails if PostUp does" wgctl up
    check "what PostUp had begun is undone" server test ! -e /run/half
    check "nothing is left" is_clean
    full_tunnel 'PostUp = touch /run/rules' 'PostDown = rm -f /run/rules'
    check "up" wgctl up
    server sed -i 's/^PostUp = touch.*/&; false/' "$conf"
    check_fails 1 "apply fails if the new PostUp does" wgctl apply
    check "the new one is undone first, then the old one runs again" server test -e /run/rules
    check "down" down
    check "nothing is left" is_clean
}

calls_wgctl() {
    full_tunnel "PostUp = $wgctl -i wg0 add-peer phone"
    check_fails 1 "a hook that calls wgctl on the same folder fails" wgctl up
    check_said "and is told why" 'waiting for this command'
    check "nothing is left" is_clean
}

# ---- signals ----

# Calls wgctl, and sends it a signal as soon as a hook says so.
signalled() { # SIGNAL COMMAND...
    local status=0 signal=$1
    shift
    server rm -f /run/begun
    # shellcheck disable=SC2016 # the inner shell's variables
    as_user bash -c '
        [[ $0 != HUP ]] || trap "" HUP
        "$@" &
        until [[ -e /run/begun ]]; do sleep 0.05; done
        kill "-$0" $! && wait $!' "$signal" "$wgctl" -i wg0 "$@" >"$work/output" 2>&1 || status=$?
    return $status
}

signals() {
    full_tunnel 'PostUp = touch /run/begun; sleep 0.5'
    check "a signal that is ignored, as with nohup, stops nothing" signalled HUP up
    check "it is up" is_up
    check "down" down
    check "nothing is left" is_clean
    full_tunnel 'PostUp = touch /run/begun; sleep 1000'
    check_fails 143 "SIGTERM ends an up whose hook hangs" signalled TERM up
    check "nothing is left" is_clean
    full_tunnel 'PreUp = touch /run/begun; sleep 1000'
    check_fails 143 "also while PreUp hangs" signalled TERM up
    check "nothing is left" is_clean
    full_tunnel 'PostDown = touch /run/begun; sleep 1000'
    check "up" wgctl up
    check_fails 143 "SIGTERM ends a PostDown that hangs" signalled TERM down
    check "but down is done" is_clean
}

# ---- killed ----

# What was started may still be making or leaving the interface.
is_settled() {
    ! pgrep -x wireguard-go >/dev/null || server wg show wg0 >/dev/null
}

kill_at() { # CALL NUMBER COMMAND...
    as_user strace -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" "$wgctl" -i wg0 "${@:3}" >"$work/output" 2>&1 || true
    wait_for is_settled
}

# A command that was killed just when a hook had ended does not know that: the next one runs it again.
ran_down() { # AND_WHAT
    ran "up down$1" || ran "up down down$1"
}

# In the middle of each thing that down does.
killed_downs() {
    local call number
    for call in sendto:{3..20} clone3:{1..8} unlinkat:1 pwrite64:{1..4}; do
        number=${call#*:}
        full_tunnel
        wgctl up >/dev/null 2>&1
        kill_at "${call%:*}" "$number" down
        if is_up || [[ $(server ls -A /run/wgctl) ]]; then
            check "down after one that was killed at $call" down
        fi
        check "nothing is left" is_clean
        check "and PostDown ran" ran_down ""
        full_tunnel
        wgctl up >/dev/null 2>&1
        kill_at "${call%:*}" "$number" down
        if ! is_up || [[ $(server cat /run/wgctl/wg0.*) == *'begun down'* ]]; then
            check "up after a down that was killed at $call" wgctl up
            check "brought it up anew" ran_down " up"
        fi
        check "down" down
        check "nothing is left" is_clean
    done
}

vanished() {
    full_tunnel
    check "up" wgctl up
    server ip link delete wg0
    wait_for is_gone
    check "up, after the interface went without wgctl" wgctl up
    check "took back what was left, and came up" ran "up down up"
    check "the rules are there once" test "$(server ip -4 rule | grep -c 51820) $(server ip -6 rule | grep -c suppress)" = "1 1"
    check "down" down
    check "nothing is left" is_clean
}

at_once() {
    local i
    full_tunnel
    check "up" wgctl up
    for i in {1..15}; do
        { wgctl down && wgctl up; } >"$work/output" 2>&1 || not_ok "down and up at once, $i times" "wgctl"
    done
    echo "ok - down and up at once, $i times"
    check "down" down
}

# ---- others ----

lost_race() {
    full_tunnel 'PreUp = ip link add wg0 type veth peer name other'
    check_fails 1 "up fails if another makes the interface meanwhile" wgctl up
    check "and leaves the other's alone" is_kind server wg0 veth
    server ip link delete wg0
    check "nothing is left" is_clean
}

rules_removed() {
    full_tunnel
    check "up" wgctl up
    take_state before
    server bash -c 'ip rule del not fwmark 51820 table 51820; ip rule del table main suppress_prefixlength 0
        ip -6 rule del not fwmark 51820 table 51820'
    check "apply -n sees that somebody removed the rules" wgctl apply -n
    check_said "and tells" '\+ policy rules and firewall for 0\.0\.0\.0/0'
    check "apply restores them" wgctl apply
    take_state after
    check "as they were" same_rules before after
    check "then there is nothing to do" nothing_to_apply
    server ip -6 rule del not fwmark 51820 table 51820
    check "down" down
    check "leaves no rule of those that were left" is_clean
}

# The rules and routes; nft lists its tables in the order in which they were made.
same_rules() { # STATE STATE
    diff <(grep -v '^[[:space:]]\|^table\|^}' "$work/$1") <(grep -v '^[[:space:]]\|^table\|^}' "$work/$2") &&
        diff <(grep -A 20 '^table' "$work/$1" | sort) <(grep -A 20 '^table' "$work/$2" | sort)
}

gone_under_up() {
    full_tunnel 'PostUp = ip link delete wg0; sleep 0.5; false'
    sed -i 's|^AllowedIPs.*|AllowedIPs = 172.20.0.0/16|' "$file"
    place "$file"
    server ip route add 172.20.0.0/16 via 203.0.113.2 metric 500
    check_fails 1 "up fails because its interface went" wgctl up
    check "another's route to the same network is there" server ip route show 172.20.0.0/16 via 203.0.113.2
    server ip route del 172.20.0.0/16 via 203.0.113.2 metric 500
    check "nothing is left" is_clean
}

# ---- /run, names, plans ----

not_noted() {
    full_tunnel
    server mount -o remount,ro /run/wgctl
    check_fails 1 "up fails if it cannot note what it does" wgctl up
    check "before anything ran" ran ""
    server mount -o remount,rw /run/wgctl
    check "nothing is left" is_clean
    check "up" wgctl up
    take_state before
    server sed -i 's/echo up/echo new/' "$conf"
    server mount -o remount,ro /run/wgctl
    check_fails 1 "apply fails too" wgctl apply
    check "before it ran a hook" ran "up"
    server mount -o remount,rw /run/wgctl
    check "so the next one does" wgctl apply
    check "run what changed" ran "up down new"
    check "down" down
    check "nothing is left" is_clean
}

broken_record() {
    full_tunnel
    check "up" wgctl up
    server bash -c "for record in /run/wgctl/wg0.*; do printf '# interface 5' >\$record; done"
    check "down takes the file's word if the record is broken" down
    check "nothing is left" is_clean
}

waiting_for_names() {
    local up status=0
    full_tunnel
    sed -i 's/^Endpoint.*/Endpoint = late.example.org:51820/' "$file"
    place "$file"
    printf '[server]\nendpoint = vpn.example.org:51820\n' >"$work/ini"
    server bash -c "umask 077 && cat >$folder/wg0.ini" <"$work/ini"
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf" # where nobody listens
    echo '127.0.0.1 localhost' >"$work/hosts"
    server mount --bind "$work/resolv.conf" /etc/resolv.conf
    server mount --bind "$work/hosts" /etc/hosts
    as_user "$wgctl" -i wg0 up >"$work/up" 2>&1 &
    up=$!
    sleep 1
    check "while up waits for a name server, another command need not wait" \
        as_user timeout 10 "$wgctl" -i wg0 add-peer phone --address 10.73.21.9 --no-apply --no-store
    echo '192.0.2.7 late.example.org' >>"$work/hosts"
    wait $up || status=$?
    cp "$work/up" "$work/output"
    check "up succeeds as soon as the name is known" test "$status" = 0
    check "with what was added meanwhile" server bash -c 'wg show wg0 allowed-ips | grep -q 10.73.21.9/32'
    server umount /etc/resolv.conf
    server umount /etc/hosts
    check "down" down
    check "nothing is left" is_clean
}

plans() {
    full_tunnel
    check "up --dry-run" wgctl up --dry-run
    check_said "tells what would be made" '^  \+ interface wg0$'
    check_said "with its rules" '^  \+ policy rules and firewall for ::/0'
    check_said "and the hooks" '^  ~ PostUp: echo up'
    check "but does nothing" is_clean
    check "up" wgctl up
    take_state before
    check "down --dry-run" wgctl down --dry-run
    check_said "tells what would go" '^  - interface wg0$'
    check_said "and the hooks" '^  ~ PostDown: echo down'
    take_state after
    check "but does nothing" same before after
    check "as JSON too" server bash -c "'$wgctl' -i wg0 --json -n down | grep -q delete_interface"
    check "down" down
}

save_config() {
    full_tunnel 'SaveConfig = true'
    check "up" wgctl up
    server wg set wg0 peer XsHfB+3AzViPiMI5l11q3XiHkH5HbCGcWANpNt3xMBk= persistent-keepalive 9
    check "apply works with SaveConfig, as it writes no file" wgctl apply
    check_said "and takes back what is not in the file" 'keepalive 0 \(was 9\)'
    check "down" down
    check "nothing is left" is_clean
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_host
    full_tunnel
    take_clean_state
    edits
    failing_post_down
    flushed_firewall
    failing_post_up
    calls_wgctl
    signals
    vanished
    at_once
    lost_race
    rules_removed
    gone_under_up
    not_noted
    broken_record
    waiting_for_names
    plans
    save_config
    killed_downs
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
