#!/bin/bash
# Runs the same file with Debian's wg-quick and with wgctl. The host must look the same while it is up, and be as before
# after down, also if one tool brings it up and the other takes it down.
#
# usage: side_by_side.sh [WGCTL [--once] [--part NUMBER/NUMBER] [FILE...]]
#
# --once skips the runs that mix both tools, because processes are slow in a virtual machine. --part 1/2 runs every second
# file, and --part 2/2 runs the others.
#
# The files are side_by_side/*.conf. Comments in them control the test:
#     #setup: COMMAND            run on the host beforehand
#     #teardown: COMMAND         run on the host afterwards
#     #without: nft              hide this program
#     #up: fails                 up must fail and leave nothing behind
#     #down: fails               down must fail and leave the interface up until /run/may-go-down exists
#     #down: fails but is done   down must fail, but take the interface down
#     #meanwhile: COMMAND        run on the host while the interface is up
#     #keeps: TEXT               must be in the file that wgctl's down saves (SaveConfig)
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
# shellcheck source-path=SCRIPTDIR source=topology.sh
source "$here/topology.sh"
# shellcheck source-path=SCRIPTDIR source=state.sh
source "$here/state.sh"

# src_valid_mark stays on after down, because something else may depend on it by then.
as_before() { # STATE
    diff -U 3 <(grep -v 'all/src_valid_mark' "$work/before") <(grep -v 'all/src_valid_mark' "$work/$1")
}

has_same_hooks() { # STATE STATE
    if says 'down: fails but is done'; then
        begins_with_hooks "$1" "$2"
    else
        diff "$work/$1.hooks" "$work/$2.hooks"
    fi
}

# If up fails, wgctl also runs the hooks for down, to undo the others. wg-quick does not.
begins_with_hooks() { # STATE STATE
    cmp -n "$(wc -c <"$work/$1.hooks")" "$work/$1.hooks" "$work/$2.hooks"
}

# ---- running the tools ----

# Runs the commands that the file's comments ask for.
host_commands() { # setup|teardown
    local command
    sed -n "s/^#$1: //p" "$file" | while read -r command; do
        as_user bash -e -c "$command" </dev/null || return
    done
}

says() { # COMMENT
    grep -qx "#$1" "$file"
}

# Prepares a clean host with the file installed. An interface that wg-quick took down has vanished, as far as wgctl
# knows: its next up would clean up after it.
prepare() {
    server bash -c "rm -f $hooks_log /run/may-go-down /run/wgctl/*"
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

# Checks for the result that the file's comments require.
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
        if [[ $1 == wgctl ]]; then
            run_tool "$1" down && grep -q 'Warning: ' "$work/output"
        else
            ! run_tool "$1" down
        fi
    else
        run_tool "$1" down
    fi && wait_for is_gone
}

# ---- the comparison ----

# Runs up with one tool and down with the same or the other, and saves the states as NAME.up and NAME.down.
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

# Prints the state that wg-quick creates from a saved file. wg-quick also saves the kernel's link-local address.
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

# Like check(), but silent on success, because there are many.
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
