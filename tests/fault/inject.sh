# shellcheck shell=bash
# Runs wgctl again and again, and lets strace kill it at one system call, or make one fail; then looks at what is left.
# For kill.sh, errors.sh and apply.sh, which say what is injected:
#
#     list_jobs CASE <CALLS     prints the jobs of a case: MODE LABEL INJECTION...
#     modes=(MODE...)           in the order of the report
#     describe_mode MODE COUNT  the words for the report
#     start "$@"                does all the rest
#
# All happens in namespaces of the test's own, on a file system in memory: nothing can be left behind. Each worker has a
# network with a running wg0, which is Debian's wireguard-go: its socket is written and read by wgctl itself, so that
# these calls are injected as well. Where WGCTL_TEST_WIREGUARD says so, it is the kernel's.
#
# A job's run begins with a copy of a prepared folder, in which there are two tunnels; wg0 has the peer tablet already.
# After a run these hold, whatever happened in it:
#   - wg0.conf is the old one byte for byte, or the new one: the old one and one whole block for phone behind it
#     (add-peer), the one before phone came (revoke), one that differs in its random numbers only (init)
#   - the new one has its client's file, with the same keys and addresses
#   - exit status 0 means the new one, and that the device follows; any other the old one, that everything else is as it
#     was as well, and that an error was said; where wg0.conf, the device or something else is not as it was, the error
#     says that of it, and never that nothing was changed; where it says that it is done, it is
#   - nobody else can read anything, although the umask is 000
#   - the device has the peers of the old or of the new file
# And after whatever command comes next, which must succeed: no temporary file stays, the journal is closed, wg0.peers
# has the files of the peers in wg0.conf and no others, and the device has the file's peers.

modes=()
# add-peer-again begins where another add-peer was killed.
cases=(init add-peer revoke add-peer-again add-peer-live revoke-live)
readonly fault_folder=/run/fault
# shellcheck disable=SC2034 # used by name
declare -A settled=() start_peers=()

fail_early() { # WHY
    echo "not ok - $1"
    echo "0 passed, 1 failed"
    exit 1
}

# ---- roles ----

start() { # WGCTL
    (($# == 1)) || { echo "usage: ${0##*/} WGCTL" >&2 && exit 2; }
    wgctl=$(realpath -e "$1") || fail_early "there is no program $1"
    role=${WGCTL_FAULT_ROLE-}
    unset WGCTL_FAULT_ROLE WGCTL_INTERFACE NO_COLOR
    shopt -s nullglob dotglob
    # LeakSanitizer is a tracer itself, and there can be only one.
    export ASAN_OPTIONS=detect_leaks=0
    case $role in
        '') isolate "$@" ;;
        main) conduct "$@" ;;
        prepare) prepare ;;
        *) work "$role" ;;
    esac
}

# Starts the script again as process 1 of namespaces of its own. When it ends, in whatever way, the kernel takes with it
# every process, interface, mount and namespace of the test.
isolate() { # WGCTL
    local tool tools=(strace wg wg-quick ip unshare setarch)
    ((EUID == 0)) || fail_early "namespaces need root"
    [[ ${WGCTL_TEST_WIREGUARD-} == kernel ]] || tools+=(wireguard-go)
    for tool in "${tools[@]}"; do
        type -P "$tool" >/dev/null || fail_early "$tool is not installed"
    done
    # A sanitizer reads /proc/self/maps: how many calls that takes is up to where everything lies.
    WGCTL_FAULT_ROLE=main exec setarch --addr-no-randomize \
        unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
}

in_world() { # ROLE WGCTL
    WGCTL_FAULT_ROLE=$1 unshare --net --mount bash "$0" "$2"
}

conduct() { # WGCTL
    local workers worker pids=()
    trap 'exit 130' INT TERM HUP # Process 1 would not heed them
    mount -t tmpfs -o mode=0755 tmpfs /run
    mkdir /run/wireguard /run/wgctl "$fault_folder" # /var/run is a link to /run
    in_world prepare "$1" >"$fault_folder/preparing" 2>&1 || {
        cat "$fault_folder/preparing" "$fault_folder/world.prepare/said" | sed 's/^/# /'
        fail_early "the world could not be prepared"
    }
    workers=$(nproc)
    echo "$workers" >"$fault_folder/workers"
    for ((worker = 0; worker < workers; worker++)); do
        in_world "$worker" "$1" >"$fault_folder/output.$worker" 2>&1 &
        pids+=("$!")
    done
    for ((worker = 0; worker < workers; worker++)); do
        wait "${pids[worker]}" || {
            sed 's/^/# /' "$fault_folder/output.$worker"
            fail_early "worker $worker came to grief"
        }
    done
    report
}

