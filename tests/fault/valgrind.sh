#!/bin/bash
# Every command that changes files only, under valgrind: no error, and nothing that is not given back.
#
# usage: valgrind.sh WGCTL (a build without sanitizers)
set -euo pipefail

(($# == 1)) || { echo "usage: ${0##*/} WGCTL" >&2 && exit 2; }
passed=0 failed=0

fail_early() { # WHY
    echo "not ok - $1"
    echo "0 passed, 1 failed"
    exit 1
}

wgctl=$(realpath -e "$1") || fail_early "there is no program $1"
type -P valgrind >/dev/null || fail_early "valgrind is not installed"
! grep -q __asan_init "$wgctl" || fail_early "$1 is built with a sanitizer, which valgrind cannot run"
unset WGCTL_INTERFACE NO_COLOR
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# Not only errors: with this option what is still reachable in the end counts as lost.
# A child process that makes a QR code inherits what its parent has allocated: only the parent is looked at.
readonly grind=(valgrind --quiet --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all --error-exitcode=9
    --child-silent-after-fork=yes)

clean() { # STATUS ARGUMENT...
    local status=0 expected=$1
    shift
    "${grind[@]}" --log-file="$work/log" "$wgctl" -C "$work/etc" -i wg0 "$@" </dev/null >"$work/said" 2>&1 || status=$?
    if ((status == expected)) && [[ ! -s $work/log ]]; then
        echo "ok - ${*//"$work/"/} is clean"
        passed=$((passed + 1))
    else
        echo "not ok - ${*//"$work/"/} is clean: exit status $status, not $expected"
        cat "$work/said" "$work/log" | sed 's/^/# /'
        failed=$((failed + 1))
    fi
}

clean 0 --dry-run init --endpoint vpn.example.org --no-apply
clean 0 init --endpoint vpn.example.org --address 10.73.21.1/24 --no-apply
clean 1 init --endpoint vpn.example.org --no-apply
clean 0 add-peer phone --no-apply
clean 1 add-peer phone --no-apply
clean 0 add-peer tablet laptop --expires 7d --note 'two at once' --no-apply
clean 0 add-peer printer --no-psk --address 10.73.21.200 --no-apply
clean 0 add-peer router --lan 192.0.2.0/24 --qr --png "$work/a.png" --svg "$work/a.svg" --no-apply
clean 0 --json add-peer watch --no-apply
clean 0 qr phone
clean 0 qr phone --png "$work/b.png" --svg "$work/b.svg"
clean 0 list
clean 0 --json list
clean 0 show phone
clean 1 show nobody
clean 0 edit-server --endpoint 192.0.2.1:443
clean 0 --dry-run revoke phone --no-apply
clean 0 -y revoke phone tablet --no-apply
clean 1 -y revoke phone --no-apply
clean 2 add-peer
echo "$passed passed, $failed failed"
((failed == 0))
