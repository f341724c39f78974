#!/bin/bash
# A real init, which brings the server up, killed at each of its system calls, and with each of them failing in turn.
#
# usage: live.sh WGCTL [MODE LABEL INJECTION...]
#
# With a job, it is that job alone, and shows what it leaves: live.sh WGCTL kill wait4#2 wait4:signal=KILL:when=2
#
# Only wgctl's own calls are hit, not those of the programs that it starts: nft, and wireguard-go where the kernel has no
# WireGuard. Each run begins on a host where there is nothing, and these hold after it, each of which is a line of the
# report:
#   - whole: wg0.conf is absent or whole
#   - private: nobody else can read anything
#   - success: exit status 0 means that everything is there, and runs: files, interface, addresses, rules, forwarding
#   - refusal: an error is said, and the host is as it was
#   - next: what people do then leads to the same server: init again, which completes or says that there is one already;
#     then up, which says that it is up already or brings it up; then apply
set -euo pipefail

# shellcheck source=tests/fault/inject.sh
source "$(dirname "${BASH_SOURCE[0]}")/inject.sh"

modes=(kill EIO ENOSPC EINTR)
readonly command=(init --endpoint vpn.example.org --firewall nftables --no-boot)
readonly etc=/etc/wireguard
declare -A what_holds=(
    [whole]="wg0.conf is absent or whole"
    [private]="nobody else can read anything"
    [success]="exit status 0 means that everything is there and runs"
    [refusal]="an error is said, and the host is as it was"
    [next]="the next commands lead to a whole server"
)

# ---- the jobs ----

# What is not worth a run for each call: where programs are looked for, and what can only fail where nothing works.
readonly sampled=' access newfstatat prlimit64 rt_sigprocmask setsockopt geteuid getsockname '
# No kernel lets these fail, or the C library and libsodium end the program.
readonly sure=' exit_group brk mmap munmap mprotect getrandom '
readonly filling=' openat mkdir mkdirat write fsync renameat fchmod sendto memfd_create '
readonly waiting=' openat read write fsync close connect sendto recvmsg recvfrom flock wait4 '

is_worth_a_run() { # NAME COUNT
    [[ $sampled != *" $1 "* ]] || (($2 % 7 == 0))
}

list_jobs() { # <CALLS
    local name count own first
    while read -r name count own first; do
        ((own)) || continue
        ! is_worth_a_run "$name" "$count" || echo "kill $name#$count $name:signal=KILL:when=$count"
        ((first)) || continue
        [[ $sure != *" $name "* ]] || continue
        # One's own child that is there can be waited for: all that can happen is a signal.
        [[ $name == wait4 ]] || echo "EIO $name#$count $name:error=EIO:when=$count"
        [[ $filling != *" $name "* ]] || echo "ENOSPC $name#$count $name:error=ENOSPC:when=$count"
        [[ $waiting != *" $name "* ]] || echo "EINTR $name#$count $name:error=EINTR:when=$count"
    done
}

describe_mode() { # MODE COUNT
    if [[ $1 == kill ]]; then
        echo "killed at $2 of its system calls"
    else
        echo "with $1 from $2 of its system calls"
    fi
}

# ---- the host ----

make_host() {
    local folder
    for folder in "$etc" /etc/sysctl.d /run/wireguard /run/wgctl; do
        mount -t tmpfs -o mode=0755 tmpfs "$folder"
    done
    ip link set lo up
    ip link add eth0 type veth peer name router
    ip address add 192.0.2.2/24 dev eth0
    ip link set router up
    ip link set eth0 up
    ip route add default via 192.0.2.1
    umask 000
    mkdir -m 0700 "$world"
    reset_host
}

# Whether no process is left but wireguard-go's that stays; what begins it leads a session of its own.
is_quiet() {
    local file line words
    for file in /proc/[0-9]*/stat; do
        { read -r line <"$file"; } 2>/dev/null || continue
        read -ra words <<<"${line##*) }" # state, parent, group, session
        [[ ${line%% *} == 1 || ${words[0]} == Z ]] && continue
        [[ $line == *'(wireguard-go)'* && ${words[3]} != "${line%% *}" ]] || return 1
    done
}

serves() {
    pgrep -x wireguard-go >/dev/null
}

