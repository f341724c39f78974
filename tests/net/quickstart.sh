#!/bin/bash
# Runs the real cmd/quickstart.sh on a host with one network and a private address: a first run, and what a second run
# keeps and repairs; without systemd, and with a fake one.
#
# usage: quickstart.sh [BUILD_FOLDER]
#
# BUILD_FOLDER is a release that was built before, which is taken instead of building it again, unless WGCTL_LONG is set.
set -euo pipefail

here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
work=/run/test
built=$work/clone/build/quickstart
conf=/etc/wireguard/wg0.conf

# ---- checks ----

# Prints COMMAND's output and ends the test unless COMMAND exits with STATUS.
check_status() { # STATUS WHAT_HOLDS COMMAND...
    local expected=$1 what=$2 status=0
    shift 2
    "$@" >"$work/output" 2>&1 </dev/null || status=$?
    ((status == expected)) || not_ok "$what" "exit status $status of: $*"
    echo "ok - $what"
}

check() { # WHAT_HOLDS COMMAND...
    check_status 0 "$@"
}

# Checks the output of the previous check's command.
check_said() { # WHAT_HOLDS TEXT
    grep -qF -- "$2" "$work/output" || not_ok "$1" "'$2' is not in:"
    echo "ok - $1"
}

not_ok() { # WHAT_HOLDS WHY
    echo "not ok - $1"
    printf '%s\n' "$2" "$(cat "$work/output")" | sed 's/^/# /'
    exit 1
}

# ---- the host ----

# Restarts the script as process 1 in new namespaces, so that nothing is left however it ends.
isolate() { # ARGUMENT...
    if [[ -z ${WGCTL_TEST_ISOLATED-} ]]; then
        ((EUID == 0)) || { echo "not ok - namespaces need root" && exit 1; }
        WGCTL_TEST_ISOLATED=1 exec unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
    fi
    trap 'exit 130' INT TERM HUP # process 1 ignores them by default
    mount -t tmpfs -o mode=0755 tmpfs /run
    mkdir -p /etc/wireguard /etc/sysctl.d /run/wireguard "$work"
}

# An overlay keeps the installed files apart.
make_host_private() {
    mkdir "$work/bin" "$work/usr" "$work/usr/upper" "$work/usr/work"
    mount -t overlay overlay -o "lowerdir=/usr/local,upperdir=$work/usr/upper,workdir=$work/usr/work" /usr/local
    mount -t tmpfs -o mode=0700 tmpfs /etc/wireguard
    mount -t tmpfs -o mode=0755 tmpfs /etc/sysctl.d
    mount -t sysfs sysfs /sys
}

connect_host() {
    ip link set lo up
    ip link add internet type veth peer name router
    ip address add 192.168.77.2/24 dev internet
    ip link set internet up
    ip link set router up
    ip route add default via 192.168.77.1
}

# Makes a clone that belongs to the user who calls sudo.
make_clone() {
    local repo=$here/../..
    mkdir "$work/clone"
    cp -r "$repo/cmd" "$repo/lib" "$repo/conf-templates" "$repo/CMakeLists.txt" "$work/clone"
    chown -R nobody "$work/clone"
}

# Installs stubs: apt-get records its arguments and fails.
make_programs() {
    export PATH=$work/bin:$PATH
    cat >"$work/bin/apt-get" <<-END
	#!/bin/sh
	echo "\$*" >>$work/apt
	case \$* in *' update '*) ;; *) exit 1 ;; esac
	END
    chmod +x "$work/bin/apt-get"
}

