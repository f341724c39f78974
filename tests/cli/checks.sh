# shellcheck shell=bash
# Shared by the tests of the command line. Source this file.
#
#     takes_wgctl "$@"              at the start: checks that WGCTL is the only argument
#     needs_root                    at the start: checks that the script runs as root
#     check WHAT_HOLDS COMMAND...   prints `ok - WHAT_HOLDS` if COMMAND succeeds, else `not ok - …` with its output
#     finish                        at the end: prints the totals and exits
#     report_early_end              in the trap on EXIT

passed=0
failed=0
finished=false

# Sanitizer reports get an exit status that wgctl never uses. Leak detection needs the right to trace wgctl, which makes
# itself undumpable.
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

# Escapes bytes that a terminal would interpret.
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

# For the trap on EXIT, because with set -e a failure of the test itself would end it silently.
report_early_end() {
    $finished || echo "not ok - the test runs to its end"
}

# A missing tool is a failure, because nothing would be tested.
need() { # TOOL...
    local tool missing=()
    for tool; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((${#missing[@]} == 0)) && return
    not_ok "the tools for this test are installed" "missing: ${missing[*]}"
    finish || exit 1
}

# Lists everything below a folder: path, type, mode, owner, target and content. Omits the store's folder at rest: the first
# command that changes something creates it, whether it succeeds or not.
snapshot() { # FOLDER
    (
        cd "$1" || exit
        at_rest=(-path '*/.wgctl' -type d -perm 700 -o -path '*/.wgctl/lock' -size 0 -perm 600
            -o -path '*/.wgctl/journal' -size 0 -perm 600)
        find . ! \( "${at_rest[@]}" \) -printf '%P %y %m %U:%G %l\n' | sort
        find . -type f ! \( "${at_rest[@]}" \) -exec sha256sum {} + | sort -k 2
    )
}

# Lists the secret keys below a folder, one per line.
secrets_in() { # FOLDER
    find "$1" -type f -exec sed -n 's/^.*\(PrivateKey\|PresharedKey\) *= *\([A-Za-z0-9+/]\{43\}=\).*/\2/p' {} + | sort -u
}

# True if a file contains a character that a terminal would interpret, or that nobody sees: a C0 or C1 control, a zero-width or
# direction character, a filler, a tag.
has_escapes() { # FILE
    local controls='[\x00-\x08\x0b-\x1f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]'
    local invisible='\xc2\xad|\xe1\x85[\x9f\xa0]|\xe2\x80[\x8b-\x8d]|\xe2\x81[\xa0-\xaf]|\xe3\x85\xa4|\xef\xbb\xbf|\xf3\xa0[\x80-\xbf]'
    grep -aPq "$controls|$invisible" "$1"
}

# True if a file is a single JSON document in wgctl's format for errors.
is_json_error() { # FILE
    jq -es 'length == 1 and (.[0] | keys == ["error"]) and (.[0].error |
        keys == ["code", "hint", "message"] and (.message | type == "string" and length > 0) and
        (.code | IN("invalid", "not_found", "exists", "denied", "full", "busy", "unsupported", "system", "usage")))' \
        "$1" >/dev/null 2>&1
}
