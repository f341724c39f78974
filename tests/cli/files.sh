#!/usr/bin/env bash
# What happens to the owner's files when a command is interrupted or cannot finish: nothing is lost, nothing is half done, and
# no key is left behind.
#
# usage: files.sh WGCTL
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
takes_wgctl "$@"
needs_root
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    WGCTL_TEST_INSIDE=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc "$BASH" "$0" "$@"
fi
need ip mkfifo mount strace timeout unshare wg wireguard-go

mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=0755 tmpfs /etc/sysctl.d
mkdir /run/wireguard /run/work
install "$1" /run/work/wgctl
cd /run/work
trap 'cd / && report_early_end' EXIT
# LeakSanitizer is a tracer as well, and a process can have only one.
ASAN_OPTIONS+=:detect_leaks=0

ip link set lo up
ip link add eth0 type veth peer name router
ip address add 192.0.2.2/24 dev eth0
ip link set router up
ip link set eth0 up
ip route add default via 192.0.2.1

make_server() {
    rm -rf etc
    ./wgctl -C etc init --no-apply --endpoint old.example.org --firewall none >/dev/null 2>&1
    ./wgctl -C etc add-peer phone --no-apply 2>/dev/null
    ./wgctl -C etc add-peer laptop --no-apply 2>/dev/null
}

# Fails unless wgctl fails, says what matches REGEX, and leaves every file as it was.
refuses() { # REGEX ARGUMENT...
    local regex=$1 status=0
    shift
    snapshot etc >before
    ./wgctl -C etc "$@" >out 2>err </dev/null || status=$?
    [[ $status == 1 ]] && grep -Eq "$regex" err && diff before <(snapshot etc) && return
    echo "exit status $status" && cat err
    return 1
}

# ---- files that cannot be replaced ----

make_server
mount --bind etc/wg0.peers/phone.conf etc/wg0.peers/phone.conf
check "revoke fails as a whole if the device's file cannot be removed" refuses 'phone\.conf is a mount point' \
    -y revoke phone --no-apply
check "and other commands go on" ./wgctl -C etc add-peer tablet --no-apply
check "edit-server changes no device file if one cannot be replaced" refuses 'phone\.conf is a mount point' \
    edit-server --endpoint new.example.org
umount etc/wg0.peers/phone.conf
check "once it can be removed, revoke succeeds" ./wgctl -C etc -y revoke phone --no-apply
check "and the file is gone" test ! -e etc/wg0.peers/phone.conf

make_server
cp -p etc/wg0.conf single.conf
mount --bind single.conf etc/wg0.conf
check "a wg0.conf that a container got as a single file is named, with the remedy" refuses \
    'wg0\.conf is a mount point|the folder that holds it' add-peer tablet --no-apply
check "and can be read" ./wgctl -C etc list
umount etc/wg0.conf

make_server
if chattr +i etc/wg0.peers/phone.conf 2>/dev/null; then
    check "revoke fails as a whole if the device's file is immutable" refuses 'phone\.conf .*marked immutable' \
        -y revoke phone --no-apply
    check "and other commands go on" ./wgctl -C etc add-peer tablet --no-apply
    chattr -i etc/wg0.peers/phone.conf
fi

# ---- modes ----

make_server
chmod 640 etc/wg0.ini
chown 0:4 etc/wg0.ini
chmod 400 etc/wg0.conf
check "edit-server changes wg0.ini" ./wgctl -C etc edit-server --endpoint new.example.org
check "and keeps its mode and group" test "$(stat -c '%a %g' etc/wg0.ini)" = '640 4'
check "add-peer changes wg0.conf" ./wgctl -C etc add-peer tablet --no-apply
check "and keeps its mode" test "$(stat -c %a etc/wg0.conf)" = 400

# ---- a file without a peer ----

make_server
cp -p etc/wg0.peers/phone.conf etc/wg0.peers/orphan.conf
check "add-peer --no-store takes a name of which an old file is left" ./wgctl -C etc add-peer orphan --no-store --no-apply
check "and leaves no old key under that name" test ! -e etc/wg0.peers/orphan.conf
shows_nothing() {
    ! ./wgctl -C etc show orphan >out 2>err && ! grep -q PrivateKey out && ! ./wgctl -C etc qr orphan >out 2>err
}
check "so that neither show nor qr gives one" shows_nothing

