#!/bin/bash
# Compares `wgctl apply` with `wg` doing the same, in two ways: in elapsed time with the kernel's WireGuard; and in
# processor time with a process that answers at once and does nothing (standin.c), which leaves only the cost of the
# command itself. The two sides run alternately, and the best run of each counts, because other load can only make a run
# slower. The benchmark never fails because of a time.
#
# usage: apply.sh WGCTL [KERNEL [MOST [RUNS]]]
#
# If the running kernel has no WireGuard, KERNEL runs as a program: it is the path that tests/vm/build-uml.sh prints. Both
# sides pay more for a system call there than usual.
#
# MOST is the number of peers of the kernel's largest device (default: 10000), and RUNS the number of runs with it
# (default: 5).
set -euo pipefail

here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
# shellcheck source=tests/bench/measure.sh
source "$here/measure.sh"

readonly interface=wg0
runs=5
costs=() messages=() instructions=()

# ---- the two sides ----

# Makes STATE, one of those that bench_tunnels creates, the content of the configuration file.
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

# Puts both the device and the file in STATE, and lets wgctl record it as applied.
settle() { # STATE
    "settle_$device" "$1"
    use "$1"
    quietly "${ours[@]}"
}

settle_kernel() { # STATE
    local how=syncconf # keeps existing peers, because creating them is slow
    [[ $1 != empty ]] || how=setconf
    quietly wg "$how" "$interface" "$work/files/$1.wg"
}

# Any message that sets something switches the stand-in to its other state.
settle_standin() { # STATE
    local other=full
    [[ $1 != full ]] || other=${after_full:-full}
    start_standin "$work/files/$1.uapi" "$work/files/$other.uapi"
}

# ---- measuring ----

# In the same runs, counts the messages to the kernel.
spend() { # WHOSE COMMAND...
    local watched=-
    [[ $device != kernel ]] || watched=$work/$1.watched
    quietly "$tools/bench_spend" "$work/$1" "$watched" "${@:2}"
}

# Both take a column from the output of bench_spend or watch.c.
least() { # RESULT COLUMN
    awk -v column="$2" '{ print $column }' "$work/$1" | sort -n | head -n 1
}

most() { # RESULT COLUMN
    awk -v column="$2" '{ print $column }' "$work/$1" | sort -n | tail -n 1
}

# Prints the time of the longest message. Each message counts with its best run, since there is always one that something
# else delays.
longest() { # WHOSE
    awk '{ for (i = 6; i <= NF; i++) if (!(i in best) || $i < best[i]) best[i] = $i }
        END { for (i in best) if (best[i] > most) most = best[i]; print most + 0 }' "$work/$1.watched"
}

divide() { # A B
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b ? a / b : 0 }'
}

milliseconds() { # NUMBER UNITS_IN_ONE
    awk -v number="$1" -v units="$2" 'BEGIN { printf "%.1f", number / units }'
}

forget() {
    rm -f "$work"/{ours,theirs}{,.watched}
}

# Runs both sides alternately. Each run of ours starts with the device in state FROM and the file in state TO; theirs
# only need the device.
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

# Elapsed time with the kernel's device, because both sides wait for it; processor time otherwise.
row() { # WHAT PEERS OTHER
    local column=1 we they
    [[ $device == kernel ]] || column=2
    we=$(least ours $column) they=$(least theirs $column)
    costs+=("$(printf '%-16s %6d %10s  %-30s %10s %6s %8s %8s' "$1" "$2" "$(milliseconds "$we" 1000)" "$3" \
        "$(milliseconds "$they" 1000)" "$(divide "$we" "$they")" "$(most ours 3)" "$(most theirs 3)")")
    progress "${costs[-1]}"
}

# Compares with the way most guides show, in elapsed time, because it starts many processes.
row_today() { # WHAT PEERS
    local we they
    we=$(least ours 1) they=$(least theirs 1)
    costs+=("$(printf '%-16s %6d %10s  %-30s %10s %6s' "$1" "$2" "$(milliseconds "$we" 1000)" \
        'wg syncconf <(wg-quick strip)' "$(milliseconds "$they" 1000)" "$(divide "$we" "$they")")")
    progress "${costs[-1]}"
}

progress() { # LINE
    echo "# $1" >&2
}

row_messages() { # WHAT PEERS WHOSE WHO
    local sets bytes peers
    read -r sets bytes peers _ <"$work/$3.watched"
    messages+=("$(printf '%-16s %6d  %-12s %6d %7d %6d %9s %10s' "$1" "$2" "$4" "$sets" "$bytes" "$peers" \
        "$(milliseconds "$(longest "$3")" 1000000)" "$(milliseconds "$(least "$3.watched" 4)" 1000000)")")
    progress "${messages[-1]}"
}

row_both_messages() { # WHAT PEERS OTHER
    [[ $device == kernel ]] || return 0
    row_messages "$1" "$2" theirs "$3"
    row_messages "$1" "$2" ours 'wgctl apply'
}

today() {
    # shellcheck disable=SC2016 # the inner shell expands them
    theirs=(bash -c 'wg syncconf "$0" <(wg-quick strip "$1")' "$interface" "$work/files/$1.conf")
}

# This way is slow, so it gets fewer runs and at most 1000 peers.
compare_today() { # WHAT PEERS FROM TO
    (($2 == 1000)) || return 0
    today "$4"
    take_turns "$3" "$4" $((runs > 3 ? 3 : 1))
    row_today "$1" "$2"
}

