#!/bin/bash
# What `wgctl apply` costs, beside what `wg` needs for the same. Twice: on the kernel's WireGuard, by the clock; and on a
# process that answers at once and does nothing (standin.c), in processor time, where only our own share is left. The two
# sides take turns; what counts is the best of each, for what else the machine does only adds. No time makes it fail.
#
# usage: apply.sh WGCTL [KERNEL_DIR [MOST [RUNS]]]
#
# Where this machine's kernel has no WireGuard, and KERNEL_DIR is what tests/vm/fetch-kernel.sh made, that one is booted in
# a virtual machine. Its clock counts instructions, two nanoseconds each, so that nothing else that this machine does is
# measured with it; a second of it takes some ten of ours. To that clock each step of a repeated string instruction is one
# more: its processor is one without those that go byte by byte (erms), or clearing a page would count as 4096.
#
# MOST is the number of peers of the kernel's largest device (10000), and RUNS how often each side is run there (5; 2 in
# the virtual machine, where they hardly differ).
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/bench/measure.sh
source "$here/measure.sh"

readonly interface=wg0
runs=5
costs=() messages=() instructions=() scales=()

# ---- the two sides ----

# Makes one of the states of bench_tunnels what the file says.
use() { # STATE
    cp -p "$work/files/$1.conf" "$work/etc/$interface.conf"
}

make_files() { # PEERS
    rm -rf "$work/files"
    mkdir "$work/files"
    "$tools/bench_tunnels" "$1" "$work/files" 51820
}

quietly() { # COMMAND...
    "$@" </dev/null >"$work/said" 2>&1 || {
        sed 's/^/# /' "$work/said"
        fail_early "$*"
    }
}

# The device and the file are in STATE, and wgctl knows.
settle() { # STATE
    "settle_$device" "$1"
    use "$1"
    quietly "${ours[@]}"
}

settle_kernel() { # STATE
    local how=syncconf # does not make the peers anew, which takes long
    [[ $1 != empty ]] || how=setconf
    quietly wg "$how" "$interface" "$work/files/$1.wg"
}

# What it is told makes another state of it.
settle_standin() { # STATE
    local other=full
    [[ $1 != full ]] || other=${after_full:-full}
    start_standin "$work/files/$1.uapi" "$work/files/$other.uapi"
}

# ---- measuring ----

# The kernel's messages are watched in the same runs; a process gets none.
spend() { # WHOSE COMMAND...
    local watched=-
    [[ $device != kernel ]] || watched=$work/$1.watched
    quietly "$tools/bench_spend" "$work/$1" "$watched" "${@:2}"
}

# One of the columns of what bench_spend and watch.c write.
least() { # RESULT COLUMN
    awk -v column="$2" '{ print $column }' "$work/$1" | sort -n | head -n 1
}

most() { # RESULT COLUMN
    awk -v column="$2" '{ print $column }' "$work/$1" | sort -n | tail -n 1
}

# The longest of the messages, each of which took as long as it did in its best run: of many, one is always disturbed.
longest() { # WHOSE
    awk '{ for (i = 6; i <= NF; i++) if (!(i in best) || $i < best[i]) best[i] = $i }
        END { for (i in best) if (best[i] > most) most = best[i]; print most + 0 }' "$work/$1.watched"
}

divide() { # A B
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'
}

holds() { # CONDITION
    awk "BEGIN { print ($1) ? \"yes\" : \"NO\" }"
}

milliseconds() { # NUMBER UNITS_IN_ONE
    awk -v number="$1" -v units="$2" 'BEGIN { printf "%.1f", number / units }'
}

forget() {
    rm -f "$work"/{ours,theirs}{,.watched}
}

# Both sides in turns. Before each run of ours the device is in state FROM, and the file in TO; before one of theirs, the
# device alone.
take_turns() { # FROM TO [RUNS]
    local run
    forget
    for ((run = 0; run < ${3:-runs}; run++)); do
        [[ $1 == "$2" && $run -gt 0 ]] || settle "$1"
        use "$2"
        spend ours "${ours[@]}"
        [[ $theirs_changes == no ]] || settle "$1"
        spend theirs "${theirs[@]}"
    done
}

# ---- rows ----

