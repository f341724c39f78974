# shellcheck shell=bash
# What the tests of the command line have in common; to be sourced.
#
#     takes_wgctl "$@"              at the start: ends a script that was not called with WGCTL alone
#     needs_root                    and one that is not root's
#     check WHAT_HOLDS COMMAND...   `ok - WHAT_HOLDS` where COMMAND succeeds, else `not ok - …` with what it printed
#     finish                        at the end: the sum, and the exit status
#     report_early_end              in the trap on EXIT

passed=0
failed=0
finished=false

# A sanitizer's report is no error of wgctl's: it gets an exit status of its own. Leaks cannot be looked for without the
# right to trace a process that is not dumpable, as wgctl is.
if [[ $(id -u) -eq 0 ]]; then
    export ASAN_OPTIONS=exitcode=99
else
    export ASAN_OPTIONS=exitcode=99:detect_leaks=0
fi
export UBSAN_OPTIONS=exitcode=99:print_stacktrace=1
export LC_ALL=C TERM=xterm
unset WGCTL_INTERFACE NO_COLOR

takes_wgctl() { # ARGUMENT...
    (($# != 1)) || return 0
    echo "usage: ${0##*/} WGCTL" >&2
    exit 2
}

needs_root() {
    [[ $(id -u) -ne 0 ]] || return 0
    echo "${0##*/}: needs root" >&2
    exit 1
}

ok() { # WHAT_HOLDS
    echo "ok - $1"
    passed=$((passed + 1))
}

not_ok() { # WHAT_HOLDS EVIDENCE...
    echo "not ok - $1"
    shift
    printf '%s\n' "$@" | escape | sed 's/^/# /'
    failed=$((failed + 1))
}

# What a log can take: no byte in it is a command to a terminal.
escape() {
    sed -n 'l 0' | sed 's/\$$//; s/\\\\/\\/g' | cut -c 1-300
}

check() { # WHAT_HOLDS COMMAND...
    local what=$1 output status=0
    shift
    output=$("$@" 2>&1 </dev/null) || status=$?
    if ((status == 0)); then
        ok "$what"
    else
        not_ok "$what" "exit status $status of: $*" "$output"
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    finished=true
    ((failed == 0))
}

# For the trap on EXIT: with set -e, what the test itself could not do ends it without a word.
report_early_end() {
    $finished || echo "not ok - the test runs to its end"
}

# Without a tool nothing is proved, so that is a failure.
need() { # TOOL...
    local tool missing=()
    for tool; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((${#missing[@]} == 0)) && return
    not_ok "the tools for this test are installed" "missing: ${missing[*]}"
    finish || exit 1
}

# Everything below a folder: path, kind, mode, owner, size, target, and what is in it. An empty lock file is left out: the
# first command that changes something makes it, whether it succeeds or not.
snapshot() { # FOLDER
    (
        cd "$1" || exit
        find . ! \( -name .wgctl.lock -size 0 -perm 600 \) -printf '%P %y %m %U:%G %l\n' | sort
        find . -type f ! \( -name .wgctl.lock -size 0 \) -exec sha256sum {} + | sort -k 2
    )
}

# The secret keys below a folder, one a line.
secrets_in() { # FOLDER
    find "$1" -type f -exec sed -n 's/^.*\(PrivateKey\|PresharedKey\) *= *\([A-Za-z0-9+/]\{43\}=\).*/\2/p' {} + | sort -u
}

# Whether a file has a character that a terminal takes as a command: of both sets of controls, or one that turns the
# direction of the text around.
has_escapes() { # FILE
    grep -aPq '[\x00-\x08\x0b-\x1f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xef\xbb\xbf' "$1"
}

# Whether a file is one JSON document, as wgctl prints an error.
is_json_error() { # FILE
    jq -es 'length == 1 and (.[0] | keys == ["error"]) and (.[0].error |
        keys == ["code", "hint", "message"] and (.message | type == "string" and length > 0) and
        (.code | IN("invalid", "not_found", "exists", "denied", "full", "busy", "unsupported", "system", "usage")))' \
        "$1" >/dev/null 2>&1
}
