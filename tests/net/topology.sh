# shellcheck shell=bash
# The test network: five network namespaces. Source this file, then call
#
#     isolate "$@"     # first: restarts the script where nothing can be left behind
#     build_topology
#
#     client1 ──┐
#               ├── road ── server ── internet
#     client2 ──┘
#
# Each host has its own /etc/wireguard, /etc/sysctl.d, /run/wgctl and /run/wireguard. `on HOST COMMAND` runs a command
# there. The server has a default route to the internet. The internet only has a route to the server's own address, so
# answers reach a peer only through NAT.
#
# If the kernel has no WireGuard, wg-quick and wgctl fall back to wireguard-go by themselves.

readonly road4=198.51.100 road6=2001:db8:51: # + the host's number
# shellcheck disable=SC2034 # used by the tests
readonly server_road4=$road4.1 server_road6=$road6:1
readonly server_internet4=203.0.113.1 server_internet6=2001:db8:113::1
readonly internet4=192.0.2.80 internet6=2001:db8:80::80 # reached by the server's default route

# Seconds to wait. Generous, because slowness is not a failure; nothing waits that long unless it fails.
readonly patience=120

declare -A host_pid=()

# ---- checks ----

# Prints COMMAND's output and ends the test if COMMAND fails. Uses no pipe, because a background process would keep it open.
check() { # WHAT_HOLDS COMMAND...
    local what=$1
    shift
    if "$@" >"$work/output" 2>&1 </dev/null; then
        echo "ok - $what"
    else
        not_ok "$what" "exit status $? of: $*"
    fi
}

# Like check(), for a command that must exit with STATUS: 1 for a failure, 2 for wrong usage.
check_fails() { # STATUS WHAT_HOLDS COMMAND...
    local expected=$1 what=$2 status=0
    shift 2
    "$@" >"$work/output" 2>&1 </dev/null || status=$?
    if ((status == expected)); then
        echo "ok - $what"
    else
        not_ok "$what" "exit status $status, not $expected, of: $*"
    fi
}

not_ok() { # WHAT_HOLDS WHY
    local host
    echo "not ok - $1"
    {
        echo "$2"
        cat "$work/output"
        for host in "${!host_pid[@]}"; do
            echo "---- $host"
            on "$host" wg show
            on "$host" ip -brief address
        done
        server nft list ruleset
    } 2>&1 | sed 's/^/# /'
    exit 1
}

# Checks the output of the previous check's command.
check_said() { # WHAT_HOLDS EXTENDED_REGULAR_EXPRESSION
    if grep -Eiq -- "$2" "$work/output"; then
        echo "ok - $1"
    else
        not_ok "$1" "there is no $2 in:"
    fi
}

# Reports a failing command outside of any check.
explain_end() { # STATUS LAST_COMMAND
    (($1 == 0)) || [[ $2 == exit* ]] || echo "not ok - the test's own command: $2"
}

# Waits until COMMAND succeeds, for at most $patience seconds.
wait_for() { # COMMAND...
    local deadline=$((SECONDS + patience))
    until "$@" >"$work/waiting" 2>&1; do
        ((SECONDS < deadline)) || { cat "$work/waiting" && return 1; }
        sleep 0.1
    done
}

# ---- hosts and links ----

# Restarts the script as process 1 in new namespaces. However it ends, the kernel then removes all of its processes,
# interfaces, mounts and namespaces, so that no cleanup can be forgotten.
isolate() { # ARGUMENTS_OF_THE_SCRIPT...
    if [[ -z ${WGCTL_TEST_ISOLATED-} ]]; then
        ((EUID == 0)) || { echo "not ok - namespaces need root" && exit 1; }
        WGCTL_TEST_ISOLATED=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
    fi
    unset WGCTL_TEST_ISOLATED
    trap 'exit 130' INT TERM HUP # process 1 ignores them by default
    trap 'explain_end $? "$BASH_COMMAND"' EXIT
    # Hides the real /run, which /var/run is a link to.
    mount -t tmpfs -o mode=0755 tmpfs /run
    # wireguard-tools and procps install these folders.
    mkdir -p /etc/wireguard /etc/sysctl.d /run/wgctl /run/wireguard
    work=/run/test
    mkdir "$work"
}

