#!/bin/bash
# init, add-peer and revoke, with their system calls failing in turn, one from each place in the program (with WGCTL_LONG=1
# all); the latter two also while wg0 runs.
#
# usage: errors.sh WGCTL
set -euo pipefail

# shellcheck source=tests/fault/inject.sh
source "$(dirname "${BASH_SOURCE[0]}")/inject.sh"

# shellcheck disable=SC2034 # for report()
modes=(EIO ENOSPC EINTR stuck dead)

# What changes files, but for write(): with it the error could not be said.
readonly changing=' openat mkdir mkdirat rmdir pwrite64 fsync fdatasync rename renameat renameat2 unlink unlinkat ftruncate '

# What a signal can interrupt: with WGCTL_LONG=1 all calls are.
readonly waiting=' openat read write pwrite64 fsync syncfs close ftruncate flock connect sendto recvmsg recvfrom wait4 '

describe_mode() { # MODE COUNT
    case $1 in
        ENOSPC) echo "with no space left at one of $2 calls" ;;
        stuck) echo "with EIO from one of $2 calls, after which nothing can be removed" ;;
        dead) echo "on a disk that dies at one of $2 calls, and stays dead" ;;
        *) echo "with $1 from $2 of its system calls" ;;
    esac
}

# Not what the loader and the C library do before main(): that would be their test. Nor what cannot fail: exit_group()
# does not return, and brk() returns where the memory ends, whatever happens.
list_jobs() { # <CALLS
    local name count own first error other injections
    local -A seen=()
    while read -r name count own first; do
        seen[$name]=$count
        [[ $own$first == 11 && $name != exit_group && $name != brk ]] || continue
        for error in EIO EINTR; do
            [[ $error == EIO || ${WGCTL_LONG-} || $waiting == *" $name "* ]] || continue
            echo "$error $name#$count $name:error=$error:when=$count"
        done
        [[ $changing == *" $name "* || $name == write ]] || continue
        echo "ENOSPC $name#$count $name:error=ENOSPC:when=$count"
        [[ $name == unlinkat ]] ||
            echo "stuck $name#$count $name:error=EIO:when=$count unlinkat:error=EIO:when=$((${seen[unlinkat]-0} + 1))+"
        injections=$name:error=EIO:when=$count
        [[ $name == write ]] || injections+=+
        for other in $changing; do
            [[ $other == "$name" ]] || injections+=" $other:error=EIO:when=$((${seen[$other]-0} + 1))+"
        done
        echo "dead $name#$count $injections"
    done
}

# What is not on the disk may not be called done.
check_mode_of_success() { # MODE LABEL
    [[ $1 == EINTR || $2 != f*sync#* ]] || fault "exit status 0, although ${2%#*}() failed"
}

start "$@"
