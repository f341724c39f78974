#!/usr/bin/env bash
# Installs what the tests need, builds with the sanitizers, and runs every test of
# every kind. A kind that cannot run here is a failure, not a skip.
#
#     sudo tests/run.sh [CTEST-OPTION]...     as in: sudo tests/run.sh -L unit
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_FOLDER:-$repo/build}
jobs=$(nproc)

packages=(
    # to build
    gcc clang make cmake pkg-config
    libsodium-dev libqrencode-dev libinih-dev libmnl-dev libpng-dev libjansson-dev check
    # to compare with, and to run real tunnels
    wireguard-tools wireguard-go nftables iptables iproute2 iputils-ping
    # a real kernel in a virtual machine
    qemu-system-x86 busybox-static cpio kmod zstd
    # to look at what comes out
    zbar-tools librsvg2-bin imagemagick tmux jq mandoc groff-base shellcheck bash-completion zsh fish
    strace valgrind procps clang-format systemd
)

die() {
    echo "tests/run.sh: $*" >&2
    exit 1
}

# apt is asked only for what is missing: it is slow, and needs the network.
install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    echo "Installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# configure FOLDER OPTION...
build_in() {
    local folder=$1
    shift
    cmake -S "$repo" -B "$folder" -DWGCTL_WERROR=ON "$@" >"$folder.log" 2>&1 ||
        { cat "$folder.log"; die "cannot configure $folder"; }
    make -C "$folder" -j"$jobs" --no-print-directory >"$folder.log" 2>&1 ||
        { cat "$folder.log"; die "cannot build $folder"; }
}

has_wireguard() {
    unshare --net ip link add probe type wireguard 2>/dev/null
}

# Whether the machine's own kernel is Linux VERSION or a newer one.
has_linux() { # VERSION
    printf '%s\n' "$1" "$(uname -r)" | sort -V -C
}

# Debian's for x86-64, to be emulated, where the machine's own has no WireGuard, or not what is new in it.
fetch_kernels() {
    if ! has_wireguard; then
        echo "Fetching a kernel with WireGuard"
        "$repo/tests/vm/fetch-kernel.sh" "$build/kernel"
    elif has_linux 6.16; then
        return
    elif [[ $(. /etc/os-release && echo "$ID") != debian || $(dpkg --print-architecture) != amd64 ]]; then
        echo "The tests vm-new.* are for Linux 6.16 or newer, which cannot be had here: they run on $(uname -r)"
        return
    fi
    echo "Fetching a new kernel with WireGuard"
    "$repo/tests/vm/fetch-kernel.sh" "$build/kernel-new" trixie-backports
}

[[ $(id -u) -eq 0 ]] || die "needs root, for its network namespaces: sudo tests/run.sh"
install_packages
mkdir -p "$build"
echo "Building: release (gcc), release (clang), with sanitizers (gcc)"
build_in "$build/release" -DCMAKE_BUILD_TYPE=Release
build_in "$build/clang" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang -DWGCTL_TESTS=ON
build_in "$build/tests" -DCMAKE_BUILD_TYPE=Debug -DWGCTL_TESTS=ON -DWGCTL_SANITIZE=ON \
    -DWGCTL_RELEASE="$build/release/cmd/wgctl"
fetch_kernels

cd "$build/tests"
# Every test has files, names and namespaces of its own.
exec ctest --output-on-failure -j"$jobs" "$@"
