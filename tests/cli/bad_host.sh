#!/usr/bin/env bash
# What the host refuses: pictures, interfaces, disks and outputs.
#
# usage: bad_host.sh WGCTL
set -euo pipefail

# shellcheck source=tests/cli/refusals.sh
source "$(dirname "${BASH_SOURCE[0]}")/refusals.sh"

# ---- pictures that cannot be written ----

refuses_picture() { # WHAT REGEX PATH
    has_json=false
    refuses "qr --png says that $1" 1 "$2" -C etc qr phone --png "$3"
    has_json=true
    refuses "add-peer --svg says that $1, and adds nobody" 1 "$2" "${add[@]}" --svg "$3"
}

refuses_picture "there is no such folder" 'etc/nowhere/x: No such file' etc/nowhere/x
refuses_picture "it is a folder" 'etc/wg0\.peers' etc/wg0.peers
refuses_picture "the name is too long" '.' "etc/$(printf 'x%.0s' {1..300})"
refuses_picture "the path is too long" 'too long' "etc/$(printf 'x/%.0s' {1..5000})"
refuses_picture "there is no name" . ''
refuses_picture "a path that ends with a slash names no file" 'etc/nowhere/ is not the name|etc/nowhere/: No such' etc/nowhere/
mkdir -m 700 etc/x.wgctl-new
echo key >etc/x.wgctl-new/picture
check "what one left that was killed while it wrote a picture is no obstacle" ./wgctl -C etc qr phone --png etc/x
check "and is gone" test ! -e etc/x.wgctl-new

# ---- pictures that would replace something else ----

fresh
ln -s wg0.ini etc/link.png
refuses_picture "it is a symbolic link" 'etc/link\.png: it exists and is a symbolic link' etc/link.png
ln -s nowhere etc/broken.png
refuses_picture "it is a symbolic link to nothing" 'etc/broken\.png: it exists and is a symbolic link' etc/broken.png
refuses_picture "it is no picture" 'wg0\.ini: it exists and is not a picture' etc/wg0.ini
mkfifo etc/fifo
refuses_picture "it is not a file" 'etc/fifo: it exists and is not a regular file' etc/fifo
./wgctl -C etc qr phone --png etc/phone.png
ln etc/phone.png etc/second.png
refuses_picture "it has a second name" 'etc/phone\.png: it exists and is a hard link' etc/phone.png
rm etc/second.png
chown nobody etc/phone.png
refuses_picture "it belongs to another user" 'etc/phone\.png: it exists and belongs to another user' etc/phone.png
chown root etc/phone.png
check "a picture replaces a picture" ./wgctl -C etc qr laptop --svg etc/phone.png
check "and is the new one" grep -q '<svg' etc/phone.png
: >etc/phone.png
check "a picture replaces an empty file" ./wgctl -C etc qr phone --png etc/phone.png

# ---- pictures for the user of sudo ----

# What belongs to whom after a picture was written as sudo(8) of the user nobody does it.
picture_of() { # USER_OF_SUDO FILE OWNER:GROUP:MODE
    SUDO_UID=$1 SUDO_GID=$1 ./wgctl -C etc qr phone --png "$2" || return 1
    stat "$2"
    [[ $(stat -c %u:%g:%a "$2") == "$3" ]]
}

sudo_user=$(id -u nobody)
mkdir home shared
chown nobody home
chmod 1777 shared
check "a picture in a folder of the user of sudo is that user's" picture_of "$sudo_user" home/a.png "$sudo_user:$sudo_user:600"
check "and is replaced" picture_of "$sudo_user" home/a.png "$sudo_user:$sudo_user:600"
check "so is one where everybody may make files" picture_of "$sudo_user" shared/a.png "$sudo_user:$sudo_user:600"
check "one in a folder of root's stays root's" picture_of "$sudo_user" a.png 0:0:600
for user in '' -1 "+$sudo_user" " $sudo_user" "${sudo_user}x" 4294967295 99999999999999999999; do
    rm home/a.png
    check "SUDO_UID=$user is nobody" picture_of "$user" home/a.png 0:0:600
done
export SUDO_UID=$sudo_user SUDO_GID=$sudo_user
refuses_picture "it is root's, and the user of sudo has no right to it" 'it exists and belongs to another user' home/a.png
unset SUDO_UID SUDO_GID
rm -r home shared a.png
fresh
mkdir other
sed 's/^dns = .*/dns = 9.9.9.9/' etc/wg0.ini >other/wg0.ini
chmod 0600 other/wg0.ini
cp other/wg0.ini mine.ini
fails_with_other_ini() {
    ! ./wgctl -C other init --no-apply --firewall nftables --endpoint vpn.example.org 2>said &&
        grep -q 'wg0.ini exists already, with other settings' said && cmp other/wg0.ini mine.ini &&
        [[ ! -e other/wg0.conf ]]
}
check "init does not write over a wg0.ini that says something else" fails_with_other_ini
rm -r other mine.ini said

