#!/bin/bash
# The same file, once with Debian's wg-quick and once with wgctl: while it is up the host looks the same, and after down
# it is as it was before. Also where one brings it up and the other takes it down.
#
# usage: side_by_side.sh [WGCTL [FILE...]]
#
# The files are side_by_side/*.conf. Comments in them say what the test has to know:
#     #setup: COMMAND       for the host, before
#     #teardown: COMMAND    and after
#     #without: nft         as where that is not installed
#     #up: fails            up has to fail, and leave nothing
#     #down: fails          down has to fail and to leave it up, until there is /run/may-go-down
#     #down: fails but is done
#     #meanwhile: COMMAND   for the host, while it is up
#     #keeps: TEXT          stands in the file that wgctl's down saves (SaveConfig)
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

folder=/etc/wireguard
system_programs=/usr/sbin
hooks_log=/run/hooks.log

# As somebody at the host's shell, with the test's resolvconf. wg-quick finds what is in PATH, also where it cannot be
# run; wgctl looks into the system's folders too.
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

# ---- what a host looks like ----

# Everything that wg-quick can change. One script on the host, for in the virtual machine every process costs.
# shellcheck disable=SC2016 # the inner shell's variables
state_script='
    section() { echo "==== $*"; "$@" 2>/dev/null || true; }
    section ip -d link
    section ip -d -o addr
    section ip -4 -d route show table all
    section ip -6 -d route show table all | sed "s/^local fe80::[0-9a-f:]*/local fe80::(made up)/" | sort
    section ip -4 -d rule
    section ip -6 -d rule
    section nft list ruleset
    if ! type -P nft >/dev/null; then
        section iptables-save
        section ip6tables-save
    fi
    section grep -rs "" /proc/sys/net
    for interface in $(wg show interfaces); do
        echo "==== wg $interface"
        wg showconf "$interface"
    done'

# What has to differ, and says nothing, made the same:
#   the indexes of interfaces, which the kernel counts up; a port that it chose at random, where the file names none;
#   the link-local address that it makes up for wireguard-go'"'"'s interface, from a random number;
#   and the order of the routes to it, which is that of addresses (they are sorted above);
#   comments with the time of day in what iptables-save prints, and its packet counters;
#   the order of peers and of their allowed IPs, which has no meaning and is that of a hash table;
#   counters, caches and times in /proc/sys/net, and what the kernel works out from them.
normalised() { # FILE_WITH_A_CONFIGURATION
    local port='s/^ListenPort = .*/ListenPort = (chosen)/'
    ! grep -qi '^listenport' "$1" || port=
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

# Twice the same, for what the kernel does a moment later.
take_state() { # NAME
    local deadline=$((SECONDS + patience))
    while as_user bash -c "$state_script" >"$work/raw" && normalised "$file" <"$work/raw" >"$work/$1.first" &&
        as_user bash -c "$state_script" >"$work/raw" && normalised "$file" <"$work/raw" >"$work/$1"; do
        ! cmp -s "$work/$1.first" "$work/$1" || break
        ((SECONDS < deadline)) || break
    done
    ! server test -e "$hooks_log" || cp_from_host "$hooks_log" "$work/$1.hooks"
    [[ -e $work/$1.hooks ]] || : >"$work/$1.hooks"
    cp "$work/server/resolvconf.log" "$work/$1.dns"
}

cp_from_host() { # FROM TO
    server cat "$1" >"$2"
}

same() { # STATE STATE
    diff -U 3 "$work/$1" "$work/$2" && diff "$work/$1.dns" "$work/$2.dns"
}

# After down the sysctl for marks stays: whoever else needs it may have come to rely on it.
as_before() { # STATE
    diff -U 3 <(grep -v 'all/src_valid_mark' "$work/before") <(grep -v 'all/src_valid_mark' "$work/$1")
}

has_same_hooks() { # STATE STATE
    diff "$work/$1.hooks" "$work/$2.hooks"
}

# Where up fails, wgctl runs the hooks that take down too, so that what the others set up is undone; wg-quick does not.
begins_with_hooks() { # STATE STATE
    cmp -n "$(wc -c <"$work/$1.hooks")" "$work/$1.hooks" "$work/$2.hooks"
}

# ---- how it gets there ----

# Records how it is called and what it is given. Debian's own is not for namespaces.
make_resolvconf_that_remembers() {
    mkdir -p "$work/server/bin"
    cat >"$work/server/bin/resolvconf" <<-END
	#!/bin/bash
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

# Runs what the file asks for.
host_commands() { # setup|teardown
    local command
    sed -n "s/^#$1: //p" "$file" | while read -r command; do
        as_user bash -e -c "$command" </dev/null || return
    done
}

says() { # COMMENT
    grep -qx "#$1" "$file"
}

# A clean host with the file in its place.
prepare() {
    server rm -f "$hooks_log" /run/may-go-down
    : >"$work/server/resolvconf.log"
    server bash -c "echo 0 >/proc/sys/net/ipv4/conf/all/src_valid_mark; cat >$folder/wg0.conf; chmod 600 $folder/wg0.conf" <"$file"
}

# wireguard-go takes a moment to leave.
is_gone() {
    server bash -c '! test -e /run/wireguard/wg0.sock && ! ip link show dev wg0 2>/dev/null'
}

run_tool() { # TOOL up|down
    local status=0
    case $1 in
    wg-quick) as_user wg-quick "$2" wg0 >"$work/output" 2>&1 </dev/null || status=$? ;;
    wgctl) as_user "$wgctl" "$2" >"$work/output" 2>&1 </dev/null || status=$? ;;
    esac
    ((status == 0))
}

