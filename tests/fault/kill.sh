#!/bin/bash
# init, add-peer and revoke, killed at each of their system calls; the latter two also while wg0 runs.
#
# usage: kill.sh WGCTL
set -euo pipefail

# shellcheck source=tests/fault/inject.sh
source "$(dirname "${BASH_SOURCE[0]}")/inject.sh"

# shellcheck disable=SC2034 # for report()
modes=(kill)

describe_mode() { # MODE COUNT
    echo "killed at each of its $2 system calls"
}

# The signal comes before the call is made. Also while the program is being loaded: all but the first, which is strace's.
list_jobs() { # <CALLS
    local name count
    while read -r name count _; do
        [[ $name == execve ]] || echo "kill $name#$count $name:signal=KILL:when=$count"
    done
}

start "$@"
