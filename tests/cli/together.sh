#!/usr/bin/env bash
# Runs many commands at the same time on one interface: each one takes effect, none of them undoes another, and readers
# always see a complete file.
#
# usage: together.sh WGCTL
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cli/checks.sh
source "$here/checks.sh"
takes_wgctl "$@"
if [[ -z ${WGCTL_TEST_INSIDE:-} ]]; then
    map=()
    [[ $(id -u) -eq 0 ]] || map=(--map-root-user)
    exec unshare --mount --net "${map[@]}" env WGCTL_TEST_INSIDE=1 "$BASH" "$0" "$@"
fi

PATH=$PATH:/usr/sbin:/sbin
CC=${CC:-cc}
need base64 "$CC" jq mkfifo mount strace unshare wg wg-quick

wgctl=$(realpath "$1")
work=$(mktemp -d)
recorder=
# shellcheck disable=SC2317 # called by the trap
clean_up() {
    [[ ! $recorder ]] || kill "$recorder"
    rm -rf "$work"
    report_early_end
}
trap clean_up EXIT
cd "$work"
mount -t tmpfs -o mode=755 none /run
mkdir -p /var/run/wireguard
"$CC" -o recorder "$here/recorder.c"

readonly many=50

# Starts a command in the background. Its exit status and output go to files named after NAME.
start() { # NAME ARGUMENT...
    local name=$1
    shift
    {
        local got=0
        "$wgctl" -C etc "$@" >"results/$name.out" 2>"results/$name.err" || got=$?
        echo "$got" >"results/$name.status"
    } &
    children+=($!)
}

begin() {
    rm -rf results
    mkdir results
    children=()
}

end() {
    wait "${children[@]}"
}

# True if all commands that match PATTERN exited with STATUS.
all_ended() { # STATUS PATTERN
    local file wrong=0
    for file in results/$2.status; do
        [[ $(<"$file") == "$1" ]] || { echo "$file: $(<"$file")" && cat "${file%.status}.err" && wrong=1; }
    done
    return $wrong
}

peers() { # JQ_FILTER
    "$wgctl" -C etc list --json | jq -e "$@"
}

# True if the folder contains the peers' files and nothing else.
only_their_files() { # wg0.peers if there are peers
    diff <(printf '%s\n' .wgctl wg0.conf wg0.ini "$@") <(ls -A etc) &&
        diff <("$wgctl" -C etc list --json | jq -r '.peers[].name + ".conf"' | sort) <(find etc/wg0.peers -mindepth 1 -printf '%P\n' 2>/dev/null | sort) &&
        diff <(printf '%s\n' journal lock) <(ls -A etc/.wgctl) &&
        test ! -s etc/.wgctl/journal &&
        test "$(find etc -type f ! -perm 600)" = ''
}

# Lets wg read the whole file and send it to the recorder.
wg_takes() {
    rm -f /run/wireguard/wg0.sock ready
    mkfifo ready
    ./recorder /run/wireguard/wg0.sock transcript >ready &
    recorder=$!
    read -r _ <ready
    wg-quick strip "$PWD/etc/wg0.conf" >stripped.conf && chmod 600 stripped.conf && wg setconf wg0 stripped.conf
    local got=$?
    kill "$recorder"
    wait "$recorder" || true
    recorder=
    return $got
}

# Compares what wg has read with the list of wgctl: keys in the file's order, with their addresses.
wg_understood() {
    "$wgctl" -C etc list --json | jq -r '.peers[] | .public_key, .addresses[]' >listed
    while IFS='=' read -r key value; do
        case $key in
        public_key) fold -w 2 <<<"$value" | while read -r byte; do printf '%b' "\\x$byte"; done | base64 ;;
        allowed_ip) echo "$value" ;;
        esac
    done <transcript >understood
    diff listed understood
}

client_files_match() {
    local name wrong=0 key
    while read -r name key; do
        [[ $(sed -n 's/^PrivateKey = //p' "etc/wg0.peers/$name.conf" | wg pubkey) == "$key" ]] ||
            { echo "the file of $name has another key" && wrong=1; }
        wg-quick strip "$PWD/etc/wg0.peers/$name.conf" >/dev/null || wrong=1
    done < <("$wgctl" -C etc list --json | jq -r '.peers[] | .name + " " + .public_key')
    return $wrong
}

# ---- init ----

begin
for ((i = 0; i < 20; i++)); do
    start "init$i" init --no-apply --address "10.73.21.1/24,fd5c:1:2:3::1/64" --firewall none --endpoint "vpn$i.example.org"
done
end
check "of 20 init at once, one succeeds" test "$(cat results/*.status | sort | uniq -c | xargs)" = "1 0 19 1"
check "the others say that it exists already" test "$(grep -lE 'already exists|has just created|is writing' results/*.err | wc -l)" = 19
winner=$(basename "$(grep -lx 0 results/*.status)" .status)
check "the files are the winner's" grep -qx "endpoint = vpn${winner#init}.example.org:51820" etc/wg0.ini
check "nothing of the others is left, and the lock is there" only_their_files

