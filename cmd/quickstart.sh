#!/usr/bin/env bash
# From a clone of wgctl to a WireGuard server and the QR code of a first device:
#
#     sudo cmd/quickstart.sh [ENDPOINT]      as in: sudo cmd/quickstart.sh vpn.example.org
#
# ENDPOINT is the name or address under which the internet knows this server. Run again, it mends what is missing and
# shows the code; it never overwrites a configuration.
set -euo pipefail
umask 022

readonly interface=wg0 peer=phone prefix=/usr/local
readonly wgctl=$prefix/bin/wgctl conf=/etc/wireguard/$interface.conf ini=/etc/wireguard/$interface.ini
repo=$(cd "$(dirname "$0")/.." && pwd)
readonly repo build=$repo/build/quickstart

say() {
    echo "quickstart: $*"
}

die() { # MESSAGE [WHAT_TO_DO]
    echo "quickstart: $1" >&2
    [[ $# -lt 2 ]] || echo "  -> $2" >&2
    exit 1
}

# Runs a command that has much to say: what it says is shown where it fails.
quietly() { # WHAT_FAILED WHAT_TO_DO COMMAND...
    local output what=$1 mend=$2
    shift 2
    output=$("$@" 2>&1 </dev/null) || {
        tail -n 20 <<<"$output" >&2
        die "$what" "$mend"
    }
}

# ---- what is needed ----

has() { # PROGRAM
    command -v "$1" >/dev/null
}

has_library() { # NAME_FOR_PKG_CONFIG
    has pkg-config && pkg-config --exists "$1"
}

uses_iptables() {
    has iptables && grep -qv '^-P .* ACCEPT$' < <({ iptables -S && ip6tables -S; } 2>/dev/null)
}

# Packages are named as Debian, Ubuntu and Raspberry Pi OS name them.
list_missing() {
    has cc || echo gcc
    [[ -e /usr/include/stdio.h ]] || echo libc6-dev
    has make || echo make
    has cmake || echo cmake
    has pkg-config || echo pkg-config
    has_library libsodium || echo libsodium-dev
    has_library libqrencode || echo libqrencode-dev
    has_library inih || echo libinih-dev
    has_library libmnl || echo libmnl-dev
    has_library libpng || echo libpng-dev
    has_library jansson || echo libjansson-dev
    has ip || echo iproute2
    has wg || echo wireguard-tools
    has nft || uses_iptables || echo nftables
}

install_packages() { # PACKAGE...
    has apt-get || die "this needs $*, and there is no apt to install it" "install it, then run this again"
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    local wait=(-o DPkg::Lock::Timeout=300)
    quietly "apt cannot read its lists of packages" "is the internet there? 'sudo apt-get update' says more" \
        apt-get "${wait[@]}" update -q
    quietly "apt cannot install $*" "'sudo apt-get install $*' says more" \
        apt-get "${wait[@]}" install -q -y --no-install-recommends "$@"
}

install_missing() {
    local missing
    mapfile -t missing < <(list_missing)
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Makes an interface, and removes it at once.
kernel_has_wireguard() {
    local probe=wgprobe$$
    modprobe -q wireguard 2>/dev/null || true
    ip link add "${probe:0:15}" type wireguard 2>/dev/null && ip link delete "${probe:0:15}"
}

# The modules of the kernel that runs went with its package.
kernel_was_upgraded() {
    [[ ! -d /lib/modules/$(uname -r) ]] && compgen -G "/lib/modules/*" >/dev/null
}

see_to_wireguard() {
    ! kernel_has_wireguard || return 0
    say "this kernel has no WireGuard of its own: wireguard-go does its work, in a process"
    ! kernel_was_upgraded || say "the kernel was upgraded: it may have WireGuard after a restart"
    has wireguard-go || install_packages wireguard-go
    [[ -e /dev/net/tun ]] || modprobe -q tun 2>/dev/null || true
    [[ -e /dev/net/tun ]] ||
        die "there is no /dev/net/tun, which wireguard-go needs" \
            "in a container: 'modprobe wireguard' on its host, or give the container /dev/net/tun; then run this again"
}

# ---- building and installing ----

# What is built in the clone belongs to the user whose clone it is.
as_owner() { # COMMAND...
    local owner=()
    if [[ ${SUDO_USER:-root} != root ]] && runuser -u "$SUDO_USER" -- mkdir -p "$build" 2>/dev/null &&
        runuser -u "$SUDO_USER" -- test -w "$build"; then
        owner=(runuser -u "$SUDO_USER" --)
    fi
    "${owner[@]}" "$@"
}

build_and_install() {
    local mend="if that does not say enough, remove $build and run this again"
    say "building wgctl"
    quietly "wgctl cannot be configured" "$mend" \
        as_owner cmake -S "$repo" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix"
    quietly "wgctl cannot be built" "$mend" as_owner cmake --build "$build" --parallel "$(nproc)"
    quietly "wgctl cannot be installed under $prefix" "$mend" cmake --install "$build"
    ! systemd_runs || systemctl daemon-reload
}

# ---- the server ----

systemd_runs() {
    [[ -d /run/systemd/system ]]
}

# Up, and completely: not what an up left that was killed.
is_up() {
    wg show "$interface" >/dev/null 2>&1 && [[ ! -e /run/wgctl/$interface.starting ]]
}

starts_at_boot() {
    systemctl -q is-enabled "wgctl@$interface" 2>/dev/null || systemctl -q is-enabled "wg-quick@$interface" 2>/dev/null
}

bring_up() {
    say "$interface is not up: bringing it up"
    if ! systemd_runs; then
        "$wgctl" -i "$interface" up
    elif systemctl -q is-enabled "wg-quick@$interface" 2>/dev/null; then
        quietly "$interface does not start" "journalctl -eu wg-quick@$interface" systemctl restart "wg-quick@$interface"
    else
        quietly "$interface does not start" "journalctl -eu wgctl@$interface" systemctl enable "wgctl@$interface"
        quietly "$interface does not start" "journalctl -eu wgctl@$interface" systemctl restart "wgctl@$interface"
    fi
}

# init says what to do next, and this script does it.
without_next() { # COMMAND...
    { "$@" 2>&1 >&3 | sed '/^Next: /d' >&2; } 3>&1
}

# The server is there: what is missing is mended, and nothing is overwritten.
mend_server() { # ENDPOINT, or ""
    say "$conf is there already, and stays as it is"
    [[ -z $1 ]] || mend_endpoint "$1"
    is_up || bring_up
    ! systemd_runs || starts_at_boot ||
        say "$interface does not start at boot. To let it: sudo systemctl enable wgctl@$interface"
}

mend_endpoint() { # ENDPOINT
    local known=""
    [[ ! -e $ini ]] || known=$(sed -n 's/^[[:space:]]*endpoint[[:space:]]*=[[:space:]]*//p' "$ini")
    case $known in
    "") "$wgctl" -i "$interface" edit-server --endpoint "$1" ;;
    "$1" | "$1":* | "[$1]":*) ;;
    *) say "the endpoint stays $known, too. To change it: sudo wgctl -i $interface edit-server --endpoint $1" ;;
    esac
}