# A host is a process that keeps its namespaces alive.
make_host() { # NAME
    # shellcheck disable=SC2016 # the inner shell's variables
    unshare --net --mount bash -c '
        set -e
        mount -t tmpfs -o mode=0700 tmpfs /etc/wireguard
        mount -t tmpfs -o mode=0700 tmpfs /run/wireguard
        mount -t tmpfs -o mode=0700 tmpfs /run/wgctl
        mount -t tmpfs -o mode=0755 tmpfs /etc/sysctl.d
        mount -t sysfs sysfs /sys # shows the interfaces of the namespace that mounts it
        # Makes IPv6 addresses usable at once, without duplicate address detection.
        echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
        ip link set lo up
        touch "$1"
        exec sleep infinity' bash "$work/ready.$1" &
    host_pid[$1]=$!
    wait_for test -e "$work/ready.$1"
}

on() { # HOST COMMAND...
    local host=$1
    shift
    nsenter --target "${host_pid[$host]}" --net --mount -- "$@"
}

server() { on server "$@"; }

add_address() { # HOST INTERFACE ADDRESS...
    local host=$1 interface=$2 address
    shift 2
    for address; do
        on "$host" ip address add "$address" dev "$interface"
    done
    on "$host" ip link set "$interface" up
}

# Connects a host to the road, which is a bridge in the test's own namespace.
join_road() { # HOST NUMBER
    ip link add "$1" type veth peer name road netns "${host_pid[$1]}"
    ip link set "$1" master bridge up
    add_address "$1" road "$road4.$2/24" "$road6:$2/64"
}

# Connects two hosts with a veth pair. Each interface is named after the host at the other end.
connect() { # HOST HOST
    ip link add "$2" netns "${host_pid[$1]}" type veth peer name "$1" netns "${host_pid[$2]}"
}

connect_internet() {
    connect server internet
    add_address server internet "$server_internet4/24" "$server_internet6/64"
    add_address internet server "${server_internet4%.*}.2/24" "${server_internet6%1}2/64"
    add_address internet lo "$internet4/32" "$internet6/128"
    server ip route add default via "${server_internet4%.*}.2"
    server ip route add default via "${server_internet6%1}2"
}

# Records on the internet host who pings it.
watch_internet() {
    on internet nft -f - <<-'END'
	table inet watch {
	    set seen4 {
	        type ipv4_addr
	        size 64
	        flags dynamic
	    }
	    set seen6 {
	        type ipv6_addr
	        size 64
	        flags dynamic
	    }
	    chain input {
	        type filter hook input priority 0
	        icmp type echo-request add @seen4 { ip saddr }
	        icmpv6 type echo-request add @seen6 { ip6 saddr }
	    }
	}
	END
}

# Prints the addresses that have pinged the internet host since forget_pings, separated by blanks.
who_pinged() { # 4|6
    on internet nft list set inet watch "seen$1" | tr -d '\n\t' | sed -nE 's/.*elements = \{ *([^}]*)\}.*/\1/p' |
        tr -d ',' | xargs
}

forget_pings() {
    on internet nft flush set inet watch seen4
    on internet nft flush set inet watch seen6
}

# The kernel adds link-local addresses and their routes a moment after the link comes up.
is_settled() { # HOST INTERFACE
    [[ $(on "$1" cat "/sys/class/net/$2/operstate") == up ]] &&
        [[ $(on "$1" ip -6 address show dev "$2" scope link) == *fe80::* ]] &&
        [[ $(on "$1" ip -6 route show table all dev "$2") == *fe80::/64*ff00::/8* ]]
}

build_topology() {
    local host
    for host in server client1 client2 internet; do
        make_host "$host"
    done
    ip link add bridge type bridge
    ip link set bridge up
    join_road server 1
    join_road client1 11
    join_road client2 12
    connect_internet
    watch_internet
    for host in server client1 client2; do
        wait_for is_settled "$host" road
    done
    wait_for is_settled server internet
    wait_for is_settled internet server
}

# ---- pings ----

# Pings until one is answered.
reaches() { # HOST ADDRESS
    on "$1" ping -n -c 1 -w "$patience" "$2"
}

