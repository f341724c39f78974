# shellcheck shell=bash disable=SC2034 # what is here is used by those who read it in
# What is wrong is refused: a clear error with what to do next, exit status 1 or 2, and every file byte for byte as it was.
# For bad_host.sh, which is called with WGCTL; refusals.c is the same for tests in C.
#
# Needs root, for files that belong to others and for disks that are full. It works in namespaces of its own, which go with
# it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
takes_wgctl "$@"
needs_root
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    exec unshare --mount --net env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
need iconv ip jq mkfifo mount mountpoint setpriv unshare wg

work=$(mktemp -d)
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    cd / || return
    umount -l "$work/etc" 2>/dev/null || true
    rm -rf "$work"
    report_early_end
}
trap clean_up EXIT
# What a test that goes wrong would do to this machine, it does to a file system that goes away.
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=755 none /etc/sysctl.d

install -m 755 "$1" "$work/wgctl"
chmod 755 "$work"
cd "$work" || exit

# ---- a refusal ----

as=()           # as whom wgctl is called
input=/dev/null # its standard input
forbidden=()    # what may not be said, beside every key
has_json=true   # whether the command has a JSON form

run_wgctl() { # ARGUMENT...
    local got=0
    "${as[@]}" "$work/wgctl" "$@" <"$input" >"$work/out" 2>"$work/err" || got=$?
    echo "$got"
}

# What is wrong with what was just printed, a line each.
faults_of_error() { # STATUS_WANTED STATUS REGEX
    local word
    (($2 == $1)) || echo "exit status $2, not $1"
    [[ ! -s out ]] || echo "on standard output: $(cat out)"
    grep -aEq -- "$3" err || echo "the message does not match: $3"
    ! has_escapes err || echo "there are escape sequences in it"
    iconv -f utf-8 -t utf-8 err >/dev/null 2>&1 || echo "it is no UTF-8"
    ! grep -aEq 'Sanitizer|runtime error' err || echo "a sanitizer's report"
    ! grep -aEq '[A-Za-z0-9+/]{43}=' err || echo "it shows a key"
    ! grep -aqFf keys err || echo "it shows a part of a key"
    for word in "${forbidden[@]}"; do
        ! grep -aqF -- "$word" err || echo "it shows '$word'"
    done
}

# Calls wgctl twice, the second time for JSON, and looks at the folder "etc".
refuses() { # WHAT STATUS REGEX_OF_THE_MESSAGE ARGUMENT...
    local what=$1 status=$2 regex=$3 got before call difference faults=() lines
    shift 3
    before=$(snapshot etc)
    secrets_in etc | cut -c 1-12 >keys
    rm -rf saved
    cp -a etc saved

    got=$(run_wgctl "$@")
    mapfile -t lines < <(faults_of_error "$status" "$got" "^wgctl: .*($regex)")
    (($(wc -l <err) <= 2)) || lines+=("more than two lines")
    ((${#lines[@]} == 0)) || faults+=("${lines[@]}" "$(cat err)")
    [[ $(sed -n 2p err) == '  -> '?* ]] || faults+=("no hint what to do next: $(cat err)")

    if $has_json; then
        got=$(run_wgctl --json "$@")
        mapfile -t lines < <(faults_of_error "$status" "$got" .)
        is_json_error err || lines+=("not one JSON error")
        ((${#lines[@]} == 0)) || faults+=("with --json:" "${lines[@]}" "$(cat err)")
    fi

    if ! difference=$(diff <(echo "$before") <(snapshot etc)); then
        faults+=("files were changed:" "$difference")
        rm -rf etc
        mv saved etc
    fi
    if ((${#faults[@]} == 0)); then
        ok "$what"
    else
        printf -v call ' %q' "$@"
        not_ok "$what" "wgctl$call" "${faults[@]}"
    fi
}

# ---- the folder that is tried ----

# A tunnel with three peers; the second one is disabled.
make_pristine() {
    {
        ./wgctl -C pristine init --no-apply --address 10.73.21.1/24,fd5c:1:2:3::1/64 --listen-port 51820 --mtu 1420 \
            --firewall nftables --endpoint vpn.example.org
        ./wgctl -C pristine add-peer phone old laptop --no-apply
    } >/dev/null 2>&1
    awk 'BEGIN { RS = ""; ORS = "\n\n" } /= old\n/ { gsub(/(^|\n)/, "&#- ") } 1' pristine/wg0.conf >disabled
    cat disabled >pristine/wg0.conf
    rm disabled
    ./wgctl -C pristine list | grep 'old.*disabled' >/dev/null
}

fresh() {
    rm -rf etc
    cp -a pristine etc
    as=() input=/dev/null forbidden=() has_json=true
}

# A wg0.conf or wg0.ini with these lines at its end.
with_lines() { # FILE LINES
    fresh
    printf '%b' "$2" >>"etc/$1"
}

add=(-C etc add-peer new --no-apply)
new_server=(-C etc -i wg1 init --no-apply --firewall none)

make_pristine
fresh

# Public keys that are taken, and one that is none.
taken=$(awk '/^PublicKey/ { print $3; exit }' etc/wg0.conf)
own=$(sed -n 's/^PrivateKey = //p' etc/wg0.conf | wg pubkey)
zero=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