# ---- the world ----

make_world() {
    local folder
    for folder in wireguard wgctl; do
        mount -t tmpfs -o mode=0700 tmpfs "/run/$folder"
    done
    ip link set lo up
    # A way out, for init.
    ip link add eth0 type veth peer name router
    ip address add 192.0.2.2/24 dev eth0
    ip link set router up
    ip link set eth0 up
    ip route add default via 192.0.2.1
    if [[ ${WGCTL_TEST_WIREGUARD-} == kernel ]]; then
        ip link add wg0 type wireguard
    else
        wireguard-go wg0 >/dev/null 2>&1
    fi
    ip link set wg0 up
    umask 000
    dir=$fault_folder/world.$role/etc
    said=$fault_folder/world.$role/said
    log=$fault_folder/world.$role/log
    mkdir -m 0700 "${dir%/*}"
}

# Takes over a case: what is run, and what it starts with.
take_case() { # CASE
    case=$1
    live=
    [[ $case != *-live ]] || live=live
    deed=${case%-live}
    deed=${deed%-again}
    case $deed in
        init) command=(init --endpoint vpn.example.org --no-apply) from=none ;;
        add-peer) command=(add-peer phone) from=before ;;
        revoke) command=(-y revoke phone) from=after ;;
    esac
    [[ $case != *-again ]] || from=killed
    [[ $live || $deed == init ]] || command+=(--no-apply)
    settled=()
    capture "$fault_folder/$from"
    start_state=$captured
    read_file "$fault_folder/$from/wg0.conf"
    start_conf=$content
    read_wanted start_peers "$start_conf"
    read_file "$fault_folder/before/wg0.conf"
    conf_before=$content
    [[ ! $live ]] || give_addresses "$fault_folder/before/wg0.conf"
}

run_wgctl() { # ARGUMENT...
    "$wgctl" -C "$dir" -i wg0 "$@" </dev/null >"$said" 2>&1
}

# Brings back the start of a case.
begin() {
    rm -rf "$dir"
    [[ $from == none ]] || cp -a "$fault_folder/$from" "$dir"
    [[ ! $live ]] || set_device "$fault_folder/$from.device" "$fault_folder/$from/wg0.conf"
}

# They stay for all runs: the first would else bring them in, and make calls that no other makes.
give_addresses() { # FILE
    local address
    for address in $(sed -n 's/^Address = //p' "$1" | tr ',' ' '); do
        ip address replace "$address" dev wg0
    done
}

