#!/usr/bin/env bash
# Installs what the tests need, builds, and runs what every change has to pass: 20 minutes or less on two processors, and
# on a machine's first time six more, to build a kernel. A kind of test that cannot run here fails; it is not skipped.
#
#     sudo tests/run.sh [--long] [CTEST-OPTION]...     as in: sudo tests/run.sh -L unit
#
# With --long everything is run: all cases of what is generated, ten minutes of each fuzzer, the old kernel's tests.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
build=${BUILD_FOLDER:-$repo/build}
jobs=$(nproc)

libraries=(libsodium-dev libqrencode-dev libinih-dev libmnl-dev libpng-dev libjansson-dev libsqlite3-dev check)
packages=(
    # to build
    gcc clang make cmake pkg-config "${libraries[@]}"
    # to compare with, and to run real tunnels
    wireguard-tools wireguard-go nftables iptables iproute2 iputils-ping
    # a real kernel: built to run as a program, and an old one in a virtual machine
    bc flex bison xz-utils libelf-dev
    qemu-system-x86 busybox-static cpio kmod zstd e2fsprogs
    # to look at what comes out
    zbar-tools librsvg2-bin imagemagick tmux jq mandoc groff-base shellcheck bash-completion zsh fish
    sqlite3 strace valgrind procps clang-format systemd
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

build_in() { # FOLDER CMAKE-OPTION... [-- TARGET...]
    local folder=$1 options=()
    shift
    while (($# > 0)) && [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    cmake -S "$repo" -B "$folder" -DWGCTL_WERROR=ON "${options[@]}" >"$folder.log" 2>&1 ||
        { cat "$folder.log"; die "cannot configure $folder"; }
    make -C "$folder" -j"$jobs" --no-print-directory "${@:2}" >"$folder.log" 2>&1 ||
        { cat "$folder.log"; die "cannot build $folder"; }
}

# In files of the tests clang is only asked for its warnings. The build's own commands say how each is compiled.
check_with_clang() { # FOLDER
    jq -r '.[] | select(.file | contains("/tests/")) | "cd \(.directory) && \(.command) -fsyntax-only"' \
        "$1/compile_commands.json" | xargs -d '\n' -P "$jobs" -n 1 sh -c >"$1.log" 2>&1 ||
        { cat "$1.log"; die "clang has something to say about the tests"; }
}

is_debian_amd64() {
    # shellcheck source=/dev/null
    [[ $(. /etc/os-release && echo "$ID") == debian && $(dpkg --print-architecture) == amd64 ]]
}

# With the machine's own compiler, but without its -dev packages. Only what has to run in valgrind is left out.
build_for_i386() {
    local root flags linker
    root=$("$repo/tests/i386/fetch-sysroot.sh" "${libraries[@]}")
    flags="-m32 --sysroot=$root -B$root/usr/lib/gcc/i686-linux-gnu/$(gcc -dumpversion)"
    linker=-Wl,--disable-new-dtags,--dynamic-linker=$root/lib/ld-linux.so.2
    linker+=,-rpath,$root/lib/i386-linux-gnu:$root/usr/lib/i386-linux-gnu
    PKG_CONFIG_LIBDIR=$root/usr/lib/i386-linux-gnu/pkgconfig:$root/usr/share/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root \
        build_in "$build/i386" -DCMAKE_BUILD_TYPE=Debug -DWGCTL_TESTS=ON -DWGCTL_VALGRIND=OFF \
        "-DCMAKE_C_FLAGS=$flags" "-DCMAKE_EXE_LINKER_FLAGS=$linker"
}

has_wireguard() {
    unshare --net ip link add probe type wireguard 2>/dev/null
}

# Whether the machine's own kernel is Linux VERSION or a newer one.
has_linux() { # VERSION
    printf '%s\n' "$1" "$(uname -r)" | sort -V -C
}

# One that is a program, which the power can be cut of as well, and an old one, unless this machine's own is that.
make_kernels() {
    if ! is_debian_amd64; then
        echo "Other kernels can be had on Debian for amd64 only: the tests vm.* and vm-old.* run on $(uname -r)"
        return
    fi
    if ! "$repo/tests/vm/build-uml.sh" --cached >/dev/null 2>&1; then
        echo "Building a kernel that runs as a program, once for this machine"
        "$repo/tests/vm/build-uml.sh" >/dev/null
    fi
    if ! has_wireguard || has_linux 6.16; then
        "$repo/tests/vm/fetch-kernel.sh" "$build/kernel" >/dev/null
    fi
}

# From what ctest just wrote: each test that ran, with its time.
print_slowest() {
    echo "The ten slowest tests:"
    sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .* ([0-9.]+) sec$/\2 s\t\1/p' "$build/ctest.log" | sort -rn | head -n 10
}

[[ $(id -u) -eq 0 ]] || die "needs root, for its network namespaces: sudo tests/run.sh"
selection=(-LE '^long$')
if [[ ${1-} == --long ]]; then
    shift
    export WGCTL_LONG=1
    selection=()
fi
install_packages
mkdir -p "$build"
echo "Building: release (gcc), release (clang), with sanitizers (gcc)"
build_in "$build/release" -DCMAKE_BUILD_TYPE=Release
build_in "$build/clang" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=clang -DWGCTL_TESTS=ON -- wgctl
check_with_clang "$build/clang"
i386=$build/i386
if ! is_debian_amd64; then
    echo "Packages for i386 can be had on Debian for amd64 only: unit.i386 is missing"
    i386=
fi
build_in "$build/tests" -DCMAKE_BUILD_TYPE=Debug -DWGCTL_TESTS=ON -DWGCTL_SANITIZE=ON \
    -DWGCTL_RELEASE="$build/release/cmd/wgctl" -DWGCTL_I386="$i386"
if [[ ${WGCTL_LONG-} ]]; then
    build_in "$build/fuzz" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang -DWGCTL_FUZZ=ON -DWGCTL_SANITIZE=ON
fi
cd "$build/tests"
chosen=$(ctest -N "${selection[@]}" "$@")
if [[ $chosen == *': vm'* ]]; then
    make_kernels
fi
if [[ $chosen == *': unit.i386'* ]]; then
    echo "Building for i386"
    build_for_i386
fi

unset SUDO_UID # hints depend on it
# Every test uses its own files, names and namespaces. tests/CMakeLists.txt says how many slots each takes.
status=0
ctest --output-on-failure -j$((2 * jobs)) "${selection[@]}" "$@" | tee "$build/ctest.log" || status=$?
print_slowest
exit "$status"