# ---- a commit that is killed ----

# Kills the command before its COUNTth call.
killed_at() { # CALL COUNT ARGUMENT...
    local call=$1 count=$2 status=0
    shift 2
    { strace -qq -o trace -e "inject=$call:signal=KILL:when=$count" ./wgctl -C etc "$@" >out 2>err </dev/null; } 2>/dev/null ||
        status=$?
    ((status == 137))
}

# The hosts of the endpoints in all files.
endpoints() {
    sed -nE 's/^[Ee]ndpoint *= *(.*):51820$/\1/p' etc/wg0.ini etc/wg0.peers/* | sort | uniq -c | xargs
}

# The third rename is the first file that a reader without a journal would miss.
for count in 1 2 3; do
    make_server
    killed_at renameat $count edit-server --endpoint new.example.org ||
        not_ok "edit-server makes $count renames" "$(cat trace)"
    [[ $(endpoints) == '3 new.example.org' ]] &&
        not_ok "files are left behind by a kill at rename $count" "$(endpoints)"
    check "after a kill at rename $count, qr and show have the new endpoint" grep -q new.example.org \
        <(./wgctl -C etc show laptop)
    snapshot etc >before
    check "a dry run recovers nothing" ./wgctl -C etc -n add-peer tablet --no-apply
    check "and writes nothing" diff before <(snapshot etc)
    check "the next command that changes something finishes it" ./wgctl -C etc add-peer tablet --no-apply
    check "all files have the new endpoint then" test "$(endpoints)" = '4 new.example.org'
    check "and no staged file is left" test -z "$(find etc/.wgctl -name 'new.*')"
done

make_server
killed_at renameat 1 edit-server --endpoint new.example.org
printf '[server]\nendpoint = mine.example.org:51820\n' >etc/wg0.ini
cp etc/wg0.ini mine
./wgctl -C etc -n revoke phone >/dev/null 2>&1
./wgctl -C etc -y revoke nobody >/dev/null 2>said || true
check "a wg0.ini that its owner wrote after a kill is kept" cmp mine etc/wg0.ini
check "which is said" grep -q 'wg0\.ini, which you have edited since' said
./wgctl -C etc add-peer tablet --no-apply >/dev/null 2>&1
check "also by the next command" cmp mine etc/wg0.ini

# ---- pictures ----

# True if a picture can be read at FILE only.
only_picture() { # FILE
    [[ $(find pictures -type f) == "$1" || -z $(find pictures -type f) ]]
}

leaves_no_picture() {
    local call count runs=0 got
    for call in write close fsync unlinkat linkat; do
        for ((count = 1; count < 200; count++)); do
            rm -rf pictures && mkdir -m 700 pictures
            printf '\x89PNG\r\n\x1a\n' >pictures/phone.png
            got=0
            { strace -qq -o trace -e "inject=$call:signal=KILL:when=$count" \
                ./wgctl -C etc qr phone --png pictures/phone.png >/dev/null 2>&1; } 2>/dev/null || got=$?
            ((got == 137)) || break
            runs=$((runs + 1))
            only_picture pictures/phone.png || { find pictures && return 1; }
        done
    done
    echo "$runs runs"
    ((runs > 10))
}
make_server
check "qr --png that is killed leaves nothing with another name" leaves_no_picture

# Where the file system knows no files without a name: that is what O_TMPFILE looks like to strace.
rm -rf pictures && mkdir -m 700 pictures
strace -qq -o trace -e trace=openat -e signal=none ./wgctl -C etc qr phone --png pictures/phone.png
unnamed=$(grep -n O_TMPFILE trace | cut -d: -f1)
without_names() {
    strace -qq -o trace -e "inject=openat:error=EOPNOTSUPP:when=$unnamed" -e trace=openat,renameat,renameat2 "$@"
}
check "without O_TMPFILE a picture is written too" without_names ./wgctl -C etc qr phone --png pictures/phone.png
check "after it was prepared in a folder of its own" grep -Eq '"picture", [0-9]+, "phone\.png"(, 0)?\) += 0' trace
check "and has its name" only_picture pictures/phone.png
check "and nothing else is left" test "$(ls -A pictures)" = phone.png
rm pictures/phone.png
check "also if there was none before" without_names ./wgctl -C etc qr phone --png pictures/phone.png
check "which it would not have replaced" grep -q '"phone\.png", RENAME_NOREPLACE) = 0' trace
mkdir -m 700 pictures/phone.png.wgctl-new
echo key >pictures/phone.png.wgctl-new/picture
check "what a killed qr left is no obstacle" without_names ./wgctl -C etc qr phone --png pictures/phone.png
check "and is gone" test "$(ls -A pictures)" = phone.png
refuses_picture() {
    ! without_names ./wgctl -C etc qr phone --png pictures/phone.png 2>err && grep -q 'already exists' err
}
mkdir -m 777 pictures/phone.png.wgctl-new
chmod 777 pictures/phone.png.wgctl-new
check "a folder that others can write to is one" refuses_picture
rmdir pictures/phone.png.wgctl-new
mkdir -m 700 pictures/phone.png.wgctl-new
check "and so is one that another command is using" flock pictures/phone.png.wgctl-new bash -c \
    "$(declare -f without_names refuses_picture); unnamed=$unnamed; refuses_picture"
rmdir pictures/phone.png.wgctl-new
echo mine >pictures/phone.png.wgctl-new
check "and a file" refuses_picture
check "which is kept" grep -q mine pictures/phone.png.wgctl-new

# ---- init whose interface does not come up ----

# PostUp waits until the test lets it go on, and fails.
prepare_init() { # POST_UP_AFTER_THE_WAITING
    rm -rf etc go waiting /etc/sysctl.d/*
    mkfifo go
    mkdir -m 700 etc etc/templates
    echo "PostUp = touch $PWD/waiting; read -r line <$PWD/go; $1" >etc/templates/nftables.hooks
    echo 0 >/proc/sys/net/ipv4/ip_forward
}
init=(./wgctl -C etc init --endpoint vpn.example.org --firewall nftables --no-boot)
await_hook() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        [[ ! -e waiting ]] || return 0
        sleep 0.05
    done
    return 1
}
nothing_is_left() {
    local left
    left=$(find etc -mindepth 1 ! -path 'etc/templates*' ! -path 'etc/.wgctl*'
        ls /etc/sysctl.d
        ip -br link show wg0 2>/dev/null || true)
    echo "$left"
    [[ -z $left && $(cat /proc/sys/net/ipv4/ip_forward) == 0 ]]
}

prepare_init false
"${init[@]}" >init.out 2>init.err &
init_pid=$!
check "init waits for its PostUp" await_hook
check "meanwhile another command is refused, not lost" refuses "init.* \(pid $init_pid\)" --wait 0 add-peer phone
echo >go
status=0
wait $init_pid || status=$?
check "init fails with its PostUp" test $status = 1
check "and leaves nothing" nothing_is_left

prepare_init true
"${init[@]}" >init.out 2>init.err &
init_pid=$!
await_hook
kill -TERM $init_pid # Not INT, which a shell lets its background jobs ignore
status=0
wait $init_pid || status=$?
check "init that is interrupted fails" test $status != 0
check "says so" grep -q 'signal' init.err
check "and leaves nothing" nothing_is_left

prepare_init true
"${init[@]}" >init.out 2>init.err &
init_pid=$!
await_hook
echo >go
status=0
wait $init_pid || status=$?
check "init that is left alone succeeds" test $status = 0
check "and its interface is up" ip link show wg0
ip link delete wg0

# ---- a hook that calls wgctl ----

# `up` holds the lock and waits for its hook, whose command would wait for the lock.
make_server
sed -i "/^ListenPort/a PostUp = $PWD/wgctl -C $PWD/etc add-peer late --no-apply" etc/wg0.conf
up_fails() {
    ! timeout 30 ./wgctl -C etc up >out 2>err </dev/null && grep -q "'wgctl -C etc up' (pid [0-9]*) holds it, and is waiting" err &&
        ! ip link show wg0 && ! ./wgctl -C etc show late
}
check "a hook that changes its own tunnel fails at once" up_fails
sed -i 's/add-peer late --no-apply$/list/' etc/wg0.conf
check "a hook that only reads does not" ./wgctl -C etc up
check "and the interface goes down again" ./wgctl -C etc down

# ---- hooks on a file system that a user may have mounted ----

mkdir -p etc
mount -t tmpfs -o nosuid,mode=700 none etc
./wgctl -C etc init --no-apply --endpoint old.example.org --firewall none >/dev/null 2>&1
check "a tunnel without hooks comes up from a nosuid mount" ./wgctl -C etc up
check "and a peer is added" ./wgctl -C etc add-peer phone
echo "PostUp = touch $PWD/pwned" >hooks
sed -i '/^ListenPort/r hooks' etc/wg0.conf
check "apply does not run its hooks" refuses 'etc is on a file system that is mounted nosuid' apply
check "nor does add-peer" refuses 'etc is on a file system that is mounted nosuid' add-peer tablet
sed 's/PostUp/PreDown/' hooks >>hooks.down
sed -i -e '/^PostUp/d' -e '/^ListenPort/r hooks.down' etc/wg0.conf
check "nor does down" refuses 'etc is on a file system that is mounted nosuid' down
check "and the interface stays up" ip link show wg0
sed -i '/^PreDown/d' etc/wg0.conf
check "until the hook is gone" ./wgctl -C etc down
sed -i '/^ListenPort/r hooks' etc/wg0.conf
check "up does not run hooks either" refuses 'etc is on a file system that is mounted nosuid' up
check "up --dry-run says so as well" refuses 'etc is on a file system that is mounted nosuid' up --dry-run
check "init neither, and undoes all" refuses 'etc is on a file system that is mounted nosuid' -i wg1 init --no-boot \
    --endpoint old.example.org --firewall nftables
check "no hook was run" test ! -e pwned
mount -o remount,suid etc
check "once it is mounted like the system itself, up runs them" ./wgctl -C etc up
check "as can be seen" test -e pwned
mount -o remount,nosuid etc
check "what was applied before can be taken down" ./wgctl -C etc down
umount etc
rm pwned

# ---- what a program that stays holds ----

make_server
check "up runs under a lock of its caller's" flock outer ./wgctl -C etc up
check "which nobody holds afterwards" flock --nonblock outer true
of_its_own() {
    local process
    process=$(pgrep -x wireguard-go) && [[ $(readlink "/proc/$process/cwd") == / ]] && grep -q 'Umask:.0077' "/proc/$process/status"
}
# A kernel with WireGuard needs no process.
[[ ! -S /run/wireguard/wg0.sock ]] || check "and wireguard-go has surroundings of its own" of_its_own
check "and the interface goes down" ./wgctl -C etc down

# ---- init whose service does not start ----

# The service takes the lock itself, so another command can come in between. This systemctl runs ./meanwhile, and fails.
mkdir -p /run/systemd/system bin
mount -t tmpfs -o mode=0700 tmpfs /etc/wireguard
# shellcheck disable=SC2016 # $2 is the script's
printf '#!/bin/sh\n[ "$2" != enable ] || %q\nexit 1\n' "$PWD/meanwhile" >bin/systemctl
chmod +x bin/systemctl
PATH=$PWD/bin:$PATH
fails_to_start() { # SCRIPT_MEANWHILE
    rm -rf /etc/wireguard/* /etc/wireguard/.wgctl /etc/sysctl.d/*
    echo 0 >/proc/sys/net/ipv4/ip_forward
    printf '#!/bin/sh\n%s\n' "$1" >meanwhile
    chmod +x meanwhile
    ! ./wgctl init --endpoint vpn.example.org --firewall none >out 2>err </dev/null
}
left_by_init() {
    (cd /etc && find wireguard sysctl.d -type f ! -path '*/.wgctl/*' -printf '%P\n' | sort | xargs && cat /proc/sys/net/ipv4/ip_forward)
}
check "init fails if its service does" fails_to_start true
check "and leaves nothing" test "$(left_by_init | xargs)" = 0
check "init fails also if a peer was added meanwhile" fails_to_start "$PWD/wgctl add-peer phone --no-apply"
check "the peer that was acknowledged is there" ./wgctl show phone
check "and init says what stays" grep -q 'wg0\.conf stays' err
check "and keeps what it needs" test "$(left_by_init | xargs)" = \
    "90-wgctl.conf wg0.conf wg0.ini wg0.peers/phone.conf 1"

finish