measure_new() { # PEERS
    theirs_changes=yes theirs=(wg setconf "$interface" "$work/files/full.wg")
    take_turns empty full
    row 'new peers' "$1" 'wg setconf'
    row_both_messages 'new peers' "$1" 'wg setconf'
    compare_today 'new peers' "$1" empty full
}

measure_same() { # PEERS
    theirs_changes=no theirs=(wg syncconf "$interface" "$work/files/full.wg")
    take_turns full full
    row 'nothing changed' "$1" 'wg syncconf'
    row_both_messages 'nothing changed' "$1" 'wg syncconf'
    compare_today 'nothing changed' "$1" full full
}

measure_one() { # PEERS
    theirs_changes=no theirs=(wg show "$interface" dump) after_full=changed
    take_turns full changed
    row 'one peer changed' "$1" 'wg show wg0 dump'
    # That was a command that only reads. This one makes the change:
    theirs_changes=yes theirs=(wg syncconf "$interface" "$work/files/changed.wg")
    take_turns full changed
    row 'one peer changed' "$1" 'wg syncconf'
    row_both_messages 'one peer changed' "$1" 'wg syncconf'
    compare_today 'one peer changed' "$1" full changed
    after_full=
}

# ---- the kernel's device ----

# Measures the kernel's own share of reading a device: in the largest pieces it sends, in pieces of the size wg asks for,
# and twice in a row, as in an apply that reads back what it wrote.
measure_dumps() { # PEERS
    local run what
    local -A arguments=(['(a bare dump)']='' ['(by 8 KiB)']='1 8192' ['(two of them)']=2)
    theirs=(wg show "$interface" dump)
    for what in "${!arguments[@]}"; do
        forget
        for ((run = 0; run < runs; run++)); do
            # shellcheck disable=SC2086 # split into words
            spend ours "$tools/bench_dump" "$interface" ${arguments[$what]}
            spend theirs "${theirs[@]}"
        done
        row "$what" "$1" 'wg show wg0 dump'
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
        # Emptying a device with that many peers between runs is slow.
        ((peers == 1000)) || runs=2
        measure_new "$peers"
    done
    print_costs "the kernel's WireGuard, Linux $(uname -r), in elapsed time"
    print_messages
}

# ---- the stand-in ----

start_standin() { # FILE OTHER
    local socket=/run/wireguard/$interface.sock
    stop_standin
    rm -f "$socket"
    exec {said}< <(exec "$tools/bench_standin" "$socket" "$1" "$2")
    standin=$!
    read -r -t 60 -u "$said" || fail_early "the stand-in did not start"
}

stop_standin() {
    [[ ${standin-} ]] || return 0
    kill "$standin" 2>/dev/null || true
    exec {said}<&-
    standin=
}

# Prints millions of instructions.
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
    stop_standin
    ip link delete "$interface"
    print_costs "a stand-in that does nothing, in processor time"
    print_instructions
}

# ---- tables ----

print_costs() { # OF_WHAT
    printf '\nWith %s (ms, and peak memory in KiB):\n\n' "$1"
    printf '%-16s %6s %10s  %-30s %10s %6s %8s %8s\n' '' peers wgctl other '' ratio wgctl other
    printf '%s\n' "${costs[@]}"
}

print_messages() {
    printf '\nMessages that set something: their number, the largest one in bytes and peers, and for how many ms they\n'
    printf 'held the kernel'\''s lock (longest and total):\n\n'
    printf '%-16s %6s  %-12s %6s %7s %6s %9s %10s\n' '' peers by SETs bytes peers longest total
    printf '%s\n' "${messages[@]}"
}

print_instructions() {
    ((${#instructions[@]} > 0)) || return 0
    printf '\nInstructions, in millions:\n\n'
    printf '%-16s %6s %10s  %-30s %10s %6s\n' '' peers wgctl other '' ratio
    printf '%s\n' "${instructions[@]}"
}

# ---- main ----

main() { # WGCTL [KERNEL [MOST [RUNS]]]
    local kernel=${2-} most=${3:-10000} kernel_runs=${4:-5}
    find_tools
    mkdir -m 0700 "$work/etc"
    ours=("$wgctl" -C "$work/etc" -i "$interface" apply)
    # The guest only runs the part for the kernel.
    [[ ${WGCTL_TEST_WIREGUARD-} == kernel ]] || measure_standin
    if ip link add probe type wireguard 2>/dev/null; then
        ip link delete probe
        measure_kernel "$most" "$kernel_runs"
    elif [[ $kernel ]]; then
        mkdir "$work/binaries"
        cp "$wgctl" "$work/binaries/wgctl"
        VM_PROGRAMS=$(echo "$tools"/*) VM_MEMORY=${VM_MEMORY:-1G} VM_TIMEOUT=${VM_TIMEOUT:-7200} \
            "$here/../vm/uml.sh" "$kernel" "$work/binaries" tests/bench/apply.sh /usr/local/bin/wgctl '' "$most" "$kernel_runs"
    else
        printf '\nThis kernel has no WireGuard. To measure with another kernel, give KERNEL.\n'
    fi
}

isolate "$@"
trap 'stop_standin || true' EXIT
main "$@"
