#!/bin/bash
# Counts what the commands do: exactly the fsyncs that durability requires, in the required order; no processes; and no
# message to a device that needs no change.
#
# usage: counts.sh WGCTL
set -euo pipefail

# shellcheck source=tests/bench/measure.sh
source "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/measure.sh"

passed=0 failed=0

is() { # WHAT_HOLDS EXPECTED SEEN
    if [[ $2 == "$3" ]]; then
        echo "ok - $1"
        passed=$((passed + 1))
    else
        echo "not ok - $1"
        diff <(echo "$2") <(echo "$3") | sed -n 's/^</# expected:/p; s/^>/# seen:    /p'
        failed=$((failed + 1))
    fi
}

traced() { # ARGUMENT...
    trace "$wgctl" -C "$work/etc" -i wg0 "$@" || {
        sed 's/^/# /' "$work/said"
        fail_early "$*"
    }
}

# Lists the calls that make a change durable, in order, without descriptor numbers and with paths relative to the folder.
list_durable() {
    sed -nE '
        s/^[0-9]+ +//
        s/ +=.*//
        s/[0-9]+<'"${work//\//\\/}"'\/etc([^>]*)>/<\1>/g
        s/^(fsync|fdatasync|syncfs)\(<(.*)>\)$/\1 \2/p
        s/^renameat2?\(<(.*)>, "(.*)", <.*>, "(.*)"(, 0)?\)$/rename \1\/\2 \3/p
        s/^(sync\(.*)$/\1/p' "$work/calls" | sed -E 's/^fdatasync/fsync/; s/^fsync $/fsync \//'
}

# shellcheck disable=SC2016 # $ is literal
count_messages() {
    grep -cE 'sendto\(.*"set=1|WG_CMD_SET_DEVICE|sendto\(.*nlmsg_type=wireguard, nlmsg_flags=NLM_F_REQUEST\|NLM_F_ACK,' \
        "$work/calls" || true
}

# What makes the changes of a commit durable. `adding` and `revoking` are a device's file and wg0.conf.
readonly initializing='fsync /
fsync /.wgctl/new.0
fsync /.wgctl/new.1
fsync /.wgctl
fsync /.wgctl/journal
rename /.wgctl/new.0 wg0.ini
rename /.wgctl/new.1 wg0.conf
fsync /
fsync /.wgctl/journal'
readonly adding='fsync /.wgctl/new.0
fsync /.wgctl/new.1
fsync /.wgctl
fsync /.wgctl/journal
rename /.wgctl/new.0 NAME.conf
rename /.wgctl/new.1 wg0.conf
fsync /wg0.peers
fsync /
fsync /.wgctl/journal'
readonly revoking='fsync /.wgctl/new.1
fsync /.wgctl
fsync /.wgctl/journal
rename /.wgctl/new.1 wg0.conf
fsync /wg0.peers
fsync /
fsync /.wgctl/journal'

count_adding() {
    local made_folder=$'fsync /\n'
    traced add-peer phone
    is "add-peer makes both files durable, and their folders, between two fsyncs of the journal" \
        "$made_folder${adding/NAME/phone}" "$(list_durable)"
    is "add-peer starts no process" 0 "$(count_processes)"
    is "add-peer sends the device one message" 1 "$(count_messages)"
    traced add-peer laptop --no-apply
    is "add-peer --no-apply makes the same files last" "${adding/NAME/laptop}" "$(list_durable)"
    is "add-peer --no-apply starts no process" 0 "$(count_processes)"
    traced add-peer tablet --qr
    is "add-peer --qr needs no more fsyncs" 7 "$(count_fsyncs)"
    is "add-peer --qr starts one process, whose memory ends with it" 1 "$(count_processes)"
}

count_reading() {
    local command processes
    for command in "qr phone" "qr phone --png $work/phone.png" list "list --json" "show phone" apply; do
        # shellcheck disable=SC2086 # words
        traced $command
        command=${command/ $work\/phone.png/}
        [[ $command == qr* ]] && processes=1 || processes=0
        is "$command starts no process, or for a QR code one" "$processes" "$(count_processes)"
        is "$command has nothing that must last" '' "$(list_durable | grep -v picture || true)"
    done
    is "apply sends no message where nothing is to do" 0 "$(count_messages)"
    is "apply says so" 1 "$(grep -c 'already matches its file' "$work/said" || true)"
}

count_applying() {
    wg set wg0 peer "$(wg genkey | wg pubkey)" allowed-ips 192.0.2.7/32
    traced apply
    is "apply that takes away what is not in the file starts no process" 0 "$(count_processes)"
    is "apply that takes away what is not in the file sends one message" 1 "$(count_messages)"
    is "apply that takes away what is not in the file writes no file that must last" '' "$(list_durable)"
}

count_revoking() {
    traced -y revoke phone
    is "revoke makes wg0.conf and the removal durable" "$revoking" "$(list_durable)"
    is "revoke starts no process" 0 "$(count_processes)"
    is "revoke sends the device one message" 1 "$(count_messages)"
    traced -y revoke laptop --no-apply
    is "revoke --no-apply makes the same durable" "$revoking" "$(list_durable)"
    is "revoke --no-apply starts no process" 0 "$(count_processes)"
}

isolate "$@"
traced init --endpoint vpn.example.org --no-apply
is "init --no-apply starts no process" 0 "$(count_processes)"
is "init makes wg0.ini and wg0.conf durable" "$initializing" "$(list_durable)"
make_device wg0
load_device wg0 "$work/etc/wg0.conf"
count_adding
traced apply
count_reading
count_applying
count_revoking
echo "$passed passed, $failed failed"
((failed == 0))
