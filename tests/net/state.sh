# shellcheck shell=bash disable=SC2034,SC2154 # variables shared with the tests
# Captures and compares the state of a host as far as wg-quick and wgctl can change it. Source this after topology.sh. The
# host is `server`, and `file` is the configuration under test.
#
#     build_host               creates a server with a default route and a resolvconf that records its calls
#     take_state NAME          saves the state as $work/NAME, with NAME.hooks and NAME.dns
#     same NAME NAME           true if both states are the same

folder=/etc/wireguard
system_programs=/usr/sbin
hooks_log=/run/hooks.log

# Runs a command as from a shell on the host, with the test's resolvconf. wg-quick finds anything in PATH, even if it
# cannot be run; wgctl also looks in the system's folders.
as_user() { # COMMAND...
    server env PATH="$work/server/bin:/usr/bin:/bin:$system_programs" "$@"
}

hide_nft() {
    mkdir -p "$work/server/sbin"
    ln -sf /usr/sbin/* "$work/server/sbin/"
    rm "$work/server/sbin/nft"
    system_programs=$work/server/sbin
    server mount --bind /dev/null /usr/sbin/nft
}

show_nft() {
    system_programs=/usr/sbin
    server umount /usr/sbin/nft
}

# ---- the state of a host ----

# Prints everything that wg-quick can change. This is a single script, because processes are slow in a virtual machine.
# shellcheck disable=SC2016 # the inner shell's variables
state_script='
    # The kernel checks new IPv6 addresses for duplicates in the background, and then adds their routes.
    for _ in {1..500}; do
        [[ $(ip -6 -o addr show tentative) ]] || break
        sleep 0.01
    done
    section() { echo "==== $*"; "$@" 2>/dev/null || true; }
    section ip -d link
    section ip -d -o addr
    section ip -4 -d route show table all
    section ip -6 -d route show table all | sed "s/^local fe80::[0-9a-f:]*/local fe80::(made up)/" | sort
    section ip -4 -d rule
    section ip -6 -d rule
    for family in ip ip6 inet; do
        section nft list ruleset $family # in the order in which tables were made
    done
    if ! type -P nft >/dev/null; then
        section iptables-save
        section ip6tables-save
    fi
    section grep -rs "" /proc/sys/net
    for interface in $(wg show interfaces); do
        echo "==== wg $interface"
        wg showconf "$interface"
    done'

# Removes differences without meaning:
#   interface indexes, which the kernel counts up, and random ports, if the file sets none;
#   the random link-local address of wireguard-go's interface, and the order of the routes to it, which follows the
#   addresses (those are sorted above);
#   times and packet counters in the output of iptables-save;
#   the order of peers and allowed IPs, which comes from a hash table;
#   counters, caches and times in /proc/sys/net, and values that the kernel derives from them.
normalised() { # FILE_WITH_A_CONFIGURATION
    local port='s/^ListenPort = .*/ListenPort = (chosen)/'
    ! grep -qi '^listenport *= *[1-9]' "$1" || port=
    sed -E -e 's/^[0-9]+: //' -e 's/@if[0-9]+:/@if:/' -e 's/link-netnsid [0-9]+//; s/link-netns [^ ]+//' \
        -e '/wg[0-9]/s/fe80::[0-9a-f:]+/fe80::(made up)/g' \
        -e 's/daddr fe80::[0-9a-f:]+/daddr fe80::(made up)/' \
        -e 's/-d fe80::[0-9a-f:]+/-d fe80::(made up)/' \
        -e '/^# (Generated|Completed)/d' -e 's/\[[0-9]+:[0-9]+\]/[0:0]/' -e "$port" \
        -e '/nf_conntrack_count|\/random|stable_secret|conntrack_buckets|nf_conntrack_max|\/flush|neigh\/.*gc_stale/d' |
        awk '
            function flush_peer(    count, list, i, k, ips, text) {
                if (peer == "") return
                peers[++peer_count] = peer; peer = ""
            }
            function flush_all(    i, k, swap) {
                flush_peer()
                for (i = 1; i <= peer_count; i++) for (k = i + 1; k <= peer_count; k++)
                    if (peers[k] < peers[i]) { swap = peers[i]; peers[i] = peers[k]; peers[k] = swap }
                for (i = 1; i <= peer_count; i++) printf "%s", peers[i]
                peer_count = 0
            }
            function sorted_list(text,    list, count, i, k, swap, result) {
                count = split(text, list, ", ")
                for (i = 1; i <= count; i++) for (k = i + 1; k <= count; k++)
                    if (list[k] < list[i]) { swap = list[i]; list[i] = list[k]; list[k] = swap }
                for (i = 1; i <= count; i++) result = result (i > 1 ? ", " : "") list[i]
                return result
            }
            /^====/ { flush_all(); in_wg = /^==== wg/ }
            in_wg && /^\[Peer\]/ { flush_peer(); peer = "[Peer]\n"; next }
            in_wg && peer != "" && /^AllowedIPs = / { $0 = "AllowedIPs = " sorted_list(substr($0, 14)) }
            in_wg && peer != "" { if ($0 != "") peer = peer $0 "\n"; next }
            { print }
            END { flush_all() }'
}

look() { # AT_WHAT
    as_user bash -c "$state_script" >"$work/raw"
    normalised "$file" <"$work/raw" >"$work/$1"
}

# Waits for two identical states, because the kernel changes wireguard-go's interface a moment later.
take_state() { # NAME
    local deadline=$((SECONDS + patience))
    look "$1"
    until [[ $wireguard != wireguard-go ]] || ((SECONDS > deadline)); do
        mv "$work/$1" "$work/$1.first"
        look "$1"
        ! cmp -s "$work/$1.first" "$work/$1" || break
    done
    cp_from_host "$hooks_log" "$work/$1.hooks" 2>/dev/null || : >"$work/$1.hooks"
    cp "$work/server/resolvconf.log" "$work/$1.dns"
}

cp_from_host() { # FROM TO
    server cat "$1" >"$2"
}

same() { # STATE STATE
    diff -U 3 "$work/$1" "$work/$2" && diff "$work/$1.dns" "$work/$2.dns"
}

# Creates a resolvconf that records its arguments and input, and the umask, which decides who can read the resolv.conf that
# it would write. Debian's own does not work in namespaces.
make_resolvconf_that_remembers() {
    umask 022 # as at boot: wg-quick passes it on
    mkdir -p "$work/server/bin"
    cat >"$work/server/bin/resolvconf" <<-END
	#!/bin/bash
	[ "\$1" = -l ] || umask >>"$work/server/resolvconf.log"
	case \$1 in
	-a) { echo "\$*" && cat; } | tee "$work/server/dns.\$2" >>"$work/server/resolvconf.log"
	    ! grep -q 192.0.2.66 "$work/server/dns.\$2" ;;
	-d) echo "\$*" >>"$work/server/resolvconf.log" && rm -f "$work/server/dns.\$2" ;;
	-l) sed 1d "$work/server/dns.\$2" ;;
	esac
	END
    chmod +x "$work/server/bin/resolvconf"
    : >"$work/server/resolvconf.log"
}

# wireguard-go takes a moment to exit.
is_gone() {
    server bash -c '! test -e /run/wireguard/wg0.sock && ! ip link show dev wg0 2>/dev/null'
}

build_host() {
    wireguard=$(kind_of_wireguard)
    make_host server
    make_host internet
    connect_internet
    wait_for is_settled server internet
    make_resolvconf_that_remembers
    # The first rule of a kind loads kernel parts with sysctls of their own (connection tracking). Load them beforehand.
    server nft -f - <<<'table ip warm { chain up { type filter hook prerouting priority 0; ct mark 1 meta mark set ct mark; }; }'
    server nft delete table ip warm
    # WireGuard in the kernel turns this off whenever an interface comes up, and never on again.
    server sysctl -qw net.ipv4.conf.all.send_redirects=0
}