# A process ends a moment after its interface.
is_settled() {
    ! serves || ip link show wg0 >/dev/null 2>&1
}

wait_until() { # COMMAND...
    local tries
    for ((tries = 0; tries < 1000; tries++)); do
        ! "$@" || return 0
        sleep 0.01
    done
    echo "waited in vain: $*" >&2
    ps -e -o pid,ppid,pgid,sid,args >&2
    return 1
}

reset_host() {
    ip link delete wg0 2>/dev/null || true
    wait_until is_settled
    nft flush ruleset
    echo 0 >/proc/sys/net/ipv4/ip_forward
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    rm -rf "${etc:?}"/* /etc/sysctl.d/* /run/wgctl/* /run/wireguard/*
}

list_files() { # FOLDER...
    local file
    find "$@" | LC_ALL=C sort | while read -r file; do
        [[ $file != */.wgctl ]] || continue # It stays,
        [[ $file != */.wgctl/* || -s $file ]] || continue # with an empty lock and journal
        stat -c '%a %n' "$file" | sed -E 's/(wg0)\.[0-9]+$/\1.(namespace)/'
        # The interface's number differs each time, and so does the size of random addresses.
        [[ ! -f $file ]] || sed -E '/^# interface [ 0-9]* mark /d; /^# target /s/ +/ /g
            /^# target /s/ [1-9][0-9]*/ SIZE/g' "$file"
    done
}

# All that init makes, but for what is random in it.
describe_host() {
    {
        list_files "$etc" /etc/sysctl.d /run/wgctl
        ip -o link show wg0 | sed 's/^[0-9]*: //'
        ip -o address show wg0 scope global | sed 's/^[0-9]*: //'
        ! serves || echo "a process runs it"
        wg showconf wg0 | sed '/^ListenPort = 51820$/!s/^ListenPort = .*/ListenPort = by chance/'
        nft list ruleset
        head /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
    } 2>/dev/null | mask_random
}

# ---- a run ----

# Sets `status` and `message`; returns when also what it started has ended.
run_strace() { # INJECTION...
    local injections=() injection
    (($#)) || injections=(-k)
    for injection; do
        injections+=(-e "inject=$injection")
    done
    status=0
    { # Without bash's own word on who was killed
        timeout -s KILL 20 strace -qq -o "$log" "${injections[@]}" "$wgctl" -i wg0 "${command[@]}" \
            </dev/null >"$said" 2>&1 || status=$?
    } 2>/dev/null
    wait_until is_quiet
    wait_until is_settled
    read_file "$said"
    message=${content//$'\n'/ }
}

try() { # ARGUMENT...
    local tried=0
    "$wgctl" -i wg0 "$@" </dev/null >"$said" 2>&1 || tried=$?
    steps+="; '$1': exit status $tried ($(head -n 1 "$said"))"
    return "$tried"
}

fault() { # KIND WHAT
    faults+=("$1 $2")
}

# What differs from what is wanted, in short.
difference() { # WANTED
    diff "$1" "$world/host" | grep '^[<>]' | cut -c 1-60 | head -n 6 | tr '\n' ' ' || true
}

is_host_like() { # WANTED
    describe_host >"$world/host" || true
    cmp -s "$1" "$world/host"
}

check_files() {
    local open
    if [[ -e $etc/wg0.conf ]]; then
        mask_random "$etc/wg0.conf" | cmp -s - "$fault_folder/whole.conf" || fault whole "wg0.conf is neither absent nor whole"
    fi
    open=$(find "$etc" /run/wgctl -mindepth 1 -perm /077)
    [[ ! $open ]] || fault private "others can read ${open//$'\n'/, }"
}

check_end() {
    if ((status == 0)) || [[ $message == *'the change was made'* ]]; then
        is_host_like "$fault_folder/whole" || fault success "the server is not whole: $(difference "$fault_folder/whole")"
    elif ((status == 137)); then
        fault refusal "it hangs: $message"
    else
        [[ $message == *'wgctl: '* ]] || fault refusal "exit status $status without an error: $message"
        is_host_like "$fault_folder/nothing" ||
            fault refusal "the host is not as it was: $(difference "$fault_folder/nothing"), but: $message"
    fi
}

check_next() {
    local steps=
    if ! try "${command[@]}"; then
        grep -qE 'already|was interrupted' "$said" || fault next "init neither completes nor says that there is one$steps"
        try up || grep -q already "$said" || fault next "up fails$steps"
        try apply || fault next "apply fails$steps"
    fi
    is_host_like "$fault_folder/whole" || fault next "the server is not whole: $(difference "$fault_folder/whole")$steps"
    check_files
}

run_job() { # MODE LABEL INJECTION...
    local mode=$1 label=$2 fault state
    faults=()
    run_strace "${@:3}"
    was_injected "$mode" "$status" || fault whole "the call did not come (exit status $status)"
    check_files
    [[ $mode == kill ]] || check_end
    # What comes next depends on what is there: mostly that is known already.
    state=$(describe_host) || true
    if [[ ! ${settled[$state]+known} ]]; then
        settled[$state]=
        check_next
    fi
    for fault in "${faults[@]}"; do
        echo "$mode ${fault%% *} $label: ${fault#* }" >>"$world/faults"
    done
    echo "$mode" >>"$world/runs"
    reset_host
}

# ---- roles: in namespaces of their own, as process 1 ----

in_host() { # ROLE [JOB...]
    WGCTL_FAULT_ROLE=$1 unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$wgctl" "${@:2}"
}

prepare() {
    make_host
    describe_host >"$fault_folder/nothing" || true
    run_strace
    ((status == 0)) || fail_early "init fails by itself: $message"
    describe_host >"$fault_folder/whole"
    mask_random "$etc/wg0.conf" >"$fault_folder/whole.conf"
    list_calls <"$log" | list_jobs >"$fault_folder/jobs"
}

work() { # WORKER
    local workers=$2 number=0 job
    make_host
    while read -r job; do
        # shellcheck disable=SC2086 # words
        ((number++ % workers != $1)) || run_job $job
    done <"$fault_folder/jobs"
}

show_job() { # MODE LABEL INJECTION...
    make_host
    run_job "$@"
    cat "$world/faults" 2>/dev/null || echo "all is well"
}

report_mode() { # MODE
    local runs kind faults what
    runs=$(cat "$fault_folder"/world.*/runs | grep -cx "$1") || true
    for kind in whole private success refusal next; do
        [[ $1$kind != kill@(success|refusal) ]] || continue
        faults=$(cat "$fault_folder"/world.*/faults 2>/dev/null | grep "^$1 $kind ") || true
        what="a real init, $(describe_mode "$1" "$runs"): ${what_holds[$kind]}"
        if [[ ! $faults ]] && ((runs > 0)); then
            ok "$what"
        else
            not_ok "$what" <<<"${faults:-nothing was run}"
        fi
    done
}

conduct() { # [JOB...]
    local workers worker pids=()
    trap 'exit 130' INT TERM HUP
    mount -t tmpfs -o mode=0755 tmpfs /run
    mkdir -p /run/wireguard /run/wgctl "$fault_folder" "$etc" /etc/sysctl.d
    in_host prepare || fail_early "the host could not be prepared"
    if (($#)); then
        in_host show "$@"
        exit
    fi
    workers=$(nproc)
    for ((worker = 0; worker < workers; worker++)); do
        in_host "$worker" "$workers" &
        pids+=("$!")
    done
    for worker in "${pids[@]}"; do
        wait "$worker" || fail_early "a worker came to grief"
    done
    for worker in "${modes[@]}"; do
        report_mode "$worker"
    done
    echo "$passed passed, $failed failed"
    ((failed == 0))
}

type -P nft pgrep >/dev/null || fail_early "nft and pgrep are not both installed"
(($# >= 1)) || { echo "usage: ${0##*/} WGCTL [MODE LABEL INJECTION...]" >&2 && exit 2; }
wgctl=$(realpath -e "$1") || fail_early "there is no program $1"
role=${WGCTL_FAULT_ROLE-} world=$fault_folder/world.${WGCTL_FAULT_ROLE-}
said=$world/said log=$world/log
unset WGCTL_FAULT_ROLE WGCTL_INTERFACE NO_COLOR
shopt -s nullglob dotglob extglob
export ASAN_OPTIONS=detect_leaks=0
case $role in
    '') isolate "$@" ;;
    main) conduct "${@:2}" ;;
    prepare) prepare ;;
    show) show_job "${@:2}" ;;
    *) work "$role" "$2" ;;
esac