# ---- what exists and is no WireGuard ----

ip link add wg0 type veth peer name veth0
mkdir -m 700 etc/new
refuses "init refuses an interface that is no WireGuard" 1 'wg0 .*not a WireGuard interface' -C etc/new -i wg0 init --firewall none \
    --endpoint vpn.example.org --address 10.8.0.1/24
refuses "init --dry-run refuses an interface that is no WireGuard" 1 'wg0 .*not a WireGuard interface' -C etc/new -i wg0 init -n \
    --firewall none --endpoint vpn.example.org --address 10.8.0.1/24
for command in "add-peer new" "-y revoke phone" up down apply "add-peer new -n" "apply -n"; do
    read -ra words <<<"$command"
    refuses "'$command' refuses an interface that is no WireGuard" 1 'wg0 .*(no|not a) WireGuard|wg0 exists' -C etc "${words[@]}"
done
check "the interface is still there" ip link show wg0
check "nothing was written to sysctl.d" test -z "$(ls -A /etc/sysctl.d)"
ip link del wg0
refuses "down says that it is not up" 1 'wg0 is not up' -C etc down
refuses "apply says that it is not up" 1 'wg0 is not up' -C etc apply

# ---- disks: full, read-only ----

# On a disk with room for so many more files (or pages), a command fails until there are enough, and each time leaves
# everything as it was.
starves() { # WHAT OPTION STEP ARGUMENT...
    local what=$1 option=$2 step=$3 room status=1 faults=() before failures=0 used
    shift 3
    for ((room = 0; room <= 12 && status != 0; room++)); do
        ! mountpoint -q etc || umount etc
        mount -t tmpfs -o mode=700,size=4m none etc
        [[ ! -d start ]] || cp -a start/. etc
        if [[ $option == nr_inodes ]]; then used=$(df --output=iused etc); else used=$(df --output=used etc); fi
        used=$((${used##*$'\n'} + room * step))
        ((used > 0)) || continue # 0 would be no limit
        if [[ $option == size ]]; then used+=k; fi
        mount -o "remount,$option=$used" etc
        before=$(snapshot etc)
        status=$(run_wgctl "$@")
        if ((status != 0)); then
            failures=$((failures + 1))
            [[ $status == 1 ]] || faults+=("room for $room: exit status $status")
            grep -q 'No space left on device' err || faults+=("room for $room:" "$(cat err)")
            difference=$(diff <(echo "$before") <(snapshot etc)) ||
                faults+=("room for $room: files were changed:" "$difference" "$(cat err)")
        fi
    done
    umount etc
    ((status == 0)) || faults+=("it never succeeded: $(cat err)")
    ((failures > 0)) || faults+=("it never failed")
    if ((${#faults[@]} == 0)); then
        ok "$what fails $failures times for want of space ($option), and each time changes nothing"
    else
        not_ok "$what, for want of space ($option)" "${faults[@]}"
    fi
}

rm -rf etc
mkdir etc
for option in 'nr_inodes 1' 'size 4'; do
    read -ra how <<<"$option"
    rm -rf start
    starves "init" "${how[@]}" -C etc init --no-apply --firewall nftables --endpoint vpn.example.org
    mkdir start
    cp pristine/wg0.ini start
    starves "init beside a wg0.ini" "${how[@]}" -C etc init --no-apply --firewall nftables --endpoint vpn.example.org
    rm -rf start
    cp -a pristine start
    starves "add-peer" "${how[@]}" "${add[@]}"
    starves "add-peer of three" "${how[@]}" -C etc add-peer a b c --no-apply
    starves "add-peer --png --svg" "${how[@]}" "${add[@]}" --png etc/new.png --svg etc/new.svg
    starves "add-peer after the clients' folder is gone" "${how[@]}" "${add[@]}"
    starves "edit-server" "${how[@]}" -C etc edit-server --endpoint a-rather-long-name-that-needs-room.vpn.example.org
    starves "qr --png" "${how[@]}" -C etc qr phone --png etc/phone.png
    [[ ${how[0]} == size ]] || starves "revoke" "${how[@]}" -C etc -y revoke phone laptop --no-apply
done

mount -t tmpfs -o mode=700 none etc
cp -a pristine/. etc
mount -o remount,ro etc
check "list reads a read-only disk" ./wgctl -C etc list
refuses "add-peer on a read-only disk says so" 1 'Read-only file system' "${add[@]}"
refuses "revoke on a read-only disk says so" 1 'Read-only file system' -C etc -y revoke phone --no-apply
refuses "edit-server on a read-only disk says so" 1 'Read-only file system' -C etc edit-server --endpoint x.example.org
refuses "init on a read-only disk says so" 1 'Read-only file system' "${new_server[@]}" --endpoint vpn.example.org
has_json=false
refuses "qr --png on a read-only disk says so" 1 'Read-only file system' -C etc qr phone --png etc/x.png
has_json=true
umount etc

# ---- standard output that is full or closed ----

fresh
# Nothing is half said: what could not be printed is an error.
reads_to_nowhere() { # ARGUMENT...
    local before where status difference
    before=$(snapshot etc)
    for where in full closed "closed, and so is the input" "closed, and so are all"; do
        status=0
        case $where in
        full) ./wgctl -C etc "$@" >/dev/full 2>err || status=$? ;;
        closed) ./wgctl -C etc "$@" >&- 2>err || status=$? ;;
        *input) ./wgctl -C etc "$@" <&- >&- 2>err || status=$? ;;
        *) ./wgctl -C etc "$@" <&- >&- 2>&- || status=$? && : >err ;;
        esac
        difference=$(diff <(echo "$before") <(snapshot etc)) || true
        if ((status == 1)) && [[ ! $difference ]] && ! grep -q memory err &&
            { [[ $where == *all ]] || grep -q 'cannot write the output' err; }; then
            ok "'$*' fails where its output is $where"
        else
            not_ok "'$*' fails where its output is $where" "exit status $status" "$(cat err)" "$difference"
        fi
    done
}

for ((i = 0; i < 40; i++)); do names[i]=peer$i; done
./wgctl -C etc -q add-peer "${names[@]}" --no-apply
for command in list 'list --json' 'show phone' 'show phone --json' 'qr phone' 'revoke phone -n' 'revoke phone -n --json' \
    '--help' '--version' 'help list' 'up -n' '-i wg1 init -n --no-apply --firewall none --endpoint vpn.example.org'; do
    read -ra words <<<"$command"
    reads_to_nowhere "${words[@]}"
done

# What has taken place is said so, and not denied. No secret goes astray into a file that happens to have the number of
# standard output.
changes_to_nowhere() { # ARGUMENT...
    local where status faults
    for where in full closed "closed, and so is the input" "closed, and so are all"; do
        fresh
        faults=() status=0
        case $where in
        full) ./wgctl -C etc "$@" >/dev/full 2>err || status=$? ;;
        closed) ./wgctl -C etc "$@" >&- 2>err || status=$? ;;
        *input) ./wgctl -C etc "$@" <&- >&- 2>err || status=$? ;;
        *) ./wgctl -C etc "$@" <&- >&- 2>&- || status=$? && : >err ;;
        esac
        ! grep -Eq 'nothing was changed|memory' err || faults+=("it lies")
        [[ $(cat etc/.wgctl/*) == '' ]] || faults+=("a file of the store was written to")
        ./wgctl -C etc list >out 2>&1 || faults+=("$(cat out)")
        if [[ $1 == add-peer ]]; then
            [[ $status == 0 || $status == 1 ]] || faults+=("exit status $status")
            grep -q '^new ' out || faults+=("the peer is not there")
            ((status == 0)) || [[ $where == *all ]] || grep -Eq 'new added|the change was made' err ||
                faults+=("it does not say that the peer was added")
        fi
        diff <(cd pristine && find . ! -name '*.conf' -type f -exec sha256sum {} + | sort) \
            <(cd etc && find . ! -name '*.conf' -type f -exec sha256sum {} + | sort) >difference ||
            faults+=("other files were changed" "$(cat difference)")
        grep -rlF "$(sed -n 's/^PrivateKey = //p' etc/wg0.conf)" etc >found
        [[ $(cat found) == etc/wg0.conf ]] || faults+=("the server's key is in" "$(cat found)")
        if ((${#faults[@]} == 0)); then
            ok "'$*' is done or not where its output is $where, and says which"
        else
            not_ok "'$*' is done or not where its output is $where, and says which" "exit status $status" "${faults[@]}" "$(cat err)"
        fi
    done
}

changes_to_nowhere add-peer new --no-apply
changes_to_nowhere add-peer new --no-apply --json
changes_to_nowhere add-peer new --no-apply --qr
changes_to_nowhere add-peer new --no-apply --no-store
changes_to_nowhere -y revoke phone --no-apply --json

rm -rf etc
status=0
./wgctl -C etc init --no-apply --firewall none --endpoint vpn.example.org >/dev/full 2>err || status=$?
if [[ -e etc/wg0.conf ]] && ! grep -q 'nothing was changed' err; then
    ok "init says what it did where its output is full"
else
    not_ok "init says what it did where its output is full" "exit status $status" "$(cat err)"
fi

finish
