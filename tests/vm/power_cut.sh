#!/bin/bash
# Cuts the power of a guest while wgctl writes, and looks at what is on its disk after a reboot. The guest's kernel is a
# program, so that cutting the power is killing it: what was not flushed to the disk is gone.
#
# usage: power_cut.sh WGCTL
#
# In a first boot each command runs once, to list the system calls that change files. Each cut then has a boot of its own, in
# which the command is stopped after one of these calls. The power is cut
#   - at once, so that only what was made durable is there; or
#   - after another program's fsync. It makes the file system commit all names, sizes and modes so far, but not the data
#     that is still in memory: a file renamed into place before it was flushed is empty.
# By default every sixth cut is made, beginning elsewhere for each command, and those that have to succeed; with WGCTL_LONG all.
#
# After the reboot, before any wgctl runs:
#   - what was acknowledged is there
#   - what was not: each file has its old content or its new one
# And after the next command that writes: all files are the old ones, or all are the new ones; no temporary file stays.
#
# A control program, which renames but does not flush, has to lose data each time.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")

die() {
    echo "not ok - $*"
    exit 1
}

# Runs the guest until it is done, or asks for the power to be cut. What it says is in $work/said.
boot() { # ARGUMENT...
    local guest line
    exec {output}< <(
        # All processes of the guest have this file open: two guests never write to one disk.
        exec 8>"$work/lock"
        flock 8
        VM_DISK=$work/disk VM_MEMORY=256M exec "$here/uml.sh" "$kernel" "$work/bin" tests/vm/power_cut_guest.sh "$@" 2>&1
    )
    guest=$!
    : >"$work/said"
    while IFS= read -r -u "$output" line; do
        echo "$line" >>"$work/said"
        [[ $line != cut* ]] || kill "$guest"
    done
    exec {output}<&-
    wait "$guest" || true
}

# Each `job COMMAND CALL NUMBER` that the guest has listed becomes one cut or two: COMMAND CALL NUMBER WHEN.
list_cuts() {
    local command call number
    while read -r _ command call number; do
        if [[ $call == end || $call == *sync* || ${WGCTL_LONG-} ]]; then
            echo "$command $call $number at-once"
        fi
        if [[ $call != *sync* || ${WGCTL_LONG-} ]]; then
            echo "$command $call $number committed"
        fi
    done < <(grep '^job ' "$work/said")
}

choose_cuts() {
    awk -v all="${WGCTL_LONG-}" '
        $1 != command { command = $1; count = ++commands }
        all || $2 == "end" || count++ % 6 == 0'
}

make_disk() {
    truncate -s 32M "$work/disk"
    mkfs.ext4 -q "$work/disk"
}

# Each boot looks at what the cut before has left, then makes the next one.
make_cuts() {
    local before=none cut acknowledged
    while read -r cut; do
        # shellcheck disable=SC2086 # words
        boot cut $before -- $cut
        judge
        grep -q '^cut' "$work/said" || die "$cut: the guest did not get that far: $(tail -n 5 "$work/said")"
        acknowledged=$(sed -n 's/^cut //p' "$work/said")
        before="$cut $acknowledged"
        made=$((made + 1))
        [[ $acknowledged != yes ]] || kept=$((kept + 1))
    done
    # shellcheck disable=SC2086 # words
    boot cut $before -- none
    judge
    grep -q '^finished' "$work/said" || die "the last guest did not get that far: $(tail -n 5 "$work/said")"
}

judge() {
    ! grep -E '^(not ok|#)' "$work/said" || failed=1
    old=$((old + $(grep -c '^verdict old' "$work/said" || true)))
    new=$((new + $(grep -c '^verdict new' "$work/said" || true)))
    lost=$((lost + $(grep -c '^verdict lost' "$work/said" || true)))
}

main() {
    (($# == 1)) || die "usage: power_cut.sh WGCTL"
    local made=0 kept=0 failed=0 old=0 new=0 lost=0 controls
    [[ $(uname -m) == x86_64 ]] || { echo "Linux runs as a program on x86-64 only" && exit 77; }
    kernel=$("$here/build-uml.sh" --cached) || die "there is no kernel: see build-uml.sh"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/bin"
    cp "$1" "$work/bin/wgctl"
    make_disk
    boot prepare
    grep -q '^prepared' "$work/said" || die "the guest could not be prepared: $(cat "$work/said")"
    list_cuts | choose_cuts >"$work/cuts"
    controls=$(grep -c '^control' "$work/cuts")
    make_cuts <"$work/cuts"
    echo "$made cuts, $kept of them after an acknowledgement: $old times the old files, $new times the new ones"
    ((new > 0 && old > 0 && kept > 0)) || die "not all of this was tried"
    ((lost == controls)) || die "the control program, which does not flush, lost data $lost times of $controls"
    echo "ok - the control program, which does not flush, lost data each time"
    ((failed == 0)) || die "after a power cut, what was acknowledged is there, and the rest is all or nothing"
    echo "ok - after a power cut, what was acknowledged is there, and the rest is all or nothing"
}

main "$@"
