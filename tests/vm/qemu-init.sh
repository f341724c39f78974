#!/bin/bash
# The guest's process 1. The script under test gets a process namespace of its own, so that whatever it leaves running
# ends with it and cannot hold back its last output. Its exit status goes out by the kernel's log, which is written to
# the console line by line and at once, where nothing that the script prints can be taken for it.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
export WGCTL_TEST_WIREGUARD=kernel # and no other will do

mount_all() {
    mount -t proc proc /proc
    mount -t sysfs sysfs /sys
    mount -t devtmpfs dev /dev
    mkdir -p /dev/pts /dev/shm /dev/net
    mknod /dev/net/tun c 10 200
    mount -t devpts devpts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs /dev/shm
    mount -t tmpfs -o mode=0755 tmpfs /run
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    ln -s /proc/self/fd /dev/fd
    ln -s /proc/self/fd/0 /dev/stdin
    ln -s /proc/self/fd/1 /dev/stdout
    ln -s /proc/self/fd/2 /dev/stderr
}

/usr/bin/busybox --install -s 2>/dev/null
mount_all
exec </dev/null >/dev/console 2>&1
hostname wgctl-vm
ip link set lo up
# AddressSanitizer of Debian 12 cannot place its shadow under the more random layout of newer kernels.
sysctl -qw vm.mmap_rnd_bits=28
stty -F /dev/ttyS1 raw

# Through a pipe: programs must not take the guest's serial line for somebody's terminal.
unshare --pid --fork --mount-proc bash /command 2>&1 | cat >/dev/ttyS1
echo "<0>vm: exit status ${PIPESTATUS[0]}" >/dev/kmsg
poweroff -f
