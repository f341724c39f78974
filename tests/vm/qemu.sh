#!/bin/bash
# Runs a test script on Debian's kernel in QEMU, with the programs of this machine in an initramfs. That is put together
# anew each time, so that nothing is left over from a run before, and needs no disk, no network and no privileges. Without
# KVM everything takes ten to forty times as long: uml.sh is for whatever any recent kernel can show.
#
# usage: qemu.sh KERNEL_DIR BINARY_DIR SCRIPT [ARGUMENT...]
#
# KERNEL_DIR is what fetch-kernel.sh made. BINARY_DIR/wgctl, if there is one, becomes the guest's /usr/local/bin/wgctl.
# SCRIPT is named from the top of the repository, whose tests and conf-templates are below /repo, the working folder. Prints
# what the script prints, and exits as it did; with 125 if the guest did not get that far.
#
# VM_PROGRAMS what else the script needs, separated by blanks: the names of installed programs, or paths of others, which go
#             to /usr/local/bin
# VM_TIMEOUT  seconds after which the guest is given up (600)
# VM_MEMORY   the guest's memory (1G)
# VM_ACCEL    QEMU's accelerators, in the order to be tried (kvm:tcg if the processor can, else tcg)
# VM_OPTIONS  further options of QEMU, separated by blanks
set -euo pipefail

PATH=$PATH:/usr/sbin:/sbin
repo=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")

# What busybox lacks, or does differently from what wgctl's users and wg-quick have.
programs=(
    busybox bash dash ip ss bridge tc ping wg wg-quick nft xtables-nft-multi xtables-legacy-multi kmod
    sysctl ps pgrep pkill find xargs diff cmp grep sed awk flock mount umount nsenter setsid setarch unshare
    base64 cat chmod chown comm cp cut date dd env head id install join ln ls mkdir mkfifo mktemp mv nproc od paste
    readlink realpath rm rmdir seq sha256sum shuf sleep sort split stat stty tac tail tee timeout touch tr truncate
    uniq wc
)
# No wireguard-go: what runs in there can only be the kernel's.
optional_programs=(jq nc strace)
read -ra more_programs <<<"${VM_PROGRAMS-}"
read -ra more_options <<<"${VM_OPTIONS-}"

# Beside these, all of netfilter. The guest loads what it needs by itself, as on a real machine.
modules=(wireguard veth dummy tun bridge br_netfilter vrf macvlan sch_netem sch_tbf sch_ingress)

die() {
    echo "qemu.sh: $*" >&2
    exit 125
}

# Copies files to where they are on this machine, with links followed.
add() {
    local file
    for file; do
        install -D "$file" "$guest$file"
    done
}

