#!/usr/bin/env bash
# Makes the calls of calls.txt, one after the other, and compares what each of them prints, returns and changes. Without
# root, and without a network.
#
# usage: table.sh WGCTL
#
# calls.txt is a transcript. A row ends with an empty line:
#     # what holds            the title; without it, the call itself
#     : COMMAND               before the call: to be run first; after it: must succeed
#     $ wgctl ...             the call, a command line of the shell, made in a folder of its own
#     = STATUS                its exit status; 0 where it is left out
#     ~                       it changes files; where that is left out, every file must be byte for byte what it was
#     * secret                it prints a secret key; else none may be in what is printed
#     > LINE                  standard output, line by line, with KEY for a key and DATE for a day. None: it is empty
#     >~ REGEX                one of its lines matches. With this, or the next, there may be other lines as well
#     >? FILTER               it is JSON of which that filter of jq(1) is true
#     ! LINE, !~ REGEX, !? FILTER   the same for standard error
# What holds for every call is in check_rules().
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
takes_wgctl "$@"

if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    map=()
    [[ $(id -u) -eq 0 ]] || map=(--map-current-user)
    exec setsid -w unshare --net "${map[@]}" env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
need jq script setpriv setsid strace unshare wg wg-quick

work=$(mktemp -d)
trap 'rm -rf "$work" && report_early_end' EXIT
mkdir "$work/home"
chmod 755 "$work"
# Where it was built, others may not look.
install -m 755 "$1" "$work/wgctl"
unprivileged=()
privileged=(unshare --map-root-user)
if [[ $(id -u) -eq 0 ]]; then
    unprivileged=(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" --clear-groups)
    privileged=()
    chown nobody: "$work/home"
    ASAN_OPTIONS+=:detect_leaks=0
fi
cd "$work/home"

# ---- what the commands of calls.txt can use ----

user() {
    "${unprivileged[@]}" "$@"
}

wgctl() {
    user "$work/wgctl" "$@"
}

# As wgctl, while another process holds the lock of the folder etc.
while_locked() { # ARGUMENT...
    local got=0
    user mkdir -p -m 700 etc/.wgctl
    coproc user flock etc/.wgctl/lock sh -c 'echo; read -r line'
    read -r _ <&"${COPROC[0]}"
    wgctl -C etc "$@" || got=$?
    echo >&"${COPROC[1]}"
    wait "$COPROC_PID"
    return $got
}

# As wgctl, but killed at the first call of a function of the kernel's.
killed_at() { # SYSTEM_CALL ARGUMENT...
    local got=0
    user strace -qq -o "$work/home/trace" -e "inject=$1:signal=KILL:when=1" "$work/wgctl" "${@:2}" || got=$?
    rm "$work/home/trace"
    ((got == 137))
}

# Types ANSWER on a terminal on which wgctl runs. What it prints is on standard output, whole.
on_terminal() { # ANSWER ARGUMENT...
    local answer=$1 call
    shift
    printf -v call '%q ' "$work/wgctl" "$@"
    printf '%s\n' "$answer" | user script -qefc "stty -echo; $call" /dev/null
}

# What wg-quick makes of a file; it wants to be root, and a name that an interface can have.
stripped() { # FILE
    "${privileged[@]}" wg-quick strip "$PWD/$1"
}

# Puts the mark of a disabled peer before its lines.
disable() { # PEER FILE
    awk -v name="$1" 'BEGIN { RS = ""; ORS = "\n\n" }
        index($0 "\n", "# friendly_name = " name "\n") { gsub(/(^|\n)/, "&#- ") } 1' "$2" >"$work/disabled"
    cat "$work/disabled" >"$2"
}

# ---- a row ----

clear_row() {
    title='' call='' status=0 changes=false secret=false
    before=() after=() out=() out_match=() out_filter=() err=() err_match=() err_filter=()
}

take_line() { # LINE
    local text=${1#* }
    [[ $1 == *' '* ]] || text=''
    case ${1%% *} in
    '#') title+="${title:+ }$text" ;;
    :) if [[ $call ]]; then after+=("$text"); else before+=("$text"); fi ;;
    '$') call=$text ;;
    =) status=$text ;;
    '~') changes=true ;;
    '*') secret=true ;;
    '>') out+=("$text") ;;
    '>~') out_match+=("$text") ;;
    '>?') out_filter+=("$text") ;;
    '!') err+=("$text") ;;
    '!~') err_match+=("$text") ;;
    '!?') err_filter+=("$text") ;;
    *) faults+=("calls.txt: what is this? $1") ;;
    esac
}