# As the file says that it ends.
comes_up() { # TOOL
    if says 'up: fails'; then
        ! run_tool "$1" up && wait_for is_gone
    else
        run_tool "$1" up
    fi
}

goes_down() { # TOOL
    if says 'down: fails'; then
        ! run_tool "$1" down && server ip link show dev wg0 >/dev/null && server touch /run/may-go-down &&
            run_tool "$1" down
    elif says 'down: fails but is done'; then
        ! run_tool "$1" down
    else
        run_tool "$1" down
    fi && wait_for is_gone
}

# ---- the comparison ----

# Up with one, down with the same or the other; the states go to NAME.up and NAME.down.
there_and_back() { # NAME UP_TOOL DOWN_TOOL
    prepare
    step "$2 up" comes_up "$2"
    take_state "$1.up"
    if says 'up: fails'; then
        return
    fi
    if ! grep -qi '^saveconfig' "$file"; then
        step "after $2 up, wgctl apply finds nothing to do" has_nothing_to_apply
        [[ $1 != wgctl ]] || step "and changes nothing" apply_changes_nothing "$1"
    fi
    step "what happens meanwhile" host_commands meanwhile
    step "$3 down" goes_down "$3"
    take_state "$1.down"
    cp_from_host "$folder/wg0.conf" "$work/$1.conf"
}

# What wg-quick makes of a file that was saved. It also saves the address that the kernel has made up.
saved_state() { # NAME
    grep -v '^Address = fe80:' "$work/$1.conf" | server bash -c "cat >$folder/wg0.conf"
    : >"$work/server/resolvconf.log"
    as_user wg-quick up wg0
    take_state "$1.saved"
    as_user wg-quick down wg0 && wait_for is_gone
}

saves() {
    saved_state wg-quick
    saved_state wgctl
    cat "$work/wgctl.conf"
    same wg-quick.saved wgctl.saved
}

keeps() {
    local text
    while read -r text; do
        grep -v '^#keeps' "$work/wgctl.conf" | grep -F -- "$text" || return
    done < <(sed -n 's/^#keeps: //p' "$file")
}

has_nothing_to_apply() {
    as_user "$wgctl" apply --json >"$work/applied" && grep -q '"changes": *\[\]' "$work/applied"
}

apply_changes_nothing() { # NAME
    take_state applied
    diff "$work/$1.up" "$work/applied"
}

# Says nothing where all is well: there are many.
step() { # WHAT COMMAND...
    local what=$1
    shift
    "$@" >"$work/step" 2>&1 || {
        cat "$work/step" >>"$work/output"
        not_ok "$name: $what" "$*"
    }
}

compare() {
    host_commands setup
    ! says 'without: nft' || hide_nft
    prepare
    take_state before
    there_and_back wg-quick wg-quick wg-quick
    there_and_back wgctl wgctl wgctl
    if says 'up: fails'; then
        step "nothing is left by wg-quick" as_before wg-quick.up
        step "nor by wgctl" as_before wgctl.up
        step "the same was told to resolvconf" diff "$work/wg-quick.up.dns" "$work/wgctl.up.dns"
        step "even the sysctl is as it was" diff "$work/before" "$work/wgctl.up"
        step "the same hooks ran, and those that undo" begins_with_hooks wg-quick.up wgctl.up
    else
        step "the same while it is up" same wg-quick.up wgctl.up
        step "the same hooks ran" has_same_hooks wg-quick.down wgctl.down
        step "the same after down" same wg-quick.down wgctl.down
        step "and as it was before" as_before wgctl.down
        if grep -q '^SaveConfig' "$file"; then
            step "wg-quick makes the same of the files that were saved" saves
            step "wgctl keeps what the owner wrote" keeps
        else
            step "the file is as it was" cmp "$file" "$work/wgctl.conf"
        fi
        there_and_back crossed wg-quick wgctl
        step "wgctl takes down what wg-quick has brought up" as_before crossed.down
        there_and_back crossed wgctl wg-quick
        step "wg-quick takes down what wgctl has brought up" as_before crossed.down
    fi
    ! says 'without: nft' || show_nft
    host_commands teardown
    echo "ok - $name: $(sed -n '1s/^# //p' "$file")"
}

main() {
    wgctl=$(find_wgctl "${1-}")
    local files=("$here"/side_by_side/*.conf)
    (($# < 2)) || files=("${@:2}")
    make_host server
    make_host internet
    connect_internet
    wait_for is_settled server internet
    make_resolvconf_that_remembers
    # What the first rule of its kind brings along (connection tracking has sysctls) shall be there before.
    server nft -f - <<<'table ip warm { chain up { type filter hook prerouting priority 0; ct mark 1 meta mark set ct mark; }; }'
    server nft delete table ip warm
    # The kernel's WireGuard turns this off whenever an interface of its comes up, and never on again.
    server sysctl -qw net.ipv4.conf.all.send_redirects=0
    for file in "${files[@]}"; do
        name=$(basename "$file" .conf)
        compare
    done
    echo "all passed, ${#files[@]} files, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