# One init pauses after it has created the folder, and another one overtakes it.
mkdir slow
delayed=(strace -qq -o /dev/null -e 'trace=mkdir,mkdirat'
    -e 'inject=mkdir,mkdirat:delay_exit=3000000:when=1')
init=("$wgctl" -C slow/etc init --no-apply --firewall none --endpoint)
ASAN_OPTIONS+=:detect_leaks=0 "${delayed[@]}" "${init[@]}" slow.example.org >slow/out 2>slow/err &
overtaken=$!
until [[ -d slow/etc ]]; do sleep 0.05; done
check "an init overtakes another one" "${init[@]}" fast.example.org
snapshot slow/etc >slow/before
status=0
wait "$overtaken" || status=$?
check "the one that was overtaken fails" test "$status" = 1
check "and says why" grep -q 'already exists\|has just created\|is writing' slow/err
check "and leaves the other's files alone" diff slow/before <(snapshot slow/etc)
check "and the lock that others may hold" test -e slow/etc/.wgctl/lock

# ---- add-peer ----

begin
for ((i = 1; i <= many; i++)); do
    start "add$i" add-peer "peer$i" --no-apply
done
end
check "$many add-peer at once all succeed" all_ended 0 'add*'
check "there are $many peers" peers ".peers | length == $many"
check "they have $many different names and keys" peers \
    "(.peers | map(.name) | unique | length == $many) and (.peers | map(.public_key) | unique | length == $many)"
check "they have $many different IPv4 addresses, without a gap" peers \
    ".peers | map(.addresses[] | select(contains(\".\"))) | unique == ([range(2; $many + 2) | \"10.73.21.\\(.)/32\"] | unique)"
check "they have $many different IPv6 addresses" peers \
    ".peers | map(.addresses[] | select(contains(\":\"))) | length == $many and (unique | length == $many)"
check "each of them has its file, and there is no other" only_their_files wg0.peers
check "each file has the key of its peer" client_files_match
check "wg takes the file" wg_takes
check "and understands what wgctl does" wg_understood

# ---- one name, many times ----

begin
for ((i = 0; i < 10; i++)); do
    start "same$i" add-peer same --no-apply
done
end
check "of 10 add-peer of one name, one succeeds" test "$(cat results/*.status | sort | uniq -c | xargs)" = "1 0 9 1"
begin
for ((i = 0; i < 10; i++)); do
    start "gone$i" -y revoke same --no-apply
done
end
check "of 10 revokes of one name, one succeeds" test "$(cat results/*.status | sort | uniq -c | xargs)" = "1 0 9 1"

# ---- everything at once ----

begin
for ((i = 1; i <= 20; i++)); do
    start "revoke$i" -y revoke "peer$i" --no-apply
    start "add$i" add-peer "new$i" --no-apply
    start "list$i" list --json
    start "show$i" show peer50 --json
    ((i % 5 != 0)) || start "edit$i" edit-server --endpoint "a$i.example.org"
    ((i % 5 != 0)) || start "plan$i" revoke peer40 --dry-run --json
done
end
check "20 revokes between 20 add-peer, 20 lists and 4 edit-server all succeed" all_ended 0 'revoke*'
check "20 add-peer between them all succeed" all_ended 0 'add*'
check "each edit-server between them succeeds" all_ended 0 'edit*'
check "each dry run between them succeeds" all_ended 0 'plan*'
check "each list between them succeeds" all_ended 0 'list*'
check "each show between them succeeds" all_ended 0 'show*'
check "each list saw whole peers, and as many as there can have been" jq -es \
    "all(.[]; (.peers | length >= $many - 20 and length <= $many + 20) and all(.peers[]; .addresses | length == 2) and
        (.peers | map(.addresses[]) | length == (unique | length)))" results/list*.out
check "each show saw a whole file" jq -es 'all(.[]; .config | test("^\\[Interface\\]\n(.*\n)*PersistentKeepalive = 25\n$"))' \
    results/show*.out
check "there are $many peers" peers ".peers | length == $many"
check "those that were to go went, and those that were to come came" peers \
    "(.peers | map(.name) | sort) == ([range(21; $many + 1) | \"peer\\(.)\"] + [range(1; 21) | \"new\\(.)\"] | sort)"
check "no address is given twice" peers '.peers | map(.addresses[]) | length == (unique | length)'
check "each of them has its file, and there is no other" only_their_files wg0.peers
check "each file has the key of its peer" client_files_match
check "all files name the endpoint that wg0.ini does" test \
    "$(sed -n 's/^endpoint = //p' etc/wg0.ini)" = "$(sed -n 's/^Endpoint = //p' etc/wg0.peers/*.conf | sort -u)"
check "wg takes the file" wg_takes
check "and understands what wgctl does" wg_understood

finish
