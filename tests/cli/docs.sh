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
        "$wgctl" "$command" --help | sed -n "s/^Also called '\(.*\)'.*/\1/p"
    done
}

# The options below a heading of a help, a line each: NAME[ ARGUMENT]:DESCRIPTION. ARGUMENT stands for whatever the help
# calls it.
described_below() { # HEADING
    awk -v heading="$1" '
        function flush() { if (name) print name ":" text; name = text = "" }
        /^[^ ]/ { here = $0 == heading }
        !here { next }
        /^  +-/ {
            flush()
            sub(/^ +(-[A-Za-z], )?/, "")
            usage = name = $0
            sub(/  .*/, "", usage)
            sub(/ .*/, usage ~ / / ? " ARGUMENT" : "", name)
            $0 = substr($0, length(usage) + 1)
        }
        { text = text " " $0; gsub(/ +/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text) }
        END { flush() }'
}

described_options_of() { # COMMAND
    "$wgctl" "$1" --help | described_below Options:
}

described_global_options() {
    "$wgctl" --help | described_below 'Global options:'
}

# "--option", or "--option ARGUMENT" if it takes one.
options_of() { # COMMAND
    described_options_of "$1" | sed 's/:.*//'
}

# With their short forms.
global_options() {
    described_global_options | sed 's/:.*//'
    "$wgctl" --help | sed -nE '/^Global options/,/^$/s/^ +(-.), --[a-z-]+( [A-Z]+)? .*/\1\2/p' | sed 's/ [A-Z]*$/ ARGUMENT/'
}

# COMMAND:SUMMARY
described_commands() {
    "$wgctl" --help | sed -nE '/^Commands:/,/^$/s/^  ([a-z-]*)  +(.*)/\1:\2/p'
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
        fields -y revoke one --no-apply
        fields adopt
        fields --dry-run up
        fields show nobody
        echo warning # of a down that failed in part
    } >"$work/fields"
    same "the manual has the fields of the JSON" "$work/fields" <(manual_fields)
}