set_device() { # CONFIGURATION APPLIED_COPY
    wg setconf wg0 "$1"
    rm -rf /run/wgctl/*
    [[ ! -e $2 ]] || note_applied "$2"
}

# Where it is noted what was applied last: the number is that of the network namespace.
record_file() {
    echo "/run/wgctl/wg0.$(stat -Lc %i /proc/self/ns/net)"
}

note_applied() { # CONFIGURATION
    local size
    size=$(stat -c %s "$1")
    (umask 077 && {
        printf '# wgctl 1\n# interface %10u mark %10u\n# begun %-8s %-16s %10u\n# target %10u applied %10u\n' \
            0 0 nothing run_pre_down 0 0 "$size"
        cat "$1"
    } >"$(record_file)")
}

# ---- preparing ----

prepare() {
    local name status=0
    make_world
    dir=$fault_folder/before
    run_wgctl init --endpoint vpn.example.org --no-apply
    "$wgctl" -C "$dir" -i wg1 init --endpoint vpn.example.org --listen-port 51821 --no-apply
    run_wgctl add-peer tablet --no-apply
    printf '\n# The words of the owner; the printer has no peer of its own.\n' >>"$dir/wg0.conf"
    cp -a "$dir" "$fault_folder/after"
    dir=$fault_folder/after
    run_wgctl add-peer phone --no-apply
    # Just before the commit point: the new files are written, and the journal is not.
    cp -a "$fault_folder/before" "$fault_folder/killed"
    dir=$fault_folder/killed
    strace -qq -o "$log" -e inject=fsync:signal=KILL:when=3 \
        "$wgctl" -C "$dir" -i wg0 add-peer phone --no-apply >"$said" 2>&1 || status=$?
    if ((status != 137)); then
        fault_all add-peer-again "add-peer does not make its new files durable"
        rm -rf "$dir"
        cp -a "$fault_folder/before" "$dir"
    fi
    for name in before after; do
        wg-quick strip "$fault_folder/$name/wg0.conf" >"$fault_folder/$name.device"
    done
    dir=$fault_folder/world.prepare/etc
    : >"$fault_folder/jobs"
    for name in "${cases[@]}"; do
        prepare_case "$name"
    done
}

# Lists the calls of a run without faults as `NAME COUNT OWN FIRST [changes]`: the COUNTth of its name; OWN is 1 for what
# wgctl itself calls, and 0 for what the loader and the run-time library do before main(); FIRST is 1 for the first call from
# its place, which is the stack that `strace -k` shows, and with WGCTL_LONG=1 for all.
list_calls() { # <STRACE_LOG
    awk -v all="${WGCTL_LONG-}" '
        /^[a-z_0-9]+\(/ { name[++calls] = place[calls] = substr($0, 1, index($0, "(") - 1) }
        /^ > / { place[calls] = place[calls] " " $NF }
        /^prctl\(PR_SET_DUMPABLE/ && !first { first = calls - 1 } # The second call of wgctl_setup()
        END {
            for (call = 1; call <= calls; call++) {
                own = call >= first
                print name[call], ++count[name[call]], own, (all != "" || (own && !seen[place[call]]++))
            }
        }'
}

fault_all() { # CASE WHAT
    local mode
    for mode in "${modes[@]}"; do
        echo "$1 $mode at its start: $2" >>"$fault_folder/faults.$role"
    done
}

prepare_case() { # CASE
    local memory='^(mmap|mmap2|munmap|mremap|mprotect|madvise) '
    take_case "$1"
    begin
    if ! strace -k -qq -o "$fault_folder/clean.$case" "$wgctl" -C "$dir" -i wg0 "${command[@]}" </dev/null >"$said" 2>&1; then
        fault_all "$case" "it fails by itself: $(tr '\n' ' ' <"$said")"
        return
    fi
    [[ $deed != init ]] || mask_random "$dir/wg0.conf" >"$fault_folder/init.masked"
    list_calls <"$fault_folder/clean.$case" >"$fault_folder/calls.$case"
    # Where a sanitizer gets no memory it ends the program.
    ! grep -q __asan_init "$wgctl" || sed -i -E "/$memory/s/1 [01]\$/0 0/" "$fault_folder/calls.$case"
    list_jobs <"$fault_folder/calls.$case" | sed "s/^/$case /" >>"$fault_folder/jobs"
}

# ---- what is there ----

read_file() { # FILE; sets `content`
    content=
    [[ ! -f $1 ]] || IFS= read -rd '' content <"$1" || true
}

# The folder as a text; sets `captured`. An empty folder counts as none, and so does one with nothing but the store at rest:
# an empty lock and journal.
capture() { # FOLDER
    local file
    captured=
    for file in "$1"/* "$1"/*/*; do
        [[ $file != */.wgctl && ($file != */.wgctl/* || -s $file) ]] || continue
        read_file "$file"
        captured+="${file#"$1/"}"$'\n'"$content"$'\n'
    done
}

# A peer and one of its networks an entry.
read_device() { # ASSOCIATIVE_ARRAY
    local -n found=$1
    local key psk ips ip
    found=()
    while read -r key psk _ ips _; do
        for ip in ${ips//,/ }; do
            # shellcheck disable=SC2034 # used by name
            found["$key $psk $ip"]=1
        done
    done < <(wg show wg0 dump | tail -n +2)
}

# The same, as a file wants it.
read_wanted() { # ASSOCIATIVE_ARRAY CONF
    local -n peers=$1
    local line peer='' psk='' ip
    peers=()
    while IFS= read -r line; do
        case $line in
            'PublicKey = '*) peer=${line#* = } ;;
            'PresharedKey = '*) psk=${line#* = } ;;
            'AllowedIPs = '*)
                line=${line#* = }
                for ip in ${line//,/ }; do
                    # shellcheck disable=SC2034 # used by name
                    peers["$peer $psk $ip"]=1
                done
                ;;
        esac
    done <<<"$2"
}

is_same_set() { # ASSOCIATIVE_ARRAY ASSOCIATIVE_ARRAY
    local -n left=$1 right=$2
    local entry
    ((${#left[@]} == ${#right[@]})) || return 1
    for entry in "${!left[@]}"; do
        [[ ${right[$entry]+there} ]] || return 1
    done
}

# Sets `device`: old or new, as the file is that it follows; none where it follows neither.
judge_device() {
    # shellcheck disable=SC2034 # used by name
    local -A running wanted
    device=none
    [[ $live ]] || return 0
    read_device running
    read_wanted wanted "$conf"
    if is_same_set running start_peers; then
        device=old
    elif is_same_set running wanted; then
        device=new
    fi
}

mask_random() { # [FILE...]
    sed -E 's/[A-Za-z0-9+/]{43}=/KEY/; s/\b10(\.[0-9]+){3}/ADDRESS/g; s/\bfd[0-9a-f:]+/ADDRESS/g' "$@"
}

# ---- the judgement of a run ----

# Takes down what is wrong with the run.
fault() { # WHAT
    faults+=("$1")
}

# Sets `verdict`: old, new, or torn.
judge_conf() {
    read_file "$dir/wg0.conf"
    conf=$content
    verdict=torn
    if [[ $conf == "$start_conf" ]]; then
        verdict=old
        return
    fi
    case $deed in
        init) ! is_whole_server || verdict=new ;;
        add-peer) ! is_whole_peer || verdict=new ;;
        revoke) [[ $conf != "$conf_before" ]] || verdict=new ;;
    esac
}

is_whole_server() {
    mask_random "$dir/wg0.conf" | cmp -s - "$fault_folder/init.masked" || return 1
    wg-quick strip "$dir/wg0.conf" >/dev/null 2>&1 && run_wgctl list
}

# The old file, phone's block behind it, and phone's own file that goes with it.
is_whole_peer() {
    local key='[A-Za-z0-9+/]{43}=' n=$'\n' block client
    block=${conf#"$start_conf"}
    [[ $block != "$conf" && $block =~ ^"$n"'[Peer]'"$n# friendly_name = phone$n# added = "[0-9-]{10}"${n}PublicKey = "($key)"${n}PresharedKey = "($key)"${n}AllowedIPs = "([0-9.]+/32", "[0-9a-f:]+/128)"$n"$ ]] || return 1
    local public_key=${BASH_REMATCH[1]} psk=${BASH_REMATCH[2]} addresses=${BASH_REMATCH[3]}
    read_file "$dir/wg0.peers/phone.conf"
    client=$content
    [[ $client == *"PresharedKey = $psk$n"* && $client == *"Address = $addresses$n"* ]] &&
        [[ $client =~ "PrivateKey = "($key) && $(wg pubkey <<<"${BASH_REMATCH[1]}") == "$public_key" ]]
}

check_private() {
    local open
    open=$(find "$dir" /run/wgctl -perm /077 2>/dev/null || true)
    [[ ! $open ]] || fault "others can read ${open//$'\n'/, }"
}

# The error itself says that this is not as it was.
owns_up() { # REGEX
    [[ $message =~ $1' could not be '(put back|brought back|taken away|undone|cleaned up) ]]
}

check_success() { # WHAT_SAYS_SO
    [[ $verdict == new ]] || fault "$1, and wg0.conf is $verdict"
    [[ ! $live || $device == new ]] || fault "$1, and the device does not follow wg0.conf"
}

check_refusal() { # STATUS
    local what="exit status $1" reply=${message//$'\n'/ }
    [[ $message == *'wgctl: '* ]] || fault "$what without an error"
    if [[ $message == *'nothing was changed'* ]] && ! is_as_before; then
        fault "$what, and it says that nothing was changed, while wg0.conf is $verdict: $reply"
    fi
    if [[ $message == *'the change was made'* ]]; then
        check_success "$what, which says that it is done"
        return
    fi
    [[ $verdict == old ]] || owns_up '(/wg0\.conf|the files|it)' || fault "$what, and wg0.conf is $verdict: $reply"
    is_as_before || owns_up '' ||
        fault "$what, and not everything in the folder is as it was ($(differences)): $reply"
    [[ ! $live || $device == old ]] || owns_up '(^|[^/])wg0' || fault "$what, and the device is not as it was: $reply"
}

# What another add-peer left is no part of how it was.
is_as_before() {
    [[ $captured == "$start_state" || $from == killed && $verdict == old ]]
}

differences() {
    diff <(echo "$start_state") <(echo "$captured") | grep '^[<>]' | mask_random | cut -c 1-40 | head -n 8 | tr '\n' ' '
}

# ---- the next command ----

# What must hold after any command that succeeded.
check_settled() { # AFTER_WHAT
    local file names='' files='' left
    left=$(find "$dir" /run/wgctl -name '*wgctl*new*' -o -name 'new.[0-9]*')
    [[ ! $left ]] || fault "after $1, ${left//$'\n'/, } is still there"
    [[ ! -s $dir/.wgctl/journal ]] || fault "after $1, the journal is still open: $(<"$dir/.wgctl/journal")"
    read_file "$dir/wg0.conf"
    conf=$content
    names=$(sed -n 's/^# friendly_name = //p' <<<"$conf" | LC_ALL=C sort | xargs)
    for file in "$dir"/wg0.peers/*; do
        file=${file##*/}
        files+=${files:+ }${file%.conf}
    done
    [[ $names == "$files" ]] || fault "after $1, wg0.conf has the peers ($names) and wg0.peers the files of ($files)"
    judge_device
    [[ ! $live || $device == new ]] || { [[ $conf == "$start_conf" && $device == old ]]; } ||
        fault "after $1, the device does not follow wg0.conf"
    check_private
}

next_works() { # ARGUMENT...
    run_wgctl "$@" || {
        fault "then, '$*' fails: $(tr '\n' ' ' <"$said")"
        return 1
    }
}

# Each of the ways in which life may go on.
go_on() { # WAY
    local offline=(--no-apply)
    [[ ! $live ]] || offline=()
    case $1 in
        add) next_works add-peer laptop "${offline[@]}" && check_settled add-peer ;;
        turn) # The other thing that can be done with phone
            if [[ $verdict$deed == newadd-peer || $verdict$deed == oldrevoke ]]; then
                next_works -y revoke phone "${offline[@]}" && check_settled "revoke phone"
                [[ $conf == "$conf_before" ]] || fault "revoke phone does not leave what was there before phone came"
            else
                next_works add-peer phone "${offline[@]}" && check_settled "add-peer phone"
            fi
            ;;
        apply) next_works apply && check_settled apply ;;
        other) # The other tunnel comes first
            next_works -i wg1 add-peer laptop --no-apply
            next_works add-peer laptop "${offline[@]}" && check_settled "add-peer on wg1, then on wg0"
            ;;
    esac
}

