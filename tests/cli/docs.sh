#!/bin/bash
# The manual, the help, the completions, the service and the README say the same as the program does: docs.sh WGCTL
set -euo pipefail

if (($# != 1)); then
    echo "usage: ${0##*/} WGCTL_BINARY" >&2
    exit 2
fi
for tool in mandoc groff systemd-analyze zsh fish jq zbarimg; do
    if ! command -v "$tool" >/dev/null; then
        echo "FAILED: $tool is not installed"
        exit 1
    fi
done

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
wgctl=$(realpath "$1")
manual=$repo/cmd/wgctl.8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset WGCTL_INTERFACE
failures=0

passed() {
    echo "ok: $1"
}

failed() {
    echo "FAILED: $1"
    failures=$((failures + 1))
}

# check DESCRIPTION COMMAND...
check() {
    if "${@:2}"; then passed "$1"; else failed "$1"; fi
}

# same DESCRIPTION FILE FILE: the same lines, in any order.
same() {
    sort -u "$2" >"$work/left"
    sort -u "$3" >"$work/right"
    check "$1" diff "$work/left" "$work/right"
}

is_silent() {
    local output
    output=$("$@" 2>&1) || { echo "exit status $?" && return 1; }
    [[ -z $output ]] || { echo "$output" && return 1; }
}

# ---- the help ----

commands() {
    "$wgctl" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

aliases() {
    local command
    for command in $(commands); do
        "$wgctl" "$command" --help | sed -n "s/^Another name for it is '\(.*\)'.*/\1/p"
    done
}

# "--option", or "--option ARGUMENT" where it takes one.
options_of() { # COMMAND
    "$wgctl" "$1" --help | sed '/^Options of every/,$d' |
        sed -nE -e 's/^  (--[a-z0-9-]+) [^ ].*/\1 ARGUMENT/p' -e 's/^  (--[a-z0-9-]+)  .*/\1/p'
}

global_options() {
    "$wgctl" --help | sed -n '/^Options of every/,/^$/p' | sed -nE 's/^ +((-[a-zA-Z], )?--[a-z-]+)( [A-Z]+)? .*/\1\3/p' |
        sed -E -e 's/ [A-Z]+$/ ARGUMENT/' -e 's/^(-.), (--[a-z-]+)(.*)/\1\3\n\2\3/'
}

# ---- the manual ----

manual_commands() {
    awk '/^\.Sh / { here = $2 == "COMMANDS" } here && /^\.Ss / { print $2 }' "$manual"
}

# The options that a section documents, as options_of prints them.
manual_options() { # SECTION_OR_COMMAND
    awk -v wanted="$1" '
        /^\.S[hs] / { here = $2 == wanted }
        here && /^\.It Fl / {
            argument = / (Ar|Cm) / ? " ARGUMENT" : ""
            for (i = 3; i <= NF && $i != "Ar" && $i != "Cm"; i++)
                if ($i != ",")
                    print "-" $i argument
        }' "$manual"
}

test_manual() {
    local command
    check "mandoc finds no fault in the manual" is_silent mandoc -T lint -W warning "$manual"
    check "nor does groff" is_silent groff -ww -mandoc -Tutf8 -z "$manual"
    same "the manual has the commands that there are" <(commands) <(manual_commands)
    same "the manual has the options of every command" <(global_options) <(manual_options OPTIONS)
    for command in $(commands); do
        same "the manual has the options of $command" <(options_of "$command") <(manual_options "$command")
    done
    for command in $(aliases); do
        check "the manual has the other name $command" grep -q "^\.Cm $command\$" "$manual"
    done
}

# Every name of a field in the output of a command.
fields() { # ARGUMENT...
    { "$wgctl" -C "$work/etc" --json "$@" 2>&1 || true; } |
        jq -r '.. | objects | keys[]'
}

manual_fields() {
    awk '/^\.Sh / { here = $2 == "JSON" }
        here && /^\.(Va|Pq Va) / { for (i = 2; i <= NF && $i != "No"; i++) if ($i ~ /^[a-z_]+$/) print $i }' "$manual"
}

test_json() {
    {
        fields init --endpoint vpn.example.org --no-apply
        fields add-peer one two --no-apply
        fields list
        fields show one
        fields edit-server --endpoint new.example.org
        fields revoke one --no-apply
        fields adopt
        fields --dry-run up
        fields show nobody
        echo warning # of a down that failed in part
    } >"$work/fields"
    same "the manual has the fields of the JSON" "$work/fields" <(manual_fields)
}

# What wgctl refuses and wg does not, from the one table there is of it.
test_stricter() {
    tr '\n' ' ' <"$repo/lib/conf/strict.c" |
        grep -o '\[WGCTL_[A-Z_]*\] *= *{ *"[^"]*"' | sed 's/^[^"]*"//; s/"$//' >"$work/stricter"
    awk '/^\.Ss / { here = /Refused files/ } here && /^\.El/ { exit }
        here && /^\.It/ { if (item) print item; item = ""; next }
        here && !/^\./ { item = item (item ? " " : "") $0 } END { print item }' "$manual" |
        sed -n 's/[;.]$//p' >"$work/manual"
    check "wgctl is stricter than wg somewhere" test -s "$work/stricter"
    same "the manual has each place where wgctl is stricter than wg" "$work/stricter" "$work/manual"
}

test_templates() {
    local template name
    for template in "$repo"/conf-templates/*; do
        check "the manual has the template ${template##*/}" grep -q "^\.It Pa .*${template##*/}" "$manual"
        for name in $(grep -o '{{[a-z0-9-]*}}' "$template" | tr -d '{}' | sort -u); do
            check "and its placeholder $name" grep -qE "^\.Cm (.* )?$name( |\$)" "$manual"
        done
    done
}

# ---- completions ----

bash_offers() { # WORD...
    # shellcheck disable=SC2016 # the inner shell's variables
    bash -c 'source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
        _wgctl
        printf "%s\n" "${COMPREPLY[@]}"' bash "$repo/cmd/wgctl.bash" "$wgctl" "$@"
}

fish_offers() { # WORD...
    # shellcheck disable=SC2016 # the inner shell's variables
    PATH=$(dirname "$wgctl"):$PATH fish --no-config -c 'source $argv[1]; complete -C "$argv[2]"' "$repo/cmd/wgctl.fish" "wgctl $*" |
        sed 's/\t.*//'
}

# What zsh's own functions are told of a command, or of all where it is "".
zsh_offers() { # COMMAND
    # shellcheck disable=SC2016 # the inner shell's variables
    zsh -f -c '
        _arguments() { offered=("$@"); state=command }
        _describe() { offered=(${@[-1]}); offered=(${(P)offered[1]}) }
        wanted=$2
        words=($2)
        [[ $2 == COMMANDS ]] && functions[_arguments]="_wgctl_commands; state=none"
        [[ $2 == "" ]] && functions[_arguments]="offered=(\"\$@\"); state=none"
        source $1
        print -l -- $offered' zsh "$repo/cmd/_wgctl" "$1"
}

# A specification of _arguments, or NAME:DESCRIPTION of _describe.
zsh_words() {
    sed -nE -e 's/^(\([^)]*\))?(--[a-z0-9-]+)\[.*/\2/p' -e 's/^([a-z][a-z-]*):.*/\1/p'
}

words_only() {
    sed 's/ .*//'
}

long_only() {
    words_only | grep '^--' | grep -vxF -e "${1-}"
}

test_options_offered() { # COMMAND
    { global_options | long_only --version && options_of "$1" | words_only; } >"$work/options"
    same "bash completes the options of $1" "$work/options" <(bash_offers "$1" -)
    same "fish completes the options of $1" "$work/options" <(fish_offers "$1 --")
    same "zsh completes the options of $1" "$work/options" <(zsh_offers "$1" | zsh_words)
}

test_completions() {
    local command
    { commands && aliases && echo help; } >"$work/commands"
    same "bash completes the commands" "$work/commands" <(bash_offers "")
    same "fish completes the commands" "$work/commands" <(fish_offers "")
    same "zsh completes the commands" "$work/commands" <(zsh_offers COMMANDS | zsh_words)
    same "bash completes the options of every command" <(global_options | long_only) <(bash_offers -)
    same "fish completes the options of every command" <(global_options | long_only) <(fish_offers --)
    same "zsh completes the options of every command" <(global_options | long_only) <(zsh_offers "" | zsh_words)
    for command in $(commands) $(aliases); do
        test_options_offered "$command"
    done
    { global_options && for command in $(commands); do options_of "$command"; done; } >"$work/options"
    # shellcheck disable=SC2016 # the inner shell's variables
    same "bash knows which options take an argument" <(sed -n 's/ ARGUMENT//p' "$work/options") <(
        words_only <"$work/options" |
            bash -c 'source "$1"; while read -r word; do ! _wgctl_takes_argument "$word" || echo "$word"; done' \
                bash "$repo/cmd/wgctl.bash"
    )
}

# Names of peers, also such as nobody would give.
test_peers_offered() {
    local folder=$work/peers names=(phone laptop)
    "$wgctl" -C "$folder" -q init --endpoint vpn.example.org --no-apply >/dev/null
    "$wgctl" -C "$folder" -q add-peer "${names[@]}" --no-apply
    printf '\n[Peer]\n# friendly_name = %s\nPublicKey = %s\n' "\$(touch $work/ran)" "$(head -c 32 /dev/urandom | base64)" \
        >>"$folder/wg0.conf"
    same "bash completes the names of peers" <(printf '%s\n' "${names[@]}") <(bash_offers -C "$folder" show "")
    same "bash completes those not yet given" <(echo laptop) <(bash_offers -C "$folder" revoke phone "")
    check "and runs none of them" test ! -e "$work/ran"
    same "bash completes the tunnel" <(echo wg0) <(bash_offers -C "$folder" -i "")
    check "fish completes the names of peers" grep -qx phone <(fish_offers "-C $folder show ")
    same "fish completes the tunnel" <(echo wg0) <(fish_offers "-C $folder -i ")
    same "bash completes a kind" <(printf '%s\n' nftables none) <(bash_offers init --firewall n)
}

# ---- the service ----

test_service() {
    sed "s,@CMAKE_INSTALL_FULL_BINDIR@,$(dirname "$wgctl"),g" "$repo/cmd/wgctl@.service.in" >"$work/wgctl@.service"
    check "systemd takes the service" is_silent systemd-analyze verify --man=no "$work/wgctl@.service"
    check "nothing is left to configure in it" not_in "$work/wgctl@.service" @CMAKE
    while read -r word; do
        check "the service calls a command: $word" grep -qx "$word" <(commands)
    done < <(sed -n 's/^Exec.*%i //p' "$work/wgctl@.service")
}

not_in() { # FILE TEXT
    ! grep -F "$2" "$1"
}

# ---- the README, and the manual's examples ----

# The command lines that are shown, without what the shell does with their output.
shown_commands() {
    # shellcheck disable=SC2016 # these begin and end code in the README
    sed -n '/^```/,/^```/s/^\(\$ \)\?sudo //p' "$repo/README.md" | sed 's/[<|].*//'
    sed -n -e 's/^\.Dl .*sudo wgctl/wgctl/p' -e 's/^\(\$ \)\?sudo wgctl/wgctl/p' "$manual" | sed -e 's/[<|].*//' -e 's/\\(dq/"/g'
}

# Wrong usage is exit status 2; everything else is a matter of the host.
is_understood() { # LINE
    local arguments status=0
    eval "arguments=(${1#wgctl })"
    "$wgctl" -C "$work/etc" --dry-run -y "${arguments[@]}" </dev/null >"$work/output" 2>&1 || status=$?
    ((status != 2)) || { cat "$work/output" && return 1; }
}

test_shown() {
    local line
    while read -r line; do
        case $line in
        wgctl\ *) check "it is understood: $line" is_understood "$line" ;;
        */*.sh*) check "it is there: ${line%% *}" test -x "$repo/${line%% *}" ;;
        esac
    done < <(shown_commands)
    check "the README shows how to begin" grep -qx 'sudo cmd/quickstart.sh vpn.example.org' "$repo/README.md"
    check "and how to test" grep -qx 'sudo tests/run.sh' "$repo/README.md"
    check "the picture's code is a device's file" grep -qx 'Endpoint = vpn.example.org:51820' \
        <(zbarimg --nodbus --raw -q "$repo/.pictures/terminal.png")
}

test_manual
test_json
test_stricter
test_templates
test_completions
test_peers_offered
test_service
test_shown
((failures == 0))
