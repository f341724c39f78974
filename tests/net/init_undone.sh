#!/bin/bash
# An init that fails while the interface comes up, or is interrupted then by a signal. It leaves nothing behind, and does not
# undo what somebody else did meanwhile.
#
# usage: init_undone.sh [WGCTL]
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

wgctl() { server "$wgctl" "$@"; }

# The last hook reports that it runs, and waits until it is ended, or until the file `go` contains its exit status.
write_template() {
    server mkdir -p /etc/wireguard/templates
    server tee /etc/wireguard/templates/nftables.hooks >/dev/null <<-END
	PostUp = nft 'add table inet wgctl_%i'
	PostUp = touch $work/in-hook; until test -e $work/go; do sleep 0.05; done; exit \$(cat $work/go)
	PostDown = nft 'delete table inet wgctl_%i'
	END
}

# Everything that init changes, and the folder of templates.
everything() {
    server bash -c '
        ls -A /etc/wireguard /etc/sysctl.d
        cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
        ip -oneline link show | sed -E "s/^[0-9]+: ([^:@]*).*/\1/" | sort
        nft list tables
        ls /run/wgctl' | grep -v '^\.wgctl$'
}

# Starts init with the given signals ignored, and waits until it is in its hook. Sets $init.
start_init() { # IGNORED_SIGNAL...
    rm -f "$work/in-hook" "$work/go"
    # shellcheck disable=SC2016 # the inner shell's variables
    server bash -c 'for name in "${@:2}"; do trap "" "$name"; done; exec "$1" init --endpoint vpn.example.org \
        --firewall nftables --no-boot' bash "$wgctl" "$@" >"$work/said" 2>&1 </dev/null &
    init=$!
    wait_for test -e "$work/in-hook"
}

ends_with() { # STATUS
    local status=0
    wait "$init" || status=$?
    cat "$work/said"
    ((status == $1)) || { echo "exit status $status, not $1" && return 1; }
}

is_as_before() {
    everything >"$work/after"
    diff "$work/before" "$work/after"
}

interrupted() { # SIGNAL STATUS
    start_init
    pkill -"$1" -x wgctl
    check "init interrupted by SIG$1 ends" ends_with "$2"
    check_said "and says so" 'signal'
    check "and leaves nothing behind" is_as_before
}

ignored() {
    start_init HUP
    pkill -HUP -x wgctl
    echo 0 >"$work/go"
    check "a hangup that is ignored changes nothing" ends_with 0
    check "the interface is up" server ip link show wg0
    check "down" wgctl down
}

fresh() {
    server bash -c 'rm -rf /etc/wireguard/wg0.* /etc/wireguard/.wgctl* /etc/sysctl.d/*
        echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
}

fails() {
    start_init
    echo 1 >"$work/go"
    check "init whose hook fails fails" ends_with 1
    check "and leaves nothing behind" is_as_before
}

# The sysctl file is put back if there was one, and left alone if somebody edits it meanwhile.
sysctl_file() {
    local file=/etc/sysctl.d/90-wgctl.conf
    server bash -c "echo '# mine' >$file"
    start_init
    check "init writes its sysctl file" server grep -q ip_forward "$file"
    echo 1 >"$work/go"
    check "init whose hook fails, where such a file was, fails" ends_with 1
    check "the file is the one that was there" test "$(server cat "$file")" = '# mine'
    start_init
    server bash -c "echo '# edited' >>$file"
    echo 1 >"$work/go"
    check "init whose hook fails, while somebody edits the file, fails" ends_with 1
    check "the file is the edited one" test "$(server tail -n 1 "$file")" = '# edited'
    server rm "$file"
}

# A peer that was added with success is there afterwards, whatever becomes of init.
others_stay() {
    local status=0
    start_init
    wgctl --wait 0 add-peer phone >"$work/output" 2>&1 </dev/null || status=$?
    echo 1 >"$work/go"
    check "init whose hook fails, while a peer is added, fails" ends_with 1
    if ((status == 0)); then
        check "the peer that was added is there" wgctl show phone
    else
        check "the peer was refused, and nothing is left behind" is_as_before
    fi
}

# The service takes the lock itself, so others can change the files before it fails.
service_fails() {
    mkdir -p /run/systemd/system "$work/bin"
    cat >"$work/bin/systemctl" <<-END
	#!/bin/bash
	[[ \$* != *enable* ]] || { $wgctl add-peer phone && exit 1; }
	END
    chmod +x "$work/bin/systemctl"
    check_fails 1 "init whose service fails, after a peer was added, fails" \
        server env PATH="$work/bin:$PATH" "$wgctl" init --endpoint vpn.example.org --firewall none
    check_said "and says what stays" 'wg0\.conf stays'
    check "the peer that was added is there" wgctl show phone
    rm -r /run/systemd
}

main() {
    wgctl=$(find_wgctl "${1-}")
    build_topology
    server bash -c 'echo 0 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv6/conf/all/forwarding'
    write_template
    everything >"$work/before"
    fails
    interrupted INT 130
    interrupted TERM 143
    interrupted HUP 129
    sysctl_file
    others_stay
    service_fails
    fresh
    ignored
    echo "all passed, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
