#!/usr/bin/env bash
# Builds and installs wgctl from this clone, sets up a WireGuard server, and shows the QR code for a first device:
#
#     sudo cmd/quickstart.sh [ENDPOINT]      for example: sudo cmd/quickstart.sh vpn.example.org
#
# ENDPOINT is the server's public hostname or IP address. Running the script again repairs what is missing and shows the
# code again. It never overwrites a configuration.
set -euo pipefail
umask 022

readonly interface=wg0 peer=phone prefix=/usr/local
readonly wgctl=$prefix/bin/wgctl conf=/etc/wireguard/$interface.conf ini=/etc/wireguard/$interface.ini
repo=$(cd "$(dirname "$0")/.." && pwd)
readonly repo build=$repo/build/quickstart
# In hints: root by itself needs no sudo.
sudo="sudo "
((EUID != 0)) || [[ ${SUDO_UID-} ]] || sudo=""
readonly sudo

say() {
    echo "quickstart: $*"
}

die() { # MESSAGE [HINT]
    echo "quickstart: $1" >&2
    [[ $# -lt 2 ]] || echo "  -> $2" >&2
    exit 1
}

# Runs a verbose command and shows its output only if it fails.
quietly() { # MESSAGE HINT COMMAND...
    local output message=$1 hint=$2
    shift 2
    output=$("$@" 2>&1 </dev/null) || {
        tail -n 20 <<<"$output" >&2
        die "$message" "$hint"
    }
}

# ---- requirements ----

has() { # PROGRAM
    command -v "$1" >/dev/null
}

has_library() { # NAME_FOR_PKG_CONFIG
    has pkg-config && pkg-config --exists "$1"
}

uses_iptables() {
    has iptables && grep -qv '^-P .* ACCEPT$' < <({ iptables -S && ip6tables -S; } 2>/dev/null)
}

# Lists missing packages by their names in Debian, Ubuntu and Raspberry Pi OS.
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
    has_library sqlite3 || echo libsqlite3-dev
    has ip || echo iproute2
    has wg || echo wireguard-tools
    has nft || uses_iptables || echo nftables
}

install_packages() { # PACKAGE...
    has apt-get || die "these are missing, and this system has no apt: $*" "install them, then run this script again"
    say "installing $*"
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    local wait=(-o DPkg::Lock::Timeout=300)
    quietly "apt cannot update its package lists" "check the internet connection; '${sudo}apt-get update' shows the details" \
        apt-get "${wait[@]}" update -q
    quietly "apt cannot install $*" "'${sudo}apt-get install $*' shows the details" \
        apt-get "${wait[@]}" install -q -y --no-install-recommends "$@"
}

install_missing() {
    local missing
    mapfile -t missing < <(list_missing)
    [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# Creates an interface and removes it right away.
kernel_has_wireguard() {
    local probe=wgprobe$$
    modprobe -q wireguard 2>/dev/null || true
    ip link add "${probe:0:15}" type wireguard 2>/dev/null && ip link delete "${probe:0:15}"
}

# After a kernel upgrade, the running kernel's modules are gone.
kernel_was_upgraded() {
    [[ ! -d /lib/modules/$(uname -r) ]] && compgen -G "/lib/modules/*" >/dev/null
}

ensure_wireguard() {
    ! kernel_has_wireguard || return 0
    say "this kernel has no WireGuard support: using wireguard-go instead"
    ! kernel_was_upgraded || say "the kernel was upgraded: WireGuard may be available after a reboot"
    has wireguard-go || install_packages wireguard-go
    [[ -e /dev/net/tun ]] || modprobe -q tun 2>/dev/null || true
    [[ -e /dev/net/tun ]] ||
        die "wireguard-go needs /dev/net/tun, which does not exist" \
            "in a container: run 'modprobe wireguard' on the host, or give the container /dev/net/tun; then run this again"
}

# ---- building and installing ----

# Builds as the user who owns the clone, so that the files in it stay theirs.
as_owner() { # COMMAND...
    local owner=()
    if [[ ${SUDO_USER:-root} != root ]] && runuser -u "$SUDO_USER" -- mkdir -p "$build" 2>/dev/null &&
        runuser -u "$SUDO_USER" -- test -w "$build"; then
        owner=(runuser -u "$SUDO_USER" --)
    fi
    "${owner[@]}" "$@"
}

build_and_install() {
    local hint="if the output above does not help, remove $build and run this again"
    say "building wgctl"
    quietly "cannot configure wgctl" "$hint" \
        as_owner cmake -S "$repo" -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix"
    quietly "cannot build wgctl" "$hint" as_owner cmake --build "$build" --parallel "$(nproc)"
    quietly "cannot install wgctl in $prefix" "$hint" cmake --install "$build"
    ! systemd_runs || systemctl daemon-reload
}

# ---- the server ----

systemd_runs() {
    [[ -d /run/systemd/system ]]
}

# True if the interface is completely up, false after an `up` that was killed halfway.
is_up() {
    wg show "$interface" >/dev/null 2>&1 && ! grep -qs '^# begun up ' /run/wgctl/"$interface".*
}

starts_at_boot() {
    systemctl -q is-enabled "wgctl@$interface" 2>/dev/null || systemctl -q is-enabled "wg-quick@$interface" 2>/dev/null
}

bring_up() {
    say "$interface is down: bringing it up"
    if ! systemd_runs; then
        "$wgctl" -i "$interface" up
    elif systemctl -q is-enabled "wg-quick@$interface" 2>/dev/null; then
        quietly "$interface failed to start" "journalctl -eu wg-quick@$interface" systemctl restart "wg-quick@$interface"
    else
        quietly "$interface failed to start" "journalctl -eu wgctl@$interface" systemctl enable "wgctl@$interface"
        quietly "$interface failed to start" "journalctl -eu wgctl@$interface" systemctl restart "wgctl@$interface"
    fi
}

# Hides init's "Next:" hint, because this script takes that step itself.
without_next() { # COMMAND...
    { "$@" 2>&1 >&3 | sed '/^Next: /d' >&2; } 3>&1
}

# For an existing server: repairs what is missing and overwrites nothing.
repair_server() { # ENDPOINT, or ""
    say "keeping the existing $conf"
    [[ -z $1 ]] || set_missing_endpoint "$1"
    is_up || bring_up
    ! systemd_runs || starts_at_boot ||
        say "$interface does not start at boot. To change that: ${sudo}systemctl enable wgctl@$interface"
}

set_missing_endpoint() { # ENDPOINT
    local known=""
    [[ ! -e $ini ]] || known=$(sed -n 's/^[[:space:]]*endpoint[[:space:]]*=[[:space:]]*//p' "$ini")
    case $known in
    "") "$wgctl" -i "$interface" edit-server --endpoint "$1" ;;
    "$1" | "$1":* | "[$1]":*) ;;
    *) say "keeping the endpoint $known. To change it: ${sudo}wgctl -i $interface edit-server --endpoint $1" ;;
    esac
}