# What wgctl refuses and wg does not, from the one table there is of it.
test_stricter() {
    tr '\n' ' ' <"$repo/lib/conf/strict.c" | sed 's/" *"//g' |
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

# From specifications of _arguments, as described_options_of prints them; from NAME:DESCRIPTION of _describe, the same.
zsh_described() {
    sed -nE -e 's/^(\([^)]*\))?(--?[A-Za-z0-9-]+)\[([^]]*)\]:.*/\2 ARGUMENT:\3/p' \
        -e 's/^(\([^)]*\))?(--?[A-Za-z0-9-]+)\[([^]]*)\]$/\2:\3/p' -e '/^[a-z]/s/\\:/:/p' -e '/^[a-z][a-z-]*:[^\\]*$/p'
}

names_only() {
    sed 's/[ :].*//'
}

long_only() {
    names_only | grep '^--' | grep -vxF -e "${1-}"
}

# What fish.wgctl declares, as described_options_of prints it.
fish_declared() { # CONDITION
    # shellcheck disable=SC2016 # the inner shell's variables
    fish --no-config -c '
        function complete
            argparse -i c= n= s= l= a= d= x r F f k -- $argv
            test "$_flag_n" = "$wanted"; or contains -- "$wanted" (string split " " -- $_flag_n)[2..]; or return
            set -l argument
            set -q _flag_x _flag_r; or set -q _flag_x; or set -q _flag_r; and set argument " ARGUMENT"
            for name in $_flag_l
                echo "--$name$argument:$_flag_d"
            end
            for name in $_flag_s
                echo "-$name$argument:$_flag_d"
            end
        end
        set wanted $argv[2]
        source $argv[1]' "$repo/cmd/wgctl.fish" "$1"
}

# Descriptions begin with a capital letter in fish.
small() {
    sed -E 's/:(.*)/:\L\1/'
}

test_options_offered() { # COMMAND
    { global_options | long_only --version && options_of "$1" | names_only; } >"$work/options"
    same "bash completes the options of $1" "$work/options" <(bash_offers "$1" -)
    same "fish completes the options of $1" "$work/options" <(fish_offers "$1 --")
    same "fish describes the options of $1 as the help does" <(described_options_of "$1" | small) <(fish_declared "$1" | small)
    { global_options | sed '/^--version/d' && options_of "$1"; } >"$work/options"
    same "zsh completes the options of $1" "$work/options" <(zsh_offers "$1" | zsh_described | sed 's/:.*//' | grep '^-')
    same "zsh describes the options of $1 as the help does" \
        <(described_global_options | sed '/^--version/d' && described_options_of "$1") <(zsh_offers "$1" | zsh_described | grep '^--')
}

test_completions() {
    local command
    { commands && aliases && echo help; } >"$work/commands"
    same "bash completes the commands" "$work/commands" <(bash_offers "")
    same "fish completes the commands" "$work/commands" <(fish_offers "")
    same "zsh completes the commands" "$work/commands" <(zsh_offers COMMANDS | zsh_described | names_only)
    same "zsh describes the commands as the help does" <(described_commands) <(zsh_offers COMMANDS | zsh_described | grep -v '^help:\|^remove:')
    same "bash completes the global options" <(global_options | long_only) <(bash_offers -)
    same "fish completes the global options" <(global_options | long_only) <(fish_offers --)
    same "fish describes the global options as the help does" \
        <(described_global_options | sed '/^--version/d' | small) <(fish_declared '' | grep '^--' | small)
    same "zsh completes the global options" <(global_options) <(zsh_offers "" | zsh_described | sed 's/:.*//')
    for command in $(commands) $(aliases); do
        test_options_offered "$command"
    done
    { global_options && for command in $(commands); do options_of "$command"; done; } >"$work/options"
    # shellcheck disable=SC2016 # the inner shell's variables
    same "bash knows which options take an argument" <(sed -n 's/ ARGUMENT//p' "$work/options") <(
        names_only <"$work/options" |
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

# Commands in hints work as printed: a user who calls wgctl with sudo(8) needs sudo for the next command as well.
test_hints() {
    local hint="'wgctl -C $work/hints add-peer phone --qr'"
    "$wgctl" -C "$work/hints" -q init --endpoint vpn.example.org --no-apply >/dev/null
    check "a hint has sudo for a user of sudo" hint_is "${hint/\'/\'sudo }" SUDO_UID=1000
    ((EUID != 0)) || check "a hint has no sudo for root" hint_is "$hint" -u SUDO_UID
}

hint_is() { # TEXT ARGUMENT_OF_ENV...
    env "${@:2}" "$wgctl" -C "$work/hints" list 2>&1 | grep -qF "$1"
}

# What the manual says may be in sudoers(5).
sudoers_lines() {
    sed -n 's#^anna .*NOPASSWD: /usr/local/bin/wgctl ##p' "$manual" | grep -Fv '*'
}

# sudo compares the arguments, joined by blanks, with the line, or with the regular expression in it.
sudo_allows() { # ARGUMENTS
    local line
    while read -r line; do
        [[ $line != '^'*'$' ]] || { [[ $1 =~ $line ]] && return; }
        [[ $line != "$1" ]] || return 0
    done < <(sudoers_lines)
    return 1
}

test_sudoers() {
    local call
    check "the manual says that a wildcard in sudoers makes a user root" grep -q 'therefore makes that user root' "$manual"
    for call in list 'add-peer phone --qr'; do
        check "its own lines for sudoers allow: $call" sudo_allows "$call"
        check "it is understood: wgctl $call" is_understood "wgctl $call"
    done
    for call in 'list -C /tmp' '-C /tmp list' 'add-peer phone' 'add-peer phone --png x --qr' 'add-peer phone -C /tmp --qr' \
        'add-peer -C /tmp --qr' 'add-peer --png --qr' $'add-peer phone\n-C --qr' 'add-peer  --qr' 'add-peer phone --qr -C /tmp'; do
        check "and do not allow: ${call@Q}" refuses_sudo "$call"
    done
}

refuses_sudo() {
    ! sudo_allows "$1"
}

# ---- the language ----

# Phrases that a native speaker would not use, and that have crept in before.
readonly foreign_phrases=(
    '[Mm]end(s|ed|ing)?' shall '[Bb]eside' '[Ww]hoever' "nobody's" 'for it is' 'as it shall' 'to be had' 'that is meant'
    'where (there|nothing|nobody|one|none|no) (is|are|was|has|does)'
    '(it|that|this|which|one) is no (key|port|name|error|failure|harm|sign|secret|address|network)'
    '(take|takes|taken|taking) away' '(take|takes|taken) (it|that|them|all|this) back'
    'stands? (in|here|there|behind|before|above|below|twice|beside)'
    'goes as a whole' 'of its own accord' 'let (it|them) go through'
)

no_phrase_in() { # TEXT_FILE...
    local IFS='|'
    ! grep -nE "\<(${foreign_phrases[*]})\>" "$@"
}

test_language() {
    local command sources
    mapfile -t sources < <(find "$repo/lib" "$repo/cmd" "$repo/conf-templates" -type f ! -name '*.png' | sort)
    {
        "$wgctl" --help
        for command in $(commands); do
            "$wgctl" "$command" --help
        done
    } >"$work/help"
    check "the README reads as a native speaker would put it" no_phrase_in "$repo/README.md" "$repo/tests/bench/README.md"
    check "so does the manual" no_phrase_in "$manual"
    check "so does the help" no_phrase_in "$work/help"
    check "so do the comments and messages of lib and cmd" no_phrase_in "${sources[@]}"
}

test_hints
test_sudoers
test_language
test_manual
test_json
test_stricter
test_templates
test_completions
test_peers_offered
test_service
test_shown
((failures == 0))
