#!/bin/bash
# Tunnels that did not end cleanly: an up that was killed, an interface that disappeared, a file that was edited while the
# tunnel was up. In each case, up brings up a complete tunnel, and down leaves nothing behind.
#
# usage: remains.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" "$@"; }

conf=/etc/wireguard/wg0.conf

# True if there are NUMBER rules of the tunnel. A complete tunnel has eight: its hooks add four for IPv4 and four for IPv6.
has_rules() { # NUMBER [PORT]
    local found
    found=$(server bash -c 'iptables-save; ip6tables-save' | grep -c "wg0\|MASQUERADE\|dport ${2-51820}") || true
    ((found == $1)) || { echo "$found rules, not $1" && return 1; }
}

is_gone() {
    ! server ip link show wg0 >/dev/null 2>&1
}

is_whole() {
    server ip -brief address show wg0 | grep -q '/24.*/64' && [[ $(server ip -br link show wg0) == *UP* ]] && has_rules 8
}

leaves_nothing() {
    wait_for is_gone && has_rules 0 && [[ -z $(server ls /run/wgctl) ]]
}

process_died() {
    check "up" wgctl up
    pkill -KILL -x wireguard-go
    wait_for is_gone
    check "where the process died, the rules are still there" has_rules 8
    check "up brings it up again" wgctl up
    check "with each rule once" is_whole
    check "down" wgctl down
    check "nothing is left" leaves_nothing
}

interface_gone() {
    check "up" wgctl up
    server ip link delete wg0
    wait_for is_gone
    check "down takes away what an interface left that went by itself" wgctl down
    check "nothing is left of it" leaves_nothing
    check_fails 1 "and then there is nothing to take down" wgctl down
}

# The interface's index tells whether wgctl created it. If not, the file's hooks are used.
taken_over() {
    check "up" wgctl up
    server ip link delete wg0
    wait_for is_gone
    server sed -i 's/--dport 51820/--dport 51998/' "$conf"
    server bash -c "iptables -F; ip6tables -F; iptables -t nat -F; ip6tables -t nat -F"
    check "wg-quick brings it up from another file" server wg-quick up wg0
    check "down takes away the rules of that file" wgctl down
    check "nothing is left" leaves_nothing
    server sed -i 's/--dport 51998/--dport 51820/' "$conf"
}

# A process that a killed up has started may still create the interface.
is_settled() {
    ! pgrep -x wireguard-go >/dev/null || server wg show wg0 >/dev/null
}

# Kills up at each of its steps, from creating the interface on.
kill_up_at() { # SYSTEM_CALL NUMBER
    server strace -o /dev/null -e trace="$1" -e inject="$1:signal=KILL:when=$2" "$wgctl" up >"$work/output" 2>&1 || true
    wait_for is_settled
}

is_half_up() {
    server bash -c "grep -q '^# begun up ' /run/wgctl/wg0.*" 2>/dev/null
}

killed() {
    local call number interrupted=0
    for call in sendto:8 sendto:11 sendto:14 wait4:1 wait4:2 wait4:4 wait4:8 renameat:1 renameat:2; do
        number=${call#*:}
        kill_up_at "${call%:*}" "$number"
        if is_half_up; then
            interrupted=$((interrupted + 1))
            if ! is_gone; then
                check_fails 1 "after a kill at $call, add-peer changes nothing" wgctl add-peer new
                check_said "and says what to do" 'brings it up again'
                check_fails 1 "nor does apply" wgctl apply
            fi
            check "up after a kill at $call" wgctl up
        elif is_gone; then
            check "up after a kill at $call, before it began" wgctl up
        fi
        check "it is whole" is_whole
        check "down" wgctl down
        check "nothing is left" leaves_nothing
        kill_up_at "${call%:*}" "$number"
        if is_half_up; then
            check "down after a kill at $call" wgctl down
            check "nothing is left" leaves_nothing
        elif ! is_gone; then
            check "down" wgctl down
        fi
    done
    check "some of the kills were in the middle" test "$interrupted" -ge 5
}

# Right after boot, the name server may not answer yet.
name_server_late() {
    printf '\n[Peer]\nPublicKey = %s\nEndpoint = late.example.org:51820\n' "$(wg genkey | wg pubkey)" >"$work/peer"
    server cp "$conf" "$work/without"
    server tee -a "$conf" <"$work/peer" >/dev/null
    echo 'nameserver 127.0.0.1' >"$work/resolv.conf" # nobody listens there
    echo '127.0.0.1 localhost' >"$work/hosts"
    server mount --bind "$work/resolv.conf" /etc/resolv.conf
    server mount --bind "$work/hosts" /etc/hosts
    check_fails 1 "a name that cannot be looked up is an error" \
        server env WG_ENDPOINT_RESOLUTION_RETRIES=0 "$wgctl" up
    check_said "that is told" "cannot find the address of 'late.example.org'"
    check "nothing is left" leaves_nothing
    (sleep 2 && echo '192.0.2.7 late.example.org' >>"$work/hosts") &
    check "up waits for a name that cannot be looked up yet" wgctl up
    check "and has its address" server bash -c 'wg show wg0 endpoints | grep -q 192.0.2.7:51820'
    check "down" wgctl down
    server cp "$work/without" "$conf"
}

edited() {
    check "up" wgctl up
    server sed -i -e 's/^ListenPort.*/ListenPort = 51999/' -e 's/--dport 51820/--dport 51999/' "$conf"
    check "apply of a changed port" wgctl apply
    check_said "runs what undoes the old rules" 'PostDown: iptables .*--dport 51820'
    check_said "and what makes the new ones" 'PostUp: iptables .*--dport 51999'
    check "the rules are those of the file" has_rules 8 51999
    check "another apply" wgctl apply
    check_said "has nothing to do" 'already matches its file'
    check "the rules are there once" has_rules 8 51999
    check "down takes them away" wgctl down
    check "nothing is left" leaves_nothing
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_topology
    local userspace=false
    check "init provisions the server" wgctl init --endpoint "$server_road4" --firewall iptables --no-boot
    ! pgrep -x wireguard-go >/dev/null || userspace=true
    check "down" wgctl down
    ! "$userspace" || process_died
    interface_gone
    taken_over
    name_server_late
    killed
    edited
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