masked() { # FILE
    sed -E 's#[A-Za-z0-9+/]{43}=#KEY#g; s/20[0-9]{2}-[0-9]{2}-[0-9]{2}/DATE/g' "$1"
}

# Compares what was printed. The lines and patterns are in the arrays of that name.
compare() { # FILE NAME
    local -n lines=$2 matches=$2_match filters=$2_filter
    local pattern difference
    for pattern in "${matches[@]}"; do
        grep -Eq -- "$pattern" "$1" || faults+=("no line of $2 matches: $pattern" "$(cat "$1")")
    done
    for pattern in "${filters[@]}"; do
        jq -e "$pattern" "$1" >/dev/null 2>&1 || faults+=("not true of $2: $pattern" "$(cat "$1")")
    done
    if ((${#matches[@]} + ${#filters[@]} > 0)); then
        for pattern in "${lines[@]}"; do
            grep -Fxq -- "$pattern" "$1" || faults+=("no line of $2 is: $pattern" "$(cat "$1")")
        done
        return
    fi
    difference=$(diff <(((${#lines[@]} == 0)) || printf '%s\n' "${lines[@]}") <(masked "$1")) ||
        faults+=("$2, wanted (<) and got (>):" "$difference")
}

# What holds for every call.
check_rules() { # SNAPSHOT_BEFORE SNAPSHOT_AFTER
    local key colored=false difference
    [[ $call != *on_terminal* && $call != *'color always'* ]] || colored=true
    $colored || ! has_escapes "$work/out" || faults+=("an escape sequence on standard output" "$(cat "$work/out")")
    $colored || ! has_escapes "$work/err" || faults+=("an escape sequence on standard error" "$(cat "$work/err")")
    if [[ ${call%% -- *} == *--json* && $status == 0 ]]; then
        jq -es 'length == 1' "$work/out" >/dev/null 2>&1 || faults+=("not one JSON document" "$(cat "$work/out")")
    elif [[ ${call%% -- *} == *--json* ]]; then
        is_json_error "$work/err" || faults+=("not one JSON error" "$(cat "$work/err")")
        [[ ! -s $work/out ]] || faults+=("an error, and something on standard output" "$(cat "$work/out")")
    fi
    [[ ! ${call%% -- *} =~ (' '-q|--quiet|--json) || $status != 0 || ! -s $work/err ]] ||
        faults+=("not quiet" "$(cat "$work/err")")
    if ! $secret; then
        while read -r key; do
            ! grep -qF -- "$key" "$work/out" "$work/err" || faults+=("a secret key was printed")
        done < <(secrets_in . && cat "$work/secrets")
    fi
    if $changes; then
        [[ $1 != "$2" ]] || faults+=("no file was changed")
    else
        difference=$(diff <(echo "$1") <(echo "$2")) || faults+=("files were changed:" "$difference")
    fi
    [[ ! $call =~ (--help|' -h'|' help') ]] || ! grep -Eq '.{81}' "$work/out" ||
        faults+=("wider than 80 columns" "$(cat "$work/out")")
    ! grep -Eq 'Sanitizer|runtime error' "$work/err" || faults+=("a sanitizer's report" "$(cat "$work/err")")
}

run_row() {
    local command got=0 snapshot_before snapshot_after
    for command in "${before[@]}"; do
        eval "$command" >"$work/out" 2>&1 || faults+=("failed: $command" "$(cat "$work/out")")
    done
    snapshot_before=$(snapshot .)
    secrets_in . >"$work/secrets"
    (eval "$call") >"$work/out" 2>"$work/err" </dev/null || got=$?
    snapshot_after=$(snapshot .)

    ((got == status)) || faults+=("exit status $got, not $status" "$(cat "$work/out" "$work/err")")
    compare "$work/out" out
    compare "$work/err" err
    check_rules "$snapshot_before" "$snapshot_after"
    cp "$work/out" "$work/printed"
    for command in "${after[@]}"; do
        (eval "$command") >"$work/out" 2>&1 || faults+=("failed: $command" "$(cat "$work/out")")
    done
}

end_row() {
    [[ $call || $title || ${#faults[@]} -gt 0 ]] || return 0
    [[ ! $call ]] || run_row
    local what="${title:+$title: }$call"
    if ((${#faults[@]} > 0)); then
        not_ok "$what" "${faults[@]}"
    elif [[ $call ]]; then
        ok "$what"
    fi
    faults=()
}

faults=()
clear_row
while IFS= read -r line <&3; do
    if [[ $line ]]; then
        take_line "$line"
    else
        end_row
        clear_row
    fi
done 3< <(cat "$here/calls.txt" && echo)
finish
