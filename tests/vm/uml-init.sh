#!/bin/bash
# Process 1 of uml.sh's guest. Makes a machine of its own from this one's files: whatever it writes is gone with it. Then
# runs the command in a process namespace, so that what it leaves running cannot hold back its last output. The exit status
# goes out by the kernel's log, which nothing that the command prints can be taken for.
#
# Environment: WORK, uml.sh's folder.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
export WGCTL_TEST_WIREGUARD=kernel # and no other will do

mount -t tmpfs tmpfs /mnt
mkdir /mnt/{upper,work,root}
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root || exit

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm repo etc/wireguard usr/local/bin
mount -t devpts devpts dev/pts
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount --bind "$(readlink "$WORK/repo")" repo
mount -t tmpfs -o mode=0755 tmpfs usr/local/bin
mount -t tmpfs -o mode=0755 tmpfs run
cp "$WORK/command" run/command
tar x -C usr/local/bin -f "$WORK/programs"
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=0700 tmpfs etc/wireguard
# Only the kernel's WireGuard can run in here.
[[ ! -e usr/bin/wireguard-go ]] || mount --bind dev/null usr/bin/wireguard-go
pivot_root . mnt
cd / || exit
umount -l mnt

hostname wgctl-vm
ip link set lo up
stty -F /dev/tty1 raw
unshare --pid --fork --mount-proc bash /run/command </dev/null 2>&1 | cat >/dev/tty1
echo "<0>vm: exit status ${PIPESTATUS[0]}" >/dev/kmsg
echo o >/proc/sysrq-trigger
sleep infinity