add_more_programs() {
    local program path
    for program in "${more_programs[@]}"; do
        path=$(command -v "$program") || die "$program is not there"
        [[ $program != */* ]] || install -D "$path" "$guest/usr/local/bin/${path##*/}"
        [[ $program == */* ]] || add "$path"
    done
}

add_programs() {
    local name path family tool

    mkdir -p "$guest"/usr/{bin,sbin,lib,lib64} "$guest"/{dev,etc,proc,root,run,sys,tmp,var/log}
    ln -s ../run "$guest/var/run"
    for name in bin sbin lib lib64; do
        ln -s "usr/$name" "$guest/$name"
    done
    for name in "${programs[@]}"; do
        path=$(command -v "$name") || die "$name is not installed"
        add "$path"
    done
    for name in "${optional_programs[@]}"; do
        if path=$(command -v "$name"); then
            add "$path"
        fi
    done
    add_more_programs
    ln -s dash "$guest/usr/bin/sh"
    ln -s ../bin/kmod "$guest/usr/sbin/modprobe"
    # Both kinds of iptables by name, and nftables' behind the plain name whatever this machine prefers.
    for family in iptables ip6tables; do
        for tool in '' -save -restore; do
            ln -s xtables-nft-multi "$guest/usr/sbin/$family$tool"
            ln -s xtables-nft-multi "$guest/usr/sbin/$family-nft$tool"
            ln -s xtables-legacy-multi "$guest/usr/sbin/$family-legacy$tool"
        done
    done
    add /usr/lib/*/xtables/*.so
    [[ ! -x $binaries/wgctl ]] || install -D "$binaries/wgctl" "$guest/usr/local/bin/wgctl"
}

# The loader is one of them. What is static, or a script, has none.
add_libraries() {
    local list
    list=$(find "$guest/usr" -type f -path '*bin/*' -print0 | xargs -0 ldd 2>/dev/null || true)
    ! grep 'not found' <<<"$list" >&2 || die "libraries are missing"
    # shellcheck disable=SC2046 # no library has a blank in its name
    add $(awk '$2 == "=>" { print $3 } $1 ~ /^\// && $2 ~ /^\(/ { print $1 }' <<<"$list" | sort -u)
}

add_modules() {
    local version netfilter files
    version=$(ls "$kernel/lib/modules")
    netfilter=$(find "$kernel/lib/modules/$version/kernel/net" -path '*/netfilter/*.ko*' -printf '%f\n' | sed 's/\.ko.*//')
    # shellcheck disable=SC2086 # one word a module. Not every kernel has all of them
    files=$(modprobe -C /dev/null -d "$kernel" -S "$version" -a --show-depends "${modules[@]}" $netfilter 2>/dev/null |
        sed -n "s|^insmod $kernel/||p" | sort -u || true)
    [[ $files == */wireguard.ko* ]] || die "there is no wireguard module in $kernel"
    # shellcheck disable=SC2086 # one word a file
    (cd "$kernel" && cp --parents -t "$guest" $files "lib/modules/$version"/modules.*)
}

add_tests() {
    local folder name
    mkdir "$guest/repo"
    for folder in tests conf-templates; do
        [[ ! -d $repo/$folder ]] || cp -r "$repo/$folder" "$guest/repo/"
    done
    install "$repo/tests/vm/qemu-init.sh" "$guest/init"
    {
        for name in "${!WGCTL_@}"; do
            echo "export $name=${!name@Q}"
        done
        echo 'cd /repo || exit'
        printf '%q ' bash "$@"
    } >"$guest/command"
    echo 'root:x:0:0:root:/root:/bin/bash' >"$guest/etc/passwd"
    echo 'root:x:0:' >"$guest/etc/group"
    echo '127.0.0.1 localhost' >"$guest/etc/hosts"
}

# /dev/kvm alone says little: in a virtual machine it may open, and then run nothing.
accelerators() {
    if [[ -w /dev/kvm ]] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
        echo kvm:tcg
    else
        echo tcg
    fi
}

# In the background, for a signal to be heeded at once. What the script prints is the second serial line.
# One processor: with two that QEMU emulates a guest once stood half still, as if one no longer got its timer's interrupt;
# and the tests, which run beside each other, are as quick. Without cx16: kernel 6.12 panics now and then where QEMU
# emulates it.
boot() {
    timeout --foreground -k 5 "$limit" \
        qemu-system-x86_64 -M "q35,accel=${VM_ACCEL:-$(accelerators)}" -cpu max,-cx16 -smp 1 -m "${VM_MEMORY:-1G}" \
        "${more_options[@]}" -nodefaults -no-user-config -display none -no-reboot -serial "file:$work/console" -serial stdio \
        -kernel "$kernel/vmlinuz" -initrd "$work/initramfs" -append 'console=ttyS0 quiet panic=-1 oops=panic' \
        </dev/null &
    qemu=$!
    wait "$qemu"
}

# Why the guest has not reported.
explain() {
    if grep -q 'Kernel panic' "$work/console"; then
        echo "the guest's kernel panicked"
    elif (($1 == 124)); then
        echo "the guest was not done after $limit seconds"
    else
        echo "the guest ended without a report (QEMU's exit status: $1)"
    fi
}

clean_up() {
    [[ -z ${qemu-} ]] || kill "$qemu" 2>/dev/null || true
    rm -rf "$work"
}

main() {
    (($# >= 3)) || die "usage: qemu.sh KERNEL_DIR BINARY_DIR SCRIPT [ARGUMENT...]"
    local program qemu_status=0 script_status
    kernel=$(realpath "$1") binaries=$2 limit=${VM_TIMEOUT:-600}
    shift 2
    [[ -e $kernel/vmlinuz ]] || die "there is no kernel in $kernel: see fetch-kernel.sh"
    [[ -f $repo/$1 ]] || die "there is no $1 in $repo"
    for program in qemu-system-x86_64 cpio modprobe; do
        command -v "$program" >/dev/null || die "$program is not installed"
    done

    work=$(mktemp -d)
    guest=$work/guest
    trap clean_up EXIT

    add_programs
    add_libraries
    add_modules
    add_tests "$@"
    (cd "$guest" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/initramfs"
    : >"$work/console"
    boot || qemu_status=$?
    qemu=

    script_status=$(tr -d '\r' <"$work/console" | sed -n 's/.*vm: exit status \([0-9]*\)$/\1/p')
    if [[ -z $script_status ]]; then
        tail -n 60 "$work/console" | tr -d '\r' >&2
        die "$(explain "$qemu_status")"
    fi
    return "$script_status"
}

main "$@"
