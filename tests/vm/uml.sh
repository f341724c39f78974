#!/bin/bash
# Runs a test script on a kernel of its own: Linux as a program (User-Mode Linux), which starts in an instant and has a view
# of this machine's files that it can change as it likes.
#
# usage: uml.sh KERNEL BINARY_DIR SCRIPT [ARGUMENT...]
#
# KERNEL is what build-uml.sh printed. BINARY_DIR/wgctl, if there is one, becomes the guest's /usr/local/bin/wgctl. SCRIPT is
# named from the top of the repository, which is /repo in there, and the working folder. Prints what the script prints, and
# exits as it did; with 125 if the guest did not get that far. Variables named WGCTL_* are passed on.
#
# VM_PROGRAMS what else goes to /usr/local/bin: paths, separated by blanks. All that is installed here is there anyway
# VM_TIMEOUT  seconds after which the guest is given up (600)
# VM_MEMORY   the guest's memory (768M)
# VM_DISK     an image that becomes the guest's /dev/ubda
# VM_TIME     travel: time is virtual. Waiting takes none of it, computing does
#             frozen: neither does. Each run is the same; what waits for the clock without sleeping never ends
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
repo=$(realpath "$here/../..")

die() {
    echo "uml.sh: $*" >&2
    exit 125
}

add_programs() { # BINARY_DIR
    local program
    mkdir "$work/bin"
    [[ ! -x $1/wgctl ]] || ln -s "$(realpath "$1/wgctl")" "$work/bin/wgctl"
    for program in ${VM_PROGRAMS-}; do
        type -P "$program" >/dev/null || die "$program is not there"
        [[ $program != */* ]] || ln -s "$(realpath "$program")" "$work/bin/${program##*/}"
    done
    tar -c -h -C "$work/bin" -f "$work/programs" .
}

add_command() { # SCRIPT [ARGUMENT...]
    local name
    ln -s "$repo" "$work/repo"
    {
        for name in "${!WGCTL_@}"; do
            echo "export $name=${!name@Q}"
        done
        printf 'cd /repo || exit\nexec bash'
        printf ' %q' "$@"
    } >"$work/command"
}

# In the background, so that a signal is heeded at once. Whoever kills it, or this script, kills all processes of the guest.
boot() { # KERNEL
    local options=()
    [[ ! ${VM_DISK-} ]] || options+=("ubd0=$VM_DISK")
    case ${VM_TIME-} in
        travel) options+=(time-travel) ;;
        frozen) options+=(time-travel=inf-cpu) ;;
    esac
    # shellcheck disable=SC2016 # the inner shell's arguments
    setpriv --pdeathsig KILL unshare --pid --fork --kill-child --mount-proc bash -c 'timeout -s KILL "$@"; exit' uml "$limit" \
        "$1" seccomp=on mem="${VM_MEMORY:-768M}" "${options[@]}" root=/dev/root rootfstype=hostfs rootflags=/ ro quiet \
        con=null con0=null,fd:2 con1=null,fd:1 init="$here/uml-init.sh" WORK="$work" </dev/null 2>"$work/console" &
    uml=$!
    wait "$uml"
}

explain() { # STATUS
    if grep -q 'Kernel panic' "$work/console"; then
        echo "the guest's kernel panicked"
    elif (($1 == 137)); then
        echo "the guest was not done after $limit seconds"
    else
        echo "the guest ended without a report (exit status $1)"
    fi
}

clean_up() {
    [[ ! ${uml-} ]] || { kill -KILL "$uml" && wait "$uml"; } 2>/dev/null || true
    rm -rf "$work"
}

main() {
    (($# >= 3)) || die "usage: uml.sh KERNEL BINARY_DIR SCRIPT [ARGUMENT...]"
    local status=0 script_status
    limit=${VM_TIMEOUT:-600}
    [[ -x $1 ]] || die "there is no kernel $1: see build-uml.sh"
    [[ -f $repo/$3 ]] || die "there is no $3 in $repo"
    work=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    add_programs "$2"
    add_command "${@:3}"
    boot "$1" || status=$?
    uml=
    script_status=$(tr -d '\r' <"$work/console" | sed -n 's/.*vm: exit status \([0-9]*\)$/\1/p')
    if [[ ! $script_status ]]; then
        tail -n 60 "$work/console" | tr -d '\r' >&2
        die "$(explain "$status")"
    fi
    return "$script_status"
}

main "$@"
