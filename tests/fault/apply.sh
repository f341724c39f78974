#!/bin/bash
# apply of a wg0.conf in which everything has been edited, killed at its system calls, and with EIO and ENOBUFS from those
# that talk to the device.
#
# usage: apply.sh WGCTL
#
# The signal comes before the call is made: what a kill leaves depends on which of the calls were made that change
# something, and it is killed at these. With the kernel's WireGuard, which is tried where everything is slow, only at those
# that send it something; then EIO is for what sends, and ENOBUFS for what receives. After a run these hold:
#   - untouched: what is the same in the old and in the new file is there, also when it was killed in the middle
#   - success: exit status 0 means that the device is what the new file says
#   - refusal: an error is said, and the device is as it was, or that is said as well
#   - files: everything in the folder is as it was, and nobody else can read anything
#   - next: another apply succeeds, the device then is what the file says, with no peer besides, and a third one has
#     nothing to do
set -euo pipefail

# shellcheck source=tests/fault/inject.sh
source "$(dirname "${BASH_SOURCE[0]}")/inject.sh"

modes=(kill EIO ENOBUFS)
cases=(apply)
readonly wireguard=${WGCTL_TEST_WIREGUARD-process}
readonly sending=' sendto sendmsg '
readonly receiving=' recvmsg recvfrom '
readonly changing=' openat renameat unlinkat ftruncate fsync flock connect exit_group '
readonly many=400 # networks of one peer: more than go into one message to the kernel
declare -A what_holds=(
    [untouched]="what is the same in both files is there"
    [success]="exit status 0 means that the device is what the file says"
    [refusal]="an error is said, and the device is as it was, or that is said as well"
    [files]="the files are as they were, and private"
    [next]="the next apply makes the device what the file says, and one more has nothing to do"
)

# ---- the jobs ----

list_jobs() { # <CALLS
    local name count own first error
    while read -r name count own first; do
        ((own)) || continue
        if [[ $sending == *" $name "* || $wireguard == process && $changing == *" $name "* ]]; then
            echo "kill $name#$count $name:signal=KILL:when=$count"
        fi
        for error in EIO ENOBUFS; do
            if ((first)) && is_worth_a_run "$name" "$error"; then
                echo "$error $name#$count $name:error=$error:when=$count"
            fi
        done
    done
}

# Where everything is slow: what does not go out, and answers for which there is no room.
is_worth_a_run() { # NAME ERROR
    if [[ $wireguard == process ]]; then
        [[ $sending$receiving == *" $1 "* ]]
    elif [[ $2 == EIO ]]; then
        [[ $sending == *" $1 "* ]]
    else
        [[ $receiving == *" $1 "* ]]
    fi
}

describe_mode() { # MODE COUNT
    if [[ $1 == kill ]]; then
        echo "killed at $2 of its system calls"
    else
        echo "with $1 from $2 of its system calls"
    fi
}

# ---- the two files ----

