#!/usr/bin/env bash
# Starting at boot with the real systemd: `init` enables and starts the service, and
# after a reboot the tunnel comes up by itself. The machine consists of this one's
# files under an overlay, in namespaces with systemd as process 1.
#
# usage: systemd.sh BUILD_FOLDER
set -euo pipefail

build=$(realpath "$1")
stage=${2-outside}
here=$(cd "$(dirname "$0")" && pwd)
readonly build stage here

# ---- outside: creates the machine and boots it twice ----

outside() {
    machine=$(mktemp -d)
    trap 'rm -rf "$machine"' EXIT
    mkdir "$machine"/{upper,work,root,log}
    local boot failed=0
    for boot in first second; do
        : >"$machine/log/$boot"
        TEST_MACHINE=$machine TEST_BOOT=$boot timeout 300 \
            unshare --mount --pid --fork --net --ipc --uts --cgroup --kill-child \
            "$here/systemd.sh" "$build" machine >"$machine/log/console" 2>&1 || true
        cat "$machine/log/$boot"
        grep -q '^the end$' "$machine/log/$boot" || {
            echo "not ok - the $boot boot came to its end"
            cat "$machine/log/console"
            failed=1
        }
        ! grep -q '^not ok' "$machine/log/$boot" || failed=1
    done
    exit "$failed"
}

# ---- machine: becomes process 1 ----

device() { # PATH MAJOR MINOR
    mknod -m 666 "$root/dev/$1" c "$2" "$3"
}

# Keeps systemd away from the real machine: its own devices, a read-only /sys, and
# no units except our own and those that every boot needs.
machine() {
    local machine=$TEST_MACHINE root=$TEST_MACHINE/root
    mount --make-rprivate /
    # The second boot sees the files that the first one wrote.
    mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$machine/upper,workdir=$machine/work" "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir -p "$root/dev/net" "$root/mnt/log" "$root/mnt/tests"
    device null 1 3
    device zero 1 5
    device random 1 8
    device urandom 1 9
    device tty 5 0
    device net/tun 10 200
    mount --bind "$machine/log" "$root/mnt/log"
    mount --bind "$here" "$root/mnt/tests"
    units
    exec env -i container=wgctl PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" \
        /lib/systemd/systemd --system --show-status=0 --log-target=console </dev/null
}

units() {
    local wants boot=$TEST_BOOT
    for wants in "$root"/lib/systemd/system/{multi-user,sysinit,basic,sockets,timers,local-fs,graphical}.target.wants; do
        [[ ! -d $wants ]] || mount -t tmpfs tmpfs "$wants"
    done
    if [[ $boot == first ]]; then
        rm -rf "$root"/etc/systemd/system/*.wants "$root/etc/wireguard" "$root"/usr/local/bin/wgctl
        mkdir -m 700 "$root/etc/wireguard"
        DESTDIR=$root cmake --install "$build" >/dev/null
    fi
    cat >"$root/etc/systemd/system/network.service" <<END
[Unit]
Before=wgctl@wg0.service test.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash /mnt/tests/systemd.sh / network
END
    cat >"$root/etc/systemd/system/test.service" <<END
[Unit]
After=wgctl@wg0.service network.service
[Service]
Type=oneshot
StandardOutput=append:/mnt/log/$boot
StandardError=append:/mnt/log/$boot
ExecStart=/bin/bash /mnt/tests/systemd.sh / $boot
ExecStopPost=systemctl exit 0 --force
END
    mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
    ln -sf ../network.service ../test.service "$root/etc/systemd/system/multi-user.target.wants/"
    ln -sf /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
}

# ---- inside ----

network() {
    ip link set lo up
    ip link add eth9 type veth peer name peer9
    ip link set peer9 up
    ip link set eth9 up
    ip address add 192.0.2.10/24 dev eth9
    ip route add default via 192.0.2.1
}

holds() { # WHAT COMMAND...
    local what=$1 output
    shift
    if output=$("$@" 2>&1); then
        echo "ok - $what"
    else
        printf 'not ok - %s\n    %s\n' "$what" "$output"
    fi
}

fails() {
    ! "$@"
}

first() {
    holds "init sets the server up" /usr/local/bin/wgctl init
    holds "its service is active" systemctl is-active wgctl@wg0
    holds "its service is enabled" systemctl is-enabled wgctl@wg0
    holds "the interface is up" wg show wg0
    holds "a device is added while the service runs" /usr/local/bin/wgctl add-peer phone
    holds "systemctl reload applies the file" systemctl reload wgctl@wg0
    holds "systemctl stop takes the interface down" systemctl stop wgctl@wg0
    holds "the interface is gone" fails ip link show wg0
    holds "no rule is left" fails nft list table inet wgctl_wg0
    holds "systemctl start brings it back" systemctl start wgctl@wg0
    holds "with its device" grep -q . <(wg show wg0 peers)
    holds "a second init refuses" fails /usr/local/bin/wgctl init
    holds "and leaves the service alone" systemctl is-active wgctl@wg0
    echo 'the end'
}

second() {
    holds "after a restart the service is active" systemctl is-active wgctl@wg0
    holds "the interface is up" wg show wg0
    holds "its device is there" grep -q . <(wg show wg0 peers)
    holds "its rules are there" nft list table inet wgctl_wg0
    holds "there is nothing to apply" grep -q 'already matches its file' <(/usr/local/bin/wgctl apply 2>&1)
    echo 'the end'
}

"$stage"
