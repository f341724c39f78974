#!/bin/bash
# Runs a test script with the kernel's own WireGuard, on the first of these that can:
#
#   - this machine's kernel, in namespaces
#   - Linux as a program (uml.sh)
#   - Debian's kernel in QEMU (qemu.sh), which is slow without KVM
#
# usage: run.sh BINARY_DIR SCRIPT [ARGUMENT...]
#
# BINARY_DIR/wgctl, if there is one, is /usr/local/bin/wgctl to the script. SCRIPT is named from the top of the repository,
# which is the working folder. Prints what the script prints, and exits as it did; with 125 if it could not be run, and with
# 77 if this is no machine for virtual time.
#
# VM_LEAST    the oldest Linux that will do, as in 6.16
# VM_MOST     the newest one
# VM_UML      the kernel for uml.sh (what build-uml.sh has built)
# VM_QEMU     the one for qemu.sh, which fetch-kernel.sh made: as old as this machine's release of Debian
#
# and those that uml.sh and qemu.sh describe.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

die() {
    echo "run.sh: $*" >&2
    exit 125
}

has_wireguard() {
    unshare --net ip link add probe type wireguard 2>/dev/null
}

is_wanted() { # VERSION
    printf '%s\n' "${VM_LEAST:-0}" "$1" "${VM_MOST:-99999}" | sort -V -C
}

# As in a guest: what is under test is /usr/local/bin/wgctl, and whatever the script makes ends with it.
run_here() { # BINARY_DIR SCRIPT [ARGUMENT...]
    export WGCTL_TEST_WIREGUARD=kernel PATH=/usr/local/bin:$PATH
    # shellcheck disable=SC2016 # the inner shell's variables
    exec unshare --net --mount --pid --fork --kill-child --mount-proc bash -c '
        set -e
        mount -t tmpfs -o mode=0755 tmpfs /run
        mkdir /run/binaries
        [[ ! -x $1/wgctl ]] || install "$1/wgctl" /run/binaries
        for program in $3; do
            type -P "$program" >/dev/null || { echo "run.sh: $program is not there" >&2 && exit 125; }
            [[ $program != */* ]] || install "$program" /run/binaries
        done
        mount --bind /run/binaries /usr/local/bin
        cd "$2"
        ip link set lo up
        exec bash "${@:4}"' run.sh "$(realpath "$1")" "$here/../.." "${VM_PROGRAMS-}" "${@:2}"
}

main() {
    local uml=${VM_UML-}
    (($# >= 2)) || die "usage: run.sh BINARY_DIR SCRIPT [ARGUMENT...]"
    if [[ ${VM_TIME-} && $(uname -m) != x86_64 ]]; then
        echo "Linux runs as a program, in virtual time, on x86-64 only"
        exit 77
    elif [[ ! ${VM_TIME-} ]] && has_wireguard && is_wanted "$(uname -r)"; then
        run_here "$@"
    elif { [[ $uml ]] || uml=$("$here/build-uml.sh" --cached 2>/dev/null); } && is_wanted "$("$uml" --version)"; then
        exec "$here/uml.sh" "$uml" "$@"
    elif [[ ${VM_TIME-} ]]; then
        die "there is no kernel for virtual time: see build-uml.sh"
    elif [[ -e ${VM_QEMU-}/vmlinuz ]]; then
        exec "$here/qemu.sh" "$VM_QEMU" "$@"
    elif has_wireguard; then
        echo "run.sh: Linux ${VM_LEAST-}-${VM_MOST-} is wanted, but not there: this runs on $(uname -r)"
        run_here "$@"
    fi
    die "there is no kernel with WireGuard: see build-uml.sh and fetch-kernel.sh"
}

main "$@"