list_ways() {
    if [[ $deed == init ]]; then
        echo add
    elif [[ $live ]]; then
        echo add turn apply
    else
        echo add turn other
    fi
}

# Tries them all, each from what the run has left.
check_next() {
    local way crashed=$fault_folder/world.$role/crashed
    if [[ $deed == init && $verdict == old ]]; then
        next_works "${command[@]}" || return 0
        check_settled init
        return
    fi
    rm -rf "$crashed" "$crashed.run"
    cp -a "$dir" "$crashed"
    [[ ! $live ]] || wg showconf wg0 >"$crashed.device"
    cp -a /run/wgctl "$crashed.run"
    for way in $(list_ways); do
        rm -rf "$dir" /run/wgctl/*
        cp -a "$crashed" "$dir"
        cp -a "$crashed.run/." /run/wgctl
        [[ ! $live ]] || wg setconf wg0 "$crashed.device"
        go_on "$way" || true
    done
}

# ---- working ----

work() { # WORKER
    local workers number=0 job
    workers=$(<"$fault_folder/workers")
    make_world
    case=
    faults=()
    while read -r job; do
        # shellcheck disable=SC2086 # words
        ((number++ % workers != $1)) || run_job $job
    done <"$fault_folder/jobs"
}

run_job() { # CASE MODE LABEL INJECTION...
    local injection injections=() status=0 fault
    if [[ $case != "$1" ]]; then
        take_case "$1"
        begin
    fi
    local mode=$2 label=$3
    shift 3
    for injection; do
        injections+=(-e "inject=$injection")
    done
    timeout -s KILL 60 strace -qq -o "$log" "${injections[@]}" "$wgctl" -C "$dir" -i wg0 "${command[@]}" \
        </dev/null >"$said" 2>&1 || status=$?
    read_file "$said"
    message=$content
    judge_run "$mode" "$label" "$status"
    for fault in "${faults[@]}"; do
        echo "$case $mode $label: $fault" >>"$fault_folder/faults.$role"
    done
    echo "$case $mode $verdict" >>"$fault_folder/verdicts.$role"
    faults=()
}

was_injected() { # MODE STATUS
    if [[ $1 == kill ]]; then
        (($2 == 137))
    else
        grep -q INJECTED "$log"
    fi
}

# How often a sanitizer asks for memory differs from run to run.
is_sanitizers() { # LABEL
    [[ $1 =~ (^| )(mmap|munmap|mremap|madvise)# ]] && grep -q __asan_init "$wgctl"
}

# A commit that ended past its commit point is finished by whoever locks next.
recover() {
    [[ ! -s $dir/.wgctl/journal ]] || run_wgctl -y revoke nobody || true
}

judge_run() { # MODE LABEL STATUS
    was_injected "$1" "$3" || is_sanitizers "$2" || fault "the call did not come (exit status $3): the run is another one each time"
    recover
    capture "$dir"
    judge_conf
    judge_device
    [[ $verdict != torn ]] || fault "wg0.conf is neither the old nor the new one"
    [[ ! $live || $device != none ]] || fault "the device has neither the old nor the new peers"
    check_private
    if [[ $1 == kill ]]; then
        :
    elif [[ $2 == getrandom#* && $3 == 134 ]]; then
        # libsodium ends a program that gets no random numbers. No kernel lets it come to that.
        [[ $verdict == old ]] || fault "aborted, and wg0.conf is $verdict"
    elif (($3 == 0)); then
        check_success "exit status 0"
        check_mode_of_success "$1" "$2"
    else
        check_refusal "$3"
    fi
    # What comes next depends on what is there, but for the random numbers. Mostly that is known already.
    local state
    state=$(mask_random <<<"$captured" && echo "$device" /run/wgctl/* && is_start_applied && echo applied) || true
    if [[ ! ${settled[$state]+known} ]]; then
        settled[$state]=
        check_next
        begin
    elif [[ $deed == init || $captured != "$start_state" ]] || { [[ $live ]] && { [[ $device != old ]] || ! is_start_applied; }; }; then
        begin
    fi
}

is_start_applied() {
    grep -q '^# begun nothing ' "$(record_file)" && cmp -s <(tail -n +5 "$(record_file)") "$fault_folder/$from/wg0.conf"
}

# ---- the report ----

passed=0 failed=0

ok() { # WHAT_HOLDS
    echo "ok - $1"
    passed=$((passed + 1))
}

not_ok() { # WHAT_HOLDS; evidence on standard input
    echo "not ok - $1"
    sed 's/^/# /'
    failed=$((failed + 1))
}

# Beside what each run left: the modes that wgctl asks for itself, when nothing is injected.
report_modes() { # CASE
    local wide
    wide=$(grep -E 'O_CREAT|^(mkdir|mkdirat|creat|mknod|chmod|fchmod|fchmodat|umask)\(' "$fault_folder/clean.$1" |
        grep -vE '^openat\(.*, 0600\) += |^mkdir(at)?\(.*, 0700\) += ') || true
    if [[ ! $wide ]]; then
        ok "$1 makes every file 0600 and every folder 0700 from the start"
    else
        not_ok "$1 makes every file 0600 and every folder 0700 from the start" <<<"$wide"
    fi
}

report_mode() { # CASE MODE
    local old new runs faults what
    old=$(cat "$fault_folder"/verdicts.* /dev/null | grep -c "^$1 $2 old$") || true
    new=$(cat "$fault_folder"/verdicts.* /dev/null | grep -c "^$1 $2 new$") || true
    runs=$(cat "$fault_folder"/verdicts.* /dev/null | grep -c "^$1 $2 ") || true
    faults=$(cat "$fault_folder"/faults.* /dev/null | grep "^$1 $2 ") || true
    what="$1, $(describe_mode "$2" "$runs"): $old times the old file, $new times the new one, all is well with both"
    if [[ $faults ]]; then
        not_ok "$what" <<<"$faults"
    elif ((runs == 0)); then
        not_ok "$what" <<<"nothing was run"
    else
        ok "$what"
    fi
}

report() {
    local case mode
    for case in "${cases[@]}"; do
        report_modes "$case"
        for mode in "${modes[@]}"; do
            report_mode "$case" "$mode"
        done
    done
    echo "$passed passed, $failed failed"
    ((failed == 0))
}