# By the clock on the kernel's device, which both wait for; else in processor time.
row() { # WHAT PEERS AIM BESIDE
    local column=1 we they
    [[ $device == kernel ]] || column=2
    we=$(least ours $column) they=$(least theirs $column)
    costs+=("$(printf '%-16s %6d %10s  %-30s %10s %6s %9s %4s %8s %8s' "$1" "$2" "$(milliseconds "$we" 1000)" "$4" \
        "$(milliseconds "$they" 1000)" "$(divide "$we" "$they")" "${3:+<= $3}" \
        "${3:+$(holds "$we <= $3 * $they")}" "$(most ours 3)" "$(most theirs 3)")")
    progress "${costs[-1]}"
}

# How many times as fast we are as the way that the guides show. By the clock, for it is many processes.
row_today() { # WHAT PEERS
    local we they
    we=$(least ours 1) they=$(least theirs 1)
    costs+=("$(printf '%-16s %6d %10s  %-30s %10s %6s %9s %4s' "$1" "$2" "$(milliseconds "$we" 1000)" \
        'wg syncconf <(wg-quick strip)' "$(milliseconds "$they" 1000)" "$(divide "$we" "$they")" '<= 0.01' \
        "$(holds "$we * 100 <= $they")")")
    progress "${costs[-1]}"
}

# One sees that it goes on.
progress() { # LINE
    echo "# $1" >&2
}

row_messages() { # WHAT PEERS WHOSE WHO [AIM CONDITION]
    local sets bytes peers
    read -r sets bytes peers _ <"$work/$3.watched"
    messages+=("$(printf '%-16s %6d  %-12s %6d %7d %6d %9s %10s   %s' "$1" "$2" "$4" "$sets" "$bytes" "$peers" \
        "$(milliseconds "$(longest "$3")" 1000000)" "$(milliseconds "$(least "$3.watched" 4)" 1000000)" \
        "${5:+$5: $(holds "$6")}")")
    progress "${messages[-1]}"
}