# As good a key as any, always the same for the same word. Without a program: in the virtual machine, starting one is slow.
make_key() { # WORD
    local digits=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ i number seed=0 key=''
    for ((i = 0; i < ${#1}; i++)); do
        printf -v number %d "'${1:i:1}"
        seed=$(((seed * 131 + number) & 0x3fffffff))
    done
    RANDOM=$seed
    for ((i = 0; i < 42; i++)); do
        key+=${digits:RANDOM % 64:1}
    done
    echo "$key${digits:RANDOM % 16 * 4:1}=" # its last two bits are none of the key's
}

# Writes one of the values: the first for the old file, the second for the new one.
either() { # OLD NEW
    [[ $file == old ]] && echo "$1" || echo "$2"
}

write_peer() { # WORD NETWORKS [LINE...]
    printf '\n[Peer]\n# friendly_name = %s\nPublicKey = %s\n' "$1" "$(make_key "$1")"
    [[ ! $2 ]] || echo "AllowedIPs = ${2// /, }"
    (($# < 3)) || printf '%s\n' "${@:3}"
}

# A part of those of the peer that has many.
list_many() { # FROM TO
    local i list=''
    for ((i = $1; i < $2; i++)); do
        list+=" 10.20.$((i / 200)).$((i % 200))/32"
    done
    echo "${list# }"
}

# Each kind of change once or more. What is 10.x is within the interface's own network, what is 172.x has a route.
write_conf() { # old|new
    local file=$1
    printf '[Interface]\nPrivateKey = %s\nListenPort = %s\n' "$private_key" "$(either 51820 51821)"
    write_peer as-it-was "10.1.0.1/32 172.16.1.0/24" "PresharedKey = $(make_key a)" "Endpoint = 192.0.2.7:1000"
    write_peer many "$(either "10.19.0.1/32 $(list_many 0 $((many - 50))) 10.21.0.1/32" "10.19.0.1/32 $(list_many 25 $many) 10.21.0.1/32")"
    write_peer psk 10.1.0.2/32 "PresharedKey = $(make_key "$(either b c)")"
    write_peer no-psk 10.1.0.3/32 "$(either "PresharedKey = $(make_key d)" '#')"
    write_peer keepalive 10.1.0.4/32 "PersistentKeepalive = $(either 20 30)"
    write_peer endpoint 10.1.0.5/32 "Endpoint = 192.0.2.8:$(either 1000 2000)"
    write_peer gains "10.1.0.6/32$(either '' ' 172.16.2.0/24')"
    write_peer loses "10.1.0.7/32$(either ' 172.16.3.0/24 10.1.1.7/32' '')"
    write_peer loses-all "$(either '10.1.0.8/32 10.1.1.8/32' '')"
    write_peer gives "10.1.0.9/32$(either ' 172.16.4.0/24 10.1.1.9/32' '')"
    write_peer takes "10.1.0.10/32$(either '' ' 172.16.4.0/24 10.1.1.9/32')"
    write_peer swaps "10.1.0.11/32 $(either 10.2.0.0/24 10.3.0.0/24)"
    write_peer swaps-too "10.1.0.12/32 $(either 10.3.0.0/24 10.2.0.0/24)"
    write_peer "new-key$(either '' -2)" "10.1.0.13/32 172.16.5.0/24"
    [[ $file == new ]] || write_peer goes "10.1.0.14/32 10.4.0.0/16 172.16.6.0/24"
    [[ $file == old ]] || write_peer comes "10.1.0.15/32 10.4.0.0/16 172.16.7.0/24" "PresharedKey = $(make_key e)"
    write_peer beside "10.4.1.0/24 10.0.0.0/8 10.1.0.0/30"
}

# ---- the device ----

# What it is, a line for each thing: the interface, each peer, each of its networks, each route.
describe_running() {
    wg show wg0 dump | awk '
        NR == 1 { print "interface", $1, $3 }
        NR > 1 {
            print "peer", $1, $2, $3, $8
            count = $4 == "(none)" ? 0 : split($4, networks, ",")
            for (i = 1; i <= count; i++)
                print "network", $1, networks[i]
        }'
    ip -4 route show dev wg0 | awk '{ print "route", $1 }'
}

# The same, from a file.
describe_wanted() { # FILE
    awk '
        function end_peer() {
            if (key)
                print "peer", key, psk, endpoint, keepalive
            key = ""; psk = endpoint = "(none)"; keepalive = "off"
        }
        $1 == "[Peer]" { end_peer() }
        $1 == "PrivateKey" { private_key = $3 }
        $1 == "ListenPort" { print "interface", private_key, $3 }
        $1 == "PublicKey" { key = $3 }
        $1 == "PresharedKey" { psk = $3 }
        $1 == "Endpoint" { endpoint = $3 }
        $1 == "PersistentKeepalive" { keepalive = $3 }
        $1 == "AllowedIPs" {
            gsub(",", "")
            for (i = 3; i <= NF; i++) {
                print "network", key, $i
                if ($i ~ /^172/)
                    print "route", $i
            }
        }
        END { end_peer() }' "$1"
    echo "route 10.0.0.0/8" # the interface's own
}

# Sets `running`, and `device`: old, new, or none where it is neither.
judge_running() {
    local old new
    describe_running | LC_ALL=C sort >"$world/running"
    read_file "$fault_folder/old"
    old=$content
    read_file "$fault_folder/new"
    new=$content
    read_file "$world/running"
    running=$content
    device=none
    [[ $running != "$old" ]] || device=old
    [[ $running != "$new" ]] || device=new
}

differences_from() { # old|new
    diff "$fault_folder/$1" "$world/running" | grep '^[<>]' | mask_random | head -n 8 | tr '\n' ' ' || true
}

# Sets up the start: the old file was applied, and has been edited since.
begin_apply() {
    rm -rf "${dir:?}" /run/wgctl/*
    cp -a "$fault_folder/etc.old" "$dir"
    ip address flush dev wg0
    ip route flush dev wg0
    ip address add 10.0.0.1/8 dev wg0
    wg setconf wg0 "$fault_folder/etc.old/wg0.conf" # in which nothing is wg-quick's own
    run_wgctl apply || fail_early "the old file cannot be applied: $(<"$said")"
    cp -p "$fault_folder/etc.new/wg0.conf" "$dir/"
    judge_running
    [[ $device == old ]] || fail_early "the start is not what the old file says: $(differences_from old)"
    capture "$dir"
    start_state=$captured
    captured_run
    start_run=$run_state
}

# Sets `run_state`: the applied copy.
captured_run() {
    read_file "$(record_file)"
    run_state=$content
}

# ---- preparing ----

prepare() {
    local file
    make_world
    world=$fault_folder/world.$role
    private_key=$(wg genkey)
    for file in old new; do
        mkdir -m 0700 "$fault_folder/etc.$file"
        write_conf "$file" >"$fault_folder/etc.$file/wg0.conf"
        chmod 600 "$fault_folder/etc.$file/wg0.conf"
        describe_wanted "$fault_folder/etc.$file/wg0.conf" | LC_ALL=C sort >"$fault_folder/$file"
    done
    LC_ALL=C comm -12 "$fault_folder/old" "$fault_folder/new" >"$fault_folder/both"
    begin_apply
    strace -k -qq -o "$fault_folder/clean" "$wgctl" -C "$dir" -i wg0 apply </dev/null >"$said" 2>&1 ||
        fail_early "apply fails by itself: $(<"$said")"
    judge_running
    [[ $device == new ]] || fail_early "apply by itself does not make the device what the file says: $(differences_from new)"
    list_calls <"$fault_folder/clean" | list_jobs | sed "s/^/apply /" >"$fault_folder/jobs"
}

# ---- a run ----

fault() { # KIND WHAT
    faults+=("$1 $2")
}

check_untouched() {
    local missing
    [[ $device == none ]] || return 0
    missing=$(LC_ALL=C comm -23 "$fault_folder/both" "$world/running" | mask_random)
    [[ ! $missing ]] || fault untouched "$(wc -l <<<"$missing") things are missing: $(head -n 4 <<<"$missing" | tr '\n' ' ')"
}

check_files() {
    local open
    capture "$dir"
    [[ $captured == "$start_state" ]] || fault files "the folder is another one: $(differences)"
    open=$(find "$dir" /run/wgctl -mindepth 1 -perm /077)
    [[ ! $open ]] || fault files "others can read ${open//$'\n'/, }"
}

check_end() { # STATUS
    if (($1 == 0)) || [[ $message == *'the change was made'* ]]; then
        [[ $device == new ]] || fault success "the device is not what the file says: $(differences_from new)"
        return
    fi
    [[ $message == *'wgctl: '* ]] || fault refusal "exit status $1 without an error: $message"
    if [[ $device == new ]]; then
        [[ $message != *'nothing was changed'* ]] || fault refusal "all is changed, but: $message"
    elif [[ $device != old ]]; then
        owns_up '' || fault refusal "the device is neither as it was nor as wanted ($(differences_from old)), but: $message"
    fi
}

check_next() {
    if ! run_wgctl apply; then
        fault next "the next apply fails: $(tr '\n' ' ' <"$said")"
        return
    fi
    judge_running
    [[ $device == new ]] || fault next "after the next apply the device is not what the file says: $(differences_from new)"
    check_files
    if ! run_wgctl --json apply || ! grep -Eq '"changes": *\[ *\]' "$said"; then
        fault next "one more apply has something to do: $(tr '\n' ' ' <"$said")"
    fi
}

run_job() { # CASE MODE LABEL INJECTION
    local mode=$2 label=$3 status=0 fault state options=()
    faults=()
    [[ $case ]] || {
        case=$1
        world=$fault_folder/world.$role
        begin_apply
    }
    # A filter stops at no other call, which is much quicker. But strace 6.1 sends no signal with it.
    [[ $mode == kill ]] || options=(-f --seccomp-bpf)
    { # Without bash's own word on who was killed
        timeout -s KILL 60 strace "${options[@]}" -qq -o "$log" -e "trace=${label%#*}" -e "inject=$4" \
            "$wgctl" -C "$dir" -i wg0 apply </dev/null >"$said" 2>&1 || status=$?
    } 2>/dev/null
    read_file "$said"
    message=${content//$'\n'/ }
    judge_running
    check_untouched
    check_files
    if was_injected "$mode" "$status"; then
        [[ $mode == kill ]] || check_end "$status"
    elif ((status == 0)) && [[ $label == recv* ]]; then
        check_end 0 # How often one has to receive differs from run to run
    else
        fault untouched "the call did not come (exit status $status)"
    fi
    captured_run
    state=$running$captured$run_state
    if [[ ! ${settled[$state]+known} ]]; then
        settled[$state]=
        check_next
        begin_apply
    elif [[ $device != old || $captured != "$start_state" || $run_state != "$start_run" ]]; then
        begin_apply
    fi
    for fault in "${faults[@]}"; do
        echo "$mode ${fault%% *} $label: ${fault#* }" >>"$fault_folder/faults.$role"
    done
    echo "$mode" >>"$fault_folder/verdicts.$role"
}

report() {
    local mode kind runs faults what
    for mode in "${modes[@]}"; do
        runs=$(cat "$fault_folder"/verdicts.* | grep -cx "$mode") || true
        for kind in untouched success refusal files next; do
            [[ $mode$kind != kill@(success|refusal) ]] || continue
            faults=$(cat "$fault_folder"/faults.* 2>/dev/null | grep "^$mode $kind ") || true
            what="apply, $(describe_mode "$mode" "$runs"): ${what_holds[$kind]}"
            if [[ ! $faults ]] && ((runs > 0)); then
                ok "$what"
            else
                not_ok "$what" <<<"${faults:-nothing was run}"
            fi
        done
    done
    echo "$passed passed, $failed failed"
    ((failed == 0))
}

shopt -s extglob
start "$@"