# A cmake that configures and builds nothing, but installs as the real one does.
avoid_building() { # BUILD_FOLDER
    local cmake prefix=/usr/local
    cmake=$(type -P cmake)
    grep -q "^CMAKE_INSTALL_PREFIX:PATH=$prefix\$" "$1/CMakeCache.txt" || not_ok "the release is for $prefix" "$1"
    install -m 0755 "$1/cmd/wgctl" "$work/built"
    cat >"$work/bin/cmake" <<-END
	#!/bin/bash
	case "\$*" in
	"-S $work/clone -B $built -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=$prefix") mkdir -p $built/cmd ;;
	"--build $built --parallel "*) cp $work/built $built/cmd/wgctl ;;
	"--install $built") [[ -x $built/cmd/wgctl ]] && exec $cmake --install $(realpath "$1") ;;
	*) echo "unexpected: \$*" >&2 && exit 1 ;;
	esac
	END
    chmod +x "$work/bin/cmake"
}

# Installs a systemctl that runs the commands of the installed unit.
pretend_systemd() {
    mkdir -p /run/systemd/system
    cat >"$work/bin/systemctl" <<-'END'
	#!/bin/bash
	unit=/usr/local/lib/systemd/system/wgctl@.service
	enabled=/run/systemd/enabled
	command() { sed -n "s/^$1=//p" $unit | sed 's/%i/wg0/g'; }
	case "$*" in
	*daemon-reload*) ;;
	*"is-enabled wgctl@wg0"*) [[ -e $enabled ]] ;;
	*is-enabled*) exit 1 ;;
	*"enable --now wgctl@wg0"*) touch $enabled && $(command ExecStart) ;;
	*"enable wgctl@wg0"*) touch $enabled ;;
	*"restart wgctl@wg0"*) $(command ExecStop); $(command ExecStart) ;;
	*) exit 1 ;;
	esac
	END
    chmod +x "$work/bin/systemctl"
}

# ---- running it ----

quickstart=$work/clone/cmd/quickstart.sh
export SUDO_USER=nobody

in_tmux() {
    tmux -u -L quickstart -f /dev/null "$@"
}

window_says() { # TEXT
    in_tmux capture-pane -p -J -S - >"$work/words" && grep -q "$1" "$work/words"
}

# Runs COMMAND in a window of this size and prints its output. The final screen, with colours, is in $work/screen.
in_window() { # COLUMNS ROWS COMMAND...
    local columns=$1 rows=$2
    shift 2
    # shellcheck disable=SC2016 # the inner shell's variables
    in_tmux new-session -d -x "$columns" -y "$rows" \
        sh -c '"$@"; printf "exit status: %s\n" "$?"; exec sleep infinity' sh "$@"
    until window_says '^exit status: '; do
        sleep 0.1
    done
    in_tmux capture-pane -p -e -N >"$work/screen"
    in_tmux kill-server
    cat "$work/words"
    return "$(sed -n 's/^exit status: \([0-9]*\) *$/\1/p' "$work/words")"
}

# True if the code on the screen contains the device's file.
code_is_right() {
    LC_ALL=C awk -v ground=dark -v scale=4 -f "$here/../qr/screen.awk" <"$work/screen" >"$work/screen.pgm" || return 1
    diff <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' /etc/wireguard/wg0.peers/phone.conf) \
        <(zbarimg --nodbus --raw -q -Sdisable -Sqrcode.enable "$work/screen.pgm" | sed '/^$/d')
}

# Lists every file that quickstart may write, with content, mode and time.
state() {
    find /etc/wireguard /etc/sysctl.d "$work/usr/upper" -type f -printf '%p %m %u %T@\n' -exec sha256sum {} \; | sort
}

peers() {
    wg show wg0 peers | wc -l
}

has_not_called_apt() {
    [[ ! -e $work/apt ]] || { cat "$work/apt" && return 1; }
}

# ---- the steps ----

refuse() {
    check_status 2 "two endpoints are too many" "$quickstart" vpn.example.org vpn.example.net
    check_status 2 "an option it does not know is refused" "$quickstart" --fast
    check_status 1 "without root it refuses" setpriv --reuid=65534 --clear-groups "$quickstart"
    check_said "and says how" "sudo cmd/quickstart.sh"
    check_status 1 "a web address is refused" "$quickstart" http://vpn.example.org/
    check_said "and it says what to leave out" "leave out http://, as in: cmd/quickstart.sh vpn.example.org"
    check_status 1 "also one that was given with sudo" env SUDO_UID=65534 "$quickstart" https://vpn.example.org:443
    check_said "which then belongs before it again" "leave out https://, as in: sudo cmd/quickstart.sh vpn.example.org:443"
    check "nothing was installed" test -z "$(ls "$work/usr/upper")"
}