# Theirs, and ours with an aim; a CONDITION on SETS, BYTES, LONGEST, and THEIRS, the longest of theirs.
row_both_messages() { # WHAT PEERS BESIDE AIM CONDITION
    local sets bytes condition
    [[ $device == kernel ]] || return 0
    read -r sets bytes _ <"$work/ours.watched"
    condition=${5//SETS/$sets} condition=${condition//BYTES/$bytes}
    condition=${condition//LONGEST/$(longest ours)} condition=${condition//THEIRS/$(longest theirs)}
    row_messages "$1" "$2" theirs "$3"
    row_messages "$1" "$2" ours 'wgctl apply' "$4" "$condition"
}

today() {
    # shellcheck disable=SC2016 # the inner shell's
    theirs=(bash -c 'wg syncconf "$0" <(wg-quick strip "$1")' "$interface" "$work/files/$1.conf")
}

# The way of the guides is slow: fewer runs, and not with more peers.
compare_today() { # WHAT PEERS FROM TO
    (($2 == 1000)) || return 0
    today "$4"
    take_turns "$3" "$4" $((runs > 3 ? 3 : 1))
    row_today "$1" "$2"
}

measure_new() { # PEERS
    theirs_changes=yes theirs=(wg setconf "$interface" "$work/files/full.wg")
    take_turns empty full
    row 'new peers' "$1" 1.05 'wg setconf'
    row_both_messages 'new peers' "$1" 'wg setconf' 'not longer' 'LONGEST <= THEIRS'
    compare_today 'new peers' "$1" empty full
}

measure_same() { # PEERS
    theirs_changes=no theirs=(wg syncconf "$interface" "$work/files/full.wg")
    take_turns full full
    row 'nothing changed' "$1" 0.5 'wg syncconf'
    row_both_messages 'nothing changed' "$1" 'wg syncconf' 'none' 'SETS == 0'
    compare_today 'nothing changed' "$1" full full
}

measure_one() { # PEERS
    theirs_changes=no theirs=(wg show "$interface" dump) after_full=changed
    take_turns full changed
    row 'one peer changed' "$1" 1.2 'wg show wg0 dump'
    # That changes nothing; what does, and its messages:
    theirs_changes=yes theirs=(wg syncconf "$interface" "$work/files/changed.wg")
    take_turns full changed
    row 'one peer changed' "$1" '' 'wg syncconf'
    row_both_messages 'one peer changed' "$1" 'wg syncconf' 'one, <= 1 KiB' 'SETS == 1 && BYTES <= 1024'
    compare_today 'one peer changed' "$1" full changed
    after_full=
}

# ---- the kernel's device ----

# What the kernel itself takes for a dump: by the most bytes at once that it makes, by what wg offers it, and twice, as
# where what was written is read back.
measure_dumps() { # PEERS
    local run what
    local -A arguments=(['(a bare dump)']='' ['(by 8 KiB)']='1 8192' ['(two of them)']=2)
    theirs=(wg show "$interface" dump)
    for what in "${!arguments[@]}"; do
        forget
        for ((run = 0; run < runs; run++)); do
            # shellcheck disable=SC2086 # words
            spend ours "$tools/bench_dump" "$interface" ${arguments[$what]}
            spend theirs "${theirs[@]}"
        done
        row "$what" "$1" '' 'wg show wg0 dump'
    done
}

measure_kernel() { # MOST RUNS
    local peers
    device=kernel runs=$2
    make_files 1000
    use empty
    quietly "$wgctl" -C "$work/etc" -i "$interface" up
    for peers in 1000 10000 $(($1 > 10000 ? $1 : 0)); do
        ((peers > 0 && peers <= $1)) || continue
        ((peers == 1000)) || runs=$((runs > 3 ? 3 : runs))
        make_files "$peers"
        quietly wg setconf "$interface" "$work/files/empty.wg"
        measure_same "$peers"
        measure_one "$peers"
        measure_dumps "$peers"
        # To take away that many, for the device to be empty again, is slow.
        ((peers == 1000)) || runs=2
        measure_new "$peers"
    done
    print_costs "the kernel's WireGuard, Linux $(uname -r), by the clock"
    print_messages
}

# ---- the process ----

start_standin() { # FILE OTHER
    local socket=/run/wireguard/$interface.sock
    stop_standin
    rm -f "$socket"
    exec {said}< <(exec "$tools/bench_standin" "$socket" "$1" "$2")
    standin=$!
    read -r -t 60 -u "$said" || fail_early "the stand-in does not start"
}

stop_standin() {
    [[ ${standin-} ]] || return 0
    kill "$standin" 2>/dev/null || true
    exec {said}<&-
    standin=
}

# In millions.
count_instructions() { # COMMAND...
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" </dev/null 2>&1 >/dev/null |
        sed -n 's/^==[0-9]*== Collected : //p' | awk '{ printf "%.1f", $1 / 1000000 }'
}

row_instructions() { # WHAT PEERS FROM TO BESIDE COMMAND...
    local we they
    settle "$3"
    use "$4"
    we=$(count_instructions "${ours[@]}")
    settle "$3"
    they=$(count_instructions "${@:6}")
    instructions+=("$(printf '%-16s %6d %10s  %-30s %10s %6s' "$1" "$2" "$we" "$5" "$they" "$(divide "$we" "$they")")")
    progress "${instructions[-1]}"
}

measure_instructions() { # PEERS
    type -P valgrind >/dev/null || return 0
    row_instructions 'new peers' "$1" empty full 'wg setconf' wg setconf "$interface" "$work/files/full.wg"
    row_instructions 'nothing changed' "$1" full full 'wg syncconf' wg syncconf "$interface" "$work/files/full.wg"
    after_full=changed
    row_instructions 'one peer changed' "$1" full changed 'wg show wg0 dump' wg show "$interface" dump
    after_full=
}

# Ten times the peers, and the file. MEASURE is one of the three above.
measure_scale() { # WHAT FROM TO
    local peers run before=() now=()
    after_full=$3 runs=2
    for peers in 10000 100000; do
        make_files "$peers"
        rm -f "$work/ours"
        for ((run = 0; run < runs; run++)); do
            settle "$2"
            use "$3"
            spend ours "${ours[@]}"
        done
        before=("${now[@]}")
        now=("$(least ours 2)" "$(most ours 3)" "$(($(stat -c %s "$work/files/$3.conf") / 1024))")
    done
    after_full=
    scales+=("$(printf '%-16s %10s %10s %6s %8s %4s %10d %10d %6s %8s %4s' "$1" \
        "$(milliseconds "${before[0]}" 1000)" "$(milliseconds "${now[0]}" 1000)" "$(divide "${now[0]}" "${before[0]}")" \
        '<= 12' "$(holds "${now[0]} <= 12 * ${before[0]}")" "${now[@]:1}" "$(divide "${now[@]:1}")" \
        '<= 2' "$(holds "${now[1]} <= 2 * ${now[2]}")")")
    progress "${scales[-1]}"
}

measure_standin() {
    local peers
    device=standin costs=()
    ip tuntap add "$interface" mode tun
    ip address add 10.0.0.1/8 dev "$interface"
    ip address add fd00::1/64 dev "$interface" nodad
    ip link set "$interface" up
    for peers in 1000 10000; do
        ((peers == 1000)) || runs=3
        make_files "$peers"
        measure_new "$peers"
        measure_same "$peers"
        measure_one "$peers"
        measure_instructions "$peers"
    done
    measure_scale 'nothing changed' full full
    measure_scale 'one peer changed' full changed
    measure_scale 'new peers' empty full
    stop_standin
    ip link delete "$interface"
    print_costs "a process that does nothing, in processor time"
    print_instructions
    print_scales
}

# ---- tables ----

print_costs() { # OF_WHAT
    printf '\nOn %s (ms, and KiB at most):\n\n' "$1"
    printf '%-16s %6s %10s  %-30s %10s %6s %9s %4s %8s %8s\n' '' peers 'wgctl' 'beside' '' ratio aim '' 'wgctl' 'beside'
    printf '%s\n' "${costs[@]}"
}

print_messages() {
    printf '\nMessages that set something: how many, the most bytes and peers of one, and for how many ms one kept\n'
    printf 'the kernel to itself (the longest; all together):\n\n'
    printf '%-16s %6s  %-12s %6s %7s %6s %9s %10s   %s\n' '' peers by SETs bytes peers longest all aim
    printf '%s\n' "${messages[@]}"
}

print_instructions() {
    ((${#instructions[@]} > 0)) || return 0
    printf '\nInstructions, in millions:\n\n'
    printf '%-16s %6s %10s  %-30s %10s %6s\n' '' peers wgctl beside '' ratio
    printf '%s\n' "${instructions[@]}"
}

print_scales() {
    printf '\nFrom 10,000 to 100,000 peers (ms of processor time), and at the latter the most memory beside the file (KiB):\n\n'
    printf '%-16s %10s %10s %6s %8s %4s %10s %10s %6s %8s %4s\n' '' 10000 100000 ratio aim '' memory file ratio aim ''
    printf '%s\n' "${scales[@]}"
}

# ---- where ----

main() { # WGCTL [KERNEL_DIR [MOST [RUNS]]]
    local kernel=${2-} most=${3:-10000} vm_runs=${4:-2}
    find_tools
    mkdir -m 0700 "$work/etc"
    ours=("$wgctl" -C "$work/etc" -i "$interface" apply)
    # The virtual machine has its own for the other part.
    [[ ${WGCTL_TEST_WIREGUARD-} == kernel ]] || measure_standin
    if ip link add probe type wireguard 2>/dev/null; then
        ip link delete probe
        measure_kernel "$most" "${4:-5}"
    elif [[ $kernel ]]; then
        cd "$here/../.."
        mkdir "$work/binaries"
        cp "$wgctl" "$work/binaries/wgctl"
        VM_PROGRAMS=$(echo "$tools"/*) VM_MEMORY=${VM_MEMORY:-3G} VM_TIMEOUT=${VM_TIMEOUT:-7200} \
            VM_ACCEL=tcg VM_OPTIONS='-icount shift=1,sleep=off -cpu max,-cx16,-erms,-fsrm' \
            tests/vm/run.sh "$kernel" "$work/binaries" tests/bench/apply.sh /usr/local/bin/wgctl '' "$most" "$vm_runs"
    else
        printf '\nThis kernel has no WireGuard: name a KERNEL_DIR for the other half.\n'
    fi
}

isolate "$@"
trap 'stop_standin || true' EXIT
main "$@"
