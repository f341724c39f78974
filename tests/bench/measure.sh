# shellcheck shell=bash
# Shared by the scripts in this folder: isolation, devices, and counting with strace.

fail_early() { # WHY
    echo "not ok - $1"
    echo "0 passed, 1 failed"
    exit 1
}

# Restarts the script as process 1 in new namespaces. However it ends, the kernel then removes all of its processes,
# interfaces and mounts. Returns in the restarted script, with `wgctl` and `work`, a folder in memory, set.
# shellcheck disable=SC2034 # used by the scripts that source this
isolate() { # WGCTL ARGUMENT...
    local tool
    (($# > 0)) || { echo "usage: ${0##*/} WGCTL" >&2 && exit 2; }
    if [[ ! ${WGCTL_BENCH_ISOLATED-} ]]; then
        ((EUID == 0)) || fail_early "namespaces need root"
        for tool in strace wg wg-quick ip unshare; do
            type -P "$tool" >/dev/null || fail_early "$tool is not installed"
        done
        WGCTL_BENCH_ISOLATED=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
    fi
    unset WGCTL_BENCH_ISOLATED WGCTL_INTERFACE NO_COLOR
    trap 'exit 130' INT TERM HUP # process 1 ignores them by default
    wgctl=$(realpath -e "$1") || fail_early "there is no program $1"
    mount -t tmpfs -o mode=0755 tmpfs /run
    work=/run/bench
    mkdir -m 0700 /run/wireguard /run/wgctl "$work" # /var/run is a link to /run
    ip link set lo up
}

# Sets `kind` to a description of the device's implementation.
# shellcheck disable=SC2034 # used by the scripts that source this
make_device() { # INTERFACE
    if ip link add "$1" type wireguard 2>/dev/null; then
        kind="the kernel's WireGuard (Linux $(uname -r))"
    elif type -P wireguard-go >/dev/null; then
        wireguard-go "$1" >/dev/null 2>&1
        kind=wireguard-go
    else
        fail_early "the kernel has no WireGuard, and wireguard-go is not installed"
    fi
    ip link set "$1" up
}

# A process that is told to end right after its start can leave its socket behind.
remove_device() { # INTERFACE
    ip link delete "$1"
    while pgrep -f "^wireguard-go $1\$" >/dev/null; do
        sleep 0.1
    done
    rm -f "/run/wireguard/$1.sock"
}

load_device() { # INTERFACE CONFIGURATION
    wg setconf "$1" <(wg-quick strip "$2")
}

# Sets `tools` to the folder with the benchmarks' programs. In the virtual machine, they are next to wgctl.
find_tools() {
    local folder
    for folder in "$(dirname "$wgctl")" "$(dirname "$wgctl")/../tests/bench"; do
        [[ ! -x $folder/bench_spend ]] || tools=$(realpath "$folder")
    done
    [[ ${tools-} ]] || fail_early "there is no bench_spend for $wgctl: build it with -DWGCTL_TESTS=ON"
}

# Runs a command and writes its system calls to $work/calls.
trace() { # COMMAND...
    strace -f -y -qq -o "$work/calls" "$@" </dev/null >"$work/said" 2>&1
}

# A call that is interrupted by another process takes two lines.
count_calls() {
    grep -cvE ' resumed>|^[0-9]+ +(\+\+\+|---)' "$work/calls" || true
}

count_fsyncs() {
    grep -cE '^[0-9]+ +(fsync|fdatasync|sync|syncfs|sync_file_range|msync)\(' "$work/calls" || true
}

# Counts the processes that the command started.
count_processes() {
    awk '{ if (!seen[$1]++) processes++ } END { print processes - 1 }' "$work/calls"
}