lack_a_library() {
    cat >"$work/bin/pkg-config" <<-END
	#!/bin/sh
	[ "\$2" != libqrencode ] && exec $(type -P pkg-config) "\$@"
	END
    chmod +x "$work/bin/pkg-config"
    check_status 1 "where a library is missing and apt fails, it fails" "$quickstart"
    check_said "and says what to do" "'apt-get install libqrencode-dev'"
    check "apt was asked for that library alone" grep -q -- '--no-install-recommends libqrencode-dev$' "$work/apt"
    rm "$work/bin/pkg-config" "$work/apt"
}

first_run() {
    local own=nothing
    ! ip link add probe type wireguard 2>/dev/null || { own=WireGuard && ip link delete probe; }
    check "the first run ends well" in_window 100 50 "$quickstart"
    check_said "it says that the endpoint is an address of the LAN" "192.168.77.2 is this server's address"
    [[ $own == WireGuard ]] || check_said "it says that the kernel has no WireGuard" 'kernel has no WireGuard support'
    check "apt was not called" has_not_called_apt
    check "wg0 is up, with one peer" test "$(peers)" = 1
    check "and its file is for root only" test "$(stat -c %a "$conf")" = 600
    check "the code is phone's file" code_is_right
    check "what was built belongs to the user" test "$(stat -c %U "$built/cmd/wgctl")" = nobody
    check "what was installed belongs to root" test "$(stat -c %U /usr/local/bin/wgctl)" = root
}

second_run() {
    state >"$work/before"
    check "the second run ends well" in_window 100 50 "$quickstart"
    check "apt was not called" has_not_called_apt
    check "the code is phone's file" code_is_right
    state >"$work/after"
    check "no file was changed" diff "$work/before" "$work/after"
    check "a run with an endpoint ends well" in_window 100 50 "$quickstart" vpn.example.org
    check_said "and says which command sets it" 'wgctl -i wg0 edit-server --endpoint vpn.example.org'
    state >"$work/after"
    check "no file was changed" diff "$work/before" "$work/after"
}

small_window() {
    check "in a window of 80x24 it ends well" in_window 80 24 "$quickstart"
    check_said "and says what to do" 'enlarge the window'
}

mend() {
    check "wg0 is taken down" wgctl down
    check "quickstart ends well" "$quickstart"
    check "wg0 is up again" test "$(peers)" = 1
    check "phone is revoked" wgctl -y revoke phone
    check "quickstart ends well" "$quickstart"
    check "phone is there again" test "$(peers)" = 1
}

with_systemd() {
    check "wg0 is taken down" wgctl down
    rm -r /etc/wireguard/wg0.*
    pretend_systemd
    check "with systemd and an endpoint it ends well" "$quickstart" vpn.example.org
    check_said "it says the endpoint" 'vpn.example.org:51820'
    check_said "it says that wg0 starts at boot" 'starts at boot  yes'
    check "the service has brought it up" test "$(peers)" = 1
    state >"$work/before"
    check "another run ends well" "$quickstart" vpn.example.org
    state >"$work/after"
    check "no file was changed" diff "$work/before" "$work/after"
    check "wg0 is taken down" wgctl down
    check "quickstart ends well" "$quickstart"
    check "wg0 is up again" test "$(peers)" = 1
}

main() {
    make_host_private
    connect_host
    make_clone
    make_programs
    [[ ${WGCTL_LONG-} || $# == 0 ]] || avoid_building "$1"
    refuse
    lack_a_library
    first_run
    second_run
    small_window
    mend
    with_systemd
    echo "all passed"
}

isolate "$@"
main "$@"
