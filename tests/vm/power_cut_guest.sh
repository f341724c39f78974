#!/bin/bash
# The guest's part of power_cut.sh, which says what it is for.
#
# usage: power_cut_guest.sh prepare
#        power_cut_guest.sh cut none|COMMAND CALL NUMBER WHEN ACKNOWLEDGED -- none|COMMAND CALL NUMBER WHEN
#
# The disk has, for each command, its start (COMMAND/start), and the texts of that and of what the command makes of it
# (COMMAND/old, COMMAND/new); current/ is what the command works on.
set -euo pipefail
shopt -s nullglob dotglob

readonly disk=/run/disk
readonly folder=$disk/current/etc picture=$disk/current/phone.png
commands=(init add-peer picture revoke edit-server adopt control)
# The calls that change files; openat only if it creates one.
readonly calls=openat,write,pwrite64,writev,fsync,fdatasync,syncfs,rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,ftruncate,fchmod,fchmodat,fchown,fchownat,symlinkat,copy_file_range

wgctl() {
    command wgctl -C "$folder" -i wg0 "$@"
}

# Sets `deed`: the program and its arguments.
choose_deed() { # COMMAND
    deed=(wgctl -C "$folder" -i wg0 -y)
    # shellcheck disable=SC2016 # the inner shell's argument
    case $1 in
        init) deed+=(init --endpoint vpn.example.org --firewall nftables --no-apply) ;;
        add-peer) deed+=(add-peer phone --no-apply) ;;
        picture) deed+=(add-peer phone --no-apply --png "$picture") ;;
        revoke) deed+=(revoke tablet --no-apply) ;;
        edit-server) deed+=(edit-server --endpoint new.example:4242) ;;
        adopt) deed+=(adopt --endpoint vpn.example.org) ;;
        control) deed=(bash -c 'echo new >"$1.tmp" && mv "$1.tmp" "$1"' bash "$folder/wg0.conf") ;;
    esac
}

# ---- preparing ----

make_starts() {
    mkdir -m 0700 "$disk/current" "$folder"
    wgctl init --endpoint vpn.example.org --firewall nftables --no-apply
    wgctl add-peer tablet laptop --no-apply
    printf '\n# The words of the owner.\n' >>"$folder/wg0.conf"
    for command in add-peer picture revoke edit-server; do
        mkdir "$disk/$command"
        cp -a "$disk/current" "$disk/$command/start"
    done
    mkdir -p "$disk"/{init,adopt,control}/start
    mkdir -m 0700 "$disk"/{init,control}/start/etc
    echo old >"$disk/control/start/etc/wg0.conf"
    cp -r tests/adopt/pivpn/given/etc/wireguard "$disk/adopt/start/etc"
    chmod -R go= "$disk/adopt/start/etc"
}

begin() { # COMMAND
    rm -rf "$disk/current"
    cp -a "$disk/$1/start" "$disk/current"
    choose_deed "$1"
}

# What is random, or a date, has to be the same each time.
mask() {
    sed -E 's/[A-Za-z0-9+/]{43}=/KEY/g; s/\b10(\.[0-9]+){3}/ADDRESS/g; s/\bfd[0-9a-f:]+/ADDRESS/g; s/^(# added = ).*/\1DATE/'
}

# Files that wgctl keeps for itself, or makes for a moment.
is_own() { # PATH
    [[ $1 == */.wgctl* || $1 == *.wgctl-new* ]]
}

# The content of one file, as a line.
describe_file() { # PATH
    if [[ $1 == *.png ]]; then
        # It shows a random key. One that is whole ends with this.
        [[ $(tail -c 8 "$1" | od -An -tx1) == ' 49 45 4e 44 ae 42 60 82' ]] && echo whole || echo torn
    else
        mask <"$1" | od -An -v -tx1 | tr -d ' \n'
    fi
}

describe() {
    local file
    find "$disk/current" -type f | LC_ALL=C sort | while read -r file; do
        is_own "$file" || echo "${file#"$disk/current/"} $(describe_file "$file")"
    done
}