has_peer() {
    "$wgctl" -q -i "$interface" list | awk -v name="$peer" '$1 == name { found = 1 } END { exit !found }'
}

add_peer() {
    say "adding peer $peer"
    "$wgctl" -q -i "$interface" add-peer "$peer"
}

# In a window that is too small, qr draws nothing and says what to do. That is not a failure; any other error is.
show_code() {
    say "scan this code with the WireGuard app on your $peer: tap +, then \"Scan from QR code\""
    "$wgctl" -i "$interface" qr "$peer" || "$wgctl" -i "$interface" qr "$peer" >/dev/null 2>&1
}

usage() {
    echo "usage: sudo cmd/quickstart.sh [ENDPOINT]     for example: sudo cmd/quickstart.sh vpn.example.org"
}

# A bad ENDPOINT is refused by wgctl, but only after it was built.
refuse_web_address() { # URL
    local host=${1#*://}
    die "'$1' is a web address" "leave out ${1%%://*}://, as in: ${sudo}cmd/quickstart.sh ${host%%/*}"
}

main() {
    case $#:${1-} in
    1:-h | 1:--help) usage && exit ;;
    1:[!-]*://*) refuse_web_address "$1" ;;
    0:* | 1:[!-]*) ;;
    *) usage >&2 && exit 2 ;;
    esac
    [[ $EUID -eq 0 ]] || die "only root can set up the network" "sudo cmd/quickstart.sh $*"

    install_missing
    ensure_wireguard
    build_and_install
    if [[ -e $conf ]]; then
        repair_server "${1-}"
    elif [[ $# -gt 0 ]]; then
        without_next "$wgctl" -i "$interface" init --endpoint "$1"
    else
        without_next "$wgctl" -i "$interface" init
    fi
    has_peer || add_peer
    show_code
}

main "$@"