has_peer() {
    "$wgctl" -q -i "$interface" list | awk -v name="$peer" '$1 == name { found = 1 } END { exit !found }'
}

add_peer() {
    say "adding the peer $peer"
    "$wgctl" -q -i "$interface" add-peer "$peer"
}

# In a window that is too small nothing is drawn, and said what to do; that is no failure. Without a window it is drawn.
show_code() {
    say "scan this with the WireGuard app on your $peer: tap +, then \"Scan from QR code\""
    "$wgctl" -i "$interface" qr "$peer" || "$wgctl" -i "$interface" qr "$peer" >/dev/null 2>&1
}

usage() {
    echo "usage: sudo cmd/quickstart.sh [ENDPOINT]     as in: sudo cmd/quickstart.sh vpn.example.org"
}

main() {
    case $#:${1-} in
    1:-h | 1:--help) usage && exit ;;
    0:* | 1:[!-]*) ;;
    *) usage >&2 && exit 2 ;;
    esac
    [[ $EUID -eq 0 ]] || die "this sets up the network, which only root can do" "sudo cmd/quickstart.sh $*"

    install_missing
    see_to_wireguard
    build_and_install
    if [[ -e $conf ]]; then
        mend_server "${1-}"
    elif [[ $# -gt 0 ]]; then
        without_next "$wgctl" -i "$interface" init --endpoint "$1"
    else
        without_next "$wgctl" -i "$interface" init
    fi
    has_peer || add_peer
    show_code
}

main "$@"
