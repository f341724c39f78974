#!/bin/bash
# The same file, once with Debian's wg-quick and once with wgctl: while it is up the host looks the same, and after down
# it is as it was before. Also where one brings it up and the other takes it down.
#
# usage: side_by_side.sh [WGCTL [--once] [--part NUMBER/NUMBER] [FILE...]]
#
# With --once neither takes down what the other has brought up: in the virtual machine every process costs. With
# --part 1/2 it is every second file, with --part 2/2 the others.
#
# The files are side_by_side/*.conf. Comments in them say what the test has to know:
#     #setup: COMMAND       for the host, before
#     #teardown: COMMAND    and after
#     #without: nft         as where that is not installed
#     #up: fails            up has to fail, and leave nothing
#     #down: fails          down has to fail and to leave it up, until there is /run/may-go-down
#     #down: fails but is done
#     #meanwhile: COMMAND   for the host, while it is up
#     #keeps: TEXT          stands in the file that wgctl's down saves (SaveConfig)
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"
# shellcheck source-path=SCRIPTDIR source=state.sh
source "$here/state.sh"

# After down the sysctl for marks stays: whoever else needs it may have come to rely on it.
as_before() { # STATE
    diff -U 3 <(grep -v 'all/src_valid_mark' "$work/before") <(grep -v 'all/src_valid_mark' "$work/$1")
}

has_same_hooks() { # STATE STATE
    diff "$work/$1.hooks" "$work/$2.hooks"
}

# Where up fails, wgctl runs the hooks that take down too, so that what the others set up is undone; wg-quick does not.
begins_with_hooks() { # STATE STATE
    cmp -n "$(wc -c <"$work/$1.hooks")" "$work/$1.hooks" "$work/$2.hooks"
}

# ---- how it gets there ----

# Runs what the file asks for.
host_commands() { # setup|teardown
    local command
    sed -n "s/^#$1: //p" "$file" | while read -r command; do
        as_user bash -e -c "$command" </dev/null || return
    done
}

says() { # COMMENT
    grep -qx "#$1" "$file"
}

# A clean host with the file in its place.
prepare() {
    server rm -f "$hooks_log" /run/may-go-down
    : >"$work/server/resolvconf.log"
    server bash -c "echo 0 >/proc/sys/net/ipv4/conf/all/src_valid_mark; cat >$folder/wg0.conf; chmod 600 $folder/wg0.conf" <"$file"
}

run_tool() { # TOOL up|down
    local status=0
    case $1 in
    wg-quick) as_user wg-quick "$2" wg0 >"$work/output" 2>&1 </dev/null || status=$? ;;
    wgctl) as_user "$wgctl" "$2" >"$work/output" 2>&1 </dev/null || status=$? ;;
    esac
    ((status == 0))
}

# As the file says that it ends.
comes_up() { # TOOL
    if says 'up: fails'; then
        ! run_tool "$1" up && wait_for is_gone
    else
        run_tool "$1" up
    fi
}

goes_down() { # TOOL
    if says 'down: fails'; then
        ! run_tool "$1" down && server ip link show dev wg0 >/dev/null && server touch /run/may-go-down &&
            run_tool "$1" down
    elif says 'down: fails but is done'; then
        ! run_tool "$1" down
    else
        run_tool "$1" down
    fi && wait_for is_gone
}

# ---- the comparison ----

# Up with one, down with the same or the other; the states go to NAME.up and NAME.down.
there_and_back() { # NAME UP_TOOL DOWN_TOOL
    prepare
    step "$2 up" comes_up "$2"
    [[ $1 == crossed ]] || take_state "$1.up"
    if says 'up: fails'; then
        return
    fi
    if [[ $1 != crossed ]] && ! grep -qi '^saveconfig' "$file"; then
        step "after $2 up, wgctl apply finds nothing to do" has_nothing_to_apply
        [[ $1 != wgctl ]] || "$once" || step "and changes nothing" apply_changes_nothing "$1"
    fi
    step "what happens meanwhile" host_commands meanwhile
    step "$3 down" goes_down "$3"
    take_state "$1.down"
    cp_from_host "$folder/wg0.conf" "$work/$1.conf"
}

