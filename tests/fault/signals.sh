#!/bin/bash
# init, up, apply and down, sent INT, TERM or HUP at each place from which wgctl makes a system call that changes something or
# waits; and HUP while it is ignored, as under nohup.
#
# usage: signals.sh WGCTL
#
# After each run these hold, each of which is a line of the report:
#   - whole: all is as it was, or all is as the command leaves it; and the exit status (or the message) says which
#   - ignored: a signal that is ignored changes nothing: the command succeeds
#   - next: the command that brings the host to the same end succeeds, or says that it is there already
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/../cli/checks.sh"
takes_wgctl "$@"
needs_root
need ip nft setarch strace unshare wg wireguard-go
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    WGCTL_TEST_INSIDE=1 exec setarch --addr-no-randomize \
        unshare --net --mount --pid --fork --kill-child --mount-proc "$BASH" "$0" "$@"
fi

readonly worth=' openat mkdirat write pwrite64 fsync renameat unlinkat flock connect sendto recvmsg recvfrom wait4 clone vfork
    clone3 memfd_create ftruncate symlinkat linkat '
readonly etc=/etc/wireguard
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir /run/wireguard /run/wgctl /run/work
install "$1" /run/work/wgctl
cd /run/work
trap 'cd / && report_early_end' EXIT
for folder in "$etc" /etc/sysctl.d; do
    mount -t tmpfs -o mode=0755 tmpfs "$folder"
done
ip link set lo up
ip link add eth0 type veth peer name router
ip address add 192.0.2.2/24 dev eth0
ip link set router up
ip link set eth0 up
ip route add default via 192.0.2.1

# ---- the host ----

is_settled() {
    ! pgrep -x wireguard-go >/dev/null || ip link show wg0 >/dev/null 2>&1
}

settle() {
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        ! is_settled || return 0
        sleep 0.01
    done
    echo "wireguard-go does not end" >&2
    return 1
}

reset_host() {
    ip link delete wg0 2>/dev/null || true
    settle
    nft flush ruleset
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    rm -rf "${etc:?}"/* "$etc"/.wgctl /etc/sysctl.d/* /run/wgctl/* /run/wireguard/*
}

# Random numbers and what differs each time are masked.
describe_host() {
    {
        find "$etc" /etc/sysctl.d -type f -size +0 | sort | while read -r file; do
            stat -c '%a %n' "$file"
            cat "$file"
        done
        ip -o link show wg0 | sed 's/^[0-9]*: //'
        ip -o address show wg0 scope global | sed 's/^[0-9]*: //'
        wg showconf wg0 | sed '/^ListenPort = 518/!s/^ListenPort = .*/ListenPort = by chance/'
        nft list ruleset
        head /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
    } 2>/dev/null | sed -E 's/[A-Za-z0-9+/]{43}=/KEY/; s/\b10(\.[0-9]+){3}/ADDRESS/g; s/\bfd[0-9a-f:]+/ADDRESS/g' || true
}

readonly init=(init --endpoint vpn.example.org --firewall nftables --no-boot)

call() { # ARGUMENT...
    ./wgctl -i wg0 "$@" </dev/null >out 2>&1
}

# Brings the host to where a command begins; `command` is what is called.
begin() { # COMMAND
    reset_host
    command=("$1")
    case $1 in
        init) command=("${init[@]}") ;;
        *)
            cp -a server/. "$etc"
            [[ $1 == up ]] || call up
            if [[ $1 == apply ]]; then
                sed -i 's/^ListenPort = .*/ListenPort = 51899/; s/^Address = .*/&, 10.99.0.1\/24/' "$etc/wg0.conf"
            fi
            ;;
    esac
}

# ---- a run ----

run_strace() { # OPTION...
    status=0
    # Without bash's own word on who was killed
    { timeout -s KILL 30 "${wrapper[@]}" strace -qq -o log "$@" ./wgctl -i wg0 "${command[@]}" </dev/null >out 2>&1 ||
        status=$?; } 2>/dev/null
    settle
}

# One call from each place in the program: `NAME COUNT`.
list_places() {
    awk -v worth="$worth" '
        /^[a-z_0-9]+\(/ { name[++calls] = place[calls] = substr($0, 1, index($0, "(") - 1) }
        /^ > / { place[calls] = place[calls] " " $NF }
        /^prctl\(PR_SET_DUMPABLE/ && !first { first = calls }
        END {
            for (call = 1; call <= calls; call++) {
                ++count[name[call]]
                if (call > first && index(worth, " " name[call] " ") && !seen[place[call]]++)
                    print name[call], count[name[call]]
            }
        }' log
}

fault() { # WHAT
    faults+=("$signal at $place of $deed: $1 (exit status $status, $(head -n 2 out | tr '\n' ' '))")
}

judge() {
    describe_host >host
    if [[ $signal == ignored ]]; then
        if ((status != 0)) || ! cmp -s host after; then fault "the command did not go on"; fi
    elif ((status == 0)) || grep -q 'the change was made' out; then
        cmp -s host after || fault "it is said to be done and is not: $(diff host after | head -n 3 | tr '\n' ' ')"
    elif ! cmp -s host before; then
        # A signal that comes when all is done ends the program all the same.
        { ((status > 128)) && cmp -s host after; } || grep -q 'could not be' out ||
            fault "it is neither as before nor done: $(diff host before | head -n 3 | tr '\n' ' ')"
    fi
    case $deed in
        init) call "${init[@]}" || grep -q already out || fault "the next init fails: $(head -n 1 out)" ;;
        up) call up || grep -q already out || fault "the next up fails: $(head -n 1 out)" ;;
        apply) call apply || fault "the next apply fails: $(head -n 1 out)" ;;
        down) call down || grep -q 'not up' out || fault "the next down fails: $(head -n 1 out)" ;;
    esac
    describe_host >host
    cmp -s host after || fault "the next command does not complete it: $(diff host after | head -n 3 | tr '\n' ' ')"
}

prepare() { # COMMAND
    begin "$1"
    describe_host >before
    wrapper=()
    run_strace -k
    ((status == 0)) || { not_ok "$1 succeeds by itself" "$(cat out)" && return 1; }
    describe_host >after
    list_places >places
}

test_signal() { # SIGNAL
    local name count places=0 runs=0
    signal=$1 faults=() wrapper=()
    local sent=$signal
    [[ $signal != ignored ]] || { sent=HUP && wrapper=(env --ignore-signal=HUP); }
    while read -r name count <&3; do
        # Other places for each of the signals, which are handled alike; all with WGCTL_LONG=1.
        ((places++ % 6 == turn)) || [[ ${WGCTL_LONG-} ]] || continue
        runs=$((runs + 1))
        place=$name#$count
        begin "$deed"
        run_strace -e "inject=$name:signal=$sent:when=$count"
        judge
    done 3<places
    if ((${#faults[@]} == 0)); then
        ok "$deed, sent $signal at its system calls ($runs of $places places): done or undone, and it says which"
    else
        not_ok "$deed, sent $signal at its system calls" "${faults[@]}"
    fi
}

reset_host
call "${init[@]}" || { not_ok "init succeeds" "$(cat out)" && finish; }
call add-peer phone
call down
cp -a "$etc" server
for deed in init up apply down; do
    prepare "$deed" || continue
    turn=0
    for signal in INT TERM HUP ignored; do
        test_signal "$signal"
        turn=$(((turn + 1) % 6))
    done
done
finish
