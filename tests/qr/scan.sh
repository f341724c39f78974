#!/bin/bash
# Reads every form of the QR code with an independent reader (zbarimg) and compares
# it with the client's file.
#
# usage: scan.sh WGCTL_BINARY
set -euo pipefail

if (($# != 1)); then
    echo "usage: ${0##*/} WGCTL_BINARY" >&2
    exit 2
fi
for tool in zbarimg rsvg-convert tmux; do
    if ! command -v "$tool" >/dev/null; then
        echo "$tool is not installed" >&2
        exit 1
    fi
done

here=$(cd "$(dirname "$0")" && pwd)
wgctl=$(realpath "$1")
work=$(mktemp -d)
export TMUX_TMPDIR=$work
unset NO_COLOR TMUX WGCTL_INTERFACE
failures=0
leading=0

finish() {
    tmux -L qr kill-server 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

run() {
    "$wgctl" -C "$work/etc" "$@"
}

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

# Prints the expected content of a code: the client's file without comments and blank
# lines.
wanted() {
    sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$work/etc/wg0.peers/$1.conf"
}

# scans_as PEER PICTURE [ZBAR OPTION...]
scans_as() {
    local seen
    seen=$(zbarimg --nodbus --raw -q -Sdisable -Sqrcode.enable "${@:3}" "$2") || return 1
    [[ $seen == "$(wanted "$1")" ]]
}

# photograph GROUND COLUMNS ROWS <SCREEN >PICTURE
photograph() {
    LC_ALL=C awk -v ground="$1" -v columns="$2" -v rows="$3" -v scale=4 -v leading="$leading" \
        -f "$here/screen.awk"
}

# screen_scans PEER GROUND COLUMNS ROWS SCREEN [ZBAR OPTION...]
screen_scans() {
    photograph "$2" "$3" "$4" <"$5" >"$work/screen.pgm" || return 1
    scans_as "$1" "$work/screen.pgm" "${@:6}"
}

# window COLUMNS ROWS ARGUMENT...: runs wgctl on a terminal of this size. Saves the
# screen in $work/screen with colours, and in $work/words without, with wrapped lines
# joined.
window() {
    # shellcheck disable=SC2016
    local script='"$@"; printf "exit status: %s" "$?"; exec sleep 600'
    echo 'set -g status off' >"$work/tmux.conf"
    tmux -u -L qr -f "$work/tmux.conf" new-session -d -s window -x "$1" -y "$2" \
        sh -c "$script" sh "$wgctl" -C "$work/etc" "${@:3}"
    local status=1
    for ((i = 0; i < 200; i++)); do
        tmux -u -L qr capture-pane -p -J -t window >"$work/words"
        if grep -q 'exit status: ' "$work/words"; then
            status=0
            break
        fi
        sleep 0.05
    done
    tmux -u -L qr capture-pane -p -e -N -t window >"$work/screen"
    tmux -L qr kill-session -t window
    return "$status"
}

too_small() {
    grep -q "$1" "$work/words" && grep -qe --png "$work/words" &&
        ! grep -qF -e '▀' -e '▄' -e '█' "$work/words"
}

has_no_escape() {
    ! grep -q $'\033' "$1"
}

# Adds comments as an owner would. They must not appear in the code.
comment_on() { # PEER
    local file=$work/etc/wg0.peers/$1.conf
    sed -i -e "1i # $1's own\n" -e 's/^DNS = .*/& # not ours/' -e '$a\   \n# the end' "$file"
    (($(grep -c '#' "$file") == 3)) && [[ $(cat "$file") != "$(wanted "$1")" ]]
}

test_files() {
    run init --endpoint vpn.example.org --no-apply >/dev/null
    run add-peer phone --no-apply --png "$work/phone.png" --svg "$work/phone.svg" >/dev/null
    check "the PNG that add-peer makes scans" scans_as phone "$work/phone.png"
    check "the phone's file has comments" comment_on phone
    run qr phone --png "$work/phone.png" --svg "$work/phone.svg" >/dev/null
    check "the PNG scans" scans_as phone "$work/phone.png"
    check "the PNG is for its owner only" test "$(stat -c %a "$work/phone.png")" = 600
    check "the SVG is for its owner only" test "$(stat -c %a "$work/phone.svg")" = 600
    rsvg-convert "$work/phone.svg" >"$work/svg.png"
    check "the SVG scans" scans_as phone "$work/svg.png"
    rsvg-convert --width 1000 "$work/phone.svg" >"$work/svg.png"
    check "the SVG scans when it is enlarged" scans_as phone "$work/svg.png"
    run qr phone --png "$work/again.png" >/dev/null
    check "the PNG made again is the same" cmp -s "$work/phone.png" "$work/again.png"
}

test_pipe() {
    for when in always never; do
        echo "\$ wgctl qr phone" >"$work/$when"
        run --color "$when" qr phone >>"$work/$when"
    done
    check "with colour it scans on a dark terminal" screen_scans phone dark 100 50 "$work/always"
    check "with colour it scans on a light terminal" screen_scans phone light 100 50 "$work/always"
    leading=1
    check "with colour it scans where the font leaves gaps between lines" \
        screen_scans phone dark 100 50 "$work/always"
    leading=0
    check "without colour it scans on a dark terminal" screen_scans phone dark 100 50 "$work/never"
    check "without colour it scans on a light terminal, by a reader that takes negatives" \
        screen_scans phone light 100 50 "$work/never" -Stest-inverted
    check "without colour there is no escape" has_no_escape "$work/never"
    run qr phone >"$work/piped"
    check "a pipe gets no colour" cmp -s "$work/piped" <(tail -n +2 "$work/never")
}

# test_window DESCRIPTION COLUMNS ROWS
test_window() {
    if ! window "$2" "$3" qr phone; then
        failed "$1: wgctl does not end, or what it printed scrolled away"
        return
    fi
    check "$1, it scans on a dark terminal" screen_scans phone dark "$2" "$3" "$work/screen"
    check "$1, it scans on a light terminal" screen_scans phone light "$2" "$3" "$work/screen"
}

test_windows() {
    local columns rows
    columns=$(LC_ALL=C.UTF-8 wc -L <"$work/piped")
    rows=$(wc -l <"$work/piped")
    test_window "in a window of 80x40" 80 40
    test_window "in a window of 200x60" 200 60
    test_window "in a window that it just fits" "$columns" $((rows + 1))

    # If wgctl does not exit, its message is missing too.
    window 80 24 qr phone || true
    check "80x24 is said to be too small, and what to do instead" too_small "this window has 80 and 24"
    check "the size it needs is said" too_small "needs $columns columns and $((rows + 1)) lines"
    window $((columns - 1)) 60 qr phone || true
    check "a column too few is too small" too_small "this window has $((columns - 1)) and 60"
    window 80 "$rows" qr phone || true
    check "a row too few is too small" too_small "this window has 80 and $rows"

    window 80 40 add-peer tablet --qr --no-apply || true
    check "add-peer --qr shows it whole in a window of 80x40" \
        screen_scans tablet dark 80 40 "$work/screen"
}

test_files
test_pipe
test_windows
((failures == 0))