# True if no ping is answered.
is_cut_off() { # HOST ADDRESS
    ! on "$1" ping -n -c 5 -i 0.2 -W 1 "$2"
}

replies() { # HOST
    sed -nE 's/.* bytes from .*icmp_seq=([0-9]+).*/\1/p' "$work/pings.$1" | sort -n | uniq
}

has_replies() { # HOST NUMBER
    (($(replies "$1" | wc -l) >= $2))
}

# Pings every 10 ms in the background, and returns once answers arrive. Does not use on(), because the signal must reach
# ping itself.
start_pinging() { # HOST ADDRESS
    nsenter --target "${host_pid[$1]}" --net --mount -- ping -n -i 0.01 "$2" >"$work/pings.$1" 2>&1 &
    pinger=$!
    wait_for has_replies "$1" 100
}

# Stops it after 200 more answers.
stop_pinging() { # HOST
    wait_for has_replies "$1" $(($(replies "$1" | wc -l) + 200))
    kill -INT "$pinger"
    wait "$pinger" || true
}

# A lost ping leaves a gap in the sequence numbers. The last ones may still have been on their way when ping was stopped.
# The first ones do not count either, because the change is made after the hundredth answer.
none_lost() { # HOST
    replies "$1" | awk '
        { for (number = last + 1; number < $1; number++) missing[number] = 1; last = $1 }
        END {
            for (number in missing) if (number > 50 && number <= last - 20) { print "no reply to ping " number; lost++ }
            print NR " replies, " lost + 0 " lost"
            exit last < 300 || lost > 0
        }'
}

# ---- tunnels ----

# Prints the device's own address in its tunnel.
tunnel_address() { # HOST INTERFACE 4|6
    on "$1" ip -o "-$3" address show dev "$2" scope global | awk '{ sub("/.*", "", $4); print $4; exit }'
}

# Installs a stub, because wg-quick must not pass its DNS servers to the machine's own resolvconf.
make_resolvconf() { # HOST
    mkdir -p "$work/$1/bin"
    # shellcheck disable=SC2016 # the stub's own arguments
    printf '#!/bin/sh\necho "$*" >>%q\n[ "$1" = -d ] || cat >>%q\n' "$work/$1/resolvconf.log" "$work/$1/resolvconf.log" \
        >"$work/$1/bin/resolvconf"
    chmod +x "$work/$1/bin/resolvconf"
}

# Runs Debian's wg-quick with a client's file.
wg_quick() { # HOST up|down FILE
    on "$1" env PATH="$work/$1/bin:$PATH" wg-quick "$2" "$3"
}

# Finds the program under test: the argument, or else the installed one, or else the built one.
find_wgctl() { # [WGCTL]
    local built
    built=$(dirname "${BASH_SOURCE[0]}")/../../build/cmd/wgctl
    realpath -e "${1:-$(type -P wgctl || echo "$built")}"
}

# Determines which implementation must be used: the kernel's if it has one. A virtual machine sets this itself.
wanted_wireguard() {
    if [[ ${WGCTL_TEST_WIREGUARD-} ]]; then
        echo "$WGCTL_TEST_WIREGUARD"
    elif ip link add probe type wireguard 2>/dev/null; then
        ip link delete probe
        echo kernel
    else
        echo process
    fi
}

# Checks that an interface uses the required implementation.
check_wireguard() { # HOST INTERFACE
    local socket=/run/wireguard/$2.sock
    if [[ $(wanted_wireguard) == kernel ]]; then
        check "the kernel itself runs $2 on the $1" is_kind "$1" "$2" wireguard
        check "and there is no process for it" on "$1" test ! -e "$socket"
    else
        check "a process runs $2 on the $1, for this kernel has no WireGuard" on "$1" test -S "$socket"
        check "and the kernel has a tunnel to it" is_kind "$1" "$2" tun
    fi
}

is_kind() { # HOST INTERFACE KIND
    on "$1" ip -d link show "$2" | tee /dev/stderr | grep -qE "^ +$3 "
}

kind_of_wireguard() {
    if [[ $(wanted_wireguard) == kernel ]]; then
        echo "the kernel's WireGuard: Linux $(uname -r)"
    else
        echo "wireguard-go: the kernel, Linux $(uname -r), has none"
    fi
}
