#!/bin/bash
# Compares the model that tests plans (tests/unit/model.h) with a real WireGuard: after each of the same changes, both must
# be the same device. Also reports in which of the two possible ways allowed IPs were removed.
#
# usage: model.sh [MODEL [SEED [ROUNDS]]]
#
# MODEL is the program built from model.c.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"

make_interface() {
    if [[ $(wanted_wireguard) == kernel ]]; then
        server ip link add wg0 type wireguard
    else
        # It runs in the background and would keep the test's output open.
        server wireguard-go wg0 >"$work/wireguard-go" 2>&1
    fi
}

tally() { # NAME
    sed -nE "s/(^|.* )$1=([0-9]+).*/\2/p" "$work/tally"
}

# Removing a single allowed IP exists since Linux 6.16.
can_remove_alone() {
    [[ $(wanted_wireguard) == kernel ]] &&
        printf '%s\n' 6.16 "$(uname -r)" | sort -CV
}

isolate "$@"
program=$(realpath -e "${1:-$(type -P model)}")
make_host server
make_interface
check_wireguard server wg0
check "it does what the model does with $(kind_of_wireguard)" on server "$program" wg0 "${2:-1}" "${3:-60}"
cp "$work/output" "$work/tally"
sed 's/^/# /' "$work/tally"
for what in moves removals private_keys own_keys; do
    check "$what were among it" test "$(tally "$what")" -gt 0
done

alone=$(tally alone) guests=$(tally guests)
if can_remove_alone; then
    check "allowed IPs were taken away alone" test "$alone" -eq "$(tally removals)"
    check "and no other peer was made for it" test "$guests" -eq 0
elif [[ $(wanted_wireguard) == kernel ]]; then
    check "allowed IPs were taken away with a peer that nobody has" test "$guests" -gt 0
    check "and only one was tried to be taken away alone each time" test "$alone" -eq "$guests"
fi