# What wg-quick makes of a file that was saved. It also saves the address that the kernel has made up.
saved_state() { # NAME
    grep -v '^Address = fe80:' "$work/$1.conf" | server bash -c "cat >$folder/wg0.conf"
    : >"$work/server/resolvconf.log"
    as_user wg-quick up wg0
    take_state "$1.saved"
    as_user wg-quick down wg0 && wait_for is_gone
}

saves() {
    saved_state wg-quick
    saved_state wgctl
    cat "$work/wgctl.conf"
    same wg-quick.saved wgctl.saved
}

keeps() {
    local text
    while read -r text; do
        grep -v '^#keeps' "$work/wgctl.conf" | grep -F -- "$text" || return
    done < <(sed -n 's/^#keeps: //p' "$file")
}

has_nothing_to_apply() {
    as_user "$wgctl" apply --json >"$work/applied" && grep -q '"changes": *\[\]' "$work/applied"
}

apply_changes_nothing() { # NAME
    take_state applied
    diff "$work/$1.up" "$work/applied"
}

# Says nothing where all is well: there are many.
step() { # WHAT COMMAND...
    local what=$1
    shift
    "$@" >"$work/step" 2>&1 || {
        cat "$work/step" >>"$work/output"
        not_ok "$name: $what" "$*"
    }
}

cross() {
    there_and_back crossed wg-quick wgctl
    step "wgctl takes down what wg-quick has brought up" as_before crossed.down
    there_and_back crossed wgctl wg-quick
    step "wg-quick takes down what wgctl has brought up" as_before crossed.down
}

compare() {
    host_commands setup
    ! says 'without: nft' || hide_nft
    prepare
    take_state before
    there_and_back wg-quick wg-quick wg-quick
    there_and_back wgctl wgctl wgctl
    if says 'up: fails'; then
        step "nothing is left by wg-quick" as_before wg-quick.up
        step "nor by wgctl" as_before wgctl.up
        step "the same was told to resolvconf" diff "$work/wg-quick.up.dns" "$work/wgctl.up.dns"
        step "even the sysctl is as it was" diff "$work/before" "$work/wgctl.up"
        step "the same hooks ran, and those that undo" begins_with_hooks wg-quick.up wgctl.up
    else
        step "the same while it is up" same wg-quick.up wgctl.up
        step "the same hooks ran" has_same_hooks wg-quick.down wgctl.down
        step "the same after down" same wg-quick.down wgctl.down
        step "and as it was before" as_before wgctl.down
        if grep -q '^SaveConfig' "$file"; then
            step "wg-quick makes the same of the files that were saved" saves
            step "wgctl keeps what the owner wrote" keeps
        else
            step "the file is as it was" cmp "$file" "$work/wgctl.conf"
        fi
        "$once" || cross
    fi
    ! says 'without: nft' || show_nft
    host_commands teardown
    echo "ok - $name: $(sed -n '1s/^# //p' "$file")"
}

take_part() { # NUMBER/NUMBER
    local index part=()
    for ((index = ${1%/*} - 1; index < ${#files[@]}; index += ${1#*/})); do
        part+=("${files[index]}")
    done
    files=("${part[@]}")
}

main() {
    wgctl=$(find_wgctl "${1-}")
    local files=("$here"/side_by_side/*.conf)
    once=false
    [[ ${2-} != --once ]] || { once=true && set -- "$1" "${@:3}"; }
    [[ ${2-} != --part ]] || { take_part "$3" && set -- "$1" "${@:4}"; }
    (($# < 2)) || files=("${@:2}")
    build_host
    for file in "${files[@]}"; do
        name=$(basename "$file" .conf)
        compare
    done
    echo "all passed, ${#files[@]} files, on $(kind_of_wireguard)"
}

isolate "$@"
main "$@"