# Lists the changing calls of a run that nothing happens to.
list_jobs() { # COMMAND <STRACE_LOG
    awk -v command="$1" '
        /^[a-z_0-9]+\(/ {
            name = substr($0, 1, index($0, "(") - 1)
            number[name]++
            if (name == "openat" && $0 !~ /O_CREAT/ || name ~ /^write/ && $0 ~ /^[a-z]+\([12],/ || / = -1 /)
                next
            print "job", command, name, number[name]
        }
        END { print "job", command, "end", 0 }'
}

prepare() {
    make_starts
    local command
    for command in "${commands[@]}"; do
        begin "$command"
        describe >"$disk/$command/old"
        if [[ $command == control ]]; then
            echo "job control end 0"
            continue
        fi
        strace -qq -o /run/log -e "trace=$calls" "${deed[@]}" >/run/said 2>&1 || fail "$command: $(cat /run/said)"
        describe >"$disk/$command/new"
        list_jobs "$command" </run/log
    done
    sync
    echo prepared
}

# ---- after a cut ----

fail() { # WHAT
    echo "not ok - $*"
    broken=1
}

show_differences() { # TEXT TEXT
    diff "$1" "$2" | cut -c 1-200 | sed 's/^/# /' || true
}

# Each file is as it was before, or as it shall be.
check_each_file() { # COMMAND
    local path text
    while read -r path text; do
        grep -qxF "$path $text" "$disk/$1/old" "$disk/$1/new" || fail "$label: $path is neither the old nor the new one"
    done </run/raw
    # What is in both is there.
    while read -r path; do
        [[ -e $disk/current/$path ]] || fail "$label: $path is gone"
    done < <(LC_ALL=C comm -12 <(cut -d ' ' -f 1 "$disk/$1/old") <(cut -d ' ' -f 1 "$disk/$1/new"))
}

# Sets `verdict`.
judge() { # COMMAND TEXT
    verdict=torn
    ! cmp -s "$2" "$disk/$1/old" || verdict=old
    ! cmp -s "$2" "$disk/$1/new" || verdict=new
}

# The private keys of the devices' files, and the public ones in wg0.conf.
check_keys() {
    local file name
    for file in "$folder"/wg0.peers/*.conf; do
        name=${file##*/}
        name=${name%.conf}
        grep -A 3 -x "# friendly_name = $name" "$folder/wg0.conf" |
            grep -qxF "PublicKey = $(sed -n 's/^PrivateKey = //p' "$file" | wg pubkey)" ||
            fail "$label: the key of $name in wg0.conf is another one"
    done
}

check_temporary_files() { # FOLDER
    local left
    left=$(find "$1" -name '*.wgctl-new*' -o -name '.wgctl.new*' -o -path '*/.wgctl/*' -type f ! -name lock \
        ! -name journal ! -path '*/history/*' -o -name journal -size +0)
    [[ ! $left ]] || fail "$label: files stay: ${left//$'\n'/ }"
}

again() { # COMMAND
    "${deed[@]}" >/run/said 2>&1 || fail "$label: the same command again fails: $(cat /run/said)"
}

# Whether the journal has the server, so that there cannot be another: then init says so.
is_committed() {
    ! "${deed[0]}" --dry-run "${deed[@]:1}" >/run/said 2>&1 && grep -q 'is writing .*, or was interrupted' /run/said
}

# The next command that writes recovers. For what did not happen it is the same one again, if there is no server yet.
recover() { # COMMAND
    choose_deed "$1"
    if [[ $verdict != new && $1 == adopt ]]; then
        again
    elif [[ $verdict != new && $1 == init ]] && ! is_committed; then
        again
    else
        wgctl add-peer next --no-apply >/run/said 2>&1 || fail "$label: then, add-peer fails: $(cat /run/said)"
        check_temporary_files "$folder"
        wgctl -y revoke next --no-apply >/run/said 2>&1 || fail "$label: then, revoke fails: $(cat /run/said)"
    fi
    # The picture may be missing, and what was begun of it be left, until it is asked for again.
    if [[ $1 == picture && -e $folder/wg0.peers/phone.conf ]]; then
        wgctl qr phone --png "$picture" >/run/said 2>&1 || fail "$label: then, qr fails: $(cat /run/said)"
    elif [[ $1 == picture ]]; then
        again
    fi
}

look_at_control() { # ACKNOWLEDGED
    [[ $1 == yes ]] || fail "the control program did not come to its end"
    [[ $(tr -d '\0' <"$folder/wg0.conf") == new ]] || echo "verdict lost"
}

look() { # COMMAND CALL NUMBER WHEN ACKNOWLEDGED
    local verdict broken=
    label="$1, cut after $2#$3, $4"
    if [[ $1 == control ]]; then
        look_at_control "$5"
        return
    fi
    describe >/run/raw
    judge "$1" /run/raw
    if [[ $5 == yes && $verdict != new ]]; then
        fail "$label: what was acknowledged is lost"
        show_differences "$disk/$1/new" /run/raw
    fi
    check_each_file "$1"
    recover "$1"
    describe >/run/recovered
    judge "$1" /run/recovered
    if [[ $verdict == torn ]]; then
        fail "$label: after the next command it is neither the old nor the new state"
        show_differences "$disk/$1/new" /run/recovered
    fi
    [[ $1 == adopt ]] || check_keys
    check_temporary_files "$disk/current"
    [[ $broken ]] || echo "verdict $verdict"
}

# ---- the next cut ----

is_stopped() {
    grep -q 'stopped by SIGSTOP' /run/log
}

run_until() { # COMMAND CALL NUMBER WHEN
    local acknowledged=no tracer
    begin "$1"
    sync
    : >/run/log
    if [[ $2 == end ]]; then
        "${deed[@]}" >/run/said 2>&1 || fail "$1: $(cat /run/said)"
        acknowledged=yes
    else
        strace -qq -o /run/log -e "trace=$2" -e "inject=$2:signal=STOP:when=$3" "${deed[@]}" >/run/said 2>&1 &
        tracer=$!
        until is_stopped || ! kill -0 "$tracer" 2>/dev/null; do
            sleep 0.01
        done
        is_stopped || acknowledged=yes
    fi
    if [[ $4 == committed ]]; then
        echo x >>"$disk/elsewhere"
        sync "$disk/elsewhere"
    fi
    echo "cut $acknowledged"
    sleep infinity
}

main() {
    mkdir "$disk"
    # No commit of its own accord: what is durable is what somebody flushed.
    mount -t ext4 -o noauto_da_alloc,commit=300 /dev/ubda "$disk"
    if [[ $1 == prepare ]]; then
        prepare
        return
    fi
    shift
    [[ $1 == none ]] || look "${@:1:5}"
    while [[ $1 != -- ]]; do
        shift
    done
    [[ $2 == none ]] || run_until "${@:2:4}"
    echo finished
}

main "$@"
